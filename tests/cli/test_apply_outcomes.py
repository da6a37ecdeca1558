"""`--format json` of `apply`, `undo` and `destroy`: the result of each change."""

from __future__ import annotations

import json
from typing import Any

import pytest

ASKING = "questions: [{question_label: Q, question_text: Why?, question_type: text}]"
TWO = f"surveys: {{a: {{name: A, {ASKING}}}, b: {{name: B, {ASKING}}}}}\n"


def outcomes(ended: Any) -> list[dict[str, Any]]:
    return list(json.loads(ended.out)["outcomes"])


def test_every_change_that_was_made_has_an_outcome_with_its_new_id(connected, tenant):
    connected.write("a.yaml", TWO)
    ended = connected.run("apply", "--auto-approve", "--format", "json")
    assert ended.code == 0
    told = outcomes(ended)
    assert {(one["address"], one["action"], one["status"]) for one in told} == {
        ("survey.a", "create", "done"),
        ("question.a.q", "create", "done"),
        ("survey.b", "create", "done"),
        ("question.b.q", "create", "done"),
    }
    live = {row["name"]: str(row["id"]) for row in tenant.store.rows("surveys")}
    ids = {one["address"]: one["id"] for one in told}
    assert (ids["survey.a"], ids["survey.b"]) == (live["A"], live["B"])


def test_updates_and_deletes_have_outcomes_too(connected):
    connected.write("a.yaml", TWO)
    connected.apply()
    connected.write("a.yaml", f"surveys: {{a: {{name: A, greeting_text: Hello, {ASKING}}}}}\n")
    ended = connected.run("apply", "--auto-approve", "--allow-deletes", "2", "--format", "json")
    assert ended.code == 0, ended.err
    assert {(one["address"], one["action"], one["status"]) for one in outcomes(ended)} == {
        ("survey.a", "update", "done"),
        ("question.b.q", "delete", "done"),
        ("survey.b", "delete", "done"),
    }


def test_a_run_that_was_refused_has_none(connected):
    connected.write("a.yaml", TWO)
    connected.apply()
    connected.write("a.yaml", f"surveys: {{a: {{name: A, {ASKING}}}}}\n")
    ended = connected.run("apply", "--auto-approve", "--format", "json")
    assert ended.code == 6
    assert outcomes(ended) == []


def test_a_change_that_failed_says_why_and_names_those_that_needed_it(project, proxy):
    project.connect(proxy.url)
    project.write("a.yaml", f"surveys: {{a: {{name: A, {ASKING}}}}}\n")
    proxy.fail("POST", "/surveys", 400)
    ended = project.run("apply", "--auto-approve", "--format", "json")
    assert ended.code == 1
    told = {one["address"]: one for one in outcomes(ended)}
    assert (told["survey.a"]["status"], told["survey.a"]["id"]) == ("failed", None)
    assert "400" in told["survey.a"]["message"]
    assert told["question.a.q"]["status"] == "not started"
    assert "requires survey.a" in told["question.a.q"]["message"]
    codes = {
        one["address"]: one["code"] for one in json.loads(ended.out)["diagnostics"] if one["severity"] == "error"
    }
    assert codes == {"survey.a": "apply-failed", "question.a.q": "apply-not-started"}


def test_a_plan_has_no_outcomes(connected):
    connected.write("a.yaml", TWO)
    assert "outcomes" not in json.loads(connected.run("plan", "--format", "json").out)


ALLOWED = ("--auto-approve", "--allow-deletes", "4", "--allow", "*")
REVERSALS = (("undo", "last"), ("destroy",))


@pytest.mark.parametrize("command", REVERSALS)
def test_undo_and_destroy_give_each_change_the_outcome_that_the_run_had(connected, command, monkeypatch):
    from sdx_state.apply.run import Run

    results = []
    apply = Run.apply
    monkeypatch.setattr(Run, "apply", lambda run, approved: results.append(apply(run, approved)) or results[-1])
    connected.write("a.yaml", TWO)
    connected.apply()
    ended = connected.run(*command, *ALLOWED, "--format", "json")
    assert ended.code == 0, ended.err
    told = {(one["address"], one["action"], one["status"], one["id"]) for one in outcomes(ended)}
    assert told == {
        (str(one.change.address), one.change.action.value, one.status, one.id) for one in results[-1].outcomes
    }
    assert {(address, action, status) for address, action, status, _ in told} == {
        (address, "delete", "done") for address in ("survey.a", "question.a.q", "survey.b", "question.b.q")
    }


@pytest.mark.parametrize("command", REVERSALS)
def test_an_undo_or_destroy_that_was_refused_has_no_outcomes_and_says_why(connected, command, tenant):
    connected.write("a.yaml", TWO)
    connected.apply()
    ended = connected.run(*command, "--auto-approve", "--format", "json")
    assert ended.code == 6
    assert outcomes(ended) == []
    assert {one["code"] for one in json.loads(ended.out)["diagnostics"]} == {"deletes"}
    assert len(tenant.store.rows("surveys")) == 2


@pytest.mark.parametrize("command", REVERSALS)
def test_an_undo_or_destroy_that_failed_names_the_change_in_every_form(project, proxy, command):
    project.connect(proxy.url)
    project.write("a.yaml", f"surveys: {{a: {{name: A, {ASKING}}}}}\n")
    assert project.run("apply", "--auto-approve").code == 0
    junit = project.folder / "result.xml"
    proxy.fail("DELETE", "/questions/1", 400)
    ended = project.run(*command, *ALLOWED[:2], "2", *ALLOWED[3:], "--format", "json", "--format", f"junit={junit}")
    assert ended.code == 1
    told = {one["address"]: one["status"] for one in outcomes(ended)}
    assert told == {"question.a.q": "failed", "survey.a": "not started"}
    assert "apply-failed" in junit.read_text(encoding="utf-8")


@pytest.mark.parametrize("command", REVERSALS)
def test_a_text_of_undo_and_destroy_in_a_file_is_the_plan(connected, command):
    connected.write("a.yaml", TWO)
    connected.apply()
    file = connected.folder / "plan.txt"
    ended = connected.run(*command, *ALLOWED, "--format", f"text={file}")
    assert ended.code == 0
    assert "- survey.a" in ended.out
    assert "- survey.a" in file.read_text(encoding="utf-8")
