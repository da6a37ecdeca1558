"""`state migrate`: the state moves to the backend that sdx.yaml names, and back."""

from __future__ import annotations

import re
import shutil

import pytest

from tests.state.http_server import PASSWORD, USER, a_state_server


@pytest.fixture
def moving(connected, monkeypatch):
    """A project after two applies with a local state, whose `sdx.yaml` then names a server."""
    monkeypatch.setenv("TF_HTTP_USERNAME", USER)
    monkeypatch.setenv("TF_HTTP_PASSWORD", PASSWORD)
    for name in ("One", "Two"):
        connected.write("a.yaml", f"surveys: {{a: {{name: A, description: {name}}}}}\n")
        assert connected.apply().code == 0
    with a_state_server("gitlab") as server:
        local = (connected.folder / "sdx.yaml").read_text()
        connected.write("old.sdx", local)
        connected.write("sdx.yaml", f"{local}state: {{backend: http, address: '{server.address}'}}\n")
        yield connected


def test_state_moves_with_history_and_undo_to_a_machine_that_never_saw_it(moving):
    moved = moving.run("state", "migrate", "--auto-approve")
    assert moved.code == 0, moved.err
    assert moved.out.startswith("Moved 1 resource with all history to http://127.0.0.1:")
    assert moved.out.endswith("state.json refuses further use.\n")
    shutil.rmtree(moving.folder / ".sdx")
    assert moving.run("plan", "--detailed-exitcode").code == 0
    assert moving.run("history", "--verify").code == 0
    runs = re.findall(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{4}", moving.run("history").out)
    assert len(runs) == 2
    undone = moving.run("undo", runs[-1], "--auto-approve")
    assert undone.code == 0, undone.err
    assert "to change" in undone.out


def test_old_place_refuses_every_use_and_names_the_new_one(moving):
    assert moving.run("state", "migrate", "--auto-approve").code == 0
    new = (moving.folder / "sdx.yaml").read_text()
    shutil.copy(moving.folder / "old.sdx", moving.folder / "sdx.yaml")
    for command in (("plan",), ("apply", "--auto-approve"), ("state", "list"), ("state", "pull")):
        refused = moving.run(*command)
        assert refused.code == 7, command
        assert "was moved to http://127.0.0.1:" in refused.err
    moving.write("new.sdx", new)
    back = moving.run("state", "migrate", "--from", str(moving.folder / "new.sdx"), "--auto-approve")
    assert back.code == 0, back.err
    assert moving.run("plan", "--detailed-exitcode").code == 0


def test_move_needs_consent_and_says_what_it_would_do(moving):
    refused = moving.run("state", "migrate")
    assert refused.code == 1
    assert "not approved" in refused.err
    assert "--auto-approve" in refused.err
    shutil.copy(moving.folder / "old.sdx", moving.folder / "sdx.yaml")
    assert moving.run("plan", "--detailed-exitcode").code == 0


def test_move_to_the_same_place_says_what_to_name(moving):
    shutil.copy(moving.folder / "old.sdx", moving.folder / "sdx.yaml")
    refused = moving.run("state", "migrate", "--auto-approve")
    assert refused.code == 1
    assert "the state was not moved" in refused.err
    assert "--from" in refused.err
