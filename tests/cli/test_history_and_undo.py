"""Every run is written down, cannot be altered unseen, and can be put back."""

from __future__ import annotations

import itertools
import json

import pytest

from sdx_state.programs.machine import Machine

FIRST = """
surveys:
  a:
    name: A
    description: One
    questions:
      - {question_label: P, question_text: First?, question_type: text}
      - {question_label: Q, question_text: Second?, question_type: text}
      - {question_label: R, question_text: Third?, question_type: text}
  b: {name: B, greeting_text: Hello}
users:
  u@example.com: {name: U, agent_id: u}
"""
SECOND = """
surveys:
  a:
    name: A
    description: Two
    questions:
      - {question_label: R, question_text: Third!, question_type: text}
      - {question_label: P, question_text: First?, question_type: text}
      - {question_label: S, question_text: New?, question_type: text}
  c: {name: C}
users:
  u@example.com: {name: V, agent_id: u}
"""


def picture(tenant):
    """Return all that a user sees of a tenant: everything but ids."""
    surveys = {row["id"]: row["name"] for row in tenant.store.rows("surveys")}
    questions = {}
    for row in sorted(tenant.store.rows("questions"), key=lambda row: row["order"]):
        questions.setdefault(surveys[row["survey_id"]], []).append((row["question_label"], row["question_text"]))
    texts = {row["name"]: (row["description"], row["greeting_text"]) for row in tenant.store.rows("surveys")}
    return texts, questions, [(row["email"], row["name"]) for row in tenant.store.rows("users")]


def runs(project):
    return [line.split()[0] for line in project.run("history").out.splitlines()]


@pytest.fixture
def changed(connected, tenant, apply_once):
    connected.write("a.yaml", FIRST)
    apply_once()
    tenant.before = picture(tenant)
    connected.write("a.yaml", SECOND)
    apply_once("--allow-deletes", "2")
    return connected


def test_undo_puts_back_texts_order_what_was_deleted_and_what_was_created(changed, tenant):
    assert picture(tenant) != tenant.before
    undone = changed.run("undo", runs(changed)[-1], "--auto-approve", "--allow-deletes", "2")
    assert undone.code == 0, undone.err
    assert "comes back with a new id" in undone.out
    assert "change it back" in undone.err
    assert picture(tenant) == tenant.before
    changed.write("a.yaml", FIRST)
    planned = changed.run("plan", "--detailed-exitcode")
    assert planned.code == 0, planned.out


def test_an_undo_can_be_undone(changed, tenant):
    after = picture(tenant)
    changed.run("undo", runs(changed)[-1], "--auto-approve", "--allow-deletes", "2")
    undone = changed.run("undo", runs(changed)[-1], "--auto-approve", "--allow-deletes", "2")
    assert undone.code == 0, undone.err
    assert picture(tenant) == after


def test_two_runs_of_one_second_never_share_a_name_and_both_can_be_undone(connected, tenant, monkeypatch):
    moment = Machine().moment()
    token = Machine.token
    drawn = itertools.cycle([*["aaaa"] * 9, "bbbb", "cccc"])
    monkeypatch.setattr(Machine, "moment", lambda _: moment)
    monkeypatch.setattr(Machine, "token", lambda machine, size: next(drawn) if size == 2 else token(machine, size))
    connected.write("a.yaml", FIRST)
    assert connected.apply().code == 0
    before = picture(tenant)
    connected.write("a.yaml", SECOND)
    assert connected.apply("--allow-deletes", "2").code == 0
    undone = connected.run("undo", runs(connected)[-1], "--auto-approve", "--allow-deletes", "2")
    assert undone.code == 0, undone.err
    assert picture(tenant) == before
    assert len(set(runs(connected))) == 3


def test_undo_of_what_is_undone_already_has_nothing_to_do(changed):
    last = runs(changed)[-1]
    changed.run("undo", last, "--auto-approve", "--allow-deletes", "2")
    assert changed.run("undo", last, "--auto-approve", "--allow-deletes", "2").last.startswith("No changes.")


