"""Printed text reads well, and cannot do harm."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdx_state.kinds.addresses import parse_address as at
from sdx_state.model.address import Address
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.field_path import FieldPath
from sdx_state.model.plan import Action, Change, FieldChange, Plan, Risk, Unmanaged
from sdx_state.model.resource import Source
from sdx_state.plan.codec import from_document
from sdx_state.report.diagnostics import diagnostics_json, diagnostics_text
from sdx_state.report.document import plan_json
from sdx_state.report.escape import disarm, escape, escape_lines
from sdx_state.report.outcome import apply_line
from sdx_state.report.text import plan_text
from sdx_state.report.words import word_diff

WHERE = Source("a.yaml", 7, 3)
DANGEROUS = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\U000e0000-\U000e0fff]"
)
hostile = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("\x1b\x07\x9b\u202e\u2066\u200b\ufeff\r\n\t\u2028\U000e0041"),
        st.sampled_from("[]<>|`#:*_&"),
    ),
    max_size=40,
)


A = at("survey.a")


def update(*fields, kind="survey", address=A, **options):
    changes = tuple(FieldChange(FieldPath(field[0]), *field[1:]) for field in fields)
    return Change(address, kind, Action.UPDATE, id="7", fields=changes, source=WHERE, via="api", **options)


def shown(*changes, width=100, colour=False, verbose=False, **options):
    return plan_text(Plan("t", "l", changes, **options), width=width, colour=colour, verbose=verbose)


def test_nothing_to_do_says_so():
    assert shown() == "No changes. The tenant matches the configuration."


def test_a_short_value_is_shown_old_and_new():
    text = shown(update(("description", "a", "b"), ("redirect_timeout", None, 5)))
    assert "~ survey.a (id 7)  a.yaml:7" in text
    assert 'description:      "a" -> "b"' in text
    assert "redirect_timeout: (none) -> 5" in text
    assert text.endswith("Plan: 0 to add, 1 to change, 0 to destroy.")


def test_a_text_is_compared_word_by_word():
    before = "Thank you for calling Acme. Three short questions follow now."
    text = shown(update(("greeting_text", before, before.replace("Three", "Four"))))
    assert "[-Three-]{+Four+} short questions" in text


def test_texts_with_little_in_common_are_shown_on_two_lines():
    text = shown(update(("greeting_text", "Hello there, and welcome to us", "Grüezi mitenand liebe Leute da")))
    assert '- "Hello there, and welcome to us"' in text
    assert '+ "Grüezi mitenand liebe Leute da"' in text


def test_questions_are_under_their_survey_even_if_it_does_not_change():
    moved = update(("order", 3, 1), kind="question", address=at("question.a.nps"), parent=at("survey.a"))
    lines = shown(moved).splitlines()
    place = lines.index("    survey.a")
    assert lines[place + 1].strip().startswith("~ question.a.nps")
    assert "order: moved from 3 to 1" in lines[place + 2]


def test_other_changes_of_a_field_are_reported():
    text = shown(update(("description", "a", "b", "drift"), ("name", "c", "d", "both")))
    assert "changed in the tenant" in text
    assert "changed here and in the tenant" in text


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            Change(at("survey.a"), "survey", Action.NO_OP, id="7", importing=True),
            "<= survey.a (id 7, import)",
        ),
        (Change(at("survey.a"), "survey", Action.CREATE, via="api"), "+ survey.a"),
        (Change(at("survey.a"), "survey", Action.CREATE, via="manual"), "! survey.a (create by hand)"),
        (Change(at("user.a@x"), "user", Action.CREATE, via="csv"), "! user.a@x (create by CSV upload)"),
        (
            Change(
                at("survey.a"),
                "survey",
                Action.DELETE,
                id="7",
                via="api",
                reason="managed, and no longer declared",
            ),
            "- survey.a (id 7, managed, and no longer declared)",
        ),
        (
            Change(at("survey.a"), "survey", Action.FORGET, id="7", reason="gone"),
            "survey.a (id 7, forget, gone)",
        ),
        (
            Change(at("survey.b"), "survey", Action.NO_OP, id="7", previous=at("survey.a")),
            "survey.b (id 7, was survey.a)",
        ),
    ],
)
def test_each_action_has_its_sign_and_its_words(change, expected):
    assert expected in shown(change)


def test_a_delete_shows_what_would_be_lost():
    lost = Change(
        at("survey.a"), "survey", Action.DELETE, id="7", via="api",
        fields=(FieldChange(FieldPath("name"), "Pilot", None),),
        risks=(Risk("survey-deleted", "critical", "its questions go with it"),),
    )  # fmt: skip
    text = shown(lost)
    assert 'name: "Pilot"' in text
    assert "critical[survey-deleted]: its questions go with it" in text


def test_many_alike_are_folded_and_verbose_unfolds_them():
    many = [Change(Address("user", f"u{n}@x"), "user", Action.CREATE, via="api") for n in range(25)]
    assert "... and 15 more to create" in shown(*many)
    assert shown(*many).count("user.u") == 10
    assert shown(*many, verbose=True).count("user.u") == 25
    assert shown(*many).endswith("Plan: 25 to add, 0 to change, 0 to destroy.")


def test_deletes_are_never_folded():
    many = [Change(Address("user", f"u{n}@x"), "user", Action.DELETE, id=f"u{n}@x", via="api") for n in range(25)]
    assert shown(*many).count("- user.u") == 25


def test_diagnostics_have_their_place_and_what_to_do():
    text = shown(
        diagnostics=(
            Diagnostic("ambiguous-match", "error", "two are called A", WHERE, at("survey.a"), "add `id: 7`"),
        )
    )
    assert "a.yaml:7:3: error[ambiguous-match]: two are called A\n    help: add `id: 7`" in text
    assert text.endswith("The plan has errors. Nothing can be applied.")


def test_unmanaged_resources_are_counted_and_some_named():
    text = shown(unmanaged=tuple(Unmanaged("survey", str(n), f"S{n}") for n in range(8)))
    assert "Not managed, left alone: 8 surveys (S0, S1, S2, S3, S4 and 3 more)" in text


@given(hostile, hostile, hostile, st.booleans())
def test_no_value_reaches_the_terminal_with_anything_a_terminal_would_act_on(one, two, three, colour):
    changes = [
        update(("greeting_text", one, two), ("name", three, one), reason=three, address=Address("survey", one)),
        Change(
            at("user.x"),
            "user",
            Action.CREATE,
            via="api",
            fields=(FieldChange(FieldPath("name"), None, two),),
            label=one,
        ),
        update(
            ("response_options", [{"label": one}], [{"label": two}]),
            kind="question",
            address=at("question.a.b"),
        ),
    ]
    diagnostic = Diagnostic("possible-rename", "warning", one, Source(three, 1, 1), two, two)
    text = shown(*changes, colour=colour, diagnostics=(diagnostic,), unmanaged=(Unmanaged("survey", "1", three),))
    painted = re.sub(r"\x1b\[[0-9;]+m", "", text) if colour else text
    assert not DANGEROUS.search(painted)
    assert not re.search(r"^\s*::", painted, re.MULTILINE)


@given(hostile)
def test_escaped_text_is_one_line_and_still_tells_texts_apart(text):
    assert "\n" not in escape(text)
    assert not DANGEROUS.search(escape(text))
    assert escape_lines(text).count("\n") == text.count("\n")


@pytest.mark.parametrize(
    "command", ["::error::x", "  ::set-output", "##[error]x", "##vso[task]", "section_start:1:x"]
)
def test_commands_of_ci_systems_are_broken_up(command):
    assert command not in escape(command)


def test_a_long_text_says_how_long_it_was():
    assert "2000 characters" in escape("x" * 2000)


@given(st.text("ab .\n", max_size=60), st.text("ab .\n", max_size=60))
def test_a_word_diff_is_both_texts(before, after):
    pieces = word_diff(before, after)
    assert "".join(text for mark, text in pieces if mark != "added") == before
    assert "".join(text for mark, text in pieces if mark != "removed") == after


@given(st.integers(40, 160), st.lists(st.text("abcdef", min_size=1, max_size=12), min_size=5, max_size=60))
def test_lines_keep_to_the_width(width, words):
    before = " ".join(words)
    text = shown(update(("greeting_text", before, before + " more")), width=width)
    body = [line for line in text.splitlines() if line.startswith("      ")]
    assert all(len(line) <= max(width, 45) for line in body)


def test_json_is_ascii_and_can_be_read_back():
    plan = Plan("t", "l", (update(("greeting_text", "ü\u202e", "\U0001f600")),))
    text = plan_json(plan)
    assert text.isascii()
    document = json.loads(text)
    assert document["resource_changes"][0]["change"]["actions"] == ["update"]
    with pytest.raises(Exception, match="fingerprint"):
        from_document(document)


@pytest.mark.parametrize(
    ("counts", "line"),
    [
        ({"added": 1, "changed": 2, "destroyed": 0}, "Apply complete! Resources: 1 added, 2 changed, 0 destroyed."),
        (
            {"added": 1, "changed": 0, "destroyed": 0, "imported": 3, "failed": 1, "not_started": 2},
            "Apply incomplete. Resources: 3 imported, 1 added, 0 changed, 0 destroyed, 1 failed, 2 not started.",
        ),
        (
            {"added": 0, "changed": 0, "destroyed": 0, "handed_off": 4},
            "Apply complete! Resources: 0 added, 0 changed, 0 destroyed, 4 to hand off.",
        ),
    ],
)
def test_the_last_line_of_an_apply_counts(counts, line):
    assert apply_line(**counts) == line


def wrong(text, column, message="wrong", file="a.yaml"):
    return Diagnostic("invalid-yaml", "error", message, Source(file, 3, column), help="do this", excerpt=text)


@pytest.mark.parametrize(
    ("text", "column", "under"),
    [
        ("name: x", 7, "x"),
        ("\tname: x", 8, "x"),
        ("名前: x", 5, "x"),
        ("a" * 300 + "!", 301, "!"),
        ("e\u0301: x", 5, "x"),
    ],
)
def test_caret_is_under_the_place(text, column, under):
    import unicodedata

    _, line, caret, hint, count = diagnostics_text([wrong(text, column)], colour=False).splitlines()
    columns = []
    for character in line:
        wide = unicodedata.east_asian_width(character) in "WF"
        columns += [] if unicodedata.combining(character) else [character] * (2 if wide else 1)
    assert columns[caret.index("^")] == under
    assert hint.strip() == "help: do this"
    assert count == "1 error."


@given(hostile, hostile, st.integers(1, 50))
def test_diagnostics_of_hostile_files_are_shown_harmlessly(text, message, column):
    shown = diagnostics_text([wrong(text, column, message, file=message)], colour=False)
    assert not DANGEROUS.search(shown)
    document = json.loads(diagnostics_json([wrong(text, column, message)]))
    assert document["valid"] is False
    assert document["diagnostics"][0]["message"] == message


def test_old_and_new_differ_without_colors():
    text = shown(
        update(("greeting_text", "How likely is it, from 0 to 10?", "How likely is it, from 0 to 7?")), colour=True
    )
    assert "from 0 to 10->7?" in re.sub("\x1b\\[[0-9;]*m", "", text)


def test_a_risk_is_folded_between_words_at_the_width_of_the_terminal():
    risk = Risk("some-rule", "critical", "collected responses belong to the old type, and more of the like")
    lines = shown(update(("name", "a", "b"), risks=(risk,)), width=60).splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith("      critical[some-rule]: "))
    assert max(map(len, lines)) <= 60
    assert " ".join(line.strip() for line in lines[start : start + 2]) == f"critical[some-rule]: {risk.message}"


def test_new_text_has_a_line_and_a_place_for_each_language():
    texts = {"default": "Hello", "de-default": "Hallo"}
    field = FieldChange(FieldPath("greeting_text"), None, texts, "config", Source("a.yaml", 9, 5))
    text = shown(Change(at("survey.a"), "survey", Action.CREATE, fields=(field,), source=WHERE, via="api"))
    assert 'greeting_text.default:    "Hello"  line 9' in text
    assert 'greeting_text.de-default: "Hallo"  line 9' in text


@pytest.mark.parametrize("address", ["http://[::1]:8080/api", "[::1]", "http://[fe80::1]", "[::ffff:127.0.0.1]"])
def test_an_ipv6_address_is_shown_as_it_is(address):
    assert escape(address) == address
    assert disarm(f"Tenant {escape(address)}") == f"Tenant {address}"


@pytest.mark.parametrize(
    "text", ["[::error::x]", "::1]", "[::1", "[::1]::error::x", "[:: 1]", "[\n::1]", "::[::1]::"]
)
def test_brackets_hide_no_command(text):
    assert "::" not in escape(text).replace("[::1]", "x")
    assert not any(line.startswith("::") for line in escape_lines(text).splitlines())
