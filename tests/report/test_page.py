"""The page shows a survey as respondents see it, and nothing on it acts."""

from __future__ import annotations

import html.parser
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdx_state.kinds.addresses import parse_address as at
from sdx_state.kinds.segments import message_segments, reading_seconds
from sdx_state.model.address import Address
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.field_path import FieldPath
from sdx_state.model.plan import Action, Change, FieldChange, Plan, Risk
from sdx_state.plan.conversation import Conversation, Line
from sdx_state.report.page import plan_html

FIRST = """
surveys:
  a:
    name: A
    greeting_text: {default: Hello there., de-default: Hallo.}
    closing_text: Bye.
    questions:
      - {question_label: P, question_text: First?, question_type: nps, max_response: 10}
      - {question_label: Q, question_text: Second?, question_type: text}
  old: {name: Old, greeting_text: Gone soon}
"""
SECOND = """
surveys:
  a:
    name: A
    greeting_text: {default: Hello again., de-default: Hallo.}
    closing_text: Bye.
    questions:
      - {question_label: Q, question_text: Second?, question_type: text}
      - {question_label: P, question_text: First?, question_type: nps, max_response: 10}
      - {question_label: R, question_text: Third?, question_type: text}
  new: {name: New, greeting_text: Welcome}
"""
hostile = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("\x1b\u202e<>&\"'`"),
    ),
    max_size=40,
)  # fmt: skip


class Sides(html.parser.HTMLParser):
    """Reads the bubbles of each conversation, and what a browser would act on."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.bubbles, self.inside = set(), set(), [], False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attributes)
        kind = dict(attributes).get("class", "")
        if kind.startswith("bubble"):
            self.bubbles.append(["changed" in kind, ""])
            self.inside = True
        elif tag == "small":
            self.inside = False

    def handle_data(self, data):
        if self.inside:
            self.bubbles[-1][1] += data.strip("\n")


@pytest.mark.parametrize("kind", ["tenant", "nested_tenant"])
def test_each_changed_survey_is_shown_before_and_after(project, request, kind):
    tenant = request.getfixturevalue(kind)
    project.connect(tenant.url)
    project.write("a.yaml", FIRST)
    project.apply()
    project.write("a.yaml", SECOND)
    page = project.run("plan", "--format", "html").out
    bubbles = [(text, changed) for changed, text in Sides(page).bubbles]
    assert bubbles == [
        ("Hello there.", True),
        ("First?", True),
        ("Second?", False),
        ("Bye.", False),
        ("Hello again.", True),
        ("Second?", False),
        ("First?", True),
        ("Third?", True),
        ("Bye.", False),
        ("Welcome", True),
        ("Gone soon", True),
    ]
    assert "<del>there</del>" in page
    assert "<ins>again</ins>" in page
    assert "does not exist yet" in page
    assert "is deleted" in page


@given(hostile, hostile, hostile)
def test_nothing_on_the_page_acts(one, two, three):
    change = Change(
        Address("survey", one),
        "survey",
        Action.UPDATE,
        id=two,
        fields=(FieldChange(FieldPath("name"), three, one),),
        via="api",
        risks=(Risk(one, "high", two),),
    )
    told = [
        Conversation(
            at("survey.a"),
            one,
            two,
            (Line("greeting", "greeting", three),),
            (Line("x", "question", one, two),),
        )
    ]
    page = plan_html(
        Plan("t", "l", (change,), diagnostics=(Diagnostic("ambiguous-match", "error", one, help=two),)), told
    )
    found = Sides(page)
    assert not {name for name in found.attributes if name.startswith("on") or name == "src"}
    assert not found.tags & {"img", "iframe", "object", "form", "link", "base"}
    assert re.findall(r"<a [^>]*>", page) == ['<a href="#change-0">']
    assert page.count("<script>") == 1
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", page)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", (1, "GSM-7")),
        ("a" * 160, (1, "GSM-7")),
        ("a" * 161, (2, "GSM-7")),
        ("€" * 80, (1, "GSM-7")),
        ("€" * 81, (2, "GSM-7")),
        ("ç" * 70, (1, "UCS-2")),
        ("ç" * 71, (2, "UCS-2")),
        ("\U0001f600" * 35, (1, "UCS-2")),
        ("\U0001f600" * 36, (2, "UCS-2")),
    ],
)
def test_text_messages_are_counted_as_networks_count_them(text, expected):
    assert message_segments(text) == expected


def test_reading_aloud_takes_its_time():
    assert reading_seconds("word " * 150) == 60
    assert reading_seconds("") == 0
