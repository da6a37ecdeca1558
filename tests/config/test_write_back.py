"""Values of the tenant on their way back into templates, blocks and their items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from sdx_state.config.write import write_resources
from tests.config import pulled_values

TEMPLATE = """\
# for all
templates:
  csat:
    # said first
    greeting_text: {default: "Hi from ${each.brand}.", de-default: Hallo} # both
    closing_text: Bye. # last
    questions:
      - question_label: NPS # asked first
        question_text: How likely are you to recommend ${each.brand}?
        question_type: nps
      - {question_label: Solved, question_type: yesno}
"""
BLOCKS = """\
surveys:
  csat: # the brands
    extends: csat
    for_each:
      acme: {brand: Acme}
      zenith: {brand: Zenith}
    name: ${each.brand} CSAT
    description: Of ${var.company} # ours
  extra:
    extends: csat
    for_each: [more]
    name: Extra
    greeting_text: Hello.
    questions: [{key: nps, question_text: Likely?}]
  plain: {name: Plain, closing_text: Ciao.}
  heir: {extends: plain, name: Heir}
"""
ALL = ("survey.csat-acme", "survey.csat-zenith", "survey.extra-more")


@pytest.fixture
def brands(files: Any) -> Any:
    files.write("templates/csat.yaml", TEMPLATE)
    files.write("a.yaml", BLOCKS)
    return files


def pulled(files: Any, changes: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Write `changes` as `pulled_values.pulled` does; every comment stays in its file."""
    told = pulled_values.pulled(files, changes)
    for text in (files.text("templates/csat.yaml"), files.text("a.yaml")):
        for comment in ("for all", "said first", "both", "last", "asked first", "the brands", "ours"):
            assert (f"# {comment}" in text) == (f"# {comment}" in (TEMPLATE if "templates:" in text else BLOCKS))
    return told


def lines_changed(before: str, after: str) -> list[str]:
    return [line for line in after.splitlines() if line not in before.splitlines()]


def test_a_text_goes_into_the_template_if_everything_that_uses_it_agrees(brands: Any) -> None:
    told = pulled(brands, {address: {"closing_text": "See you."} for address in ALL})
    assert told == ["templates/csat.yaml: templates.csat.closing_text (3 resources)"]
    assert lines_changed(TEMPLATE, brands.text("templates/csat.yaml")) == ["    closing_text: See you. # last"]
    assert brands.text("a.yaml") == BLOCKS


def test_placeholders_stay_in_the_template(brands: Any) -> None:
    told = pulled(
        brands,
        {
            f"question.csat-{key}.nps": {"question_text": f"Would you recommend {brand}, really?"}
            for key, brand in (("acme", "Acme"), ("zenith", "Zenith"))
        },
    )
    assert told == ["templates/csat.yaml: templates.csat.questions.0.question_text (2 resources)"]
    assert 'question_text: "Would you recommend ${each.brand}, really?"' in brands.text("templates/csat.yaml")


def test_one_language_of_all_goes_into_the_template(brands: Any) -> None:
    changes = {
        f"survey.csat-{key}": {"greeting_text": {"default": f"Hi from {brand}.", "de-default": "Tag"}}
        for key, brand in (("acme", "Acme"), ("zenith", "Zenith"))
    }
    assert pulled(brands, changes) == ["templates/csat.yaml: templates.csat.greeting_text.de-default (2 resources)"]
    assert 'default: "Hi from ${each.brand}.", de-default: Tag' in brands.text("templates/csat.yaml")


def test_a_new_language_of_all_goes_into_the_template(brands: Any) -> None:
    changes = {
        f"survey.csat-{key}": {
            "greeting_text": {"default": f"Hi from {brand}.", "de-default": "Hallo", "fr-CA": "Salut"}
        }
        for key, brand in (("acme", "Acme"), ("zenith", "Zenith"))
    }
    assert pulled(brands, changes) == ["templates/csat.yaml: templates.csat.greeting_text.fr-CA"]


