"""One review: every command reports the same diagnostics for the same input."""

from __future__ import annotations

import json
from typing import Any

import pytest

ASKING = "questions: [{question_label: Q, question_text: Why?, question_type: text}]"
ODD = f"""
surveys:
  silent: {{name: Silent}}
  odd: {{name: Odd, greeting_text: "Hi %first_name%", {ASKING}}}
users:
  ana@example.com: {{name: Ana, timezone: AEST}}
"""
OFFLINE = {"no-questions", "unknown-placeholder", "unknown-timezone"}
AMBIGUOUS = f"surveys: {{a: {{name: A, {ASKING}}}}}\n"


def found(text: str) -> list[dict[str, Any]]:
    return list(json.loads(text)["diagnostics"])


def offline(text: str) -> list[tuple[Any, ...]]:
    keys = ("code", "severity", "message", "address", "help")
    return sorted(tuple(str(one[key]) for key in keys) for one in found(text) if one["code"] in OFFLINE)


@pytest.fixture
def said(connected: Any) -> list[tuple[Any, ...]]:
    """Return the diagnostics that `validate` reports for the files."""
    connected.write("a.yaml", ODD)
    told = offline(connected.run("validate", "--format", "json").out)
    assert {code for code, *_ in told} == OFFLINE
    return told


def test_plan_show_and_drift_report_what_validate_reports(connected, said):
    saved = str(connected.folder / "saved.plan")
    planned = connected.run("plan", "--out", saved, "--format", "json")
    assert offline(planned.out) == said
    shown = connected.run("show", saved, "--format", "json")
    assert found(shown.out) == found(planned.out)
    assert offline(connected.run("drift", "--format", "json").out) == said


def test_apply_reports_it_with_and_without_a_saved_plan(connected, said):
    saved = str(connected.folder / "saved.plan")
    connected.run("plan", "--out", saved)
    applied = connected.run("apply", saved, "--format", "json")
    assert offline(applied.out) == said
    again = connected.run("apply", "--auto-approve", "--format", "json")
    assert offline(again.out) == said


def test_handoff_and_check_say_it_beside_their_own_output(connected, said):
    connected.run("apply", "--auto-approve")
    for ended in (connected.run("handoff"), connected.run("drift"), connected.run("validate")):
        for code, severity, message, *_ in said:
            assert f"{severity}[{code}]: {message}" in ended.err


def test_the_python_interface_reports_it(connected, said, monkeypatch):
    from sdx_state import Project

    with_tenant = Project.open(connected.folder)
    codes = {one.code for one in with_tenant.plan().plan.diagnostics}
    assert codes >= OFFLINE


@pytest.mark.parametrize("arguments", [["handoff"], ["handoff", "--watch", "--interval", "5"]], ids=["once", "watch"])
def test_a_handoff_of_a_plan_with_errors_neither_says_nothing_is_left_nor_succeeds(connected, tenant, arguments):
    tenant.store.load_snapshot({"surveys": [{"name": "A"}, {"name": "A"}]})
    connected.write("a.yaml", AMBIGUOUS)
    ended = connected.run(*arguments)
    assert ended.code == 5
    assert "othing is left" not in ended.out + ended.err
    assert "error[ambiguous-match]: survey.a could be any of 2" in ended.out + ended.err


@pytest.mark.parametrize("command", ["plan", "apply", "drift"])
def test_an_error_of_the_plan_is_the_same_in_every_command(connected, tenant, command):
    tenant.store.load_snapshot({"surveys": [{"name": "A"}, {"name": "A"}]})
    connected.write("a.yaml", AMBIGUOUS)
    ended = connected.run(command, "--format", "json")
    assert ended.code == 5
    errors = [one for one in found(ended.out) if one["severity"] == "error"]
    assert [(one["code"], one["address"]) for one in errors] == [("ambiguous-match", "survey.a")]
