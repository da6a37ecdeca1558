"""A rejected token is renewed once for all threads, and the request is repeated."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from sdx_state.api.address import base_url
from sdx_state.api.credentials import Credentials
from sdx_state.api.endpoints import Connection, Endpoints
from sdx_state.api.errors import AuthenticationError, SurveyDynamixError
from sdx_state.api.oauth import Grant
from sdx_state.api.sign_in_errors import SignInError
from sdx_state.api.stored import find_credentials
from sdx_state.api.vault import Vault
from sdx_state.programs.machine import THIS_MACHINE
from sdx_state.report.advice import advice_for
from sdx_state.sandbox.oauth import CLIENT_ID, CLIENT_SECRET


@pytest.fixture
def signed_in(attempt, decide, tmp_path):
    """A vault with an access token that the server no longer knows, without an expiry."""
    base, one, transport = attempt
    grant = one.exchange(decide(one.url(), "approve"), CLIENT_SECRET, transport, THIS_MACHINE)
    vault = Vault(tmp_path / "sdx-state")
    forgotten = Grant("forgotten-access-token", grant.refresh_token, None, CLIENT_ID, CLIENT_SECRET)
    with vault.held(create=True):
        vault.save(base.origin, forgotten)
    return base, vault


def connection(base, vault):
    found = find_credentials(base, {}, vault)
    return Connection(base, found.credentials, renew=found.renew)


def kept(base, vault):
    return vault.load(base.origin).access_token


def test_eight_threads_with_401_renew_the_token_once(signed_in, tenant):
    base, vault = signed_in
    with Endpoints(connection(base, vault)) as client, ThreadPoolExecutor(8) as workers:
        assert list(workers.map(lambda _: list(client.surveys.iterate()), range(16))) == [[]] * 16
    assert kept(base, vault) != "forgotten-access-token"
    with Endpoints(Connection(base, Credentials(kept(base, vault)))) as client:
        assert list(client.surveys.iterate()) == []  # a second exchange would have made it another


def test_write_with_401_is_applied_once(signed_in, tenant):
    base, vault = signed_in
    with Endpoints(connection(base, vault)) as client:
        client.surveys.create({"name": "One"})
        assert [row["name"] for row in client.surveys.iterate()] == ["One"]


def test_token_renewed_by_another_process_is_used(signed_in):
    base, vault = signed_in
    with Endpoints(connection(base, vault)) as slow:
        with Endpoints(connection(base, vault)) as quick:
            list(quick.surveys.iterate())
        before = kept(base, vault)
        assert list(slow.surveys.iterate()) == []
        assert kept(base, vault) == before


def test_expired_refresh_token_ends_the_run_with_advice(signed_in):
    base, vault = signed_in
    vault.save(base.origin, replace(vault.load(base.origin), refresh_token="made-up"))

    def ask(client):
        try:
            list(client.surveys.iterate())
        except SurveyDynamixError as error:
            return error

    with Endpoints(connection(base, vault)) as client, ThreadPoolExecutor(8) as workers:
        told = list(workers.map(lambda _: ask(client), range(8)))
    assert {type(error) for error in told} == {SignInError}
    assert "no longer valid" in str(told[0])
    assert "sdx-state login" in advice_for(told[0])


def test_rejected_new_token_is_not_renewed_again(tenant):
    base, made = base_url(None, tenant.url), []

    def renew(refused):
        made.append(refused.token)
        return Credentials(f"{refused.token}+")

    with Endpoints(Connection(base, Credentials("never-given-out"), renew=renew)) as client:
        for _ in range(3):
            with pytest.raises(AuthenticationError):
                list(client.surveys.iterate())
    assert made == ["never-given-out"]


def test_echoed_tokens_are_redacted(serve_handler):
    from http.server import BaseHTTPRequestHandler

    class Echo(BaseHTTPRequestHandler):
        def log_message(self, *_): ...

        def do_GET(self):
            sent = self.headers["Authorization"]
            body = json.dumps({"error": f"old-token-of-mine {sent}"}).encode()
            self.send_response(401 if "old" in sent else 400)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    base = base_url(None, serve_handler(Echo))
    both = Connection(base, Credentials("old-token-of-mine"), renew=lambda _: Credentials("new-token-of-mine"))
    with Endpoints(both) as client, pytest.raises(Exception, match="400") as caught:
        list(client.surveys.iterate())
    assert "redacted" in str(caught.value)
    assert "token-of-mine" not in str(caught.value)


def test_run_continues_after_its_token_expires(signed_in, project, monkeypatch):
    base, vault = signed_in
    monkeypatch.setattr(Vault, "of_this_machine", classmethod(lambda *_: vault))
    monkeypatch.setattr(Vault, "was_used", staticmethod(lambda: True))
    monkeypatch.setenv("SDX_API_URL", f"{base.origin}/api")
    project.write("a.yaml", "surveys: {a: {name: A}}\n")
    ended = project.run("plan")
    assert ended.code == 0, ended.err
    assert kept(base, vault) != "forgotten-access-token"
