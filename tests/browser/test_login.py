"""Signing in with a real browser: a user reads the page of the sandbox and presses a button."""

from __future__ import annotations

import queue
import threading

import pytest

from sdx_state.api.address import base_url
from sdx_state.api.loopback import Loopback
from sdx_state.api.oauth import SignIn, token_transport
from sdx_state.api.sign_in_errors import SignInError
from sdx_state.programs.machine import THIS_MACHINE
from sdx_state.sandbox.oauth import CLIENT_ID, CLIENT_SECRET
from tests.browser.chromium import require_browser

require_browser()


@pytest.fixture
def page(browser):
    context = browser.new_context()
    opened = context.new_page()
    opened.seen = []
    opened.on("request", lambda request: opened.seen.append(request.url))
    yield opened
    context.close()


def press(page, tenant, button):
    """Sign in as far as the browser goes, and return what is needed to end it."""
    base = base_url(None, tenant.url)
    with Loopback(patience=20) as loopback:
        attempt, found = SignIn(base, CLIENT_ID, loopback.uri), []
        loopback.expect(attempt.is_answer)
        waiting = threading.Thread(target=lambda: found.append(loopback.wait()))
        waiting.start()
        page.goto(attempt.url())
        assert page.inner_text("h1") == "Allow access?"
        page.click(f"text={button}")
        page.wait_for_url(f"{loopback.uri}*")
        waiting.join()
    return base, attempt, found[0]


def test_approval_signs_in_and_shows_no_secret_to_the_browser(page, tenant):
    base, attempt, came_back = press(page, tenant, "Approve")
    assert "You can close this page" in page.inner_text("body")
    grant = attempt.exchange(came_back, CLIENT_SECRET, token_transport(base, None), THIS_MACHINE)
    assert grant.access_token
    everything = " ".join(page.seen) + page.content()
    assert CLIENT_SECRET not in everything
    assert grant.access_token not in everything


def test_cancelled_approval_does_not_sign_in(page, tenant):
    base, attempt, came_back = press(page, tenant, "Cancel")
    assert "You can close this page" in page.inner_text("body")
    with pytest.raises(SignInError, match="access was denied"):
        attempt.exchange(came_back, CLIENT_SECRET, token_transport(base, None), THIS_MACHINE)


@pytest.mark.parametrize("more", [[], ["--secret-in-redirect"]])
def test_login_from_the_command_line_to_a_plan(page, project, tenant, tmp_path, monkeypatch, more):
    monkeypatch.setenv("SDX_API_URL", tenant.url)
    monkeypatch.setenv("SDX_CLIENT_SECRET", CLIENT_SECRET)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("CI", raising=False)
    opened, ended = queue.Queue(), []
    monkeypatch.setattr("webbrowser.open", lambda address: opened.put(address) or True)
    login = threading.Thread(target=lambda: ended.append(project.run("login", "--client-id", CLIENT_ID, *more)))
    login.start()
    page.goto(opened.get(timeout=20))
    assert CLIENT_ID in page.inner_text("p")
    assert CLIENT_SECRET not in page.content()
    page.click("text=Approve")
    login.join(20)
    assert ended[0].code == 0, ended[0].err
    assert any(CLIENT_SECRET in url for url in page.seen) == bool(more)
    assert "signed in through the browser" in project.run("whoami").out
    project.write("a.yaml", "surveys: {a: {name: A}}\n")
    assert project.run("plan").code == 0
