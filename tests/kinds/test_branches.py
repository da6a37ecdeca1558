"""Texts with conditions, one branch at a time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdx_state.kinds.branches import DEEPEST, branches
from sdx_state.kinds.segments import message_segments, reading_seconds, word_count
from tests.tiers import tries

TEXTS = {
    "no condition": ("Hello %agent_name%, 100% sure", [("", "Hello %agent_name%, 100% sure")]),
    "two": ("Hi %if a = 1%One%else%Two%endif%!", [("if a = 1", "Hi One!"), ("else", "Hi Two!")]),
    "without else": ("Hi%if a% there%endif%.", [("if a", "Hi there."), ("else", "Hi.")]),
    "three": (
        "%if a = 1%1%elseif a = 2%2%ELSE%3%endif%",
        [("if a = 1", "1"), ("elseif a = 2", "2"), ("else", "3")],
    ),
    "a placeholder in a branch": ("%if a%%b%%endif%", [("if a", "%b%"), ("else", "")]),
    "one after another": (
        "%if a%1%else%2%endif%-%if b%3%else%4%endif%",
        [("if a, if b", "1-3"), ("if a, else", "1-4"), ("else, if b", "2-3"), ("else, else", "2-4")],
    ),
    "one in another": (
        "%if a%x%if b%y%endif%%else%z%endif%",
        [("if a, if b", "xy"), ("if a, else", "x"), ("else", "z")],
    ),
    "the same words": ("%if a%1%else%1%endif%", [("if a", "1")]),
    "never closed": ("Hi %if a%One", [("", "Hi %if a%One")]),
    "never opened": ("Hi %endif%", [("", "Hi %endif%")]),
    "two others": ("%if a%1%else%2%else%3%endif%", [("", "%if a%1%else%2%else%3%endif%")]),
    "too many": ("%if a%1%else%22%endif%" * 5, [("at most", "22" * 5)]),
    "too deep": ("%if a%" * 30 + "%endif%" * 30, [("", "%if a%" * 30 + "%endif%" * 30)]),
}


@pytest.mark.parametrize(("text", "expected"), TEXTS.values(), ids=TEXTS)
def test_each_branch_has_its_conditions_and_its_text(text, expected):
    assert [(one.when, one.text) for one in branches(text)] == expected


def test_the_longest_branch_counts():
    text = f"%if a%{'word ' * 40}%else%{'z' * 10}%endif%"
    assert message_segments(text) == (2, "GSM-7")
    assert (word_count(text), reading_seconds(text)) == (40, 16)
    assert message_segments("%if a%" + "x" * 100 + "%else%" + "y" * 100 + "%endif%")[0] == 1


WORDS = st.sampled_from(["%if a%", "%elseif b%", "%else%", "%endif%", "x", "yy ", "%name%", "%"])


@tries(15, 3_000)
@given(st.lists(WORDS, max_size=40))
def test_any_text_has_branches(words):
    text = "".join(words)
    found = branches(text)
    assert found
    assert all(len(one.text) <= len(text) for one in found)
    assert len({one.text for one in found}) == len(found)


def test_deep_conditions_are_followed():
    depth = DEEPEST - 1
    assert branches("%if a%" * depth + "x" + "%endif%" * depth)[0].when == "at most"
