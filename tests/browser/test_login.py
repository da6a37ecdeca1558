"""Signing in with a real browser: a user reads the page of the sandbox and presses a button.

Needs Chromium and the extra `browser`. Where one of them is missing these tests are skipped, and with
SDX_REQUIRE_BROWSER=1 they fail.
"""

from __future__ import annotations

import os
import queue
import shutil
import threading

import pytest

from sdx_state.api.address import base_url
from sdx_state.api.loopback import Loopback
from sdx_state.api.oauth import SignIn, token_transport
from sdx_state.api.sign_in_errors import SignInError
from sdx_state.programs.machine import THIS_MACHINE
from sdx_state.sandbox.oauth import CLIENT_ID, CLIENT_SECRET

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]

try:
    from playwright.sync_api import sync_playwright
except ImportError:
    sync_playwright = None

if CHROMIUM is None or sync_playwright is None:
    missing = "Chromium" if CHROMIUM is None else "playwright (pip install '.[browser]')"
    if os.environ.get("SDX_REQUIRE_BROWSER"):
        raise RuntimeError(f"{missing} is missing, and SDX_REQUIRE_BROWSER is set")
    pytest.skip(f"{missing} is missing", allow_module_level=True)


@pytest.fixture
def page():
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        opened = chromium.new_page()
        opened.seen = []
        opened.on("request", lambda request: opened.seen.append(request.url))
        yield opened
        chromium.close()


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
