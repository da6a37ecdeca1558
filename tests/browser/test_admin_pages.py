"""A person carries out the hand-off of the quickstart in a real browser, on the admin pages of the sandbox."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sdx_state.sandbox import SandboxOptions, SandboxServer
from tests.browser.chromium import require_browser

QUICKSTART = Path(__file__).parents[2] / "examples" / "quickstart"
SIGN_IN = {"username": "00000000-0000-4000-8000-000000000000", "password": "sandbox"}

require_browser()


@pytest.fixture
def tenant(project):
    with SandboxServer(":memory:", SandboxOptions(documented=True)) as server:
        project.connect(server.url)
        yield server


@pytest.fixture
def page(browser):
    context = browser.new_context(http_credentials=SIGN_IN)
    yield context.new_page()
    context.close()


def origin(tenant):
    return "{0.scheme}://{0.netloc}/".format(urlsplit(tenant.url))


def save(page, fields):
    """Fill the form that is open, each field by its label, and save it."""
    for field in fields:
        where = page.get_by_label(field["path"], exact=True)
        if where.evaluate("one => one.tagName") == "SELECT":
            where.select_option(str(field["after"]))
        else:
            where.fill(str(field["after"]))
    page.click("text=Save")
    assert page.locator(".error").all_inner_texts() == []


def carry_out(page, step, folder):
    if step["action"] == "upload":
        page.click("text=Upload users")
        page.set_input_files("input[type=file]", folder / "users.csv")
        page.locator("form button").click()
        return
    page.click("text=Surveys and users")
    if (step["action"], step["type"]) == ("create", "survey"):
        page.click("text=New survey")
    else:
        page.click("table >> text=Support CSAT")
    if (step["action"], step["type"]) == ("create", "question"):
        page.click("text=New question")
    save(page, step["fields"])


def test_each_step_of_the_hand_off_is_carried_out_by_hand_and_ticked_off(page, tenant, project):
    for name in ("acme.yaml", "sdx.yaml"):
        project.write(name, (QUICKSTART / name).read_text())
    assert project.run("apply", "--auto-approve").code == 8
    steps = json.loads((project.folder / "handoff" / "handoff.json").read_text())["steps"]
    page.goto(origin(tenant))
    for done, step in enumerate(steps, 1):
        carry_out(page, step, project.folder / "handoff")
        left = len(steps) - done
        expected = f"{left} step{'s' if left > 1 else ''} left." if left else "nothing is left to do."
        assert project.run("handoff").last.endswith(expected)
    assert project.run("plan", "--detailed-exitcode").code == 0


def test_form_of_another_site_is_refused_although_the_browser_sends_the_credentials(page, tenant):
    address = f"{origin(tenant)}admin/surveys/new"
    page.goto(address)
    page.goto("about:blank")
    page.set_content(
        f'<form method="post" action="{address}"><input name="name" value="X"><button>Go</button></form>'
    )
    with page.expect_response(address) as answered:
        page.click("text=Go")
    assert answered.value.status == 403
    assert tenant.store.rows("surveys") == []
