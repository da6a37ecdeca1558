"""The preview of a survey is made from what is declared: its texts by language, and how questions are answered."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdx_state.app.declared import load_declared
from sdx_state.app.preview import NoPreview, preview_of

SURVEY = """\
surveys:
  csat:
    name: Support CSAT
    greeting_text: {default: Hello., de-default: Hallo., de-AT: Servus.}
    closing_text: ""
    invalid_response_text: Again?
    email_subject: {fr-default: Votre avis ?}
    questions:
      - {question_label: B, question_text: Second?, question_type: number, max_response: 5, compulsory: false}
      - {question_label: A, question_text: {default: First?, de-default: " "}, question_type: nps, disabled: true}
  other: {name: Other}
"""


@pytest.fixture(scope="module")
def configuration(tmp_path_factory):
    folder: Path = tmp_path_factory.mktemp("project")
    (folder / "sdx.yaml").write_text("sdx: 1\n", encoding="utf-8")
    (folder / "a.yaml").write_text(SURVEY, encoding="utf-8")
    return load_declared(folder, None, {})


def test_prompts_are_in_the_order_of_the_conversation(configuration):
    preview = preview_of(configuration, "csat")
    assert [(one.role, one.label) for one in preview.prompts] == [
        ("greeting", ""), ("instructions", ""), ("question", "B"), ("question", "A"), ("invalid response", ""),
        ("closing", ""),
    ]  # fmt: skip
    assert preview.languages == ("default", "de-default", "de-AT", "fr-default")
    assert preview == preview_of(configuration, "survey.csat")


def test_a_text_that_is_not_declared_differs_from_one_that_is_cleared(configuration):
    prompts = {one.role: one for one in preview_of(configuration, "csat").prompts}
    assert prompts["instructions"].source is None
    assert prompts["closing"].source is not None
    assert prompts["closing"].texts == {}


def test_empty_text_in_a_language_is_not_a_text(configuration):
    (asked,) = [one for one in preview_of(configuration, "csat").prompts if one.label == "A"]
    assert asked.texts == {"default": "First?"}
    assert (asked.question.disabled, asked.question.most) == (True, None)


@pytest.mark.parametrize(
    ("language", "chosen"),
    [("de", ("de-default", "de-AT")), ("DE-AT", ("de-AT",)), ("default", ("default",)), ("fr", ("fr-default",))],
)
def test_language_is_named_whole_or_by_its_first_part(configuration, language, chosen):
    assert preview_of(configuration, "csat", language).languages == chosen


@pytest.mark.parametrize(
    ("survey", "language", "said", "advice"),
    [
        ("csta", None, "survey.csta is not declared", "Did you mean `csat`?"),
        ("question.csat.a", None, "is not declared", ""),
        ("csat", "es", "survey.csat has no text in the language es", ""),
        ("csat", "de-defualt", "has no text in the language de-defualt", "Did you mean `de-default`?"),
    ],
)
def test_unknown_survey_or_language_names_the_nearest(configuration, survey, language, said, advice):
    with pytest.raises(NoPreview) as caught:
        preview_of(configuration, survey, language)
    assert said in str(caught.value)
    assert advice in caught.value.advice


def test_survey_without_texts_has_the_default_language(configuration):
    preview = preview_of(configuration, "other")
    assert preview.languages == ("default",)
    assert [one.code for one in preview.diagnostics] == ["no-questions"]
