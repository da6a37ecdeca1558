"""Signing in through a browser: the authorisation code grant, with PKCE, for a program on the user's own machine.

Source: API reference, "Authentication": `/oauth/authorize` and `/oauth/token` hang off the host. The reference puts
the client secret into the address that the browser opens, against RFC 6749, section 4.1.1: it is left out unless
asked for. What it writes with `http://` is `https://` here. RFC 7636 (PKCE) and RFC 8252 (loopback) are followed.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass, field, replace

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

OAUTH_PATH = "/oauth"
TIMELY = 300.0  # seconds before its end at which a token is exchanged for a new one
DEADLINE = 30.0
_SETTINGS = "Compare with the tenant's settings, tab Integrations, and sign in again."
# RFC 6749, sections 4.1.2.1 and 5.2: what each error code means, and what to do; None: sign in again.
_MEANING: dict[str, tuple[str, str | None]] = {
    "access_denied": ("access was not allowed", None),
    "invalid_client": ("the client id or its secret is wrong", _SETTINGS),
    "invalid_grant": ("the code or the refresh token is not valid any more", None),
    "unauthorized_client": ("this client may not sign in this way", _SETTINGS),
}
# And those after which another authentication method is the way.
_UNAVAILABLE = {
    "unsupported_response_type": "the server does not offer this way of signing in",
    "unsupported_grant_type": "the server does not offer this way of signing in",
    "server_error": "the server failed",
    "temporarily_unavailable": "the server signs nobody in at present",
}


@dataclass(frozen=True)
class Grant:
    """What signing in gave.

    Attributes:
        access_token: Sent with every request.
        refresh_token: Exchanged for a new one; None if there is none.
        ends: Seconds since 1970 at which the access token is over; None if that is not known.
        client_id, client_secret: Whom it was given to.
    """

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    ends: float | None
    client_id: str
    client_secret: str = field(repr=False)

    def is_over(self, now: float) -> bool:
        """Whether it is over, or about to be."""
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
        Malformed: It is not one.
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
    """Return what sends requests to the token endpoint of the host of `base`: without credentials of its own."""
    return HttpTransport(replace(base, path=OAUTH_PATH), None, 1, DEADLINE, 10.0, ca_file, machine=machine)


class SignIn:
    """One attempt to sign in.

    Args:
        base: Where the API is; the endpoints hang off its host.
        client_id: Of the OAuth client that the tenant's settings list.
        redirect_uri: The loopback address that the browser is sent back to.
        machine: Chance.
    """

    def __init__(self, base: BaseUrl, client_id: str, redirect_uri: str, machine: Machine = THIS_MACHINE) -> None:
        from oauthlib.oauth2 import WebApplicationClient

        self._base = base
        self._redirect_uri = redirect_uri
        self._state = machine.token(32)
        self._client = WebApplicationClient(client_id)
        self._verifier = self._client.create_code_verifier(64)

    def url(self, secret_in_redirect: str | None = None) -> str:
        """Return the address for the browser. With `secret_in_redirect` it shows the client secret to the browser."""
        extra = {"client_secret": secret_in_redirect} if secret_in_redirect else {}
        # The library takes https alone; on this machine, and there alone, the sandbox speaks http.
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
        """Tell whether path and query that the browser came back to have the state of this attempt."""
        given = query_of(came_back).get("state", "")
        return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), self._state.encode())

    def exchange(self, came_back: str, client_secret: str, transport: Transport, machine: Machine) -> Grant:
        """Return the grant for the address that the browser came back to.

        Args:
            came_back: Path and query of that request.
            client_secret: Sent in the body of the token request, and nowhere else.
            transport: Sends it, see `token_transport`.
            machine: The time of day.

        Raises:
            SignInError: Access was not allowed, or this is not the answer to this attempt.
            SurveyDynamixError: The token endpoint could not be asked.
        """
        answer = query_of(came_back)
        if not self.is_answer(came_back):
            raise SignInError("", "what came back does not belong to this attempt: nothing of it was used")
        if "iss" in answer and answer["iss"].rstrip("/") != self._base.origin:
            # RFC 9207: another server's answer would have us give its code, and our secret, to the wrong one.
            raise SignInError("", f"what came back is not of {self._base.origin}: nothing of it was used")
        if "error" in answer:
            raise _refused("", answer["error"])
        if not answer.get("code"):
            raise SignInError("", "the browser came back without a code")
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
        SignInError: There is none, or it is not valid any more.
        SurveyDynamixError: The token endpoint could not be asked.
    """
    if grant.refresh_token is None:
        raise SignInError("", "the access token is over, and there is no refresh token")
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
        # The library judges what may be given; it takes a document of any types, and so gets the decoded one.
        WebApplicationClient(client_id).parse_request_body_response(json.dumps(given))
    except DecodingError as error:
        raise SignInError(str(request), f"the answer is no token: {error}", status=answer.status) from None
    except OAuth2Error as error:
        raise _refused(str(request), str(error.error), answer.status) from None
    except Warning:
        what = "other access was given than asked for"
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
    """Return the answer of a token endpoint: an error or a token (RFC 6749, sections 5.1 and 5.2), nothing else."""
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


# A server may leave each of these out, or say null.
_GIVEN: dict[str, Decode[object]] = {
    "refresh_token": token,
    "expires_in": _seconds,
    "token_type": text,
    "scope": text,
}


def _refuse(answer: Answer) -> None:
    """Let through what may be a token, or an error in OAuth's own form.

    Raises:
        SignInError: It is a redirect, a page, or nothing.
    """
    request = "POST /oauth/token"
    if 300 <= answer.status < 400:
        raise SignInError(request, "it redirects, which is never followed", status=answer.status)
    if answer.status >= 500:
        raise OAuthUnavailableError(request, f"the server failed ({answer.status})", status=answer.status)
    if not answer.body.lstrip().startswith(b"{"):
        message = f"no token came back ({answer.status})"
        raise OAuthUnavailableError(request, message, status=answer.status)


def _refused(request: str, error: str, status: int | None = None) -> SignInError:
    """Return what an error code means; a server's own words are not repeated."""
    if error in _UNAVAILABLE:
        return OAuthUnavailableError(request, _UNAVAILABLE[error], status=status)
    message, advice = _MEANING.get(error, ("the server refuses it", None))
    return SignInError(request, message, status=status, advice=advice)
