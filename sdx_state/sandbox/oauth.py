"""Sign-in through a browser: the authorize page with its two buttons, and the token endpoint.

Source: API reference, "Authentication": both are on the host, not below the API, and the redirect may contain the
client secret, which is then verified. Errors are those of RFC 6749, sections 4.1.2.1 and 5.2. PKCE (RFC 7636)
is verified if a client uses it. The reference has no scopes.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from sdx_state.sandbox.options import SandboxOptions
from sdx_state.sandbox.protocol import page_answer

CLIENT_ID, CLIENT_SECRET = "sandbox-client", "sandbox-client-secret"
_FORMS = "'self' http:"  # Browsers apply this to the redirect after a form too, which goes to a port of the client.
CODE_LIFE, TOKEN_LIFE = 60.0, 3600  # seconds
_HEAD = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Sign in</title>
<meta name="viewport" content="width=device-width"><style>
body {font: 1rem/1.5 system-ui, sans-serif; max-width: 28rem; margin: 15vh auto; padding: 0 1rem}
h1 {font-size: 1.5rem} button {font: inherit; padding: .4rem 1.2rem; margin-right: .5rem}</style>"""
_PAGE = """<h1>Allow access?</h1><p><b>{client}</b> wants to use the tenant {customer} on {host} for you. The
answer goes to {back}.</p><form method="post">{fields}<button name="decision" value="approve">Approve</button>
<button name="decision" value="cancel">Cancel</button></form></html>"""


@dataclass
class _Code:
    client_id: str
    redirect_uri: str
    challenge: str
    ends: float


class OAuth:
    """The two endpoints, and the issued tokens."""

    def __init__(self, options: SandboxOptions) -> None:
        self._options = options
        self._codes: dict[str, _Code] = {}
        self._tokens: dict[str, float] = {}
        self._refresh: set[str] = set()

    def accepts(self, token: str) -> bool:
        """Return True if `token` was issued here and has not expired."""
        return self._tokens.get(token, 0.0) > self._now()

    async def authorize(self, request: Request) -> Response:
        """Show the page; redirect the browser with a code or an error."""
        given = (await request.body()).decode("utf-8", "replace") if request.method == "POST" else request.url.query
        pairs = parse_qsl(given)
        asked = dict(pairs)
        redirect_uri, state, secret = (asked.get(name, "") for name in ("redirect_uri", "state", "client_secret"))
        # If the redirect is not trusted, only the user gets the error, and the browser is not redirected.
        if asked.get("client_id") != CLIENT_ID or not _loopback(redirect_uri) or len(pairs) != len(asked):
            return _untrusted()
        if secret and not hmac.compare_digest(secret.encode(), CLIENT_SECRET.encode()):
            return _untrusted()
        error = self._refusal(asked)
        if error is not None:
            return _back(redirect_uri, state, error=error)
        if request.method != "POST":
            kept = ("response_type", "client_id", "redirect_uri", "state", "code_challenge", "code_challenge_method")
            fields = "".join(
                f'<input type="hidden" name="{name}" value="{escape(asked[name])}">' for name in kept if name in asked
            )
            names = {
                "client": asked["client_id"],
                "customer": self._options.customer_uuid,
                "host": request.url.netloc,
                "back": urlsplit(redirect_uri).netloc,
            }
            shown = {name: escape(value) for name, value in names.items()}
            return page_answer(_HEAD + _PAGE.format(fields=fields, **shown), forms=_FORMS)
        if asked.get("decision") != "approve":
            return _back(redirect_uri, state, error="access_denied")
        code = self._options.machine.token()
        challenge = asked.get("code_challenge", "")
        self._codes[code] = _Code(asked["client_id"], redirect_uri, challenge, self._now() + CODE_LIFE)
        return _back(redirect_uri, state, code=code)

    def _now(self) -> float:
        return self._options.machine.now().timestamp()

    def _refusal(self, asked: Mapping[str, str]) -> str | None:
        """Return the error code of a request to the authorize page, None if it is valid."""
        if self._options.oauth_unavailable:
            return "temporarily_unavailable"
        if "response_type" not in asked:
            return "invalid_request"
        if asked["response_type"] != "code":
            return "unsupported_response_type"
        if asked.get("scope"):
            return "invalid_scope"
        if asked.get("code_challenge") and asked.get("code_challenge_method") != "S256":
            return "invalid_request"
        return None

    async def token(self, request: Request) -> Response:
        """Exchange a code, or a refresh token, for an access token. A code is valid once."""
        if self._options.oauth_unavailable:
            return Response(status_code=503)
        pairs = parse_qsl((await request.body()).decode("utf-8", "replace"))
        asked = dict(pairs)
        if len(pairs) != len(asked) or "grant_type" not in asked:
            return _error("invalid_request")
        secret = asked.get("client_secret", "")
        if asked.get("client_id") != CLIENT_ID or not hmac.compare_digest(secret.encode(), CLIENT_SECRET.encode()):
            return _error("invalid_client", 401)
        if asked.get("scope"):
            return _error("invalid_scope")
        grant = asked["grant_type"]
        needed = {"refresh_token": ("refresh_token",), "authorization_code": ("code", "redirect_uri")}.get(grant)
        if needed is None:
            return _error("unsupported_grant_type")
        if any(name not in asked for name in needed):
            return _error("invalid_request")
        if grant == "refresh_token":
            if asked["refresh_token"] not in self._refresh:
                return _error("invalid_grant")
            self._refresh.discard(asked["refresh_token"])
            return self._given()
        code = self._codes.pop(asked["code"], None)
        if code is None or code.ends < self._now() or code.redirect_uri != asked["redirect_uri"]:
            return _error("invalid_grant")
        if code.challenge and not hmac.compare_digest(code.challenge, _challenge(asked.get("code_verifier", ""))):
            return _error("invalid_grant")
        return self._given()

    def _given(self) -> Response:
        token, refresh = self._options.machine.token(), self._options.machine.token()
        self._tokens[token] = self._now() + TOKEN_LIFE
        self._refresh.add(refresh)
        content = {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_LIFE, "refresh_token": refresh}
        return JSONResponse(content, headers={"Cache-Control": "no-store"})


def _challenge(verifier: str) -> str:
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")


def _loopback(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
        return parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1") and not parts.fragment
    except ValueError:
        return False


def _untrusted() -> Response:
    why = "The client is unknown, its secret is wrong, or the redirect does not go to this machine."
    return page_answer(f"{_HEAD}<h1>This request cannot be trusted.</h1><p>{why}</p></html>", 400)


def _back(redirect_uri: str, state: str, **answer: str) -> Response:
    if state:
        answer["state"] = state
    separator = "&" if urlsplit(redirect_uri).query else "?"
    return RedirectResponse(f"{redirect_uri}{separator}{urlencode(answer)}", 302)


def _error(error: str, status: int = 400) -> Response:
    return JSONResponse({"error": error}, status, headers={"Cache-Control": "no-store"})
