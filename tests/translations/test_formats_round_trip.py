"""Texts exported, translated by a script and imported: the files say them, and a plan changes nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sdx_state.config.configuration import load_configuration
from sdx_state.model.value import DEFAULT_LANGUAGE
from tests.translations.translator import FORMS, SUFFIX, answered

TEXTS = {
    "placeholders": "Hello %agent_name%, welcome to ${var.company}: $${literal}.",
    "placeholders_alone": "%agent_name%%agent_id%",
    "a_condition": "%if call_type = 1%One%else%Two%endif%",
    "html": '<p>Rate <b>us</b> at <a href="https://example.com/?a=1&b=2">our page</a><br/></p> &amp; 1 < 2 <3',
    "right_to_left": "\u05e9\u05dc\u05d5\u05dd %agent_name%, \u0645\u0631\u062d\u0628\u0627",
    "plurals": "%d item(s), 1 file, 2 files; %s %(name)s",
    "formula": "=1+1",
    "quoted_formula": "'=1+1 and '@b",
    "quotes": "\"double\" 'single' `back` \\ \\n {0} #hash: - x",
    "newlines": "First line\n\n  third, indented\nlast",
    "newline_at_the_end": "One line\n",
    "long": "word " * 999 + "end.",
    "emoji": "\U0001f600 \u00e9 e\u0301 \u00a0 \u200d",
    "spaces": "  around  ",
    "numbers": "007",
    "a_workbook_escape": "_x0041_",
}
HEAD = "sdx: 1\napi: {host: demo.surveydynamix.com}\nvariables: {company: Acme}\nsandbox: {shape: nested}\n"


def written(project: Any) -> Path:
    """Write a project with each text as a question, and one text in two surveys; return its file."""
    lines = ["surveys:", "  all:", "    name: All", "    closing_text: Goodbye  # kept", "    questions:"]
    for name, text in TEXTS.items():
        lines.append(f"      - {{question_label: {name}, question_type: text, question_text: {json.dumps(text)}}}")
    lines += ["  other: # two", "    name: Other", "    # before", "    closing_text: Goodbye"]
    lines += [
        "    questions:",
        "      - question_label: Q",
        "        question_text: Why?",
        "        question_type: text",
    ]
    lines += ["        response_options:", "          - {label: y, text: 'Yes'}"]
    project.write("sdx.yaml", HEAD)
    project.write("a.yaml", "\n".join(lines) + "\n")
    return Path(project.folder, "a.yaml")


def exported(project: Any, form: str, language: str = "de") -> Path:
    file = Path(project.folder, f"out.{form}")
    ended = project.run("translations", "export", "--language", language, "--format", form, "--out", str(file))
    assert ended.code == 0, ended.err
    return file


@pytest.mark.parametrize("form", FORMS)
def test_every_text_comes_back_translated_and_nothing_else_changes(project, form):
    source = written(project)
    before = load_configuration(project.folder, None, {})
    file = exported(project, form)
    file.write_bytes(answered(file.read_bytes(), form))
    ended = project.run("translations", "import", str(file))
    assert ended.code == 0, ended.err
    assert ended.out == f"{len(TEXTS) + 3} translations into de written, 0 unchanged.\n"
    after = load_configuration(project.folder, None, {})
    for address, desired in before.resources.items():
        for name, value in desired.values.items():
            now = after.resources[address].values[name]
            if name in ("closing_text", "question_text"):
                assert now == {DEFAULT_LANGUAGE: value, "de-default": value + SUFFIX}, address
            elif name == "response_options":
                assert now == [{"label": "y", "text": {DEFAULT_LANGUAGE: "Yes", "de-default": "Yes" + SUFFIX}}]
            else:
                assert now == value
    text = source.read_text("utf-8")
    assert all(comment in text for comment in ("# kept", "# two", "# before"))
    assert json.loads(project.run("translations", "status", "--format", "json").out)["languages"] == {
        "de": {"complete": len(TEXTS) + 3, "missing": 0, "outdated": 0}
    }
    again = exported(project, form)
    ended = project.run("translations", "import", str(again))
    assert (ended.code, ended.out) == (0, f"0 translations into de written, {len(TEXTS) + 3} unchanged.\n")


def test_a_plan_after_an_import_shows_just_those_texts(project):
    survey = "  {0}: {{name: {0}, greeting_text: Hello, closing_text: Goodbye}}\n"
    project.write("sdx.yaml", HEAD)
    project.write("a.yaml", "surveys:\n" + survey.format("all") + survey.format("other"))
    assert project.run("apply", "--sandbox", "--auto-approve").code == 0
    file = exported(project, "xliff")
    file.write_bytes(answered(file.read_bytes(), "xliff", skip=lambda text: text != "Goodbye"))
    assert project.run("translations", "import", str(file)).code == 0
    plan = json.loads(project.run("plan", "--sandbox", "--format", "json").out)
    changes = {
        one["address"]: (one["change"]["before"], one["change"]["after"])
        for one in plan["resource_changes"]
        if one["change"]["actions"] != ["no-op"]
    }
    assert sorted(changes) == ["survey.all", "survey.other"]
    for before, after in changes.values():
        assert {name for name in after if before.get(name) != after[name]} == {"closing_text"}
        assert after["closing_text"] == {DEFAULT_LANGUAGE: "Goodbye", "de-default": "Goodbye" + SUFFIX}


def test_equal_texts_are_exported_once_with_all_their_places(project):
    written(project)
    text = exported(project, "csv").read_text("utf-8-sig")
    assert text.count("Goodbye") == 1
    assert '"survey.all closing_text, survey.other closing_text"' in text


def test_equal_texts_with_different_translations_stay_apart(project):
    survey = "  {key}: {{name: {key}, closing_text: {{default: Bye, de-default: {german}}}}}\n"
    pairs = {"a": "Tschau", "b": "Servus", "c": "Tschau"}
    text = "surveys:\n" + "".join(survey.format(key=key, german=german) for key, german in pairs.items())
    project.write("a.yaml", text)
    file = exported(project, "po")
    assert file.read_text("utf-8").count('msgid "Bye"') == 2
    file.write_text(file.read_text("utf-8").replace("Servus", "Pfiat di"), "utf-8")
    assert project.run("translations", "import", str(file)).code == 0
    assert Path(project.folder, "a.yaml").read_text("utf-8") == text.replace("Servus", "Pfiat di")


def test_a_translation_is_written_to_the_anchor_that_aliases_share(project):
    text = "surveys:\n  a: {name: A, closing_text: &bye {default: Bye}}\n  b: {name: B, closing_text: *bye}\n"
    project.write("a.yaml", text)
    file = exported(project, "po")
    file.write_bytes(answered(file.read_bytes(), "po"))
    assert project.run("translations", "import", str(file)).code == 0
    assert Path(project.folder, "a.yaml").read_text("utf-8") == (
        "surveys:\n  a: {name: A, closing_text: &bye {default: Bye, de-default: Bye ü}}\n"
        "  b: {name: B, closing_text: *bye}\n"
    )


def test_only_the_texts_of_a_target_are_exported(project):
    written(project)
    file = Path(project.folder, "out.csv")
    options = ["--language", "fr-CA", "--format", "csv", "--out", str(file)]
    ended = project.run("translations", "export", *options, "--target", "survey.o*")
    assert ended.err == f"1 text for fr-CA in {file}: 1 missing, 0 outdated.\n"
    assert "no.such" in project.run("translations", "export", *options, "--target", "no.such").err