def test_values_that_all_items_of_a_block_share_go_into_the_block(brands: Any) -> None:
    told = pulled(brands, {address: {"closing_text": "Ade."} for address in ALL[:2]})
    assert told == ["a.yaml: surveys.csat.closing_text"]
    assert lines_changed(BLOCKS, brands.text("a.yaml")) == ["    closing_text: Ade."]


def test_a_value_of_the_block_is_changed_there(brands: Any) -> None:
    told = pulled(brands, {address: {"description": "By Acme"} for address in ALL[:2]})
    assert told == ["a.yaml: surveys.csat.description (2 resources)"]
    assert 'description: "By ${var.company}" # ours' in brands.text("a.yaml")


@pytest.mark.parametrize(
    ("address", "values", "told"),
    [
        ("survey.csat-acme", {"closing_text": "Ade."}, "a.yaml: surveys.csat.overrides.acme.closing_text"),
        ("survey.csat-zenith", {"name": "Z"}, "a.yaml: surveys.csat.overrides.zenith.name"),
        ("survey.csat-acme", {"closing_text": {"default": "Bye.", "fr-CA": "Salut"}},
         "a.yaml: surveys.csat.overrides.acme.closing_text"),
        ("survey.csat-acme", {"greeting_text": {"default": "Hi from Acme.", "de-default": "Tag"}},
         "a.yaml: surveys.csat.overrides.acme.greeting_text.de-default"),
        ("survey.csat-acme", {"greeting_text": "Hi."}, "a.yaml: surveys.csat.overrides.acme.greeting_text"),
        ("question.csat-zenith.nps", {"question_text": "Sure?"},
         "a.yaml: surveys.csat.overrides.zenith.questions.nps.question_text"),
        ("question.csat-zenith.nps", {"question_label": "N"},
         "a.yaml: surveys.csat.overrides.zenith.questions.nps.question_label"),
        ("question.extra-more.nps", {"question_text": "Sure?"},
         "a.yaml: surveys.extra.questions.0.question_text"),
        ("survey.heir", {"closing_text": "Ade."}, "a.yaml: surveys.heir.closing_text"),
        ("survey.plain", {"closing_text": "Ade."}, "a.yaml: surveys.heir.closing_text"),
    ],
)  # fmt: skip
def test_the_value_of_one_item_becomes_its_override(brands: Any, address: str, values: Any, told: str) -> None:
    assert pulled(brands, {address: values}) == [told]
    assert brands.text("templates/csat.yaml") == TEMPLATE
    # A second change finds the override.
    pulled(brands, {address: dict.fromkeys(values, "Again")})


def test_a_survey_and_the_one_that_it_extends_change_alike(brands: Any) -> None:
    assert pulled(brands, {f"survey.{key}": {"closing_text": "Ade."} for key in ("plain", "heir")}) == []
    assert "plain: {name: Plain, closing_text: Ade.}" in brands.text("a.yaml")


def test_questions_are_added_and_moved_by_an_override(brands: Any) -> None:
    before = brands.load().resources
    new = replace(
        before["question.csat-acme.nps"],
        address=type(before["question.csat-acme.nps"].address)(
            "question", "more", before["survey.csat-acme"].address
        ),
        key="more",
        values={"question_label": "More", "question_type": "text"},
        position=1,
    )
    order = ["solved", "more", "nps"]
    wanted = [one for one in before.values() if one.parent != "survey.csat-acme"]
    for key in order:
        one = new if key == "more" else before[f"question.csat-acme.{key}"]
        wanted.append(replace(one, position=order.index(key)))
    write_resources(brands.folder, wanted)
    after = brands.load().resources
    asked = sorted((one for one in after.values() if one.parent == "survey.csat-acme"), key=lambda one: one.position)
    assert [one.key for one in asked] == order
    assert asked[1].values == {"question_label": "More", "question_type": "text"}
    assert [one.key for one in after.values() if one.parent == "survey.csat-zenith"] == ["nps", "solved"]
    assert write_resources(brands.folder, wanted) == []
