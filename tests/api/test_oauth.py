"""Sign-in through the browser of the sandbox, and stored credentials, for one host only."""

from __future__ import annotations

import io
import os
import sys
import threading
import urllib.error
import urllib.request
from base64 import b64encode
from urllib.parse import parse_qs, urlsplit

import pytest

from sdx_state.api.address import base_url
from sdx_state.api.credentials import Credentials
from sdx_state.api.errors import CredentialsError, SurveyDynamixError
from sdx_state.api.exchange import Answer
from sdx_state.api.oauth import Grant, SignIn, refreshed, token_transport
from sdx_state.api.sign_in_errors import SignInError
from sdx_state.api.stored import find_credentials
from sdx_state.api.vault import Vault
from sdx_state.programs.machine import THIS_MACHINE, Machine
from sdx_state.report.advice import advice_for
from sdx_state.sandbox.oauth import CLIENT_ID, CLIENT_SECRET


def test_browser_url_contains_state_and_challenge_but_no_secret(attempt, tenant):
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


def test_approval_gives_a_valid_token(attempt, decide):
    from sdx_state.api.client import Client
    from sdx_state.api.endpoints import Connection, Endpoints

    base, one, transport = attempt
    grant = one.exchange(decide(one.url(), "approve"), CLIENT_SECRET, transport, THIS_MACHINE)
    with Client.from_endpoints(Endpoints(Connection(base, Credentials(grant.access_token)))) as client:
        assert list(client.surveys.list()) == []
    assert grant.access_token not in repr(grant)
    assert CLIENT_SECRET not in repr(grant)


def test_cancel_gives_no_token(attempt, decide):
    _, one, transport = attempt
    with pytest.raises(SignInError, match="access was denied"):
        one.exchange(decide(one.url(), "cancel"), CLIENT_SECRET, transport, THIS_MACHINE)


def test_redirect_of_another_attempt_is_ignored(attempt, tenant, decide):
    base, one, transport = attempt
    other = SignIn(base, CLIENT_ID, "http://127.0.0.1:9/signed-in")
    for came_back in (
        decide(other.url(), "approve"),
        "/signed-in?code=x",
        "/signed-in",
        "/signed-in?error=x&state=y",
    ):
        with pytest.raises(SignInError, match="belongs to another sign-in attempt"):
            one.exchange(came_back, CLIENT_SECRET, transport, THIS_MACHINE)


def test_code_is_valid_once_and_for_its_client_only(attempt, tenant, decide):
    base, one, transport = attempt
    came_back = decide(one.url(), "approve")
    thief = SignIn(base, CLIENT_ID, "http://127.0.0.1:9/signed-in")
    thief._state = one._state
    with pytest.raises(SignInError, match="no longer valid"):
        thief.exchange(came_back, CLIENT_SECRET, transport, THIS_MACHINE)
    came_back = decide(one.url(), "approve")
    one.exchange(came_back, CLIENT_SECRET, transport, THIS_MACHINE)
    with pytest.raises(SignInError, match="no longer valid"):
        one.exchange(came_back, CLIENT_SECRET, transport, THIS_MACHINE)


def test_wrong_secret_is_reported_without_the_secret(attempt, decide):
    _, one, transport = attempt
    with pytest.raises(SignInError, match="the client id or its secret is wrong") as caught:
        one.exchange(decide(one.url(), "approve"), "wr0ng-s3cret", transport, THIS_MACHINE)
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
def test_any_answer_of_the_token_endpoint_gives_a_message(attempt, answer):
    class Canned:
        def send(self, request):
            assert str(request) == "POST /oauth/token"
            return answer

    _, one, _ = attempt
    with pytest.raises(SignInError) as caught:
        one.exchange(f"/signed-in?code=canary&state={one._state}", "canary", Canned(), THIS_MACHINE)
    assert "canary" not in f"{caught.value} {caught.value.advice}"


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


def test_stored_credentials_are_sent_to_their_host_only(vault):
    vault.save(BASE.origin, Credentials("t0ken-of-au1", "5f0c0d5e"))
    found = find_credentials(BASE, {}, vault)
    assert (found.way, found.credentials.token, found.credentials.customer_uuid) == (
        "HTTP Basic",
        "t0ken-of-au1",
        "5f0c0d5e",
    )
    for other in ("eu1.surveydynamix.com", "demo.surveydynamix.com"):
        with pytest.raises(CredentialsError, match=f"no credentials for https://{other}") as caught:
            find_credentials(base_url(other, None), {}, vault)
        assert "sdx-state login" in advice_for(caught.value)
    assert vault.delete(BASE.origin)
    assert not vault.delete(BASE.origin)
    with pytest.raises(CredentialsError):
        find_credentials(BASE, {}, vault)


