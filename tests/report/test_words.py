"""Long texts are shown by what differs, with its surroundings, in every format; and no text makes that expensive."""

from __future__ import annotations

import html
import random
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdx_state.handoff.steps import HandOff, Step, StepField
from sdx_state.kinds.addresses import parse_address as at
from sdx_state.model.field_path import FieldPath
from sdx_state.model.plan import Action, Change, FieldChange, Plan
from sdx_state.plan.conversation import Conversation, Line
from sdx_state.plan.divergence import Divergence, Verdict
from sdx_state.report.drift import drift_markdown, drift_text
from sdx_state.report.formats import FORMATS
from sdx_state.report.handoff import handoff_html
from sdx_state.report.steps import handoff_text
from sdx_state.report.text import plan_text
from sdx_state.report.words import CHANGES, TOTAL, compared, elided, excerpts, word_diff

WORDS = [f"word{number}" for number in range(40)]
BEFORE = random.Random(3).choices(WORDS, k=1100)
AFTER = [*BEFORE]
AFTER[100], AFTER[550], AFTER[1000] = "early", "middle", "late"


def marked(pieces):
    signs = {"removed": "[-%s-]", "added": "{+%s+}", "same": "%s", "elided": "%s"}
    return "".join(signs[mark] % text for mark, text in pieces)


def sides(pieces):
    return tuple("".join(text for mark, text in pieces if mark != other) for other in ("added", "removed"))


def outputs(before, after, field="greeting_text"):
    """Return what each output shows of one changed text."""
    change = Change(
        at("survey.a"),
        "survey",
        Action.UPDATE,
        "7",
        fields=(FieldChange(FieldPath(field), before, after),),
        via="api",
    )
    plan = Plan("t", "l", (change,))
    told = Conversation(
        at("survey.a"), "A", "default", (Line("greeting", "k", before),), (Line("greeting", "k", after),)
    )
    page = FORMATS["html"](plan, (told,))
    visible = html.unescape(re.sub(r"<(style|script)>.*?</\1>|<[^>]*>", "", page, flags=re.S))
    typed = StepField(field, field, before, after)
    step = Step("k", "Change A", (at("survey.a"),), "survey", "update", "7", "Surveys", "https://x/", fields=(typed,))
    handoff = HandOff("t", (step,))
    drift = Verdict((Divergence(at("survey.a"), field, "drift", after, before),), (), (), (), ())
    return {
        "text": plan_text(plan, width=100, colour=False),
        "terminal": re.sub("\x1b\\[[0-9;]*m", "", plan_text(plan, width=100, colour=True)),
        "markdown": FORMATS["markdown"](plan, ()),
        "page": visible,
        "hand-off in a terminal": handoff_text(handoff, (), colour=False),
        "hand-off page": html.unescape(re.sub(r"<[^>]*>", "", handoff_html(handoff))),
        "drift": drift_text(drift, colour=False),
        "drift in a comment": drift_markdown(drift),
    }


@pytest.mark.parametrize("output", outputs("", ""))
def test_one_changed_word_among_many_is_shown_with_its_surroundings(output):
    after = [*BEFORE]
    after[550] = "changed"
    text = outputs(" ".join(BEFORE), " ".join(after))[output]
    assert "changed" in text
    flat = re.sub(r"\s+", " ", text)
    assert " ".join(BEFORE[547:550]) in flat
    assert " ".join(BEFORE[551:554]) in flat
    assert re.search(r"\.\.\. \d+ characters unchanged \.\.\.", flat)
    assert output == "hand-off page" or not re.search(r"\d+ characters, [0-9a-f]{8}", flat)
    if output != "hand-off page":  # this page contains the whole text, to be copied
        assert len(flat) < 6000 + 12_000 * (output == "page")


@pytest.mark.parametrize("output", outputs("", ""))
def test_changes_far_apart_are_each_shown_with_what_is_left_out_between_them(output):
    flat = re.sub(r"\s+", " ", outputs(" ".join(BEFORE), " ".join(AFTER))[output])
    for place in (100, 550, 1000):
        assert AFTER[place] in flat
        assert " ".join(BEFORE[place - 2 : place]) in flat
    assert flat.count("characters unchanged ...") >= 2


@pytest.mark.parametrize("output", outputs("", ""))
def test_texts_that_differ_after_a_long_beginning_show_the_difference(output):
    beginning = "This is how it has always begun. " * 20
    before, after = beginning + "abc " * 1500 + "OLD", beginning + "xyz " * 1500 + "NEW"
    flat = re.sub(r"\s+", " ", outputs(before, after)[output])
    assert "abc abc" in flat
    assert "xyz xyz" in flat
    assert output == "hand-off page" or not re.search(r"\d+ characters, [0-9a-f]{8}", flat)


def test_long_value_other_than_text_shows_its_differences():
    before = {str(number): f"option {number}" for number in range(200)}
    change = FieldChange(FieldPath("response_options"), before, {**before, "150": "another"})
    plan = Plan("t", "l", (Change(at("question.a.q"), "question", Action.UPDATE, "7", fields=(change,), via="api"),))
    assert "{+another" in plan_text(plan, width=200, colour=False)


def test_ideographs_are_compared_one_by_one():
    before = "今天天气很好我们去公园玩" * 50
    after = before[:300] + "雨" + before[301:]
    assert f"[-{before[300]}-]{{+雨+}}" in marked(elided(compared(before, after)))


some_words = st.lists(st.sampled_from(["a", "b ", "c\n", " ", ".", "日本", "\ud800", "e\u0301 "]), max_size=60).map(
    "".join
)


@given(some_words, some_words)
def test_comparison_is_both_texts_with_their_common_beginning_and_end(before, after):
    for pieces in (word_diff(before, after), compared(before, after)):
        assert sides(pieces) == (before, after)
        assert all(text for _, text in pieces)
        assert all(one[0] != other[0] for one, other in pairwise(pieces))


@given(some_words, some_words, st.integers(0, 5), st.integers(8, 40))
def test_a_shortened_comparison_tells_different_texts_apart(before, after, kept, most):
    if before != after:
        shown = [*elided(compared(before, after), kept, most)]
        assert any(mark in ("removed", "added") for mark, _ in shown)
        passages = excerpts(before, after, kept, most)
        assert passages is None or len(set(passages)) == 2


@pytest.mark.soak
@pytest.mark.parametrize("vocabulary", [["a"], ["a", "b"], [str(number) for number in range(20)], None])
@pytest.mark.parametrize("joint", [" ", ". ", "\n", ""])
def test_no_text_makes_a_comparison_endless_or_its_result_long(vocabulary, joint, quick):
    chance = random.Random(7)
    length = 20_000 if quick else 60_000  # both texts together have more than are compared word by word

    def text():
        drawn = [chance.choice(vocabulary) if vocabulary else str(chance.random()) for _ in range(length)]
        return joint.join(drawn)

    before, after = text() + "x", "y" + text()
    pieces = compared(before, after)
    assert sides(pieces) == (before, after)
    assert sum(len(one) for _, one in elided(pieces)) < TOTAL + 2000


def test_changes_beyond_what_is_shown_are_counted():
    before = " ".join(f"keep{number} alpha{number}" for number in range(200))
    after = re.sub("alpha", "beta", before)
    text = marked(elided(word_diff(before, after)))
    assert text.count("{+beta") == CHANGES
    assert f"... {200 - CHANGES} more changes in " in text
