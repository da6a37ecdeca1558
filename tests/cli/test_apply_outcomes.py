"""`apply --format json`: what became of each change."""

from __future__ import annotations

import json
from typing import Any

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
    assert "needs survey.a" in told["question.a.q"]["message"]
    codes = {
        one["address"]: one["code"] for one in json.loads(ended.out)["diagnostics"] if one["severity"] == "error"
    }
    assert codes == {"survey.a": "apply-failed", "question.a.q": "apply-not-started"}


def test_a_plan_has_no_outcomes(connected):
    connected.write("a.yaml", TWO)
    assert "outcomes" not in json.loads(connected.run("plan", "--format", "json").out)
