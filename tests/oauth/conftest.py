"""An attempt to sign in to a tenant on this machine, and a person who presses a button."""

from __future__ import annotations

import urllib.error
import urllib.request
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from sdx_state.api.address import base_url
from sdx_state.api.oauth import SignIn, token_transport
from sdx_state.sandbox.oauth import CLIENT_ID


class Refused(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


@pytest.fixture(scope="session")
def opener():
    """A browser that follows no redirect."""
    return urllib.request.build_opener(Refused, urllib.request.ProxyHandler({}))


@pytest.fixture(scope="session")
def decide(opener):
    """What a person does on the page: read it, and press a button. Returns where the browser is sent."""
    return lambda address, decision: decided(opener, address, decision)


def decided(opener, address, decision):
    with opener.open(address) as page:
        text = page.read().decode()
    assert "Allow access?" in text
    form = dict(parse_qsl(urlsplit(address).query)) | {"decision": decision}
    try:
        opener.open(address.split("?")[0], urlencode(form).encode())
    except urllib.error.HTTPError as answer:
        return answer.headers["Location"]
    raise AssertionError("the page did not send the browser back")


@pytest.fixture
def attempt(tenant):
    base = base_url(None, tenant.url)
    return base, SignIn(base, CLIENT_ID, "http://127.0.0.1:9/signed-in"), token_transport(base, None)
