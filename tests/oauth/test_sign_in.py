"""Signing in: through the browser against the sandbox's own pages, or by storing a token; for one host alone."""

from __future__ import annotations

import io
import json
import sys
import threading
import urllib.error
import urllib.request
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest

from sdx_state.api.address import base_url
from sdx_state.api.credentials import Credentials
from sdx_state.api.errors import ApiError, MissingCredentials, SignInFailed
from sdx_state.api.exchange import Answer
from sdx_state.api.loopback import Loopback
from sdx_state.api.oauth import Grant, SignIn, refreshed, token_transport
from sdx_state.api.retry import SystemClock
from sdx_state.api.stored import Vault, find_credentials, record_of
from sdx_state.sandbox.oauth import CLIENT_ID, CLIENT_SECRET


class Refused(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def decide(address, decision):
    """Do what a person does on the page: read it, and press a button. Return where the browser is sent."""
    opener = urllib.request.build_opener(Refused, urllib.request.ProxyHandler({}))
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


def test_the_address_for_the_browser_holds_a_state_a_challenge_and_no_secret(attempt, tenant):
    base, one, _ = attempt
    query = parse_qs(urlsplit(one.url()).query)
    assert one.url().startswith(f"{base.origin}/oauth/authorize?")
    assert query["response_type"] == ["code"]
    assert query["code_challenge_method"] == ["S256"]
    assert len(query["state"][0]) >= 22  # 128 bits
    assert "client_secret" not in query
    other = SignIn(base, CLIENT_ID, "http://127.0.0.1:9/signed-in")
    assert parse_qs(urlsplit(other.url()).query)["state"] != query["state"]
    assert parse_qs(urlsplit(one.url("s3cret")).query)["client_secret"] == ["s3cret"]
    assert (
        SignIn(base_url("au1.surveydynamix.com", None), "x", "http://127.0.0.1:9/a")
        .url()
        .startswith("https://au1.surveydynamix.com/oauth/authorize?")
    )


def test_who_approves_gets_a_token_that_the_api_takes(attempt):
    from sdx_state.api import Client, Connection, Endpoints

    base, one, transport = attempt
    grant = one.exchange(decide(one.url(), "approve"), CLIENT_SECRET, transport, SystemClock())
    with Client(Endpoints(Connection(base, Credentials(grant.access_token)))) as client:
        assert list(client.surveys.list()) == []
    assert grant.access_token not in repr(grant)
    assert CLIENT_SECRET not in repr(grant)


def test_who_cancels_gets_none(attempt):
    _, one, transport = attempt
    with pytest.raises(SignInFailed, match="access was not allowed"):
        one.exchange(decide(one.url(), "cancel"), CLIENT_SECRET, transport, SystemClock())


def test_an_answer_to_another_attempt_is_not_used(attempt, tenant):
    base, one, transport = attempt
    other = SignIn(base, CLIENT_ID, "http://127.0.0.1:9/signed-in")
    for came_back in (
        decide(other.url(), "approve"),
        "/signed-in?code=x",
        "/signed-in",
        "/signed-in?error=x&state=y",
    ):
        with pytest.raises(SignInFailed, match="does not belong to this attempt"):
            one.exchange(came_back, CLIENT_SECRET, transport, SystemClock())


def test_a_code_is_good_once_and_for_whoever_asked_for_it(attempt, tenant):
    base, one, transport = attempt
    came_back = decide(one.url(), "approve")
    thief = SignIn(base, CLIENT_ID, "http://127.0.0.1:9/signed-in")
    thief._state = one._state
    with pytest.raises(SignInFailed, match="not valid any more"):
        thief.exchange(came_back, CLIENT_SECRET, transport, SystemClock())
    came_back = decide(one.url(), "approve")
    one.exchange(came_back, CLIENT_SECRET, transport, SystemClock())
    with pytest.raises(SignInFailed, match="not valid any more"):
        one.exchange(came_back, CLIENT_SECRET, transport, SystemClock())


def test_a_wrong_secret_is_said_without_showing_it(attempt):
    _, one, transport = attempt
    with pytest.raises(SignInFailed, match="the client id or its secret is wrong") as caught:
        one.exchange(decide(one.url(), "approve"), "wr0ng-s3cret", transport, SystemClock())
    assert "wr0ng" not in str(caught.value)


ODD = {
    "a redirect": Answer(302, {"Location": "https://elsewhere.example"}, b""),
    "a page": Answer(200, {"Content-Type": "text/html"}, b"<html>Please sign in</html>"),
    "nothing": Answer(200, {}, b""),
    "a failure": Answer(503, {}, b"{}"),
    "half an answer": Answer(200, {}, b'{"access_token": "ca'),
    "no token": Answer(200, {}, b'{"token_type": "Bearer"}'),
    "its own words": Answer(400, {}, b'{"error": "canary-echo", "error_description": "you sent canary"}'),
    "a list": Answer(200, {}, b"[]"),
}


@pytest.mark.parametrize("answer", ODD.values(), ids=ODD)
def test_whatever_the_token_endpoint_answers_is_a_message_and_no_traceback(attempt, answer):
    class Canned:
        def send(self, request):
            assert str(request) == "POST /oauth/token"
            return answer

    _, one, _ = attempt
    with pytest.raises(SignInFailed) as caught:
        one.exchange(f"/signed-in?code=canary&state={one._state}", "canary", Canned(), SystemClock())
    assert "canary" not in f"{caught.value} {caught.value.advice}"


def test_the_browser_comes_back_once_and_nobody_else_is_heard():
    with Loopback(patience=5) as loopback:
        found = []
        waiting = threading.Thread(target=lambda: found.append(loopback.wait()))
        waiting.start()
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        for host, path in (("attacker.example", "/signed-in?code=x"), (None, "/favicon.ico"), (None, "/")):
            headers = {"Host": host} if host else {}
            with pytest.raises(urllib.error.HTTPError):
                opener.open(urllib.request.Request(f"http://127.0.0.1:{loopback.port}{path}", headers=headers))
        with opener.open(f"{loopback.uri}?code=abc&state=def") as page:
            assert "close this page" in page.read().decode()
            assert page.headers["Content-Security-Policy"] == "default-src 'none'"
        waiting.join()
    assert found == ["/signed-in?code=abc&state=def"]


def test_a_browser_that_never_comes_back_is_not_waited_for_without_end():
    with Loopback(patience=0.1) as loopback, pytest.raises(SignInFailed, match=r"did not come back within 0\.1 s"):
        loopback.wait()


class Keyring:
    """A keyring in memory."""

    def __init__(self):
        self.kept = {}

    def get_password(self, service, name):
        return self.kept.get((service, name))

    def set_password(self, service, name, secret):
        self.kept[service, name] = secret

    def delete_password(self, service, name):
        del self.kept[service, name]


@pytest.fixture(params=["a file", "a keyring"])
def vault(request, tmp_path):
    return Vault(tmp_path / "config" / "sdx-state", Keyring() if request.param == "a keyring" else None)


BASE = base_url("au1.surveydynamix.com", None)


def test_what_is_stored_for_one_host_is_sent_to_no_other(vault):
    vault.save(BASE.origin, record_of(Credentials("t0ken-of-au1", "5f0c0d5e")))
    found = find_credentials(BASE, {}, vault)
    assert (found.way, found.credentials.token, found.credentials.customer_uuid) == (
        "HTTP Basic",
        "t0ken-of-au1",
        "5f0c0d5e",
    )
    for other in ("eu1.surveydynamix.com", "demo.surveydynamix.com"):
        with pytest.raises(MissingCredentials, match=f"no credentials for https://{other}") as caught:
            find_credentials(base_url(other, None), {}, vault)
        assert "sdx-state login" in caught.value.advice
    assert vault.delete(BASE.origin)
    assert not vault.delete(BASE.origin)
    with pytest.raises(MissingCredentials):
        find_credentials(BASE, {}, vault)


def test_the_environment_goes_before_what_is_stored(vault):
    vault.save(BASE.origin, record_of(Credentials("stored")))
    found = find_credentials(BASE, {"SDX_ACCESS_TOKEN": "given"}, vault)
    assert (found.credentials.token, found.source) == ("given", "the environment")
    with pytest.raises(MissingCredentials, match="SDX_AUTH_TOKEN is missing"):
        find_credentials(BASE, {"SDX_CUSTOMER_UUID": "u"}, vault)


def test_the_file_is_its_users_alone(tmp_path):
    vault = Vault(tmp_path / "sdx-state")
    vault.save(BASE.origin, record_of(Credentials("t0ken")))
    file = tmp_path / "sdx-state" / "credentials.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert vault.open_to_others() is None
    file.chmod(0o644)
    assert vault.open_to_others() == f"chmod 600 {file}"
    for content in (b"", b"{", b'{"https://au1.surveydynamix.com": "{}"}', b'{"https://au1.surveydynamix.com": 7}'):
        file.write_bytes(content)
        with pytest.raises(SignInFailed, match="cannot be read"):
            vault.load(BASE.origin)


def test_a_token_that_ends_soon_is_exchanged_and_kept_before_it_is_used(tenant, vault):
    base = base_url(None, tenant.url)
    one, transport = SignIn(base, CLIENT_ID, "http://127.0.0.1:9/x"), token_transport(base, None)
    grant = one.exchange(decide(one.url(), "approve"), CLIENT_SECRET, transport, SystemClock())
    vault.save(base.origin, record_of(grant))
    assert find_credentials(base, {}, vault).credentials.token == grant.access_token

    class Later(SystemClock):
        def now(self):
            return super().now() + 3500

    fresh = find_credentials(base, {}, vault, Later()).credentials.token
    assert fresh != grant.access_token
    assert json.loads(json.dumps(vault.load(base.origin)))["grant"]["access_token"] == fresh
    with pytest.raises(SignInFailed, match="not valid any more"):
        refreshed(grant, transport, SystemClock())  # a refresh token is good once


def test_without_a_refresh_token_one_signs_in_again(vault):
    vault.save(BASE.origin, record_of(Grant("t", None, 1.0, "c", "s")))
    with pytest.raises(SignInFailed, match="there is no refresh token") as caught:
        find_credentials(BASE, {}, vault)
    assert "sdx-state login" in caught.value.advice


def test_a_keyring_that_fails_is_said_without_what_it_keeps():
    from sdx_state.api.stored import _Keyring

    class Locked:
        def get_password(self, *_):
            raise RuntimeError("canary")

    with pytest.raises(SignInFailed, match="the keyring cannot be used") as caught:
        _Keyring(Locked()).get_password("a", "b")
    assert "canary" not in f"{caught.value} {caught.value.advice}"


@pytest.fixture
def signing_in(project, tenant, monkeypatch, tmp_path):
    """A project of a running tenant, and a folder of its own for what is stored."""
    monkeypatch.setenv("SDX_API_URL", tenant.url)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("CI", raising=False)
    return project


def test_login_whoami_plan_and_logout(signing_in, monkeypatch):
    monkeypatch.setenv("SDX_CLIENT_SECRET", CLIENT_SECRET)

    def open_browser(address):
        def person():
            urllib.request.build_opener(urllib.request.ProxyHandler({})).open(decide(address, "approve"))

        threading.Thread(target=person, daemon=True).start()
        return True

    monkeypatch.setattr("webbrowser.open", open_browser)
    signed_in = signing_in.run("login", "--client-id", CLIENT_ID)
    assert signed_in.code == 0, signed_in.err
    assert "Signed in to http://127.0.0.1:" in signed_in.out
    who = signing_in.run("whoami")
    assert who.code == 0, who.err
    assert "signed in through the browser, from" in who.out
    signing_in.write("a.yaml", "surveys: {a: {name: A}}\n")
    assert signing_in.run("plan").code == 0
    assert signing_in.run("logout").code == 0
    assert signing_in.run("plan").code == 1
    assert "There are none" in signing_in.run("logout").out


@pytest.mark.parametrize(("way", "lines"), [("token", "sandbox\n"), ("basic", "UUID\nsandbox\n")])
def test_what_is_read_from_stdin_is_stored_and_never_shown(signing_in, monkeypatch, way, lines):
    uuid = "00000000-0000-4000-8000-000000000000"
    monkeypatch.setattr(sys, "stdin", io.StringIO(lines.replace("UUID", uuid)))
    ended = signing_in.run("login", "--with", way)
    assert ended.code == 0, ended.err
    assert "sandbox" not in ended.out
    who = signing_in.run("whoami").out
    assert ("HTTP Basic" if way == "basic" else "access token") in who
    assert (uuid in who) == (way == "basic")


def test_a_pipeline_opens_no_browser(signing_in, monkeypatch):
    monkeypatch.setenv("CI", "true")
    monkeypatch.setattr("webbrowser.open", lambda _: pytest.fail("a browser was opened"))
    ended = signing_in.run("login", "--client-id", CLIENT_ID)
    assert ended.code == 1
    assert "a pipeline has no browser" in ended.err


def test_wrong_credentials_are_not_called_accepted(signing_in, monkeypatch):
    monkeypatch.setenv("SDX_ACCESS_TOKEN", "wrong-token-of-mine")
    ended = signing_in.run("whoami")
    assert ended.code == 1
    assert "401" in ended.err
    assert "accepted" not in ended.out


def test_a_client_is_needed_and_so_is_a_host(signing_in, monkeypatch):
    ended = signing_in.run("login")
    assert ended.code == 1
    assert "--client-id" in ended.err
    monkeypatch.delenv("SDX_API_URL")
    (signing_in.folder / "sdx.yaml").unlink()
    ended = signing_in.run("whoami")
    assert ended.code == 1
    assert "no API host is named" in ended.err


UNTRUSTED = [
    {"client_id": "another"},
    {"redirect_uri": "https://attacker.example/signed-in"},
    {"redirect_uri": "http://localhost.attacker.example:9/"},
    {"redirect_uri": "http://127.0.0.1:9/#x"},
]


@pytest.mark.parametrize("changed", UNTRUSTED)
def test_the_sandbox_sends_nobody_to_where_a_code_could_be_stolen(attempt, changed):
    _, one, _ = attempt
    address = one.url()
    query = dict(parse_qsl(urlsplit(address).query)) | changed
    opener = urllib.request.build_opener(Refused, urllib.request.ProxyHandler({}))
    with pytest.raises(urllib.error.HTTPError) as caught:
        opener.open(f"{address.split('?')[0]}?{urlencode(query)}")
    assert caught.value.code == 400
    assert "Location" not in caught.value.headers


def test_a_token_that_nobody_gave_out_opens_nothing(tenant):
    from sdx_state.api import Client, Connection, Endpoints

    connection = Connection(base_url(None, tenant.url), Credentials("made-up"))
    with Client(Endpoints(connection)) as client, pytest.raises(ApiError):
        list(client.surveys.list())
