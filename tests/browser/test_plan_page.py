"""The page of a plan in a real browser: nothing is loaded, all of it can be read, and it filters by mouse and key."""

from __future__ import annotations

from itertools import pairwise

import pytest

from sdx_state.kinds.addresses import parse_address as at
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.field_path import FieldPath
from sdx_state.model.plan import Action, Change, FieldChange, Plan, Risk
from sdx_state.model.resource import Source
from sdx_state.plan.conversation import Conversation, Line
from sdx_state.report.page import plan_html
from tests.browser.chromium import CONTRAST, require_browser

HOSTILE = "<script>document.title='owned'</script><img src=//evil.example/x onerror=alert(1)> \u202e `x`"
LONG = "x" * 120 + "@" + "y" * 120
WHERE = Source("surveys/csat.yaml", 3, 1)
ALL = ["change-0", "change-1", "change-2", "change-3", "change-4", "change-5"]

require_browser()


def change(address, action, *fields, levels=(), **more):
    risks = tuple(Risk("a-rule", level, f"{level}: look twice {HOSTILE}") for level in levels)
    fields = tuple(FieldChange(FieldPath(field[0]), *field[1:]) for field in fields)
    address = at(address)
    return Change(
        address, address.kind, action, id="7", source=WHERE, risks=risks, fields=fields, **{"via": "api", **more}
    )


def plan(more=0):
    texts = {"default": "Hello, this is new.", "de-default": "Hallo, das ist neu."}
    changes = (
        change("survey.csat", Action.UPDATE, ("greeting_text", "Hello you there", HOSTILE), levels=["low"]),
        change(
            "question.csat.old", Action.DELETE, ("question_text", "Why?", None), levels=["low", "critical"],
            parent=at("survey.csat"),
        ),
        change("survey.hotline", Action.UPDATE, ("sms_number", "+61488000001", LONG, "drift"), levels=["high"]),
        change("survey.new", Action.CREATE, ("greeting_text", None, texts)),
        change("user.boss@example.com", Action.DELETE, levels=["blocked"], via="manual"),
        change("user.ana@example.com", Action.NO_OP, importing=True),
        *(change(f"user.u{n}@example.com", Action.CREATE, ("name", None, f"Person {n}")) for n in range(more)),
    )  # fmt: skip
    diagnostics = (
        Diagnostic("possible-rename", "warning", f"odd {HOSTILE}", WHERE, help="do this"),
        Diagnostic("ambiguous-match", "error", LONG),
    )
    return Plan("https://demo.example/" + LONG, "l", changes, diagnostics=diagnostics, unchanged=3)


def line(key, text, answer="", role="question"):
    return Line(key, role, text, answer)


HI = line("greeting", "Thank you for calling. This takes two minutes of your time, not more.", role="greeting")
BYE = line("closing", "Bye.", role="closing")
TOLD = [
    Conversation(
        at("survey.csat"), "Support CSAT", "fr-default",
        (HI, line("1", "Why?", "text"), line("2", "How?", "nps, up to 10"), line("3", "Gone?"), BYE),
        (
            line("greeting", HI.text.replace("calling", "ringing, garçon"), role="greeting"),
            line("4", "New to us, are you, %name%?"),
            line("2", "How?", "nps, up to 5"), line("1", "Why?", "text"), BYE,
        ),
    ),
    Conversation(at("survey.hotline"), HOSTILE, "default", (HI,), (line("greeting", HOSTILE, role="greeting"),)),
    Conversation(at("survey.new"), LONG, "ar", (), (line("greeting", LONG, LONG, role="greeting"),)),
]  # fmt: skip


@pytest.fixture
def open_page(browser, tmp_path):
    opened = []

    def open_one(shown=None, told=TOLD, at="", **options):
        path = tmp_path / "plan.html"
        path.write_text(plan_html(shown or plan(), told), encoding="utf-8")
        context = browser.new_context(**{"viewport": {"width": 1000, "height": 800}, **options})
        opened.append(context)
        page = context.new_page()
        page.asked, page.left, page.complaints = [], [], []
        page.route("http*://**/*", lambda route: (page.left.append(route.request.url), route.abort()))
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(path.as_uri() + at)
        return page

    yield open_one
    for context in opened:
        context.close()


