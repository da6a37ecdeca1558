"""The hand-off in a real browser: what is copied is exact, ticks stay, nothing is loaded, nothing in it acts."""

from __future__ import annotations

import pytest

from sdx_state.handoff.steps import hand_off
from sdx_state.kinds.addresses import parse_address as at
from sdx_state.model.field_path import FieldPath
from sdx_state.model.plan import Action, Change, FieldChange, Plan
from sdx_state.model.resource import Desired, Source
from sdx_state.report.handoff import handoff_html
from tests.browser.chromium import require_browser

HOSTILE = (
    "<script>document.title='owned'</script> \u202e `x` \"quoted\" 'too' &amp;\n"
    "second line <img src=x onerror=alert(1)>"
)

require_browser()


def handoff():
    where = Source("surveys/csat.yaml", 3, 1)
    before = "Thank you for calling. Three short questions follow."
    survey = Change(
        at("survey.csat"), "survey", Action.UPDATE, id="52", label="Support CSAT", via="manual", source=where,
        fields=(
            FieldChange(FieldPath("greeting_text"), before, before.replace("Three", "Four")),
            FieldChange(FieldPath("closing_text"), "Bye", HOSTILE),
        ),
    )  # fmt: skip
    user = Desired(at("user.ana@x.example"), "user", "ana", {"email": "ana@x.example", "name": "Ana"}, where)
    created = Change(user.address, "user", Action.CREATE, via="csv", after=user.values)
    gone = Change(
        at("question.csat.old"),
        "question",
        Action.DELETE,
        id="9",
        label="Old",
        via="manual",
        parent=at("survey.csat"),
    )
    plan = Plan("t", "l", (survey, created, gone))
    return hand_off(plan, {user.address: user}, "https://demo.example", {})


@pytest.fixture
def page(browser, tmp_path):
    path = tmp_path / "handoff.html"
    path.write_text(handoff_html(handoff()), encoding="utf-8")
    context = browser.new_context(
        permissions=["clipboard-read", "clipboard-write"], viewport={"width": 900, "height": 900}
    )
    opened = context.new_page()
    opened.asked, opened.complaints = [], []
    opened.on("request", lambda request: opened.asked.append(request.url))
    opened.on("console", lambda message: opened.complaints.append(message.text))
    opened.on("pageerror", lambda error: opened.complaints.append(str(error)))
    opened.goto(path.as_uri())
    yield opened
    context.close()


def test_it_loads_nothing_and_nothing_in_it_acts(page):
    assert len(page.asked) == 1
    assert page.complaints == []
    assert page.title() == "Hand-off: 3 steps"
    assert page.locator("img").count() == 0
    assert "<script>" in page.locator("pre.new").nth(1).inner_text()


def test_a_copy_button_copies_the_exact_value(page):
    button = page.get_by_role("button", name="Copy Closing")
    button.click()
    page.wait_for_function("document.querySelectorAll('button')[1].textContent === 'Copied'")
    assert page.evaluate("navigator.clipboard.readText()") == HOSTILE


def test_ticks_are_counted_and_stay(page):
    page.get_by_role("checkbox").first.check()
    assert page.locator("#count").inner_text() == "1"
    page.reload()
    assert page.get_by_role("checkbox").first.is_checked()
    assert page.locator("#count").inner_text() == "1"
    page.get_by_role("checkbox").first.uncheck()
    assert page.locator("#count").inner_text() == "0"


def test_it_works_with_the_keyboard_alone(page):
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert page.get_by_role("checkbox").first.is_checked()


def test_changed_parts_are_marked(page):
    assert page.locator(".diff del").first.inner_text() == "Three"
    assert page.locator(".diff ins").first.inner_text() == "Four"


@pytest.mark.parametrize("width", [320, 900])
def test_nothing_runs_off_the_page(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_printed_it_has_every_value_and_no_button(page):
    page.emulate_media(media="print")
    assert not page.get_by_role("button").first.is_visible()
    assert page.locator("pre.new").first.is_visible()


def test_dark_and_light_differ(page):
    shades = set()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        shades.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(shades) == 2