def test_environment_takes_precedence_over_stored_credentials(vault):
    vault.save(BASE.origin, Credentials("stored"))
    found = find_credentials(BASE, {"SDX_ACCESS_TOKEN": "given"}, vault)
    assert (found.credentials.token, found.source) == ("given", "the environment")
    with pytest.raises(CredentialsError, match="SDX_AUTH_TOKEN is missing"):
        find_credentials(BASE, {"SDX_CUSTOMER_UUID": "u"}, vault)


def test_credentials_file_is_private(tmp_path):
    vault = Vault(tmp_path / "sdx-state")
    vault.save(BASE.origin, Credentials("t0ken"))
    file = tmp_path / "sdx-state" / "credentials.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert vault.open_to_others() is None
    file.chmod(0o644)
    assert vault.open_to_others() == f"chmod 600 {file}"
    for content in (b"", b"{", b'{"https://au1.surveydynamix.com": "{}"}', b'{"https://au1.surveydynamix.com": 7}'):
        file.write_bytes(content)
        with pytest.raises(SignInError, match="cannot be read"):
            vault.load(BASE.origin)


def test_expiring_token_is_renewed_and_stored_before_use(tenant, vault, decide):
    base = base_url(None, tenant.url)
    one, transport = SignIn(base, CLIENT_ID, "http://127.0.0.1:9/x"), token_transport(base, None)
    grant = one.exchange(decide(one.url(), "approve"), CLIENT_SECRET, transport, THIS_MACHINE)
    vault.save(base.origin, grant)
    assert find_credentials(base, {}, vault).credentials.token == grant.access_token

    class Later(Machine):
        def now(self):
            return super().now() + 3500

    fresh = find_credentials(base, {}, vault, Later()).credentials.token
    assert fresh != grant.access_token
    assert vault.load(base.origin).access_token == fresh
    with pytest.raises(SignInError, match="no longer valid"):
        refreshed(grant, transport, THIS_MACHINE)  # a refresh token is good once


def test_missing_refresh_token_requires_sign_in(vault):
    vault.save(BASE.origin, Grant("t", None, 1.0, "c", "s"))
    with pytest.raises(SignInError, match="there is no refresh token") as caught:
        find_credentials(BASE, {}, vault)
    assert "sdx-state login" in advice_for(caught.value)


def test_keyring_failure_is_reported_without_secrets():
    from sdx_state.api.vault import _Keyring

    class Locked:
        def get_password(self, *_):
            raise RuntimeError("canary")

    with pytest.raises(SignInError, match="the keyring failed") as caught:
        _Keyring(Locked()).get_password("a", "b")
    assert "canary" not in f"{caught.value} {caught.value.advice}"


@pytest.fixture
def signing_in(project, tenant, monkeypatch, tmp_path):
    """A project of a running tenant, with a separate directory for stored credentials."""
    monkeypatch.setenv("SDX_API_URL", tenant.url)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("CI", raising=False)
    return project


def test_login_whoami_plan_and_logout(signing_in, monkeypatch, decide):
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
def test_credentials_from_stdin_are_stored_and_never_shown(signing_in, monkeypatch, way, lines):
    uuid = "00000000-0000-4000-8000-000000000000"
    monkeypatch.setattr(sys, "stdin", io.StringIO(lines.replace("UUID", uuid)))
    ended = signing_in.run("login", "--with", way)
    assert ended.code == 0, ended.err
    assert "sandbox" not in ended.out
    who = signing_in.run("whoami").out
    assert ("HTTP Basic" if way == "basic" else "access token") in who
    assert (uuid in who) == (way == "basic")


@pytest.mark.parametrize("more", [[], ["--no-browser"]])
def test_pipeline_does_not_open_a_browser(signing_in, monkeypatch, more):
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("SDX_CLIENT_SECRET", CLIENT_SECRET)
    monkeypatch.setattr("webbrowser.open", lambda _: pytest.fail("a browser was opened"))
    ended = signing_in.run("login", "--client-id", CLIENT_ID, *more)
    assert ended.code == 1
    assert "a pipeline has no browser" in ended.err


@pytest.mark.parametrize(
    ("way", "lines", "said"),
    [
        ("token", "a-token-that-is-wrong\n", "(401)"),
        ("basic", "00000000-0000-4000-8000-000000000000\na-token-that-is-wrong\n", "(401)"),
        ("token", "", "are missing"),
        ("browser", "", "the client secret is empty"),
    ],
)
def test_rejected_credentials_are_not_stored(signing_in, monkeypatch, way, lines, said):
    monkeypatch.setattr(sys, "stdin", io.StringIO(lines))
    ended = signing_in.run("login", "--with", way, "--client-id", CLIENT_ID)
    assert (ended.code, ended.out) == (1, "")
    assert said in ended.err
    assert "a-token-that-is-wrong" not in ended.err
    assert "there are no credentials" in signing_in.run("whoami").err


