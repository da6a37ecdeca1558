"""Comments of YAML files, told apart from texts that look like them, and the suppressions in them."""

from __future__ import annotations

import pytest
import yaml

from sdx_state.config import comments as module
from sdx_state.config.comments import comments, suppressions_in
from sdx_state.config.source_text import SourceText


def found(text: str) -> list[tuple[str, int, int, int | None]]:
    return [
        (one.code, one.source.line, one.source.column, one.line) for one in suppressions_in(SourceText("a", text))
    ]


def test_a_comment_is_about_its_line():
    assert found("a: 1 # sdx: ignore[nps-scale]\n") == [("nps-scale", 1, 20, 1)]


def test_several_codes_each_have_their_place():
    assert found("a: 1\nb: 2  # sdx: ignore[nps-scale, empty-text]\n") == [
        ("nps-scale", 2, 21, 2),
        ("empty-text", 2, 32, 2),
    ]


def test_a_comment_on_a_line_of_its_own_is_about_the_next_value():
    assert found("# sdx: ignore[nps-scale]\n\n# why\na: 1\n") == [("nps-scale", 1, 15, 4)]


def test_a_reason_may_follow():
    assert found("a: 1 # sdx: ignore[nps-scale] agreed with marketing\n") == [("nps-scale", 1, 20, 1)]


@pytest.mark.parametrize(
    "text",
    [
        'a: "x # sdx: ignore[nps-scale]"\n',
        "a: 'x # sdx: ignore[nps-scale]'\n",
        "a: |\n  x\n  # sdx: ignore[nps-scale]\n",
        "a: >\n  x # sdx: ignore[nps-scale]\n",
        "a: x# sdx: ignore[nps-scale]\n",
    ],
)
def test_text_is_not_a_comment(text):
    assert found(text) == []


def test_comment_without_codes_is_reported():
    assert found("a: 1 # sdx: ignore\n") == [("", 1, 6, 1)]
    assert found("a: 1 # sdx: ignore[]\n") == [("", 1, 6, 1)]


def test_windows_line_ends_keep_the_places():
    assert found("a: 1\r\nb: 2 # sdx: ignore[nps-scale]\r\n") == [("nps-scale", 2, 20, 2)]


def test_a_file_without_the_mark_is_not_scanned(monkeypatch):
    def scanned(text: str) -> None:
        raise AssertionError("it was scanned")

    monkeypatch.setattr(module, "comments", scanned)
    assert found("a: 1 # a comment\n" * 100) == []


def test_file_other_than_yaml_suppresses_nothing():
    assert found("a: 1 # sdx: ignore[nps-scale]\nb: 'x\n") == []
    with pytest.raises(yaml.YAMLError):
        comments("a: 'x")