def shown(page, what=".change"):
    """Return what can be seen of the changes, or of what else is asked for."""
    seen = page.locator(f"{what}:visible")
    return seen.evaluate_all("all => all.map(one => one.id || one.dataset.survey || one.textContent)")


def chip(page, name):
    return page.locator(f".controls button[value='{name}']")


def test_nothing_is_loaded_nothing_runs_and_nothing_complains(open_page):
    page = open_page()
    for button in page.locator("button").all():
        button.click()
    page.locator("#find").fill(HOSTILE)
    assert page.asked == [page.url]
    assert page.complaints == []
    assert page.title() == "The plan has errors. Nothing can be applied."
    assert page.locator("img, iframe, object, embed, link, form, [style]").count() == 0


def test_policy_of_the_page_refuses_injected_content(open_page):
    page = open_page()
    page.evaluate("""async () => {
      window.refused = [];
      document.addEventListener("securitypolicyviolation", (event) => refused.push(event.effectiveDirective));
      const add = (tag, set) => document.body.append(Object.assign(document.createElement(tag), set));
      add("script", { textContent: "window.owned = 1" });
      add("style", { textContent: "h1 { display: none }" });
      add("img", { src: "https://example.com/x.png" });
      add("base", { href: "https://example.com/" });
      document.body.insertAdjacentHTML("beforeend", "<button id=evil onclick='window.owned = 2'>x</button>");
      document.getElementById("evil").click();
      await fetch("https://example.com/").catch(() => 0);
    }""")
    page.wait_for_function("() => refused.length >= 6")
    wanted = {"script-src-elem", "script-src-attr", "style-src-elem", "img-src", "connect-src", "base-uri"}
    assert set(page.evaluate("refused")) == wanted
    assert page.evaluate("window.owned") is None
    assert page.locator("h1").is_visible()
    assert page.left == []


def test_filters_by_risk_by_action_and_by_text_narrow_together(open_page):
    page = open_page()
    assert sorted(shown(page)) == ALL
    chip(page, "delete").click()
    assert shown(page) == ["change-1", "change-4"]
    chip(page, "update").click()
    assert shown(page) == ["change-0", "change-1", "change-2", "change-4"]
    chip(page, "low").click()
    assert shown(page) == ["change-0", "change-1"]
    assert [one[:3] for one in shown(page, ".risks tbody tr")] == ["low", "low"]
    assert shown(page, ".talk") == ["survey.csat"]
    page.locator("#find").fill("WHY? surveys/CSAT.yaml")
    assert shown(page) == ["change-1"]
    assert page.locator("#count").inner_text().startswith("1 of 6 changes are shown.")
    assert "(1 of 4 shown)" in page.locator(".group h3:visible").all_inner_texts()[-1]
    page.locator("#reset").click()
    assert sorted(shown(page)) == ALL
    assert page.locator("#find").input_value() == ""
    assert page.locator("#count").inner_text() == "All 6 changes are shown."


def test_the_keyboard_reaches_everything_in_the_order_in_which_it_is_read(open_page):
    page = open_page()
    page.keyboard.press("Tab")
    reached = []
    while page.evaluate("document.activeElement !== document.body") and len(reached) < 100:
        focused = page.evaluate(
            "() => { const e = document.activeElement; const style = getComputedStyle(e);"
            " return [parseFloat(style.outlineWidth), style.outlineStyle, e.getBoundingClientRect().top + scrollY] }"
        )
        assert focused[0] >= 2
        assert focused[1] == "solid", "what is reached has to show it"
        reached.append(focused[2])
        page.keyboard.press("Tab")
    assert len(reached) == page.locator("a, button, input, summary").count()
    assert all(later >= earlier - 5 for earlier, later in pairwise(reached))


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_filters_obey_keys_say_their_state_and_escape_ends_them(open_page, key):
    page = open_page()
    chip(page, "delete").focus()
    assert page.get_by_role("button", name="delete (2)", pressed=False).count() == 1
    page.keyboard.press(key)
    assert page.get_by_role("button", name="delete (2)", pressed=True).count() == 1
    assert shown(page) == ["change-1", "change-4"]
    assert page.get_by_role("status").inner_text().startswith("2 of 6")
    page.keyboard.press(key)
    assert sorted(shown(page)) == ALL
    page.keyboard.press(key)
    page.get_by_role("searchbox", name="Find").fill("boss")
    assert shown(page) == ["change-4"]
    page.keyboard.press("Escape")
    assert sorted(shown(page)) == ALL
    assert page.get_by_role("button", pressed=True).count() == 0
    assert page.evaluate("document.activeElement.id") == "find"