def test_credentials_of_another_tenant_are_neither_stored_nor_accepted(signing_in, monkeypatch):
    signing_in.write("sdx.yaml", "sdx: 1\napi: {host: x.example}\ntenant: 11111111-0000-4000-8000-000000000000\n")
    monkeypatch.setattr(sys, "stdin", io.StringIO("00000000-0000-4000-8000-000000000000\nsandbox\n"))
    assert "pinned to tenant 11111111" in signing_in.run("login", "--with", "basic").err
    assert "there are no credentials" in signing_in.run("whoami").err
    monkeypatch.setenv("SDX_CUSTOMER_UUID", "00000000-0000-4000-8000-000000000000")
    monkeypatch.setenv("SDX_AUTH_TOKEN", "sandbox")
    who = signing_in.run("whoami")
    assert (who.code, who.out) == (1, "")
    assert "pinned to tenant 11111111" in who.err


def test_whoami_shows_the_surveys_of_the_tenant(signing_in, tenant, monkeypatch):
    monkeypatch.setenv("SDX_ACCESS_TOKEN", "sandbox")
    assert "surveys   0\n" in signing_in.run("whoami").out
    for name in ("One", "Two\x1b[31m", "Three", "Four"):
        tenant.store.create("surveys", {"name": name})
    who = signing_in.run("whoami").out
    assert "tenant    not known" in who
    assert "surveys   4: One (id 1), Two\\u{1b}[31m (id 2), Three (id 3), ...\n" in who
    signing_in.write("sdx.yaml", "sdx: 1\napi: {host: x.example}\ntenant: 11111111-0000-4000-8000-000000000000\n")
    assert "tenant    11111111-0000-4000-8000-000000000000 (pinned" in signing_in.run("whoami").out


def test_login_warns_that_the_environment_takes_precedence(signing_in, monkeypatch):
    monkeypatch.setenv("SDX_ACCESS_TOKEN", "sandbox")
    monkeypatch.setattr(sys, "stdin", io.StringIO("sandbox\n"))
    ended = signing_in.run("login", "--with", "token")
    assert ended.code == 0
    assert "SDX_ACCESS_TOKEN in the environment goes before" in ended.err


def test_commands_warn_about_readable_stored_credentials(signing_in, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "stdin", io.StringIO("sandbox\n"))
    assert signing_in.run("login", "--with", "token").code == 0
    signing_in.write("a.yaml", "surveys: {a: {name: A}}\n")
    assert "others can read" not in signing_in.run("plan").err
    file = tmp_path / "config" / "sdx-state" / "credentials.json"
    file.chmod(0o640)
    assert f"others can read your credentials: chmod 600 {file}" in signing_in.run("plan").err


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
    assert "the API host is missing" in ended.err


def test_unknown_token_is_rejected(tenant):
    from sdx_state.api.client import Client
    from sdx_state.api.endpoints import Connection, Endpoints

    connection = Connection(base_url(None, tenant.url), Credentials("made-up"))
    with Client.from_endpoints(Endpoints(connection)) as client, pytest.raises(SurveyDynamixError):
        list(client.surveys.list())


@pytest.mark.parametrize("when", ["typed", "stored"])
def test_not_even_a_bug_shows_a_secret_that_was_typed_or_stored(signing_in, tmp_path, monkeypatch, capsys, when):
    from sdx_state.cli.main import entry

    uuid, token = "11111111-0000-4000-8000-000000000000", "a-t0ken/of=mine"
    pair = b64encode(f"{uuid}:{token}".encode()).decode()

    def fail(_client):
        raise RuntimeError(f"{token} {pair}")

    monkeypatch.setattr("sdx_state.live.glimpse.glimpse", fail)
    if when == "stored":
        vault = Vault(tmp_path / "config" / "sdx-state")
        vault.save(base_url(None, os.environ["SDX_API_URL"]).origin, Credentials(token, uuid))
    else:
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"{uuid}\n{token}\n"))
    command = ["whoami"] if when == "stored" else ["login", "--with", "basic"]
    monkeypatch.setattr(sys, "argv", ["sdx-state", "-C", str(signing_in.folder), *command])
    with pytest.raises(SystemExit):
        entry()
    err = capsys.readouterr().err
    assert "RuntimeError: [redacted] [redacted]" in err
    assert token not in err
    assert pair not in err


def test_keyring_is_not_used_with_credentials_in_the_environment(signing_in, monkeypatch):
    monkeypatch.setattr("sdx_state.api.vault._working_keyring", lambda _: pytest.fail("a keyring was looked for"))
    monkeypatch.setenv("SDX_ACCESS_TOKEN", "sandbox")
    signing_in.write("a.yaml", "surveys: {a: {name: A}}\n")
    for command in ("plan", "whoami"):
        ended = signing_in.run(command)
        assert ended.code == 0, ended.err
