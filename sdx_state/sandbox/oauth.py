"""Signing in through a browser: the authorise page with its two buttons, and the token endpoint, with their errors.

Source: API reference, "Authentication": both hang off the host, not off the API. PKCE (RFC 7636) is checked where a
client uses it.
"""

from __future__ import annotations

import hmac
import secrets
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

CLIENT_ID, CLIENT_SECRET = "sandbox-client", "sandbox-client-secret"
CODE_LIFE, TOKEN_LIFE = 60.0, 3600  # seconds
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Sign in</title>
<h1>Allow access?</h1><p>{client} wants to use this tenant for you.</p>
<form method="post">{fields}<button name="decision" value="approve">Approve</button>
<button name="decision" value="cancel">Cancel</button></form></html>"""


@dataclass
class _Code:
    client_id: str
    redirect_uri: str
    challenge: str
    ends: float


class OAuth:
    """The two endpoints, and the tokens that were given out."""

    def __init__(self) -> None:
        self._codes: dict[str, _Code] = {}
        self._tokens: dict[str, float] = {}
        self._refresh: set[str] = set()

    def accepts(self, token: str) -> bool:
        """Tell whether `token` is one that was given out here and is not over."""
        return self._tokens.get(token, 0.0) > time.time()

    async def authorize(self, request: Request) -> Response:
        """Show the page; send the browser back with a code, or with `access_denied`."""
        if request.method not in ("GET", "POST"):
            return _error("invalid_request", 405)
        asked = (
            dict(parse_qsl((await request.body()).decode()))
            if request.method == "POST"
            else dict(request.query_params)
        )
        redirect_uri, state = asked.get("redirect_uri", ""), asked.get("state", "")
        # An unknown client, or an address that is no program on the user's machine, is told the user and nobody else.
        if asked.get("client_id") != CLIENT_ID or not _loopback(redirect_uri):
            return HTMLResponse("<!doctype html><title>Sign in</title><p>This request cannot be trusted.</p>", 400)
        if asked.get("response_type") != "code":
            return _back(redirect_uri, error="unsupported_response_type", state=state)
        if asked.get("code_challenge") and asked.get("code_challenge_method") != "S256":
            return _back(redirect_uri, error="invalid_request", state=state)
        if request.method == "GET":
            kept = ("response_type", "client_id", "redirect_uri", "state", "code_challenge", "code_challenge_method")
            fields = "".join(
                f'<input type="hidden" name="{name}" value="{escape(asked[name])}">' for name in kept if name in asked
            )
            return HTMLResponse(_PAGE.format(client=escape(asked["client_id"]), fields=fields))
        if asked.get("decision") != "approve":
            return _back(redirect_uri, error="access_denied", state=state)
        code = secrets.token_urlsafe(24)
        challenge = asked.get("code_challenge", "")
        self._codes[code] = _Code(asked["client_id"], redirect_uri, challenge, time.time() + CODE_LIFE)
        return _back(redirect_uri, code=code, state=state)

    async def token(self, request: Request) -> Response:
        """Exchange a code, or a refresh token, for an access token. A code is good once."""
        if request.method != "POST":
            return _error("invalid_request", 405)
        asked = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        secret = asked.get("client_secret", "")
        if asked.get("client_id") != CLIENT_ID or not hmac.compare_digest(secret.encode(), CLIENT_SECRET.encode()):
            return _error("invalid_client", 401)
        grant = asked.get("grant_type")
        if grant == "refresh_token":
            if asked.get("refresh_token", "") not in self._refresh:
                return _error("invalid_grant")
            self._refresh.discard(asked["refresh_token"])
            return self._given()
        if grant != "authorization_code":
            return _error("unsupported_grant_type")
        code = self._codes.pop(asked.get("code", ""), None)
        if code is None or code.ends < time.time() or code.redirect_uri != asked.get("redirect_uri"):
            return _error("invalid_grant")
        if code.challenge and not hmac.compare_digest(code.challenge, _challenge(asked.get("code_verifier", ""))):
            return _error("invalid_grant")
        return self._given()

    def _given(self) -> Response:
        token, refresh = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        self._tokens[token] = time.time() + TOKEN_LIFE
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


def _back(redirect_uri: str, **answer: str) -> Response:
    separator = "&" if urlsplit(redirect_uri).query else "?"
    return RedirectResponse(f"{redirect_uri}{separator}{urlencode(answer)}", 302)


def _error(error: str, status: int = 400) -> Response:
    return JSONResponse({"error": error}, status, headers={"Cache-Control": "no-store"})
