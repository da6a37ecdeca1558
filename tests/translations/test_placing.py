"""Texts of templates: exported once, and their translations written into the template."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.translations.translator import answered

TEMPLATE = """\
templates:
  csat:
    greeting_text: {default: "Thanks for calling ${each.brand}.", de-default: "Danke, ${each.brand}."}
    closing_text: Goodbye # kept
    questions:
      - question_label: NPS
        question_text: How likely are you to recommend ${each.brand}?
        question_type: nps
"""
SURVEYS = """\
surveys:
  csat:
    extends: csat
    for_each: {acme: {brand: Acme}, zenith: {brand: Zenith}}
    name: ${each.brand} CSAT
  other:
    extends: csat
    for_each: {other: {brand: Other}}
    name: ${each.brand}
    greeting_text: {de-default: "Hallo bei ${each.brand}."}
    closing_text: {fr-default: Au revoir}
"""


def imported(project: Any, *, skip: str = "") -> None:
    project.write("templates.yaml", TEMPLATE)
    project.write("surveys.yaml", SURVEYS)
    file = Path(project.folder, "out.po")
    options = ["--language", "de", "--format", "po", "--out", str(file)]
    assert project.run("translations", "export", *options).code == 0
    file.write_bytes(answered(file.read_bytes(), "po", skip=lambda text: bool(skip) and skip in text))
    ended = project.run("translations", "import", str(file))
    assert ended.code == 0, ended.err


def text_of(project: Any, name: str) -> str:
    return Path(project.folder, name).read_text("utf-8")


def test_a_translation_of_a_text_of_a_template_is_written_into_the_template(project):
    imported(project, skip="Thanks")
    assert text_of(project, "surveys.yaml") == SURVEYS
    assert text_of(project, "templates.yaml") == TEMPLATE.replace(
        "    closing_text: Goodbye # kept\n",
        "    closing_text: # kept\n      default: Goodbye\n      de-default: Goodbye ü\n",
    ).replace(
        "        question_text: How likely are you to recommend ${each.brand}?\n",
        "        question_text:\n"
        "          default: How likely are you to recommend ${each.brand}?\n"
        '          de-default: "How likely are you to recommend ${each.brand}? ü"\n',
    )


def test_a_translation_that_a_block_overrides_is_replaced_there(project):
    imported(project)
    new = '"Thanks for calling ${each.brand}. ü"'
    assert text_of(project, "surveys.yaml") == SURVEYS.replace('"Hallo bei ${each.brand}."', new)
    assert f"de-default: {new}" in text_of(project, "templates.yaml")


def test_a_text_that_a_block_overrides_gets_a_translation_of_its_own(project):
    """The template's translation is of another text, and other surveys use it."""
    block = "  csat:\n    extends: csat\n    name: {key}\n    for_each: {{a: {{brand: A}}}}\n"
    survey = block.format(key="One").replace("  csat:\n", "  one:\n", 1)
    own = block.format(key="Two").replace("  csat:\n", "  two:\n", 1) + "    greeting_text: {default: Welcome}\n"
    project.write("templates.yaml", TEMPLATE)
    project.write("surveys.yaml", f"surveys:\n{survey}{own}")
    file = Path(project.folder, "out.po")
    assert project.run("translations", "export", "--language", "de", "--format", "po", "--out", str(file)).code == 0
    file.write_bytes(answered(file.read_bytes(), "po", skip=lambda text: text != '"Welcome"'))
    assert project.run("translations", "import", str(file)).code == 0
    assert "greeting_text: {default: Welcome, de-default: Welcome ü}" in text_of(project, "surveys.yaml")
    assert text_of(project, "templates.yaml") == TEMPLATE


def test_a_reference_of_a_template_has_to_stay(project):
    project.write("templates.yaml", TEMPLATE)
    project.write("surveys.yaml", SURVEYS)
    file = Path(project.folder, "out.po")
    assert project.run("translations", "export", "--language", "fr", "--format", "po", "--out", str(file)).code == 0
    file.write_bytes(answered(file.read_bytes(), "po").replace(b"recommend ${each.brand}? \xc3\xbc", b"nous ?"))
    ended = project.run("translations", "import", str(file))
    assert "question.csat-acme.nps question_text: the translation lost ${each.brand}" in ended.err