def test_undo_never_touches_what_the_run_did_not(changed, tenant):
    tenant.store.load_snapshot({"surveys": [{"name": "Somebody's"}]})
    row = next(row for row in tenant.store.rows("surveys") if row["name"] == "A")
    tenant.store.put_row("surveys", {**row, "closing_text": "By hand"})
    changed.run("undo", runs(changed)[-1], "--auto-approve", "--allow-deletes", "2")
    rows = {row["name"]: row for row in tenant.store.rows("surveys")}
    assert "Somebody's" in rows
    assert rows["A"]["closing_text"] == "By hand"


def test_undo_says_that_a_question_cannot_come_back_once_its_survey_is_gone_and_writes_the_rest(changed, tenant):
    row = next(row for row in tenant.store.rows("surveys") if row["name"] == "A")
    for question in [one for one in tenant.store.rows("questions") if one["survey_id"] == row["id"]]:
        tenant.store.delete_row("questions", str(question["id"]))
    tenant.store.delete_row("surveys", str(row["id"]))
    undone = changed.run("undo", runs(changed)[-1], "--auto-approve", "--allow-deletes", "1")
    assert undone.code == 0, undone.err
    assert "cannot come back: its survey is gone from the tenant" in undone.out
    texts, _, people = picture(tenant)
    assert texts == {"B": ("", "Hello")}
    assert people == [("u@example.com", "U")]


def test_undo_of_an_unknown_run_or_without_consent_writes_nothing(changed, tenant):
    after = picture(tenant)
    assert changed.run("undo", "20200101-000000-abcd", "--auto-approve").code == 1
    assert changed.run("undo", runs(changed)[-1], "--allow-deletes", "2").code == 1
    assert picture(tenant) == after


def test_undo_shows_an_ordinary_plan_of_protected_things_and_stops(connected, tenant):
    connected.write("a.yaml", FIRST.replace("name: B,", "name: B, protect: true,"))
    connected.apply()
    undone = connected.run("undo", runs(connected)[-1], "--auto-approve")
    assert undone.code == 6
    assert "survey.b is protected" in undone.err


def test_history_lists_who_did_what_and_how_it_ended(changed):
    lines = changed.run("history").out.splitlines()
    assert len(lines) == 2
    assert " apply " in lines[0]
    assert "@" in lines[0]
    assert lines[0].endswith("6 done")


def test_history_of_a_run_shows_what_it_changed(changed):
    shown = changed.run("history", "last")
    assert shown.code == 0, shown.err
    head, _, plan = shown.out.partition("\n\n")
    assert head.startswith(runs(changed)[-1])
    assert "survey.a" in plan
    assert plan.splitlines()[-1].startswith("Plan: ")
    assert changed.run("history", runs(changed)[-1]).out == shown.out


def test_history_in_json_has_every_run_and_of_one_its_plan_and_outcomes(changed):
    listed = json.loads(changed.run("history", "--format", "json").out)
    assert [one["run"] for one in listed] == runs(changed)
    assert all(one["finished"] and one["begun"].endswith("Z") for one in listed)
    one = json.loads(changed.run("history", "last", "--format", "json").out)
    assert {**one, "outcomes": 0, "plan": 0} == {**listed[-1], "outcomes": 0, "plan": 0}
    assert {outcome["status"] for outcome in one["outcomes"]} == {"done"}
    assert len(one["outcomes"]) == sum(one["counts"].values())
    assert one["plan"]["resource_changes"]


def test_history_of_a_run_that_was_cut_off_says_what_was_not_reached(project, proxy):
    project.connect(proxy.url)
    project.write(
        "a.yaml", "surveys: {a: {name: A, questions: [{question_label: Q, question_text: t, question_type: text}]}}\n"
    )
    proxy.fail("POST", "/questions", 401, times=9)
    assert project.apply().code == 1
    assert project.run("history", "last").out.splitlines()[-1] == "question.a.q: failed"


