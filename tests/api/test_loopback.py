"""The loopback server for the redirect of the browser."""

from __future__ import annotations

import socket
import threading
import urllib.error
import urllib.request

import pytest

from sdx_state.api.loopback import Loopback
from sdx_state.api.sign_in_errors import SignInError
from sdx_state.report.advice import advice_for


def test_only_the_expected_redirect_is_accepted():
    with Loopback(patience=5) as loopback:
        loopback.expect(lambda came_back: "state=def" in came_back)
        found = []
        waiting = threading.Thread(target=lambda: found.append(loopback.wait()))
        waiting.start()
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        for host, path in (("attacker.example", "/signed-in?code=x"), (None, "/favicon.ico"), (None, "/")):
            headers = {"Host": host} if host else {}
            with pytest.raises(urllib.error.HTTPError):
                opener.open(urllib.request.Request(f"http://127.0.0.1:{loopback.port}{path}", headers=headers))
        for query in ("", "?code=x", "?code=x&state=other", "?error=access_denied&state="):
            with pytest.raises(urllib.error.HTTPError, match="400"):
                opener.open(loopback.uri + query)
        with opener.open(f"{loopback.uri}?code=abc&state=def") as page:
            assert "close this page" in page.read().decode()
            assert page.headers["Content-Security-Policy"] == (
                "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
            )
        waiting.join()
    assert found == ["/signed-in?code=abc&state=def"]


def test_wait_for_the_browser_times_out():
    with Loopback(patience=0.1) as loopback, pytest.raises(SignInError, match=r"did not return within 0\.1 s"):
        loopback.wait()


def test_idle_connections_do_not_block_the_redirect():
    with Loopback(patience=30) as loopback, socket.create_connection(("127.0.0.1", loopback.port)):
        loopback.expect(bool)  # connections are accepted in their order: the one that says nothing comes first
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"{loopback.uri}?code=a", timeout=5):
            assert loopback.wait() == "/signed-in?code=a"


def test_only_the_first_redirect_counts():
    with Loopback(patience=5) as loopback:
        loopback.expect(bool)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        for code in ("first", "second"):
            opener.open(f"{loopback.uri}?code={code}").close()
        assert loopback.wait() == "/signed-in?code=first"


def test_timeout_reports_redirects_of_other_attempts():
    with Loopback(patience=0.5) as loopback:
        loopback.expect(lambda _: False)
        with pytest.raises(urllib.error.HTTPError, match="400"):
            urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"{loopback.uri}?code=x&state=y")
        with pytest.raises(SignInError, match="ignored 1 request of other sign-in attempts"):
            loopback.wait()


def test_login_timeout_suggests_other_method():
    with Loopback(patience=0.1) as loopback, pytest.raises(SignInError) as caught:
        loopback.wait()
    assert "--with basic" in advice_for(caught.value)
