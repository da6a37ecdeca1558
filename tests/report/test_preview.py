"""The page of a preview contains every text escaped, and says what respondents get of it on each channel."""

from __future__ import annotations

import re
from html import unescape

from sdx_state.app.preview import CHANNELS, Option, Preview, Prompt, Question
from sdx_state.model.address import Address
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.resource import Source
from sdx_state.report.preview import diagnostics_html, preview_html

WHERE = Source("a.yaml", 3, 1)
HOSTILE = "</script><script>alert(1)</script>\"' onload=x \x1b[2J\u202e ##[error]"


def preview(*prompts, languages=("default",), **more):
    options = {
        "address": Address("survey", "a"),
        "name": "A",
        "description": "",
        "source": WHERE,
        "prompts": prompts,
        "languages": languages,
        "channels": CHANNELS,
        "numbers": (),
        "sender": ("", ""),
        "subject": {},
        "sms_segments": 3,
    }
    return Preview(**{**options, **more})


def plain(html):
    body = html.partition("<main>")[2].partition("<script>")[0]
    return unescape(" ".join(re.sub(r"<[^>]*>", " ", body).split()))


def test_hostile_texts_are_escaped_wherever_they_come_from():
    texts = {"default": HOSTILE}
    question = Question(HOSTILE, 5, (Option(HOSTILE, texts), Option(HOSTILE, {})), (texts, texts, texts))
    html = preview_html(
        preview(
            Prompt("question", HOSTILE, Source(HOSTILE, 1, 1), texts, texts, question),
            name=HOSTILE, description=HOSTILE, numbers=((HOSTILE, HOSTILE),), sender=(HOSTILE, HOSTILE),
            subject=texts, languages=("default", HOSTILE), address=Address("survey", HOSTILE),
            diagnostics=(Diagnostic(HOSTILE, "warning", HOSTILE, Source(HOSTILE, 1, 1), help=HOSTILE),),
        )
    )  # fmt: skip
    assert html.count("<script>") == html.count("</script>") == 1
    assert not re.search(r"<[^>]* onload=x", re.sub(r'"[^"]*"', '""', html))
    assert "\x1b" not in html
    assert "\u202e" not in html
    errors = diagnostics_html(HOSTILE, [Diagnostic(HOSTILE, "error", HOSTILE, help=HOSTILE)], "1")
    assert errors.count("<script>") == errors.count("</script>") == 1


def test_each_branch_of_a_condition_is_counted():
    text = "%if call_type = \x1b1%" + "x" * 200 + "%else%Two words%endif% %agent_name%"
    said = plain(preview_html(preview(Prompt("greeting", "", WHERE, {"default": text}), sms_segments=1)))
    condition = r"if call_type = \u{1b}1"
    assert f"{condition}: 2 words, 213 characters; else: 3 words, 22 characters" in said
    many = "2 segments GSM-7, 213 characters, over the limit of 1"
    assert f"{condition}: {many}; else: 1 segment GSM-7, 22 characters" in said
    assert f"{condition}: read aloud, about 1 s; else: read aloud, about 2 s" in said
    assert said.count("%agent_name%") == 4  # in three channels, and by itself: the end of a condition begins none
    assert "2 segments, GSM-7" in said  # the whole survey, at most


def test_recording_is_played_in_place_of_the_text_on_the_phone_alone():
    said = plain(
        preview_html(preview(Prompt("greeting", "", WHERE, {"default": "Hi."}, {"default": "https://x/h.wav"})))
    )
    assert said.count("plays https://x/h.wav") == 1
    assert "Voice 1 recording" in said
    assert "1 segment GSM-7, 3 characters" in said


def test_missing_text_differs_from_one_that_is_not_declared():
    prompts = (Prompt("greeting", "", WHERE, {"default": "Hi."}), Prompt("closing", "", None, {}))
    said = plain(preview_html(preview(*prompts, languages=("default", "de-default"))))
    assert said.count("no text in this language") == 3
    assert said.count("closing not declared: the tenant's own text stays") == 6


def test_disabled_question_is_not_counted():
    asked = Prompt("question", "A", WHERE, {"default": "Why?"}, question=Question("text"))
    off = Prompt("question", "B", WHERE, {"default": "Not asked?"}, question=Question("text", disabled=True))
    said = plain(preview_html(preview(asked, off)))
    assert "Web 1 question, 1 word" in said
    assert said.count("disabled: not asked") == 3


def test_limit_of_text_messages_is_that_of_the_project():
    long = Prompt("greeting", "", WHERE, {"default": "x" * 200})
    assert "over the limit" not in preview_html(preview(long))
    said = plain(preview_html(preview(long, sms_segments=1)))
    assert "2 segments GSM-7, 200 characters, over the limit of 1" in said
    assert "1 over the limit" in said


def test_page_reloads_only_where_it_is_served():
    page = preview_html(preview())
    assert "connect-src" not in page
    assert "data-version" not in page.partition("<script>")[0]
    served = preview_html(preview(), "abc")
    assert "connect-src 'self'" in served
    assert '<body data-version="abc">' in served