def test_undo_takes_the_beginning_of_a_name_or_last(changed, tenant):
    assert changed.run("undo", "last", "--auto-approve", "--allow-deletes", "2").code == 0
    assert picture(tenant) == tenant.before
    newest = runs(changed)[-1]
    assert changed.run("undo", newest[:-1], "--auto-approve", "--allow-deletes", "2").code == 0
    assert picture(tenant) != tenant.before


def test_a_name_that_several_runs_begin_with_is_refused_with_all_of_them(changed, tenant):
    after = picture(tenant)
    ended = changed.run("undo", "2", "--auto-approve")
    assert ended.code != 0
    assert all(run in ended.err for run in runs(changed))
    assert changed.run("history", "").code == ended.code
    assert picture(tenant) == after


def test_history_says_how_far_a_run_came_that_did_not_finish(project, proxy):
    project.connect(proxy.url)
    project.write(
        "a.yaml", "surveys: {a: {name: A, questions: [{question_label: Q, question_text: t, question_type: text}]}}\n"
    )
    proxy.fail("POST", "/questions", 401, times=9)
    ended = project.apply()
    assert ended.code == 1
    assert "1 failed" in ended.out
    (line,) = project.run("history").out.splitlines()
    assert line.endswith("  1 done, 1 failed, not finished")


def test_history_says_of_a_run_without_outcomes_that_nothing_is_known_to_be_done(changed):
    journal = min((changed.folder / ".sdx" / "state.history").iterdir())
    first = journal.read_text().splitlines(keepends=True)
    begun = next(number for number, line in enumerate(first) if '"event": "begin"' in line)
    journal.write_text("".join(first[: begun + 1]))
    ended = changed.run("history")
    assert ended.out.splitlines()[0].endswith("  nothing done, not finished")


@pytest.mark.parametrize("damage", ["altered", "taken out", "swapped", "added"])
def test_history_verify_notices_every_kind_of_damage(changed, damage):
    path = max((changed.folder / ".sdx" / "state.history").iterdir())
    assert changed.run("history", "--verify").code == 0
    lines = path.read_bytes().splitlines(keepends=True)
    if damage == "altered":
        record = json.loads(lines[2])
        lines[2] = json.dumps({**record, "at": 1}).encode() + b"\n"
    elif damage == "taken out":
        del lines[2]
    elif damage == "swapped":
        lines[2], lines[3] = lines[3], lines[2]
    else:
        lines.insert(2, lines[2])
    path.write_bytes(b"".join(lines))
    verified = changed.run("history", "--verify")
    assert verified.code == 7
    assert f"{path.name}:" in verified.err


def test_kept_runs_are_private_and_bounded(connected, monkeypatch):
    monkeypatch.setattr("sdx_state.state.local_copies.KEPT", 3)
    for number in range(5):
        connected.write("a.yaml", f"surveys: {{a: {{name: A, description: '{number}'}}}}\n")
        assert connected.apply().code == 0
    folder = connected.folder / ".sdx" / "state.runs"
    assert len(list(folder.iterdir())) == 3
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in folder.iterdir())
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_history_of_nothing_says_so(connected):
    ended = connected.run("history")
    assert (ended.code, ended.out, ended.err.strip()) == (0, "", "No run has written yet.")


def test_an_undo_that_would_lose_responses_needs_its_address(connected, tenant):
    connected.write(
        "a.yaml",
        "surveys: {a: {name: A, questions: [{question_label: Q, question_text: Why?, question_type: text}]}}\n",
    )
    assert connected.apply().code == 0
    tenant.store.put_record("responses", {"interaction_id": 1, "question_id": 1, "response": "Because"})
    (run,) = [line.split()[0] for line in connected.run("history").out.splitlines() if " apply" in line]
    refused = connected.run("undo", run, "--auto-approve")
    assert refused.code == 6
    assert "question.a.q is critical: 1 response collected" in refused.err
    assert len(tenant.store.rows("questions")) == 1
    consented = ("--allow", "question.a.*", "--allow-deletes", "2")
    assert "not approved" in connected.run("undo", run, *consented).err
    allowed = connected.run("undo", run, "--auto-approve", *consented)
    assert "DELETE /questions/1" in allowed.err  # asked for now; whether it is done is the tenant's word
