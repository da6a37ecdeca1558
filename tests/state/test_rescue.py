"""A failed final save leaves its ledger in a file, which `state push` accepts until another run has saved."""

from __future__ import annotations

import stat

import pytest

from sdx_state.state.errors import StateNotSaved
from sdx_state.state.local import LocalStore


@pytest.fixture
def failing(connected, monkeypatch):
    """A project with one saved survey, the save of whose next apply fails."""
    connected.write("a.yaml", "surveys: {a: {name: A}}\n")
    assert connected.apply().code == 0
    connected.write("a.yaml", "surveys: {a: {name: A}, b: {name: B}}\n")

    def fails(_store, _ledger):
        raise StateNotSaved("the store is gone.\nNothing was saved.")

    monkeypatch.setattr(LocalStore, "save", fails)
    connected.rescue = connected.folder / "sdx-state-rescue.json"
    return connected


def test_failed_save_writes_the_rescue_file_and_says_how_to_push_it(failing, tenant, monkeypatch):
    applied = failing.apply()
    assert applied.code not in (0, 8)
    assert "the store is gone" in applied.err
    assert "sdx-state state push sdx-state-rescue.json" in applied.err
    assert stat.S_IMODE(failing.rescue.stat().st_mode) == 0o600
    monkeypatch.undo()
    failing.connect(tenant.url)
    pushed = failing.run("state", "push", str(failing.rescue), "--auto-approve")
    assert pushed.code == 0, pushed.err
    assert failing.run("state", "list").out == "survey.a\nsurvey.b\n"
    failing.rescue.unlink()
    assert failing.run("plan", "--detailed-exitcode").code == 0
    assert len(tenant.store.rows("surveys")) == 2


def test_rescue_file_is_refused_after_another_run_saved(failing, tenant, monkeypatch):
    failing.apply()
    monkeypatch.undo()
    failing.connect(tenant.url)
    assert failing.apply().code == 0
    pushed = failing.run("state", "push", str(failing.rescue), "--auto-approve")
    assert pushed.code == 1
    assert "it is older" in pushed.err


def test_rescue_file_that_cannot_be_written_is_reported_too(failing):
    failing.rescue.mkdir()
    (failing.rescue / "x").write_text("")
    applied = failing.apply()
    assert applied.code not in (0, 8)
    assert "the store is gone" in applied.err
    assert "could not be written either" in applied.err


def test_rescue_file_replaces_a_link_and_does_not_follow_it(failing, tmp_path):
    other = tmp_path / "other.txt"
    other.write_text("mine")
    failing.rescue.symlink_to(other)
    failing.apply()
    assert other.read_text() == "mine"
    assert not failing.rescue.is_symlink()