def test_details_open_and_close_by_key_and_all_at_once(open_page):
    page = open_page()
    inside = page.locator("#change-0 .inside")
    page.locator("#change-0 summary").focus()
    for key, visible in (("Enter", False), ("Space", True)):
        page.keyboard.press(key)
        assert inside.is_visible() == visible
    page.locator("#close").focus()
    page.keyboard.press("Enter")
    assert page.locator("details[open]").count() == 0
    page.locator("#open").focus()
    page.keyboard.press("Space")
    assert page.locator("details:not([open])").count() == 0


def test_a_link_from_a_risk_leads_to_its_change_as_often_as_it_is_followed(open_page):
    page = open_page()
    for _ in range(2):
        page.locator("#close").click()
        page.locator(".risks a[href='#change-1']").first.click()
        page.wait_for_function("() => document.activeElement.id === 'question.csat.old'")
        assert page.locator("#change-1 .inside").is_visible()
        assert page.evaluate("document.activeElement.getBoundingClientRect().top") < 800


def test_an_address_behind_the_hash_leads_to_its_change_even_if_that_is_filtered_away(open_page):
    page = open_page(at="#user.boss%40example.com")
    assert page.evaluate("document.activeElement.id") == "user.boss@example.com"
    assert page.evaluate("scrollY") > 0
    page.locator("#find").fill("ana@")
    assert shown(page) == ["change-5"]
    page.evaluate("location.hash = '#survey.new'")
    page.wait_for_function("() => document.activeElement.id === 'survey.new'")
    assert sorted(shown(page)) == ALL
    for broken in ("#%E0%A4", "#nowhere", "#", "#find"):
        page.evaluate(f"location.hash = '{broken}'")
    assert page.complaints == []


def test_the_worst_comes_first_and_is_counted_before_anything_else(open_page):
    page = open_page()
    levels = ["blocked", "critical", "high", "low", "low"]
    assert page.locator(".risks tbody td:first-child").all_inner_texts() == levels
    points = page.locator(".points li").all_inner_texts()
    assert [point.partition(":")[0] for point in points[:5]] == [
        "1 blocked", "1 at critical risk", "1 at high risk", "2 to be deleted", "1 not through the API"
    ]  # fmt: skip
    said = page.locator(".diagnostic").all_inner_texts()
    assert [one.partition(":")[0] for one in said] == ["error[ambiguous-match]", "warning[possible-rename]"]
    assert "by hand" in page.locator("#change-4").inner_text()
    assert "would be overwritten" in page.locator("#change-2 .note").inner_text()


def test_risks_that_are_alike_and_not_grave_share_a_row_and_each_says_its_rule_and_place(open_page):
    added = [change(f"user.u{n}@example.com", Action.CREATE, levels=["low"]) for n in range(6)]
    gone = [change(f"user.g{n}@example.com", Action.DELETE, levels=["critical"]) for n in range(2)]
    page = open_page(Plan("t", "l", (*added, *gone)))
    rows = page.locator(".risks tbody tr")
    assert rows.locator("td:nth-child(2)").all_inner_texts() == [
        "delete user.g0@example.com\nsurveys/csat.yaml:3",
        "delete user.g1@example.com\nsurveys/csat.yaml:3",
        "create 6: user.u0@example.com user.u1@example.com user.u2@example.com and 3 more",
    ]
    assert rows.locator(".rule").all_inner_texts() == ["a-rule"] * 3
    page.locator("#find").fill("u4@")
    assert page.locator(".risks tbody tr:visible").count() == 1
    assert page.locator(".risks tbody tr:visible .low, .risks tbody tr:visible td").first.inner_text() == "low"
    page.locator("#find").fill("g1@")
    assert page.locator(".risks tbody tr:visible td").first.inner_text() == "critical"


