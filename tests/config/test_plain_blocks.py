"""The fast way for plain files returns what the builder makes of the parser's events, or nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdx_state.config.plain_blocks import plain_document
from tests.config.plain_texts import FEW_ROWS, PLAIN, ROWS, Reported, built, rows, same


@pytest.mark.parametrize("text", PLAIN)
def test_plain_files_are_read_as_the_builder_reads_them(text):
    found = plain_document(text, FEW_ROWS)
    assert found is not None
    assert same(found, built(text))


@pytest.mark.parametrize("text", ROWS)
def test_rows_are_read_as_the_builder_reads_them_or_left_to_it(text):
    found = plain_document(text, FEW_ROWS)
    assert found is None or same(found, built(text))


def test_most_rows_are_read_by_a_pattern():
    found = plain_document(rows(["A b"] * 20), FEW_ROWS)
    assert sum(user.row is not None for user in found["users"].values()) == 11


values = st.sampled_from(
    ["A", "A b", "A b", "'q'", '"q"', "1", "true", "x: y", "x #y", "é", "b ", "0123", "1.5", "{a: 1}"]
)
changes = st.tuples(
    st.integers(0, 400), st.sampled_from(["", " ", "\n", "#", ":", "- ", "  ", "a: 1\n", "    a: 1\n", "null"])
)


@settings(max_examples=5 * settings.default.max_examples)
@given(
    st.lists(values, min_size=1, max_size=3),
    st.lists(values, max_size=4),
    st.booleans(),
    st.sampled_from(["", "", "\n", "\n\n", "# x\n"]),
    st.lists(changes, max_size=2),
)
def test_rows_of_all_kinds_are_read_as_the_builder_reads_them_or_left_to_it(first, behind, dash, between, changed):
    begin = "surveys:\n  a:\n    questions:\n" if dash else "users:\n"
    text = rows([*first * 10, *behind, *first], begin=begin, dash=dash, between=between)
    for place, put in changed:
        text = text[:place] + put + text[place:]
    found = plain_document(text, FEW_ROWS)
    if found is not None:
        try:
            assert same(found, built(text))
        except Reported as error:
            raise AssertionError(str(error)) from None


def test_a_row_that_repeats_a_key_is_left_to_the_builder():
    text = rows(["A b"] * 20)
    assert plain_document(text.replace("a15@", "a14@"), FEW_ROWS) is None
    assert plain_document(text.replace("    note: A b\n  a19@", "    phone: A b\n  a19@"), FEW_ROWS) is None


lines = st.lists(
    st.tuples(
        st.sampled_from([0, 2, 4, 4, 6, 3]),
        st.sampled_from(["", "", "- ", "# "]),
        st.sampled_from(["a", "b", "c", "a@b.cc", "null", "true", "1", "é", "<<", "-", '"q"']),
        st.sampled_from([":", ":", ":", ": ", ""]),
        st.sampled_from(
            [
                "",
                "1",
                " 1",
                "text",
                "x: y",
                "x:",
                "x #y",
                "'a'",
                "'a''b'",
                '"a"',
                '"a\\n"',
                "0123",
                "1.5",
                "[a]",
                "{a: 1}",
                "{a: x, b: '1'}",
                "{a: 1, a: 2}",
                "{a:1}",
                "{}",
                "é",
                "-",
            ]
        ),
    ).map(
        lambda parts: " " * parts[0] + "".join(parts[1:4]) + (" " if parts[4] and parts[3] == ":" else "") + parts[4]
    ),
    max_size=7,
).map(lambda found: "".join(f"{line}\n" for line in found))


@settings(max_examples=10 * settings.default.max_examples)
@given(lines)
def test_lines_of_all_kinds_are_read_as_the_builder_reads_them_or_left_to_it(text):
    found = plain_document(text, FEW_ROWS)
    if found is not None:
        assert same(found, built(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        "a: 1",
        "a:\n",
        "a:\nb: 1\n",
        "a: 1\na: 2\n",
        "- a: 1\n",
        " a: 1\n",
        "a: x: y\n",
        "a: x # y\n",
        "a: |\n  x\n",
        "a: [1]\n",
        "a: 'x''y'\n",
        'a: "\\t"\n',
        "a: x\n  y\n",
        "a: x\n  b: y\n",
        "a:\n  - b: 1\n  c: 2\n",
        "a:\n- b: 1\n",
        "a:\n  - b: 1\n   c: 2\n",
        "a:\tx\n",
        "a: x \n",
        "a: *x\n",
        "null: 1\n",
        "---\na: 1\n",
        "a: 1\n...\n",
        "a: \u2028\n",
        "a: \r\n",
        "é: 1\n",
    ],
)
def test_unknown_and_wrong_lines_are_left_to_the_builder(text):
    assert plain_document(text, FEW_ROWS) is None
