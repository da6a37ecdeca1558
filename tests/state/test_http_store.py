"""The guarantees of a shared state on servers with the protocol of Terraform's `http` backend."""

from __future__ import annotations

import json

import pytest

from sdx_state.state.errors import LockLost, StateLocked, StateNotSaved, StateUnusable
from sdx_state.state.holder import About
from sdx_state.state.local import LocalStore
from sdx_state.state.memory import journal_of, open_journal, recall, verified
from sdx_state.state.shared import SharedStore
from sdx_state.state.store import StoreRefused
from sdx_state.state.stores import STORES
from tests.state.http_server import COLUMNS, PASSWORD, USER, a_state_server, serial
from tests.state.memory_store import VirtualMachine
from tests.state.runs import run

TENANT = "https://x.example#1"
ENVIRON = {"TF_HTTP_USERNAME": USER, "TF_HTTP_PASSWORD": PASSWORD}


@pytest.fixture(params=COLUMNS)
def server(request):
    with a_state_server(request.param) as served:
        yield served


@pytest.fixture
def opened(server, tmp_path):
    """Opens the state as a new process does, on a machine of its own."""
    plans = LocalStore(tmp_path / ".sdx", "state", None)

    def open_state(machine=None, name="state", environ=ENVIRON, **about):
        machine = machine or VirtualMachine()
        store = STORES["http"].connect({"address": server.address}, environ, machine)
        return SharedStore(store, name, machine, plans, TENANT, about=About(**about))

    return open_state


def died(store, address):
    """End as a killed process does after it recorded an intent; return the ID of its lock."""
    lock = store.lock("apply")
    fence = lock.__enter__()
    journal = open_journal(store, fence)
    journal.begin("apply", "sha256:0", 1, store.save_run(journal.run, {}))
    journal.intend(address, None, [], {})
    store.session.lease.lost = "it died"  # nothing is released, and nothing more is written
    return fence.holder.id


def test_every_write_uses_the_next_serial(opened, server):
    run(opened(), "survey.a", "1")
    run(opened(), "survey.b", "2")
    (versions,) = server.versions.values()
    assert [serial(one) for one in versions] == [*range(1, len(versions) + 1)]


def test_plan_reads_twice_at_most_and_locks_nothing(opened, server):
    run(opened(), "survey.a", "1")
    server.log.clear()
    other = opened()
    recall(other, journal_of(other))
    assert other.running() is None
    assert [method for method, _ in server.log] in (["GET"], ["GET", "GET"])


def test_lock_of_a_dead_run_stays_until_it_is_freed_and_its_intent_is_pending(opened):
    id = died(opened(), "survey.a")
    machine = VirtualMachine()
    with pytest.raises(StateLocked, match="Waited 30 s"), opened(machine, timeout=30.0).lock("apply"):
        pass
    with pytest.raises(StateLocked, match=id):
        opened().unlock("another")
    assert opened().unlock(id)
    store = opened()
    with store.lock("apply") as fence:
        assert fence.overtook
        assert [one.address for one in open_journal(store, fence).unfinished().pending] == ["survey.a"]


def test_run_whose_lock_was_freed_and_taken_writes_nothing_more(opened, server):
    first = opened()
    lock = first.lock("apply")
    fence = lock.__enter__()
    journal = open_journal(first, fence)
    journal.begin("apply", "sha256:0", 1, "sha256:0")
    assert opened().unlock(fence.holder.id)
    with opened().lock("destroy"):
        (versions,) = server.versions.values()
        before = len(versions)
        with pytest.raises((LockLost, StateNotSaved)):
            journal.intend("survey.a", None, [], {})
        assert len(versions) == before
    lock.__exit__(None, None, None)


def test_run_whose_lock_was_only_freed_is_stopped_by_the_next_holder(opened):
    first = opened()
    lock = first.lock("apply")
    fence = lock.__enter__()
    journal = open_journal(first, fence)
    assert opened().unlock(fence.holder.id)
    run(opened(), "survey.b", "2")
    with pytest.raises((LockLost, StateNotSaved)):
        journal.intend("survey.a", None, [], {})
    lock.__exit__(None, None, None)
    memory = recall(opened(), journal_of(opened()))
    assert set(memory.saved.entries) == {"survey.b"}
    assert not memory.unfinished.pending


@pytest.mark.soak
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_lost_answers_are_resolved_without_writing_twice(opened, server, method, when):
    seen: list[str] = []

    def every_third(this, _path):
        seen.append(this)
        return when if this == method and seen.count(this) % 3 == 0 else None

    server.fault = every_third
    run(opened(), "survey.a", "1")
    saved = run(opened(), "survey.b", "2")
    server.fault = lambda *_: None
    other = opened()
    assert verified(other, journal_of(other)).lines == saved.head.seq
    with other.lock("apply"):
        pass


def test_environments_at_one_address_have_their_own_states(opened):
    run(opened(name="state.prod"), "survey.a", "1")
    run(opened(name="state.test"), "survey.b", "2")
    assert set(opened(name="state.prod").load().entries) == {"survey.a"}
    assert set(opened(name="state.test").load().entries) == {"survey.b"}


def test_server_that_gives_its_lock_to_two_runs_is_refused_before_anything_is_written(opened, server):
    answer = server.answer
    server.answer = lambda method, path, id, body: (
        (200, b"") if path.endswith("/lock") else answer(method, path, id, body)
    )
    with pytest.raises(StoreRefused, match="to two runs at once"), opened().lock("apply"):
        pass
    assert not server.versions


def test_lock_without_info_is_tried_again(opened, server):
    answers = iter([409])
    server.fault = lambda method, path: next(answers, None) if path.endswith("/lock") else None
    with opened().lock("apply") as fence:
        fence()


@pytest.mark.parametrize(
    ("status", "said"),
    [(401, "Maintainer"), (403, "Maintainer"), (302, "HTTP 302")],
)
def test_rejected_requests_say_what_to_do(opened, server, status, said):
    server.fault = lambda *_: status
    with pytest.raises(StoreRefused, match=said), opened().lock("apply"):
        pass
    with pytest.raises(StoreRefused, match=said):
        opened().load()


def test_state_that_is_too_large_is_refused_and_the_lock_is_freed(opened, server):
    server.limit = 100
    with pytest.raises((StoreRefused, StateNotSaved)), opened().lock("apply"):
        pass
    assert not server.locks


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"version": 4, "serial": 7, "terraform_version": "1.9.0", "resources": []}', "not a state of sdx-state"),
        (b"<html>sign in</html>", "not a state of sdx-state"),
        (b"", "is empty"),
        (b'{"version": 4, "serial": 7, "sdx": 2, "objects": {}}', "newer version"),
    ],
)
def test_other_content_is_refused(opened, server, body, said):
    server.answer = lambda *_: (200, body)
    with pytest.raises(StateUnusable, match=said):
        opened().load()


def test_damaged_object_is_refused(opened, server):
    run(opened(), "survey.a", "1")
    (versions,) = server.versions.values()
    document = json.loads(versions[-1])
    document["objects"]["state/state"]["content"] = "e30K"
    versions[-1] = json.dumps(document).encode()
    with pytest.raises(StateUnusable):
        opened().load()
