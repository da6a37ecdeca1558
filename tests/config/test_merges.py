"""Values that a declaration takes by a merge key: the place where they are written, and the declaration."""

from __future__ import annotations

from typing import Any

import pytest

from sdx_state.config.errors import ConfigurationError

COMMON = """\
x-common: &common
  greeting_text: {default: "Hello from ${var.nope}.", de-default: Hallo}
  sms_number: "0488"
  descripton: x
  questions:
  - {question_label: One, question_typ: text}
surveys:
  a:
    <<: *common
    name: A
  b: {<<: *common, name: B}
  c:
    name: "${var.none}"
    closing_text: {<<: {default: "${var.no}"}}
    questions: [{<<: {question_label: "${var.at_all}"}, key: q}]
"""
FIRST = ("a.yaml", 8, 3, "a", 1)  # and one more
PLACES = {
    "there is no variable `nope`": (2, 40, FIRST),
    "`0488` does not say its country": (3, 15, FIRST),
    "unknown field `descripton`": (4, 3, FIRST),
    "unknown field `question_typ`": (6, 27, FIRST),
    "there is no variable `none`": (13, 12, None),
    "there is no variable `no`": (14, 35, ("a.yaml", 12, 3, "c", 0)),
    "there is no variable `at_all`": (15, 40, ("a.yaml", 12, 3, "c", 0)),
}


def test_finding_names_where_the_value_is_written_and_where_it_is_merged(files: Any) -> None:
    files.write("a.yaml", COMMON)
    with pytest.raises(ConfigurationError) as caught:
        files.load()
    found = {}
    for one in caught.value.diagnostics:
        assert one.source is not None
        use = one.source.use
        told = (use.file, use.line, use.column, use.key, use.others) if use is not None else None
        found[one.message] = (one.source.line, one.source.column, told)
    assert found == PLACES


def test_every_merged_field_knows_both_places(files: Any) -> None:
    files.write(
        "a.yaml",
        "x-all: &all {greeting_text: {default: Hi}, questions: [{question_label: One}]}\n"
        "surveys:\n"
        "  a: {<<: *all, name: A}\n",
    )
    resources = files.load().resources
    survey, question = resources["survey.a"], resources["question.a.one"]
    assert str(survey.source) == "a.yaml:3:3"
    for one in (survey.source_of("greeting_text"), survey.source_of("greeting_text.default"), question.source):
        assert one.line == 1
        assert one.use is not None
        assert (one.use.line, one.use.key) == (3, "a")
    assert survey.source_of("name").use is None
