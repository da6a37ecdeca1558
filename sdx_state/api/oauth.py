"""Sign-in through a browser: the authorization code grant with PKCE, on the machine of the user.

Source: API reference, "Authentication": `/oauth/authorize` and `/oauth/token` are on the host, not below the API. The
reference puts the client secret into the URL that the browser opens, against RFC 6749, section 4.1.1: it is omitted
unless requested. `http://` in the reference is `https://` here. RFC 7636 (PKCE) and RFC 8252 (loopback) are followed.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import field

from sdx_state.api.credentials import LONGEST, is_customer_uuid, is_token
from sdx_state.api.exchange import Answer, Request, Transport
from sdx_state.api.sign_in_errors import OAuthUnavailableError, SignInError
from sdx_state.api.transport import HttpTransport
from sdx_state.decoding.strict import DecodingError, parse
from sdx_state.decoding.typed import (
    LATEST,
    Decode,
    Malformed,
    Record,
    filled,
    member,
    member_or,
    natural_in_text,
    number,
    optional,
    record,
    text,
)
from sdx_state.model.urls import BaseUrl, encoded, form_of, query_of
from sdx_state.programs.machine import THIS_MACHINE, Machine
from sdx_state.records import dataclass, replace

OAUTH_PATH = "/oauth"
TIMELY = 300.0  # A token is exchanged this many seconds before it expires.
DEADLINE = 30.0
_SETTINGS = "Compare with the tenant's settings, tab Integrations, and sign in again."
# RFC 6749, sections 4.1.2.1 and 5.2: error code -> meaning and advice; None: sign in again.
_MEANING: dict[str, tuple[str, str | None]] = {
    "access_denied": ("access was denied", None),
    "invalid_client": ("the client id or its secret is wrong", _SETTINGS),
    "invalid_grant": ("the code or the refresh token is no longer valid", None),
    "unauthorized_client": ("this client is not allowed to use this authentication method", _SETTINGS),
}
# Error codes that require another authentication method.
_UNAVAILABLE = {
    "unsupported_response_type": "the server does not support this authentication method",
    "unsupported_grant_type": "the server does not support this authentication method",
    "server_error": "the server failed",
    "temporarily_unavailable": "signing in is temporarily unavailable",
}


@dataclass(frozen=True)
class Grant:
    """The tokens of a sign-in.

    Attributes:
        access_token: Sent with every request.
        refresh_token: Exchanged for a new one; None if there is none.
        ends: Expiry of the access token in seconds since 1970; None if unknown.
        client_id, client_secret: The OAuth client.
    """

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    ends: float | None
    client_id: str
    client_secret: str = field(repr=False)

    def is_over(self, now: float) -> bool:
        """True if the access token has expired or is about to."""
        return self.ends is not None and now > self.ends - TIMELY


def token(value: object) -> str:
    """Return a token."""
    if type(value) is not str or not is_token(value):
        raise Malformed(f"1 to {LONGEST} visible ASCII characters", value)
    return value


def customer_uuid(value: object) -> str:
    """Return the user name of HTTP Basic."""
    if type(value) is not str or not is_customer_uuid(value):
        raise Malformed("a UUID", value)
    return value


def grant_of(value: object) -> Grant:
    """Return the grant in a document.

    Raises:
        Malformed: The document is not a grant.
    """
    grant = record(value)
    return Grant(
        access_token=member(grant, "access_token", token),
        refresh_token=member(grant, "refresh_token", optional(token)),
        ends=member(grant, "ends", optional(number)),
        client_id=member(grant, "client_id", filled),
        client_secret=member(grant, "client_secret", text),
    )


def token_transport(base: BaseUrl, ca_file: str | None, machine: Machine = THIS_MACHINE) -> HttpTransport:
    """Return the transport for the token endpoint of the host of `base`, without credentials."""
    return HttpTransport(replace(base, path=OAUTH_PATH), None, 1, DEADLINE, 10.0, ca_file, machine=machine)


class SignIn:
    """One attempt to sign in.

    Args:
        base: Address of the API; the OAuth endpoints are on its host.
        client_id: Of the OAuth client that the tenant's settings list.
        redirect_uri: The loopback address that the browser is sent back to.
        machine: Random values.
    """

    def __init__(self, base: BaseUrl, client_id: str, redirect_uri: str, machine: Machine = THIS_MACHINE) -> None:
        from oauthlib.oauth2 import WebApplicationClient

        self._base = base
        self._redirect_uri = redirect_uri
        self._state = machine.token(32)
        self._client = WebApplicationClient(client_id)
        self._verifier = self._client.create_code_verifier(64)

    def url(self, secret_in_redirect: str | None = None) -> str:
        """Return the URL for the browser. With `secret_in_redirect` it shows the client secret to the browser."""
        extra = {"client_secret": secret_in_redirect} if secret_in_redirect else {}
        # The library accepts only https. The sandbox on this machine uses http.
        address = self._client.prepare_request_uri(
            f"https://{self._base.authority}{OAUTH_PATH}/authorize",
            redirect_uri=self._redirect_uri,
            state=self._state,
            code_challenge=self._client.create_code_challenge(self._verifier, "S256"),
            code_challenge_method="S256",
            **extra,
        )
        return self._base.origin + str(address).partition(self._base.authority)[2]

    def is_answer(self, came_back: str) -> bool:
        """Return True if path and query of the redirect have the state of this attempt."""
        given = query_of(came_back).get("state", "")
        return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), self._state.encode())

    def exchange(self, came_back: str, client_secret: str, transport: Transport, machine: Machine) -> Grant:
        """Return the grant for the redirect of the browser.

        Args:
            came_back: Path and query of the redirect.
            client_secret: Sent in the body of the token request, and nowhere else.
            transport: Sends it, see `token_transport`.
            machine: The clock.

        Raises:
            SignInError: Access was denied, or the redirect belongs to another attempt.
            SurveyDynamixError: The token endpoint did not answer.
        """
        answer = query_of(came_back)
        if not self.is_answer(came_back):
            raise SignInError("", "the redirect belongs to another sign-in attempt and was ignored")
        if "iss" in answer and answer["iss"].rstrip("/") != self._base.origin:
            # RFC 9207: a redirect of another server would make this client send code and secret to the wrong server.
            raise SignInError("", f"the redirect does not come from {self._base.origin} and was ignored")
        if "error" in answer:
            raise _refused("", answer["error"])
        if not answer.get("code"):
            raise SignInError("", "the redirect contains no code")
        body = self._client.prepare_request_body(
            code=answer["code"],
            redirect_uri=self._redirect_uri,
            code_verifier=self._verifier,
            client_secret=client_secret,
        )
        return _granted(body, self._client.client_id, client_secret, None, transport, machine)


def refreshed(grant: Grant, transport: Transport, machine: Machine) -> Grant:
    """Return a new grant for the refresh token of `grant`.

    Raises:
        SignInError: There is none, or it is no longer valid.
        SurveyDynamixError: The token endpoint did not answer.
    """
    if grant.refresh_token is None:
        raise SignInError("", "the access token has expired, and there is no refresh token")
    form = {
        "grant_type": "refresh_token",
        "refresh_token": grant.refresh_token,
        "client_id": grant.client_id,
        "client_secret": grant.client_secret,
    }
    return _granted(encoded(form), grant.client_id, grant.client_secret, grant.refresh_token, transport, machine)


def _granted(
    body: str, client_id: str, client_secret: str, refresh_token: str | None, transport: Transport, machine: Machine
) -> Grant:
    from oauthlib.oauth2 import OAuth2Error, WebApplicationClient

    request = Request("POST", "/token", "/oauth/token", form_of(body))
    answer = transport.send(request)
    _refuse(answer)
    try:
        given = _given(parse(answer.body))
        # The library validates the grant but accepts any types, so it gets the decoded document.
        WebApplicationClient(client_id).parse_request_body_response(json.dumps(given))
    except DecodingError as error:
        raise SignInError(str(request), f"the answer is not a token: {error}", status=answer.status) from None
    except OAuth2Error as error:
        raise _refused(str(request), str(error.error), answer.status) from None
    except Warning:
        what = "the server granted other access than requested"
        raise SignInError(str(request), what, status=answer.status) from None
    lasts = given.get("expires_in")
    return Grant(
        given["access_token"],
        given.get("refresh_token") or refresh_token,
        min(machine.now() + lasts, LATEST) if lasts is not None else None,
        client_id,
        client_secret,
    )


def _given(value: object) -> Record:
    """Return the answer of a token endpoint: an error or a token (RFC 6749, sections 5.1 and 5.2)."""
    answer = record(value)
    if "error" in answer:
        return {"error": member(answer, "error", text)}
    given: Record = {"access_token": member(answer, "access_token", token)}
    for key, decode in _GIVEN.items():
        found = member_or(answer, key, optional(decode), None)
        if found is not None:
            given[key] = found
    return given


def _seconds(value: object) -> float:
    return natural_in_text(value) if type(value) is str else number(value)


# A server may omit each of these, or send null.
_GIVEN: dict[str, Decode[object]] = {
    "refresh_token": token,
    "expires_in": _seconds,
    "token_type": text,
    "scope": text,
}


def _refuse(answer: Answer) -> None:
    """Raise unless `answer` may be a token or an OAuth error.

    Raises:
        SignInError: It is a redirect, a web page, or empty.
    """
    request = "POST /oauth/token"
    if 300 <= answer.status < 400:
        raise SignInError(request, "the server redirects; redirects are never followed", status=answer.status)
    if answer.status >= 500:
        raise OAuthUnavailableError(request, f"the server failed ({answer.status})", status=answer.status)
    if not answer.body.lstrip().startswith(b"{"):
        message = f"the answer contains no token ({answer.status})"
        raise OAuthUnavailableError(request, message, status=answer.status)


def _refused(request: str, error: str, status: int | None = None) -> SignInError:
    """Return the error for an OAuth error code, without the text of the server."""
    if error in _UNAVAILABLE:
        return OAuthUnavailableError(request, _UNAVAILABLE[error], status=status)
    message, advice = _MEANING.get(error, ("the server rejects the request", None))
    return SignInError(request, message, status=status, advice=advice)
