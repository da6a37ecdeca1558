"""`--format` of validate, drift and check: the renderers of a plan, with the code in every form."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

import pytest

from sdx_state.cli.found import NAMES
from sdx_state.report.formats import FOUND_FORMATS

ASKING = "questions: [{question_label: Q, question_text: Why?, question_type: text}]"
DECLARED = f"surveys: {{a: {{name: A, greeting_text: Hello, {ASKING}}}}}\n"
CHECKS = "checks: {one: {survey: a, expect: {prompts: [Something else]}, abandon: true}}\n"


def misspelt(project: Any) -> tuple[list[str], int, str, str]:
    project.write("a.yaml", "surveys: {a: {nam: A}}\n")
    return ["validate"], 1, "unknown-key", "error"


def silent(project: Any) -> tuple[list[str], int, str, str]:
    project.write("a.yaml", "surveys: {a: {name: A}}\n")
    return ["validate"], 0, "no-questions", "warning"


def unmet(project: Any) -> tuple[list[str], int, str, str]:
    project.write("a.yaml", DECLARED)
    assert project.run("apply", "--auto-approve").code == 0
    project.write("b.yaml", CHECKS)
    return ["check", "--yes"], 1, "unexpected-prompt", "error"


def not_planned(project: Any) -> tuple[list[str], int, str, str]:
    project.write("a.yaml", f"surveys: {{a: {{id: 4711, name: A, {ASKING}}}}}\n")
    return ["drift"], 1, "id-not-found", "error"


@pytest.mark.parametrize("case", [misspelt, silent, unmet, not_planned], ids=lambda case: case.__name__)
def test_every_form_of_every_command_has_the_code(connected, tmp_path, case):
    arguments, exit_code, code, severity = case(connected)
    files = {name: tmp_path / name for name in NAMES}
    ended = connected.run(*arguments, *(f"--format={name}={file}" for name, file in files.items()))
    assert ended.code == exit_code, ended.err
    texts = {name: file.read_text("utf-8") for name, file in files.items()}
    document = json.loads(texts["json"])
    found = document["diagnostics"] if isinstance(document, dict) else document[0]["diagnostics"]
    assert (code, severity) in {(one["code"], one["severity"]) for one in found}
    assert {"code", "severity", "message", "address", "source", "help"} == found[0].keys()
    (run,) = json.loads(texts["sarif"])["runs"]
    assert code in {one["ruleId"] for one in run["results"]}
    assert code in {one["id"] for one in run["tool"]["driver"]["rules"] if one["help"]["text"]}
    assert code in {one["check_name"] for one in json.loads(texts["codequality"])}
    assert f"title={code}::" in texts["github"]
    assert f"{severity}[{code}]: " in texts["markdown"]
    assert f"{severity}[{code}]: " in texts["html"]
    suites = ElementTree.fromstring(texts["junit"])  # noqa: S314 - our own
    failures = {one.get("type") for one in suites.iter("failure")}
    assert (code in failures) == (severity == "error")
    if arguments[0] != "check":  # which shows the conversation
        assert f"{severity}[{code}]: " in texts["text"] + ended.err


def test_every_form_has_a_renderer():
    assert {*NAMES} == {"text", *FOUND_FORMATS}


def test_a_form_that_does_not_exist_suggests_the_nearest(project):
    ended = project.run("validate", "--format", "sarfi")
    assert (ended.code, ended.out) == (2, "")
    assert "Did you mean sarif?" in ended.err


def test_a_command_that_stops_writes_every_form(project, tmp_path):
    project.write("a.yaml", "surveys: {a: {nam: A}}\n")
    file = tmp_path / "found.sarif"
    assert project.run("check", f"--format=sarif={file}").code == 1
    (run,) = json.loads(file.read_text("utf-8"))["runs"]
    assert [one["ruleId"] for one in run["results"]] == ["unknown-key"]
    assert run["invocations"] == [{"executionSuccessful": False}]


def test_drift_is_an_error_where_a_baseline_does_not_accept_it():
    from datetime import date

    from sdx_state.model.address import Address
    from sdx_state.plan.divergence import Divergence, judge

    one = Divergence(Address("survey", "a"), "greeting_text", "drift", "Good day", "Hello")
    verdict = judge([one], [], date(2026, 1, 1))
    (loose,), (strict,) = verdict.diagnostics(strict=False), verdict.diagnostics(strict=True)
    assert (loose.code, loose.severity, strict.severity) == ("drift", "warning", "error")
    assert "Good day" not in loose.message  # a value of the tenant may be personal
