"""The page of a plan in a real browser: nothing is loaded, all of it can be read, and it filters by mouse and key.

Needs Chromium and the extra `browser`. Where one of them is missing these tests are skipped, and with
SDX_REQUIRE_BROWSER=1 they fail.
"""

from __future__ import annotations

import os
import shutil

import pytest

from sdx_state.kinds.resource import Source
from sdx_state.plan.conversation import Conversation, Line
from sdx_state.plan.model import Action, Change, FieldChange, Finding, Plan, Risk
from sdx_state.report.page import plan_html

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
HOSTILE = "<script>document.title='owned'</script><img src=//evil.example/x onerror=alert(1)> \u202e `x`"
WHERE = Source("surveys/csat.yaml", 3, 1)

try:
    from playwright.sync_api import sync_playwright
except ImportError:
    sync_playwright = None

if CHROMIUM is None or sync_playwright is None:
    missing = "Chromium" if CHROMIUM is None else "playwright (pip install '.[browser]')"
    if os.environ.get("SDX_REQUIRE_BROWSER"):
        raise RuntimeError(f"{missing} is missing, and SDX_REQUIRE_BROWSER is set")
    pytest.skip(f"{missing} is missing", allow_module_level=True)


def change(address, action, *fields, level=None, attribution=None):
    risks = (Risk("a-rule", level, f"look twice {HOSTILE}"),) if level else ()
    return Change(
        address, address.partition(".")[0], action, id="7", via="api", source=WHERE, risks=risks,
        fields=tuple(FieldChange(*field) for field in fields), attribution=attribution,
    )  # fmt: skip


def plan(more=0):
    changes = (
        change("survey.csat", Action.UPDATE, ("greeting_text", "Hello", HOSTILE), level="low", attribution="branch"),
        change("question.csat.old", Action.DELETE, level="critical", attribution="branch"),
        change("survey.hotline", Action.UPDATE, ("sms_number", "+61488000001", "+61488000002"), level="high"),
        change("user.ana@example.com", Action.CREATE, ("name", None, "Ana"), attribution="drift"),
        change("user.boss@example.com", Action.DELETE, level="blocked", attribution="pending"),
        *(change(f"user.u{n}@example.com", Action.CREATE, ("name", None, f"Person {n}")) for n in range(more)),
    )
    return Plan("t", "l", changes, findings=(Finding("warning", f"odd {HOSTILE}", None, WHERE, "do this"),))


TOLD = [
    Conversation(
        "survey.csat", "Support CSAT", "default",
        (Line("greeting", "greeting", "Thank you for calling."), Line("q", "question", "Why?", "text")),
        (Line("greeting", "greeting", "Thanks for calling us."), Line("q", "question", "Why?", "text")),
    )
]  # fmt: skip


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser, tmp_path):
    opened = []

    def open_one(shown=None, **options):
        path = tmp_path / "plan.html"
        path.write_text(plan_html(shown or plan(), TOLD), encoding="utf-8")
        context = browser.new_context(viewport=options.pop("viewport", {"width": 1000, "height": 800}), **options)
        page = context.new_page()
        page.asked, page.complaints = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(path.as_uri())
        opened.append(context)
        return page

    yield open_one
    for context in opened:
        context.close()


def shown(page):
    return [one.get_attribute("id") for one in page.query_selector_all(".change") if one.is_visible()]


def test_nothing_is_loaded_nothing_runs_and_nothing_complains(open_page):
    page = open_page()
    page.wait_for_timeout(200)
    assert page.asked == [page.url]
    assert page.complaints == []
    assert page.title().startswith("Plan: ")
    assert page.query_selector_all("img, iframe, object, embed, link, form") == []
    assert page.evaluate("() => fetch('https://example.com/').then(() => 'sent', () => 'refused')") == "refused"


def test_filters_by_action_by_risk_and_by_text_work_together(open_page):
    page = open_page()
    assert len(shown(page)) == 5
    page.uncheck("input[data-filter=action][value=create]")
    assert "change-3" not in shown(page)
    assert page.inner_text("#count") == "4 of 5 shown"
    page.uncheck("input[data-filter=level][value=low]")
    assert shown(page) == ["change-1", "change-4", "change-2"]
    page.fill("#find", "HOTLINE")
    assert shown(page) == ["change-2"]
    page.press("#find", "Escape")
    assert len(shown(page)) == 3
    for box in page.query_selector_all("input[data-filter]"):
        box.check()
    assert page.inner_text("#count") == ""


