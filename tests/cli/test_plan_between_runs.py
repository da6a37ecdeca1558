"""`plan` after a run that was killed, and while another run writes."""

from __future__ import annotations

import json

import pytest

from sdx_state.programs.machine import Machine
from sdx_state.state.local import LocalStore
from sdx_state.state.memory import open_journal

FILES = "surveys: {a: {name: A}, b: {name: B}}\n"


class Killed(BaseException):
    """Ends the program between two lines of the journal, as the system would."""


@pytest.fixture
def killed(connected, monkeypatch):
    """A project whose first run was killed after its first change."""
    from sdx_state.state.journal import Journal

    connected.write("sdx.yaml", "sdx: 1\napi: {host: demo.surveydynamix.com, parallelism: 1}\n")
    connected.write("a.yaml", FILES)
    ended = Journal.ended

    def once(self, address, status):
        ended(self, address, status)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(Journal, "ended", once)
        patched.setattr("sdx_state.cli.failure.report_bug", lambda *_: 137)
        assert connected.run("apply", "--auto-approve").code == 137
    return connected


def diagnostics(project, *arguments):
    document = json.loads(project.run(*arguments, "--format", "json").out)
    return {one["code"]: one for one in document["diagnostics"]}


def locked(project, purpose="apply", machine=None):
    return LocalStore(project.folder / ".sdx", "state", None, None, machine or Machine()).lock(purpose)


class Elsewhere(Machine):
    """Another machine, ten minutes ago."""

    def now(self):
        return 1_767_225_600.0  # 2026-01-01 00:00:00 UTC

    def host(self):
        return "build-7"

    def process(self):
        return 4711


@pytest.mark.parametrize("command", ["plan", "drift"])
def test_killed_run_is_reported_with_the_command_that_finishes_it(killed, command):
    found = diagnostics(killed, command)["run-interrupted"]
    assert found["severity"] == "warning"
    assert "apply run " in found["message"]
    assert found["message"].endswith(" UTC did not finish: 1 of 2 changes done")
    assert found["help"] == "to finish its plan and no more: sdx-state apply --resume"


@pytest.mark.usefixtures("waits")
def test_resumed_run_is_no_longer_reported(killed):
    assert killed.apply("--resume").code == 0
    assert "run-interrupted" not in diagnostics(killed, "plan")
    assert killed.run("plan").last == "No changes. The tenant matches the configuration."


@pytest.mark.usefixtures("waits")
def test_the_run_that_resumes_does_not_advise_to_resume(killed):
    assert "--resume" not in killed.apply("--resume").out


def test_a_run_at_work_is_named_and_not_called_cut_off(killed):
    with locked(killed, "apply", Elsewhere()):
        found = diagnostics(killed, "plan")
    assert "run-interrupted" not in found
    assert "create-interrupted" not in found
    assert found["run-in-progress"]["message"] == (
        "`sdx-state apply` (process 4711 on build-7) is writing since 2026-01-01 00:00:00 UTC: this plan may be "
        "out of date soon"
    )


def test_a_create_in_flight_is_not_called_cut_off(connected):
    from sdx_state.model.address import Address

    connected.write("a.yaml", FILES)
    store = LocalStore(connected.folder / ".sdx", "state", None)
    with store.lock("apply") as fence:
        journal = open_journal(store, fence)
        journal.intend(Address("survey", "a"), None, [], {})
        found = diagnostics(connected, "plan")
        assert {"create-interrupted", "run-interrupted"}.isdisjoint(found)
        assert "run-in-progress" in found
    assert "create-interrupted" in diagnostics(connected, "plan")


def test_a_lock_that_a_dead_run_left_is_not_a_run(killed):
    left = '{"pid": 1, "host": "h", "since": 0, "purpose": "apply", "id": "ab"}'
    (killed.folder / ".sdx" / "state.lock").write_text(left)
    assert "run-in-progress" not in diagnostics(killed, "plan")


def test_a_hand_off_does_not_see_itself_at_work(nested_tenant, project):
    project.connect(nested_tenant.url)
    project.write("sdx.yaml", "sdx: 1\napi: {host: demo.surveydynamix.com, capabilities: documented}\n")
    project.write("a.yaml", FILES)
    ended = project.run("handoff")
    assert ended.code == 8
    assert "run-in-progress" not in ended.err
