"""The snapshot of a tenant beside its shared state: planned against without the tenant, and without a disk."""

from __future__ import annotations

import os
import zlib

import pytest

from sdx_state.app import shared_snapshot
from sdx_state.app.place import Place
from sdx_state.config.project import load_project
from sdx_state.state.errors import LockLost
from tests.app.test_place_shared import forget_disk

KEY = "0123456789abcdef" * 4
TENANT = ("SDX_API_URL", "SDX_CUSTOMER_UUID", "SDX_AUTH_TOKEN")
FILES = """
surveys:
  a: {name: A, description: One}
users:
  ana.lee@example.com: {name: Ana Lee, phone: "+61491570156", agent_id: alee}
"""


@pytest.fixture
def kept(shared, monkeypatch):
    """A project with a snapshot in its store; from then on there are neither credentials of the tenant nor a disk."""
    shared.write("a.yaml", FILES)
    assert shared.apply().code == 0
    pulled = shared.run("pull", "--shared-snapshot")
    assert pulled.code == 0, pulled.err
    assert pulled.last.startswith("2 resources in the snapshot in ")
    assert pulled.last.endswith(", users under pseudonyms.")
    for name in TENANT:
        monkeypatch.delenv(name)
    forget_disk(shared)
    return shared


def opened(project):
    """Return the state of a project as a command opens it."""
    settings = load_project(project.folder, None, {}).state
    return Place(project.folder, state=settings, environ=dict(os.environ)).store(sandbox=False)


def planned(project, *arguments):
    return project.run("plan", "--sandbox", "--shared-snapshot", "--detailed-exitcode", *arguments)


def test_plan_against_the_snapshot_needs_no_tenant(kept):
    same = planned(kept)
    assert (same.code, same.last) == (0, "No changes. The tenant matches the configuration.")
    assert "Planned against a snapshot of " in same.out + same.err
    kept.write("a.yaml", FILES.replace("One", "Two").replace("alee", "lee"))
    changed = planned(kept)
    assert changed.code == 2
    assert changed.last.startswith("Plan: 0 to add, 2 to change, 0 to destroy")


def test_nothing_of_a_person_is_in_the_snapshot(kept):
    document = zlib.decompress(opened(kept).snapshot()).decode()
    assert "Ana" not in document
    assert "ana.lee" not in document
    assert "491570156" not in document


def test_later_snapshot_replaces_the_first_and_keeps_pseudonyms(shared):
    shared.write("a.yaml", FILES)
    assert shared.apply().code == 0
    salts = []
    for _ in range(2):
        assert shared.run("pull", "--shared-snapshot").code == 0
        salts.append(shared_snapshot.load_snapshot(opened(shared)).salt)
        forget_disk(shared)
    assert salts[0]
    assert salts[0] == salts[1]
    assert shared.run("pull", "--shared-snapshot", "--with-personal-data").code == 0
    assert b"Ana Lee" in zlib.decompress(opened(shared).snapshot())


def test_snapshot_leaves_state_and_history_as_they_are(kept, tenant, monkeypatch):
    before = opened(kept).load()
    monkeypatch.setenv("SDX_API_URL", tenant.url)
    monkeypatch.setenv("SDX_CUSTOMER_UUID", "00000000-0000-4000-8000-000000000000")
    monkeypatch.setenv("SDX_AUTH_TOKEN", "sandbox")
    assert kept.run("pull", "--shared-snapshot").code == 0
    assert opened(kept).load() == before
    verified = kept.run("history", "--verify")
    assert verified.code == 0, verified.err
    assert opened(kept).running() is None


def test_missing_snapshot_says_how_to_make_one(shared):
    ended = planned(shared)
    assert ended.code == 1
    assert "there is no snapshot in " in ended.err
    assert "sdx-state pull --shared-snapshot" in ended.err


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda data: data[:-20], "is cut off"),
        (lambda data: b"x" + data, "is damaged"),
        (lambda _: zlib.compress(b"{}"), "is not a stored tenant"),
    ],
)
def test_damaged_snapshot_is_refused_with_advice(kept, damage, said):
    store = opened(kept)
    with store.lock("pull"):
        store.keep_snapshot(damage(store.snapshot()))
    ended = planned(kept)
    assert ended.code == 1
    assert said in ended.err
    assert "sdx-state pull --shared-snapshot" in ended.err


def test_snapshot_that_would_fill_the_memory_is_refused(kept, monkeypatch):
    monkeypatch.setattr(shared_snapshot, "LARGEST", 1000)
    store = opened(kept)
    with store.lock("pull"):
        store.keep_snapshot(zlib.compress(b" " * 100_000))
    with pytest.raises(shared_snapshot.SnapshotUnreadable, match="is cut off, or has more than"):
        shared_snapshot.load_snapshot(opened(kept))


def test_snapshot_is_written_under_the_lock_alone(kept):
    with pytest.raises(LockLost):
        opened(kept).keep_snapshot(b"")


@pytest.mark.soak
def test_sealed_snapshot_needs_the_key_and_is_sealed_again_after_a_rotation(shared, monkeypatch):
    monkeypatch.setenv("SDX_STATE_KEY", KEY)
    assert shared.apply().code == 0
    assert shared.run("pull", "--shared-snapshot").code == 0
    assert planned(shared).code == 0
    monkeypatch.delenv("SDX_STATE_KEY")
    without = planned(shared)
    assert without.code == 7
    assert "is sealed, and SDX_STATE_KEY is not set" in without.err
    monkeypatch.setenv("SDX_STATE_KEY", KEY[::-1])
    monkeypatch.setenv("SDX_STATE_KEY_PREVIOUS", KEY)
    assert shared.run("state", "sign", "--auto-approve").code == 0
    monkeypatch.delenv("SDX_STATE_KEY_PREVIOUS")
    assert planned(shared).code == 0


def test_state_on_this_machine_keeps_no_snapshot(connected):
    connected.write("a.yaml", FILES)
    for command in (("pull", "--shared-snapshot"), ("plan", "--sandbox", "--shared-snapshot")):
        ended = connected.run(*command)
        assert ended.code == 7
        assert "this state is not in one" in ended.err
        assert "--snapshot FILE" in ended.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("plan", "--shared-snapshot"), "--shared-snapshot goes with --sandbox"),
        (("plan", "--sandbox", "--shared-snapshot", "--snapshot", "t.json"), "cannot be combined"),
        (("pull", "--shared-snapshot", "--snapshot", "t.json"), "cannot be combined"),
        (("pull", "--shared-snapshot", "--new"), "--shared-snapshot writes no YAML"),
    ],
)
def test_options_that_contradict_each_other_are_usage_errors(connected, arguments, said):
    ended = connected.run(*arguments)
    assert ended.code == 2
    assert said in ended.err
