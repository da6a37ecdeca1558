"""A state that went wrong is noticed, and can be mended without touching the tenant."""

from __future__ import annotations

import fcntl
import json

import pytest

FILES = "surveys:\n  a: {name: A}\n  b: {name: B}\n"


@pytest.fixture
def applied(connected, apply_once):
    connected.write("a.yaml", "surveys: {a: {name: A}}\n")
    apply_once()
    connected.write("a.yaml", FILES)
    apply_once()
    return connected


def state(project):
    return project.folder / ".sdx" / "state.json"


def test_an_older_state_put_in_place_of_the_newest_is_refused(applied):
    older = applied.folder / ".sdx" / "state.generations" / "1.json"
    state(applied).write_bytes(older.read_bytes())
    for command in (["plan"], ["apply", "--auto-approve"]):
        ended = applied.run(*command)
        assert ended.code == 7
        assert "older" in ended.err


def test_restore_goes_back_to_an_earlier_state_and_the_tenant_stays(applied, tenant):
    assert "survey.b" in applied.run("state", "list").out
    assert applied.run("state", "restore", "1").code == 1  # not approved
    assert applied.run("state", "restore", "1", "--auto-approve").code == 0
    assert applied.run("state", "list").out.split() == ["survey.a"]
    assert len(tenant.store.rows("surveys")) == 2
    assert applied.run("plan").last == "Plan: 1 to import, 0 to add, 0 to change, 0 to destroy."
    assert applied.run("state", "restore", "99", "--auto-approve").code == 7


def test_restore_replaces_a_state_that_is_damaged(applied):
    state(applied).write_bytes(b"")
    assert applied.run("state", "restore", "--auto-approve").code == 0
    assert applied.run("plan", "--detailed-exitcode").code == 0


def test_earlier_states_are_private_and_do_not_grow_without_end(connected, monkeypatch):
    monkeypatch.setattr("sdx_state.state.local_copies.KEPT", 3)
    for number in range(5):
        connected.write("a.yaml", f"surveys: {{a: {{name: A, description: '{number}'}}}}\n")
        connected.apply()
    folder = connected.folder / ".sdx" / "state.generations"
    assert sorted(path.name for path in folder.iterdir()) == ["3.json", "4.json", "5.json"]
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in folder.iterdir())


def test_unlock_clears_what_a_dead_run_left_and_never_a_living_one(applied):
    lock = applied.folder / ".sdx" / "state.lock"
    left = {"pid": 1, "host": "h", "since": 0, "purpose": "apply", "id": "0a1b2c3d"}
    assert applied.run("state", "unlock", "0a1b2c3d").out == "There is no lock: nothing to do.\n"
    lock.write_text(json.dumps(left))
    assert applied.run("state", "unlock", "ffffffff").code == 1
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert applied.run("state", "unlock", "0a1b2c3d").code == 4
    assert applied.run("state", "unlock", "0a1b2c3d").out == "The lock is free.\n"
    assert lock.read_text() == ""


def test_two_that_could_be_it_stop_with_their_ids_and_resolve_chooses(connected, tenant):
    tenant.store.load_snapshot({"surveys": [{"id": 7, "name": "A"}, {"id": 9, "name": "A"}]})
    connected.write("a.yaml", "surveys: {a: {name: A}}\n")
    for command in (["plan"], ["apply", "--auto-approve"]):
        ended = connected.run(*command)
        assert ended.code == 5
        assert "ids 7, 9" in ended.out
    assert connected.run("state", "resolve", "survey.a", "--adopt", "8").code == 1
    assert connected.run("state", "resolve", "survey.a", "--adopt", "9").out == "survey.a is id 9 (A).\n"
    assert connected.run("plan", "--detailed-exitcode").code == 0
    assert "id       9" in connected.run("state", "show", "survey.a").out


def test_a_pending_create_is_shown_by_plan_and_resolved_by_apply_without_a_question(
    project, proxy, tenant, monkeypatch
):
    import time

    monkeypatch.setattr(time, "sleep", lambda _: None)
    project.connect(proxy.url)
    project.write("a.yaml", "surveys: {a: {name: A}}\n")
    from sdx_state.state.journal import Journal
    from sdx_state.state.journal_file import JournalFile

    (project.folder / ".sdx").mkdir(mode=0o700)
    Journal(JournalFile(project.folder / ".sdx" / "state.journal.jsonl")).intend("survey.a", None, [], {})
    tenant.store.load_snapshot({"surveys": [{"name": "A"}]})
    planned = project.run("plan")
    assert "cut off while creating" in planned.out
    assert proxy.writes() == []
    applied = project.apply()
    assert applied.code == 0, applied.err
    assert "waiting" in applied.err
    assert len(tenant.store.rows("surveys")) == 1
    assert "cut off" not in project.run("plan").out


@pytest.mark.parametrize(
    "change",
    [
        ("mv", "survey.a", "survey.b"),
        ("rm", "survey.a"),
        ("restore", "1", "--auto-approve"),
        ("resolve", "survey.a", "--adopt", "1"),
    ],
)
def test_state_before_a_correction_is_not_used_after_it(connected, change):
    connected.write("a.yaml", "surveys: {a: {name: A}}\n")
    assert connected.apply().code == 0
    path = connected.folder / ".sdx" / "state.json"
    before = path.read_bytes()
    assert connected.run("state", *change).code == 0
    path.write_bytes(before)
    ended = connected.run("plan")
    assert ended.code == 7
    assert "a copy was put back" in ended.err


def test_a_state_is_not_rebuilt_beside_a_journal_that_cannot_be_read(connected):
    connected.write("a.yaml", "surveys: {a: {name: A}}\n")
    assert connected.apply().code == 0
    (connected.folder / ".sdx" / "state.journal.jsonl").write_text("garbage\n")
    (connected.folder / ".sdx" / "state.json").unlink()
    ended = connected.run("state", "rebuild", "--auto-approve")
    assert ended.code == 7
    assert "Traceback" not in ended.err
    assert not (connected.folder / ".sdx" / "state.json").exists()