def test_each_field_says_its_line_where_that_is_another_one(open_page):
    fields = (
        ("name", "A", "B", "config", Source("surveys/csat.yaml", 9, 5)),
        ("sms_number", "", "x", "config", WHERE),
    )
    page = open_page(Plan("t", "l", (change("survey.csat", Action.UPDATE, *fields),)))
    assert page.locator("dt").all_inner_texts() == ["name\nline 9", "sms_number"]
    assert page.locator(".remarks .place").inner_text() == "surveys/csat.yaml:3"


def test_changes_are_grouped_by_attribution(open_page):
    whose = ["drift", "branch", "pending"]
    three = [change(f"survey.{one}", Action.CREATE, attribution=one) for one in whose]
    page = open_page(Plan("t", "l", tuple(three)))
    titles = ["From this branch", "Pending on the base already", "Changed in the tenant alone"]
    assert page.locator(".group h3").filter(has_text=":").all_inner_texts() == [f"{one}: surveys" for one in titles]


def test_conversation_is_side_by_side_with_equal_texts_level(open_page):
    page = open_page()
    sides = page.locator(".talk").first.locator(".side")
    before, after = (
        {b.inner_text().split("\n")[0]: b for b in side.locator(".bubble").all()} for side in sides.all()
    )
    for text in ("How?", "Bye."):
        left, right = before[text].bounding_box(), after[text].bounding_box()
        assert left["y"] == right["y"]
        assert left["x"] + left["width"] <= right["x"]
    assert sides.nth(0).locator("del").all_inner_texts() == ["calling", "Gone?"]
    assert sides.nth(1).locator("ins").all_inner_texts() == ["ringing, garçon", "New to us, are you, %name%?"]
    states = page.locator(".talk").first.locator(".side:last-child .tag").all_text_contents()
    assert states == ["after: changed", "after: new", "after: changed", "after: moved"]
    assert after["How?"].locator(".differs").inner_text() == "nps, up to 5"
    assert before["Gone?"].locator(".tag").text_content() == "before: removed"


def test_each_channel_says_how_long_it_is_now_and_then(open_page):
    page = open_page()
    rows = page.locator(".talk").first.locator(".channels tbody tr").all()
    assert [row.locator("th, td").all_inner_texts() for row in rows] == [
        ["Web", "3 questions, 17 words", "3 questions, 23 words"],
        ["SMS", "5 segments, GSM-7", "6 segments, 1 of 5 texts in UCS-2 because of “ç”"],
        ["Voice", "10 s read aloud", "12 s read aloud"],
    ]
    greeting = page.locator(".talk .side:last-child .bubble").first
    assert greeting.locator(".extents span").all_inner_texts() == [
        "Web 14 words", "SMS 2 segments UCS-2", "Voice 6 s"
    ]  # fmt: skip
    assert "%name%: filled in" in page.locator(".talk").first.inner_text()


