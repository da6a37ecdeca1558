"""Errors of the two OAuth endpoints (RFC 6749, sections 4.1.2.1 and 5.2)."""

from __future__ import annotations

import json
import urllib.error
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest

from sdx_state.api.address import base_url
from sdx_state.api.exchange import Answer
from sdx_state.api.oauth import SignIn, token_transport
from sdx_state.api.sign_in_errors import SignInError
from sdx_state.programs.machine import THIS_MACHINE
from sdx_state.report.advice import advice_for
from sdx_state.sandbox import SandboxOptions, SandboxServer
from sdx_state.sandbox.oauth import CLIENT_ID, CLIENT_SECRET


def answered(opener, address, form=None):
    """Return status, headers and body of any answer."""
    try:
        with opener.open(address, urlencode(form).encode() if form is not None else None) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read().decode()


UNTRUSTED = [
    {"client_id": "another"},
    {"redirect_uri": "https://attacker.example/signed-in"},
    {"redirect_uri": "http://localhost.attacker.example:9/"},
    {"redirect_uri": "http://127.0.0.1:9/#x"},
    {"client_secret": "not-the-secret"},
]


@pytest.mark.parametrize("changed", UNTRUSTED)
def test_sandbox_does_not_redirect_to_untrusted_addresses(attempt, opener, changed):
    _, one, _ = attempt
    address = one.url()
    query = dict(parse_qsl(urlsplit(address).query)) | changed
    status, headers, page = answered(opener, f"{address.split('?')[0]}?{urlencode(query)}")
    assert (status, headers["Location"]) == (400, None)
    assert "cannot be trusted" in page


ASKED = {
    "no response type": ({"response_type": None}, "invalid_request"),
    "another response type": ({"response_type": "token"}, "unsupported_response_type"),
    "a scope": ({"scope": "everything"}, "invalid_scope"),
    "a challenge in clear": ({"code_challenge_method": "plain"}, "invalid_request"),
}


@pytest.mark.parametrize(("changed", "error"), ASKED.values(), ids=ASKED)
def test_authorize_page_redirects_with_the_error(attempt, opener, changed, error):
    _, one, transport = attempt
    address = one.url()
    query = dict(parse_qsl(urlsplit(address).query)) | changed
    kept = {name: value for name, value in query.items() if value is not None}
    status, headers, _ = answered(opener, f"{address.split('?')[0]}?{urlencode(kept)}")
    assert status == 302
    back = urlsplit(headers["Location"])
    assert parse_qs(back.query) == {"error": [error], "state": [query["state"]]}
    with pytest.raises(SignInError):
        one.exchange(headers["Location"], CLIENT_SECRET, transport, THIS_MACHINE)


def test_documented_redirect_with_the_secret_is_accepted_and_not_repeated(attempt, opener):
    _, one, _ = attempt
    status, _, page = answered(opener, one.url(CLIENT_SECRET))
    assert status == 200
    assert CLIENT_SECRET not in page


CLIENT = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
CODE = {"grant_type": "authorization_code", "code": "made-up", "redirect_uri": "http://127.0.0.1:9/x"}
SENT = {
    "no grant type": (CLIENT, 400, "invalid_request"),
    "another grant type": (CLIENT | {"grant_type": "password"}, 400, "unsupported_grant_type"),
    "no code": (CLIENT | {"grant_type": "authorization_code"}, 400, "invalid_request"),
    "a code that nobody gave out": (CLIENT | CODE, 400, "invalid_grant"),
    "a scope": (CLIENT | CODE | {"scope": "everything"}, 400, "invalid_scope"),
    "no refresh token": (CLIENT | {"grant_type": "refresh_token"}, 400, "invalid_request"),
    "a refresh token that nobody gave out": (
        CLIENT | {"grant_type": "refresh_token", "refresh_token": "made-up"},
        400,
        "invalid_grant",
    ),
    "another client": (CODE | {"client_id": "x", "client_secret": "y"}, 401, "invalid_client"),
    "no secret": (CODE | {"client_id": CLIENT_ID}, 401, "invalid_client"),
}


@pytest.mark.parametrize(("form", "status", "error"), SENT.values(), ids=SENT)
def test_token_endpoint_returns_the_error_code(tenant, opener, form, status, error):
    origin = base_url(None, tenant.url).origin
    found, headers, body = answered(opener, f"{origin}/oauth/token", form)
    assert (found, json.loads(body)) == (status, {"error": error})
    assert headers["Cache-Control"] == "no-store"


def test_token_endpoint_accepts_only_post(tenant, opener):
    assert answered(opener, f"{base_url(None, tenant.url).origin}/oauth/token")[0] == 405


CODES = {
    "access_denied": ("access was denied", "sdx-state login"),
    "invalid_client": ("the client id or its secret is wrong", "tab Integrations"),
    "invalid_grant": ("no longer valid", "sdx-state login"),
    "unauthorized_client": ("not allowed to use this authentication method", "tab Integrations"),
    "unsupported_response_type": ("does not support this authentication method", "--with basic"),
    "unsupported_grant_type": ("does not support this authentication method", "--with basic"),
    "server_error": ("the server failed", "--with basic"),
    "temporarily_unavailable": ("temporarily unavailable", "--with basic"),
    "its own words": ("the server rejects the request", "sdx-state login"),
}


@pytest.mark.parametrize("where", ["the browser", "the token endpoint"])
@pytest.mark.parametrize(("error", "said"), CODES.items(), ids=CODES)
def test_each_oauth_error_has_a_message_and_advice(attempt, where, error, said):
    _, one, _ = attempt

    class Canned:
        def send(self, _request):
            return Answer(400, {}, json.dumps({"error": error}).encode())

    answer = {"state": one._state} | ({"error": error} if where == "the browser" else {"code": "c"})
    with pytest.raises(SignInError, match=said[0]) as caught:
        one.exchange(f"/signed-in?{urlencode(answer)}", CLIENT_SECRET, Canned(), THIS_MACHINE)
    assert said[1] in advice_for(caught.value)


@pytest.mark.parametrize("issuer", ["https://attacker.example", "http://127.0.0.1", ""])
def test_redirect_of_another_server_is_ignored(attempt, decide, issuer):
    base, one, transport = attempt
    back = decide(one.url(), "approve")
    with pytest.raises(SignInError, match=f"does not come from {base.origin}"):
        one.exchange(f"{back}&{urlencode({'iss': issuer}) or 'iss='}", CLIENT_SECRET, transport, THIS_MACHINE)
    assert one.exchange(f"{back}&{urlencode({'iss': base.origin})}", CLIENT_SECRET, transport, THIS_MACHINE)


def test_unavailable_oauth_suggests_other_methods(opener):
    with SandboxServer(":memory:", SandboxOptions(oauth_unavailable=True)) as server:
        base = base_url(None, server.url)
        one, transport = SignIn(base, CLIENT_ID, "http://127.0.0.1:9/signed-in"), token_transport(base, None)
        _, headers, _ = answered(opener, one.url())
        for back in (headers["Location"], f"/signed-in?code=c&state={one._state}"):
            with pytest.raises(SignInError) as caught:
                one.exchange(back, CLIENT_SECRET, transport, THIS_MACHINE)
            assert "--with basic" in advice_for(caught.value)
