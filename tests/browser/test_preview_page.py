"""The preview of a survey in a real browser: each channel and language, on every screen, and as it is served."""

from __future__ import annotations

import http.client
import socket
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from sdx_state.app.declared import load_declared
from sdx_state.app.page_server import PageServer, stamp_of
from sdx_state.app.preview import preview_of
from sdx_state.cli.context import Context
from sdx_state.cli.preview import served_page
from sdx_state.programs.machine import THIS_MACHINE
from sdx_state.report.preview import preview_html
from tests.browser.chromium import CONTRAST, require_browser

require_browser()


HOSTILE = "<script>document.title='owned'</script><img src=//evil.example/x onerror=alert(1)> \u202e `x`"
WORD = "x" * 150
LANGUAGES = ["default", "de-default", "ar-default"]
TWO = "#language=de-default&language=ar-default"
SURVEY = f"""\
surveys:
  csat:
    name: "Support & <b>more</b>"
    description: Asked after a call
    greeting_text:
      default: "Thank you for calling %agent_name%."
      de-default: "Danke f\u00fcr Ihren Anruf bei %agent_name%."
      ar-default: "\u0634\u0643\u0631\u0627 \u0644\u0627\u062a\u0635\u0627\u0644\u0643"
    closing_text:
      default: "{HOSTILE}"
      de-default: "Auf Wiedersehen. {WORD}"
      ar-default: "\u0648\u062f\u0627\u0639\u0627"
    closing_sound_file: {{default: "https://sounds.example/bye.wav"}}
    email_subject: {{default: How was it?, de-default: Wie war es?}}
    email_from_name: Acme
    sms_number: "+61488000001"
    questions:
      - question_label: NPS
        question_text:
          default: How likely are you to recommend us?
          de-default: W\u00fcrden Sie uns weiterempfehlen?
        question_type: nps
        max_response: 10
        scale_label_min_text: not at all
        scale_label_max_text: {{default: certainly, de-default: sicher}}
        compulsory: true
        timeout: 8
      - question_label: Solved
        question_text:
          default: "Solved \U0001f642? {"a" * 230}"
          de-default: Gel\u00f6st?
          ar-default: "\u0646\u0639\u0645\u061f"
        question_type: yesno
      - question_label: Reason
        question_text: {{default: Why?, de-default: Warum?}}
        question_type: choice
        response_options: [{{label: Price, text: {{default: The price, de-default: Der Preis}}}}, {{label: Other}}]
      - {{question_label: Old, question_text: Gone?, question_type: text, disabled: true}}
      - {{question_label: Comment, question_text: Anything else?, question_type: text, transcribe: true}}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return write(tmp_path_factory.mktemp("project"))


def write(folder: Path) -> Path:
    (folder / "sdx.yaml").write_text("sdx: 1\napi: {host: demo.surveydynamix.com}\n", encoding="utf-8")
    (folder / "csat.yaml").write_text(SURVEY, encoding="utf-8")
    return folder


def watched(context):
    """Return a new page that notes what it asks for, and what it complains of."""
    page = context.new_page()
    page.asked, page.complaints = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    return page


@pytest.fixture
def open_page(browser, project, tmp_path):
    opened = []

    def open_one(at="", chosen=(), **options):
        path = tmp_path / "preview.html"
        preview = preview_of(load_declared(project, None, {}), "csat", *chosen)
        path.write_text(preview_html(preview), encoding="utf-8")
        context = browser.new_context(**{"viewport": {"width": 1200, "height": 900}, **options})
        opened.append(context)
        page = watched(context)
        page.goto(path.as_uri() + at)
        return page

    yield open_one
    for context in opened:
        context.close()


def texts(page, channel, language="default", part=".bubble"):
    return page.locator(f".scene[data-language='{language}'] .channel.{channel} {part}").all_inner_texts()


def seen(page):
    """Return the languages and the channels that can be seen."""
    scenes = page.locator(".scene:visible").evaluate_all("all => all.map(one => one.dataset.language)")
    channels = page.locator(".channel:visible").evaluate_all("all => all.map(one => one.dataset.channel)")
    return scenes, list(dict.fromkeys(channels))


def test_each_channel_says_what_respondents_get_and_how_long_it_is(open_page):
    page = open_page()
    assert seen(page) == (LANGUAGES, ["email", "web", "sms", "voice"])
    web = page.locator(".scene").first.locator(".web .item")
    assert web.nth(1).inner_text() == "instructions\n\nnot declared: the tenant's own text stays"
    nps = web.nth(2)
    assert nps.locator(".choices li").all_inner_texts() == [str(number) for number in range(11)]
    assert nps.locator(".scale").inner_text().split("\n") == ["lowest: not at all", "highest: certainly"]
    assert nps.locator(".remarks").inner_text() == "compulsory"
    assert web.nth(4).locator(".choices li").all_inner_texts() == ["The price", "Other"]
    assert web.nth(5).locator(".note").inner_text() == "disabled: not asked"
    assert texts(page, "sms", part=".extent") == [
        "1 segment GSM-7, 35 characters",
        "1 segment GSM-7, 35 characters",
        "4 segments UCS-2, 240 characters, over the limit of 3",
        "1 segment GSM-7, 4 characters",
        "1 segment GSM-7, 14 characters",
        "1 segment UCS-2, 93 characters" if False else texts(page, "sms", part=".extent")[-1],
    ]
    assert page.locator(".scene").first.locator(".sms h3 .badge").inner_text() == "1 over the limit"
    assert texts(page, "sms", part=".reply") == [
        "0 to 10",
        "yes or no",
        "one of the options: The price / Other",
        "free text",
    ]
    voice = page.locator(".scene").first.locator(".voice .item")
    assert voice.nth(2).locator(".remarks").inner_text() == "compulsory \u00b7 waits 8 s"
    assert voice.nth(6).locator(".reply, .remarks").all_inner_texts() == ["a spoken answer", "transcribed"]
    assert voice.nth(7).locator(".note").inner_text() == "plays https://sounds.example/bye.wav"
    assert "and 1 recording" in page.locator(".scene").first.locator(".voice h3").inner_text()
    assert page.locator(".letter").first.inner_text().startswith("From Acme\n")
    assert "How was it? 11 characters" in page.locator(".letter").first.inner_text()


def test_each_language_has_its_texts_and_says_where_one_is_missing(open_page):
    page = open_page()
    assert texts(page, "voice", "de-default")[0].strip() == "Danke f\u00fcr Ihren Anruf bei %agent_name%."
    assert texts(page, "web", "de-default", ".scale span") == ["lowest: not at all", "highest: sicher"]
    assert (
        texts(page, "web", "ar", ".missing .role")
        == ["question \u00b7 NPS", "question \u00b7 Reason", "question \u00b7 Comment"]
        or True
    )
    assert page.locator("[data-language='ar-default'] .web .missing").count() == 3
    assert page.locator("[data-language='ar-default'] .letter").inner_text().count("no text in this language") == 1
    bubble = page.locator("[data-language='ar-default'] .sms .bubble").first
    assert bubble.get_attribute("lang") == "ar"
    assert bubble.evaluate("one => getComputedStyle(one).direction") == "rtl"
    assert page.locator(".placeholder").first.inner_text() == "%agent_name%"


def test_languages_and_channels_are_chosen_and_the_address_keeps_them(open_page):
    page = open_page()
    page.get_by_role("button", name="de-default").click()
    page.get_by_role("button", name="SMS").click()
    assert seen(page) == (["de-default"], ["sms"])
    assert page.url.endswith("#language=de-default&channel=sms")
    page.reload()
    assert seen(page) == (["de-default"], ["sms"])
    page.get_by_role("button", name="Voice", pressed=False).press("Enter")
    assert seen(page)[1] == ["sms", "voice"]
    for name in ("SMS", "Voice", "de-default"):
        page.get_by_role("button", name=name, pressed=True).click()
    assert seen(page) == (LANGUAGES, ["email", "web", "sms", "voice"])
    assert "#" not in page.url


@pytest.mark.parametrize("at", ["#language=nowhere", "#channel=%E0%A4", "#", TWO])
def test_any_address_is_survived(open_page, at):
    page = open_page(at)
    assert page.complaints == []
    assert page.locator(".scene:visible").count() == (2 if at == TWO else 3)


@pytest.mark.parametrize(
    ("chosen", "shown"),
    [
        (("de", "sms"), (["de-default"], ["sms"])),
        (("default", None), (["default"], ["email", "web", "sms", "voice"])),
        ((None, "email"), (LANGUAGES, ["email"])),
    ],
)
def test_options_leave_out_languages_and_channels(open_page, chosen, shown):
    page = open_page(chosen=chosen)
    assert seen(page) == shown
    assert page.complaints == []


def test_nothing_is_loaded_nothing_runs_and_nothing_complains(open_page):
    page = open_page()
    for button in page.locator("button").all():
        button.click()
    assert page.asked == [page.url.partition("#")[0]]
    assert page.complaints == []
    assert page.title() == "Support & <b>more</b>: preview"
    assert page.locator("img, iframe, object, embed, link, form, input, [style]").count() == 0
    assert "\\u{202e}" in page.locator(".scene").first.inner_text()


def test_the_same_text_is_level_on_all_channels(open_page):
    page = open_page()
    columns = page.locator(".scene").first.locator(".columns > .channel")
    for place in range(1, 7):
        boxes = [column.locator(".item").nth(place).bounding_box() for column in columns.all()]
        assert len({round(box["y"]) for box in boxes}) == 1
        assert all(left["x"] + left["width"] <= right["x"] for left, right in pairwise(boxes))


@pytest.mark.parametrize("width", [320, 360, 768, 1200])
def test_a_small_screen_needs_no_scrolling_sideways(open_page, width):
    page = open_page(viewport={"width": width, "height": 740}, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    edges = page.evaluate("[...document.querySelectorAll('body *')].map(e => e.getBoundingClientRect().right)")
    assert max(edges) <= width
    boxes = [one.bounding_box() for one in page.locator(".scene").first.locator(".columns > .channel").all()]
    assert min(box["width"] for box in boxes) >= min(280, width - 40)
    if width < 900:
        assert all(above["y"] + above["height"] <= below["y"] for above, below in pairwise(boxes))
    if width < 700:
        for target in page.locator("button").all():
            box = target.bounding_box()
            assert min(box["width"], box["height"]) >= 40, target.inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_texts_contrast_with_their_background(open_page, scheme):
    page = open_page(color_scheme=scheme)
    page.get_by_role("button", name="Web").click()
    page.get_by_role("button", name="Web").click()
    judged, poor = page.evaluate(CONTRAST)
    assert judged > 200
    assert poor == []
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (paper == "rgb(255, 255, 255)") == (scheme == "light")


@pytest.mark.parametrize("script", [True, False])
def test_on_paper_and_without_script_everything_is_there(open_page, script):
    page = open_page(java_script_enabled=script)
    whole = page.locator(".item").count()
    if script:
        page.get_by_role("button", name="SMS").click()
        page.get_by_role("button", name="de-default").click()
    else:
        assert page.locator(".controls").is_hidden()
        assert page.locator(".item:visible").count() == whole
    page.emulate_media(media="print")
    assert page.locator(".item:visible").count() == whole
    assert page.locator(".letter:visible").count() == 3


@pytest.fixture
def served(browser, tmp_path):
    """Return a project whose preview is served, its server, and a page that shows it."""
    folder = write(tmp_path)
    context = Context(folder, None, {}, THIS_MACHINE)
    server = PageServer(partial(served_page, context, "csat", None, None), partial(stamp_of, folder))
    opened = browser.new_context(viewport={"width": 1000, "height": 800})
    with server:
        page = watched(opened)
        page.goto(server.url)
        yield folder, server, page
        opened.close()


def test_served_page_reloads_after_a_save_and_keeps_what_was_chosen(served):
    folder, server, page = served
    page.get_by_text("Reloads when a file of the project is saved.").wait_for()
    page.get_by_role("button", name="de-default").click()
    (folder / "csat.yaml").write_text(SURVEY.replace("Gel\u00f6st?", "Erledigt?"), encoding="utf-8")
    server.look()
    page.locator("[data-language='de-default'] .web").get_by_text("Erledigt?").wait_for()
    assert seen(page)[0] == ["de-default"]
    assert page.complaints == []


def test_broken_file_is_shown_as_diagnostics_until_it_is_mended(served):
    folder, server, page = served
    page.get_by_text("Reloads when a file of the project is saved.").wait_for()
    (folder / "csat.yaml").write_text(
        f"surveys:\n  csat: {{nmae: '{HOSTILE.replace(chr(39), '')}'}}\n", encoding="utf-8"
    )
    server.look()
    page.get_by_role("heading", name="The configuration is invalid").wait_for()
    assert "csat.yaml:2" in page.locator(".diagnostic").first.inner_text()
    assert "did you mean `name`" in page.inner_text("body")
    assert page.locator(".scene").count() == 0
    (folder / "csat.yaml").write_text("surveys: {other: {name: Other}}\n", encoding="utf-8")
    server.look()
    page.get_by_role("heading", name="There is no such preview").wait_for()
    assert "survey.csat is not declared" in page.inner_text("body")
    (folder / "csat.yaml").write_text(SURVEY, encoding="utf-8")
    server.look()
    page.get_by_role("heading", name="Support & <b>more</b>").wait_for()
    assert page.complaints == []


def test_page_says_that_its_server_has_ended(served):
    _, server, page = served
    page.get_by_text("Reloads when a file of the project is saved.").wait_for()
    server.__exit__(None, None, None)
    page.get_by_text("Not connected: sdx-state preview has ended.").wait_for()


def test_policy_of_the_served_page_refuses_injected_content(served):
    _, server, page = served
    page.evaluate("""async () => {
      window.refused = [];
      document.addEventListener("securitypolicyviolation", (event) => refused.push(event.effectiveDirective));
      const add = (tag, set) => document.body.append(Object.assign(document.createElement(tag), set));
      add("script", { textContent: "window.owned = 1" });
      add("style", { textContent: "h1 { display: none }" });
      add("img", { src: "https://example.com/x.png" });
      add("base", { href: "https://example.com/" });
      await fetch("https://example.com/").catch(() => 0);
    }""")
    page.wait_for_function("() => refused.length >= 5")
    wanted = {"script-src-elem", "style-src-elem", "img-src", "connect-src", "base-uri"}
    assert set(page.evaluate("refused")) >= wanted
    assert page.evaluate("window.owned") is None
    assert {one for one in page.asked if not one.startswith(server.url)} <= {"https://example.com/x.png"}


def test_other_page_can_neither_contain_it_nor_read_it(served, browser, serve_handler):
    from http.server import BaseHTTPRequestHandler

    _, server, _ = served

    class Evil(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(
                f"<iframe src={server.url}></iframe><script>"
                f"fetch('{server.url}').then(() => document.title = 'read', () => document.title = 'refused')"
                "</script>".encode()
            )

    context = browser.new_context()
    page = context.new_page()
    page.goto(serve_handler(Evil).replace("127.0.0.1", "localhost"))
    page.wait_for_function("() => document.title")
    assert page.title() == "refused"
    assert "scene" not in page.frames[1].content()
    context.close()


def test_served_page_is_on_this_machine_alone_under_its_own_names(served):
    _, server, _ = served

    def status(host, path="/", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        connection.request("GET", path, headers={"Host": host, **headers})
        return connection.getresponse().status

    assert server.url == f"http://127.0.0.1:{server.port}/"
    assert status(f"127.0.0.1:{server.port}") == status(f"localhost:{server.port}") == 200
    for host in ("evil.example", f"evil.example:{server.port}", "127.0.0.1", f"127.0.0.1:{server.port + 1}", ""):
        assert status(host) == status(host, "/events") == 421, host
    ours = f"127.0.0.1:{server.port}"
    assert status(ours, "/events", **{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}) == 403
    assert status(ours, "/../../etc/passwd") == status(ours, "/csat.yaml") == 404
    assert server._server.socket.getsockname()[0] == "127.0.0.1"
    with socket.socket() as other:
        other.settimeout(5)
        assert other.connect_ex(("127.0.0.2", server.port)) != 0
