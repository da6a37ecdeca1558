"""The fast way for plain files returns what the builder makes of the parser's events, or nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdx_state.config.plain_blocks import plain_document
from tests.config.plain_texts import PLAIN, built, same


@pytest.mark.parametrize("text", PLAIN)
def test_plain_files_are_read_as_the_builder_reads_them(text):
    found = plain_document(text)
    assert found is not None
    assert same(found, built(text))


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
    found = plain_document(text)
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
    assert plain_document(text) is None
