"""Suppression of warnings: by `lint: {ignore: [...]}` and by a comment, and what of it is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

HEAD = "sdx: 1\napi: {host: demo.surveydynamix.com}\n"
ASKING = "questions: [{question_label: Q, question_text: Why?, question_type: text}]"
SILENT = "surveys:\n  a: {name: A}\n"


def codes(ended: Any) -> list[str]:
    return [one["code"] for one in json.loads(ended.out)["diagnostics"]]


def validated(project: Any, text: str, settings: str = "") -> Any:
    project.write("sdx.yaml", HEAD + settings)
    project.write("a.yaml", text)
    return project.run("validate", "--format", "json")


def test_a_code_in_the_project_file_suppresses_it_everywhere(project):
    assert codes(validated(project, SILENT)) == ["no-questions"]
    assert codes(validated(project, SILENT, "lint: {ignore: [no-questions]}\n")) == []


def test_the_list_of_an_environment_replaces_that_of_the_project(project):
    settings = "lint: {ignore: [no-questions]}\nenvironments: {strict: {lint: {ignore: []}}}\n"
    validated(project, SILENT, settings)
    ended = project.run("--env", "strict", "validate", "--format", "json")
    assert codes(ended) == ["no-questions"]


def test_a_comment_suppresses_it_on_its_line(project):
    text = "surveys:\n  a: {name: A} # sdx: ignore[no-questions]\n  b: {name: B}\n"
    document = json.loads(validated(project, text).out)
    assert [(one["code"], one["address"]) for one in document["diagnostics"]] == [("no-questions", "survey.b")]


def test_a_comment_in_the_project_file_counts_too(project):
    risk = 'risk: [{rule: nothing, level: low, reason: x, expires: "2999-01-01"}]'
    validated(project, f"surveys: {{a: {{name: A, {ASKING}}}}}\n", f"{risk} # sdx: ignore[unknown-rule]\n")
    planned = project.run("plan", "--sandbox", "--format", "json")
    assert codes(planned) == []


@pytest.mark.parametrize("command", ["plan", "drift"])
def test_suppressed_warnings_are_in_no_command(project, command):
    validated(project, SILENT, "lint: {ignore: [no-questions]}\n")
    assert "no-questions" not in codes(project.run(command, "--sandbox", "--format", "json"))
    validated(project, SILENT)
    assert "no-questions" in codes(project.run(command, "--sandbox", "--format", "json"))


REFUSED = {
    "an error": ("unknown-key", "not-suppressible", "it is an error"),
    "a limit": ("protect", "not-suppressible", "it is an error"),
    "a risk": ("text-changed", "not-suppressible", "accepted under `risk:`"),
    "drift": ("drift", "not-suppressible", "a way of its own"),
    "an unknown code": ("no-question", "unknown-code", "did you mean `no-questions`?"),
}


@pytest.mark.parametrize(("code", "found", "said"), REFUSED.values(), ids=REFUSED)
def test_a_suppression_is_refused_at_its_place(project, code, found, said):
    text = f"surveys:\n  a: {{name: A, {ASKING}}} # sdx: ignore[{code}]\n"
    ended = validated(project, text)
    assert ended.code == 1
    (one,) = json.loads(ended.out)["diagnostics"]
    assert (one["code"], one["severity"]) == (found, "error")
    assert said in f"{one['message']} {one['help']}"
    assert one["source"] == {"file": "a.yaml", "line": 2, "column": text.splitlines()[1].index(code) + 1}
    ended = validated(project, SILENT, f"lint: {{ignore: [{code}]}}\n")
    assert ended.code == 1
    assert found in codes(ended)
    assert json.loads(ended.out)["diagnostics"][-1]["source"]["file"] == "sdx.yaml"


def test_a_comment_without_a_code_is_refused(project):
    ended = validated(project, "surveys:\n  a: {name: A} # sdx: ignore\n")
    assert ended.code == 1
    assert "unknown-code" in codes(ended)


def test_an_unused_suppression_is_a_warning(project):
    text = f"surveys:\n  a: {{name: A, {ASKING}}} # sdx: ignore[no-questions]\n"
    ended = validated(project, text, "lint: {ignore: [empty-text]}\n")
    assert ended.code == 0
    assert codes(ended) == ["unused-suppression", "unused-suppression"]
    assert project.run("validate", "--strict").code == 1


def test_a_suppression_of_what_only_a_tenant_shows_is_not_called_unused(project):
    ended = validated(project, f"surveys: {{a: {{name: A, {ASKING}}}}}\n", "lint: {ignore: [possible-rename]}\n")
    assert codes(ended) == []


def test_an_error_is_reported_beside_its_suppression(project):
    ended = validated(project, "surveys:\n  a: {nam: A} # sdx: ignore[unknown-key]\n")
    assert ended.code == 1
    assert "unknown-key" in codes(ended)