@pytest.mark.parametrize("width", [320, 360, 768])
def test_a_small_screen_needs_no_scrolling_sideways_and_fingers_find_their_place(open_page, width):
    page = open_page(viewport={"width": width, "height": 740}, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    edges = page.evaluate("[...document.querySelectorAll('body *')].map(e => e.getBoundingClientRect().right)")
    assert max(edges) <= width
    assert page.get_by_role("table").first.get_by_role("row").count() == 6
    if width < 700:
        for target in page.locator("button, input, summary, a").all():
            box = target.bounding_box()
            assert min(box["width"], box["height"]) >= 40, target.inner_text()


def test_on_a_phone_each_text_is_right_above_its_new_version(open_page):
    page = open_page(viewport={"width": 360, "height": 740})
    bubbles = page.locator(".talk").first.locator(".bubble:visible").all()
    bubbles.sort(key=lambda one: one.bounding_box()["y"])
    said = [(one.inner_text().split("\n")[0][:14], one.locator(".when").all_inner_texts()) for one in bubbles]
    assert said == [
        ("Thank you for ", ["before: "]), ("Thank you for ", ["after: "]), ("Why?", ["before: "]),
        ("New to us, are", ["after: "]), ("How?", ["before: "]), ("How?", ["after: "]), ("Gone?", ["before: "]),
        ("Why?", ["after: "]), ("Bye.", []),
    ]  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_texts_contrast_with_their_background(open_page, scheme):
    page = open_page(color_scheme=scheme)
    for pressed in (False, True):
        if pressed:
            for value in ("blocked", "critical", "high", "low", "no risk"):
                chip(page, value).click()
        judged, poor = page.evaluate(CONTRAST)
        assert judged > 300
        assert poor == []
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (paper == "rgb(255, 255, 255)") == (scheme == "light")


@pytest.mark.parametrize("script", [True, False])
def test_on_paper_everything_is_there_whatever_was_filtered_or_closed(open_page, script):
    page = open_page(color_scheme="dark", java_script_enabled=script, viewport={"width": 600, "height": 800})
    whole = [page.locator(one).count() for one in (".change", ".talk", ".risks tr", ".bubble", "dd")]
    if script:
        page.locator("#close").click()
        page.locator("#find").fill("nothing like it")
        assert shown(page) == shown(page, ".talk") == []
    else:
        for summary in page.locator("summary").all():
            summary.click()
    page.emulate_media(media="print", color_scheme="dark")
    assert [
        page.locator(f"{one}:visible").count() for one in (".change", ".talk", ".risks tr", ".bubble", "dd")
    ] == whole
    assert page.locator("button:visible, input:visible, .shown:visible, #count:visible").count() == 0
    if script:
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert page.evaluate(CONTRAST)[1] == []
        page.emulate_media(media="screen", color_scheme="dark")
        page.keyboard.press("Escape")
        page.wait_for_function("() => !document.querySelector('details[open]')")


def test_without_scripts_everything_can_be_read_and_there_are_no_dead_controls(open_page):
    page = open_page(java_script_enabled=False)
    assert sorted(shown(page)) == ALL
    for what in (".inside", ".talk", ".field", ".risks tr", ".bubble"):
        assert all(one.is_visible() for one in page.locator(what).all())
    assert page.locator("button:visible, input:visible").count() == 0
    page.locator(".risks a[href='#change-4']").click()
    assert page.evaluate("location.hash") == "#change-4"


def test_where_nothing_changes_the_page_says_so_and_offers_nothing_to_filter(open_page):
    page = open_page(Plan("t", "l", unchanged=3), told=[])
    assert page.locator("h1").inner_text() == "No changes. The tenant matches the configuration."
    assert page.locator("button, input, summary, table").count() == 0
    assert page.complaints == []


def test_in_a_long_page_a_link_still_ends_at_its_change(open_page):
    page = open_page(plan(more=1000), at="#user.u990%40example.com")
    page.wait_for_function(
        "() => { const { top } = document.activeElement.getBoundingClientRect(); return top >= 0 && top < 800; }"
    )
    assert page.evaluate("document.activeElement.id") == "user.u990@example.com"


def test_of_a_thousand_changes_a_filter_touches_only_those_that_come_or_go(open_page):
    page = open_page(plan(more=1000))
    assert page.locator(".change[open]").count() == 3, "of many, only what is risky stands open"
    page.evaluate("""() => {
      window.touched = 0;
      new MutationObserver((all) => { touched += all.length; })
        .observe(document.querySelector("main"), { subtree: true, attributes: true });
    }""")
    page.locator("#find").fill("u99@")
    assert shown(page) == ["change-105"]
    assert page.locator("#count").inner_text().startswith("1 of 1006")
    touched = page.evaluate("touched")
    assert 1005 <= touched <= 1005 + 20
    page.locator("#find").fill("u99@e")
    assert page.evaluate("touched") == touched