def test_everything_can_be_done_with_the_keyboard(open_page):
    page = open_page()
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        name = page.evaluate(
            "() => (e => e.id || e.value || e.getAttribute('href') || e.tagName)(document.activeElement)"
        )
        outline = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
        if name == "BODY":
            break
        assert outline != "none", f"{name} does not show that it is reached"
        reached.append(name)
    assert "find" in reached
    assert {"create", "update", "delete", "critical", "blocked"} <= set(reached)
    assert any(name.startswith("#change-") for name in reached)
    page.focus("input[value=delete]")
    page.keyboard.press("Space")
    assert shown(page) == ["change-0", "change-3", "change-2"]


def test_a_link_from_a_risk_leads_to_its_change_even_if_that_is_filtered_away(open_page):
    page = open_page()
    page.fill("#find", "ana@")
    assert shown(page) == ["change-3"]
    page.click("a[href='#change-1']")
    page.wait_for_function("() => !document.getElementById('change-1').hidden")
    assert page.eval_on_selector("#change-1", "one => one.getBoundingClientRect().top < innerHeight")
    assert len(shown(page)) == 5


def test_risks_stand_with_the_worst_first_and_changes_by_whose_they_are(open_page):
    page = open_page()
    assert page.locator("tbody td:first-child").all_inner_texts() == ["blocked", "critical", "high", "low"]
    titles = page.locator("h3").all_inner_texts()
    assert [title for title in titles if "From" in title or "Pending" in title or "tenant" in title] == [
        "From this branch",
        "Pending on the base already",
        "Changed in the tenant alone",
    ]


def test_the_conversation_stands_side_by_side_with_what_changed_marked(open_page):
    page = open_page()
    before, after = page.locator(".side").all()
    assert "2 messages · 2 SMS" in before.inner_text()
    assert before.locator("del").count() > 0
    assert after.locator("ins").count() > 0
    left, right = before.bounding_box(), after.bounding_box()
    assert left["y"] == right["y"]
    assert left["x"] + left["width"] <= right["x"]


@pytest.mark.parametrize("width", [320, 360, 768])
def test_a_small_screen_needs_no_scrolling_sideways_and_fingers_find_their_place(open_page, width):
    page = open_page(viewport={"width": width, "height": 740}, has_touch=True)
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    for label in page.query_selector_all(".filters label"):
        assert label.bounding_box()["height"] >= 40
    if width < 700:
        before, after = page.locator(".side").all()
        assert before.bounding_box()["y"] < after.bounding_box()["y"]
        for link in page.query_selector_all("tbody a"):
            assert link.bounding_box()["height"] >= 36


CONTRAST = """() => {
  const rgb = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const linear = (v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => [r, g, b].map((v) => linear(v / 255))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const under = (one) => {
    for (let e = one; e; e = e.parentElement) {
      const [r, g, b, a = 1] = rgb(getComputedStyle(e).backgroundColor);
      if (a > 0) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const one of document.querySelectorAll("body *")) {
    const own = [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || one.tagName === "SCRIPT" || !one.getClientRects().length) continue;
    const [ink, paper] = [light(rgb(getComputedStyle(one).color)), light(under(one))];
    const ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    if (ratio < 4.5) poor.push(`${one.tagName}.${one.className} ${ratio.toFixed(2)} ${one.textContent.slice(0, 30)}`);
  }
  return poor;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(open_page, scheme):
    page = open_page(color_scheme=scheme)
    assert page.evaluate(CONTRAST) == []
    paper = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert (paper == "rgb(255, 255, 255)") == (scheme == "light")


def test_on_paper_everything_is_there_whatever_was_filtered(open_page):
    page = open_page(color_scheme="dark")
    page.fill("#find", "nothing like it")
    assert shown(page) == []
    page.emulate_media(media="print", color_scheme="dark")
    assert len(shown(page)) == 5
    assert not page.is_visible(".filters")
    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate(CONTRAST) == []


def test_without_scripts_everything_can_be_read_and_there_are_no_dead_controls(open_page):
    page = open_page(java_script_enabled=False)
    assert page.locator(".change").count() == 5
    assert all(one.is_visible() for one in page.locator(".change").all())
    assert not page.locator(".filters").is_visible()


def test_a_plan_of_two_thousand_changes_is_filtered(open_page):
    page = open_page(plan(more=2000))
    page.fill("#find", "u1999@")
    assert len(shown(page)) == 1
    assert page.inner_text("#count") == "1 of 2005 shown"
