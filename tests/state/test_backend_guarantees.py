"""The guarantees of a state, on every backend: `.ci/backends` tries all, the quick tier those that cost little."""

from __future__ import annotations

import itertools
import stat
from contextlib import suppress
from dataclasses import replace

import pytest

from sdx_state.app.transfer import NotPushed, pushed, state_in
from sdx_state.model.ledger import Entry
from sdx_state.state.errors import LockLost, StateLocked, StateNotSaved, StateOfAnother, StateUnusable
from sdx_state.state.lease import LEASE
from sdx_state.state.memory import journal_of, keep, open_journal, recall, verified
from sdx_state.state.rescue import rescued
from sdx_state.state.sealing import sealing_keys
from sdx_state.state.store import StoreRefused
from tests.state.backings import OnServer, after, everywhere, kill, on, remote
from tests.state.memory_store import VirtualMachine
from tests.state.runs import run
from tests.state.shared_stores import KINDS

KEY, OTHER_KEY = "0123456789abcdef" * 4, "fedcba9876543210" * 4
JOB, COMMIT = "https://ci.example/jobs/7", "0123456789abcdef0123456789abcdef01234567"


# --- G1: one writer at a time


@everywhere
def test_second_writer_is_refused_and_told_who_writes(backing):
    store, machine = backing.opened(job=JOB, commit=COMMIT), VirtualMachine()
    machine.while_asleep = lambda: renew(store)
    with store.lock("apply") as fence:
        with pytest.raises(StateLocked) as refused, backing.opened(machine).lock("destroy"):
            pass
        fence()
    who = f"{fence.holder.user}@{fence.holder.host}"
    for part in ("sdx-state apply", who, JOB, COMMIT[:12], "since 20", fence.holder.id):
        assert part in str(refused.value)
    with backing.opened().lock("destroy") as second:
        second()


@everywhere
def test_waiter_gets_a_lock_that_becomes_free_and_names_its_holder_once(backing):
    lock, named, machine = backing.opened().lock("apply"), [], VirtualMachine()
    holder = lock.__enter__().holder
    looks = iter(range(1000))
    machine.while_asleep = lambda: next(looks) == 3 and lock.__exit__(None, None, None)
    with backing.opened(machine, timeout=300.0, waiting=named.append).lock("destroy") as fence:
        fence()
    assert len(named) == 1
    assert holder.id in named[0]


@everywhere
def test_waiter_stops_after_its_timeout_though_the_holder_lives(backing):
    store, machine = backing.opened(), VirtualMachine()
    with store.lock("apply"):
        machine.while_asleep = lambda: renew(store)
        begun = machine.monotonic()
        with pytest.raises(StateLocked, match="Waited 30 s"), backing.opened(machine, timeout=30.0).lock("destroy"):
            pass
    assert 30 <= machine.monotonic() - begun < 33


def renew(store):
    """Show that the run of `store` lives, where that has to be shown."""
    lease = store.session.lease if store.shared else None
    if hasattr(lease, "renew"):
        lease.renew()


@everywhere
def test_plan_takes_no_lock_writes_nothing_and_names_the_writer(backing):
    run(backing.opened(), "survey.a", "1")
    with backing.opened(job=JOB).lock("apply") as fence:
        before = backing.contents()
        reader = backing.opened()
        assert set(recall(reader, journal_of(reader)).ledger.entries) == {"survey.a"}
        assert reader.running() == fence.holder
        assert backing.contents() == before
    assert backing.opened().running() is None


# --- G2, G6: a runner that dies with its disk


@everywhere
def test_intent_of_a_run_that_died_is_pending_for_the_next_one(backing):
    run(backing.opened(), "survey.a", "1")
    dead = backing.died("survey.b")
    reader = backing.opened()
    assert [one.address for one in recall(reader, journal_of(reader)).unfinished.pending] == ["survey.b"]
    with after(backing, dead) as (store, fence):
        assert fence.overtook or backing.frees == "system"
        journal = open_journal(store, fence)
        assert [one.address for one in journal.unfinished().pending] == ["survey.b"]
        assert set(recall(store, journal).saved.entries) == {"survey.a"}


@everywhere
def test_lock_of_a_dead_run_comes_free_as_promised(backing):
    dead, machine = backing.died("survey.a"), VirtualMachine()
    begun = machine.monotonic()
    with after(backing, dead):
        pass
    with backing.opened(machine).lock("apply"):
        pass
    assert machine.monotonic() == begun


@everywhere
def test_dead_lease_is_taken_over_after_its_whole_period_and_no_sooner(backing):
    backing.died("survey.a")
    machine = VirtualMachine()
    begun = machine.monotonic()
    if backing.frees == "id":
        with pytest.raises(StateLocked), backing.opened(machine, timeout=3 * LEASE).lock("apply"):
            pass
        return
    with backing.opened(machine).lock("apply"):
        waited = machine.monotonic() - begun
    assert LEASE <= waited < LEASE + 3 if backing.frees == "lease" else waited == 0


@everywhere
@pytest.mark.parametrize("hours", [-10, 10])
def test_wrong_clock_takes_no_lock_from_a_living_run(backing, hours):
    store, machine = backing.opened(), VirtualMachine()
    machine.now = lambda: 1_800_000_000.0 + hours * 3600
    with store.lock("apply") as fence:
        machine.while_asleep = lambda: renew(store)
        with pytest.raises(StateLocked), backing.opened(machine).lock("destroy"):
            pass
        fence()


# --- G3: a holder that was overtaken


@everywhere
def test_run_whose_lock_was_taken_writes_nothing_more(backing):
    run(backing.opened(), "survey.a", "1")
    store = backing.opened()
    lock = store.lock("apply")
    journal = open_journal(store, lock.__enter__())
    journal.begin("apply", "sha256:0", 1, "sha256:0")
    ledger = recall(store, journal).ledger
    backing.take_away(store)
    with backing.opened().lock("destroy") as fence:
        before = backing.contents()
        with pytest.raises((LockLost, StateNotSaved)):
            journal.intend("survey.b", None, [], {})
        with pytest.raises((LockLost, StateNotSaved)):
            keep(store, journal, ledger.with_entry("survey.b", Entry("2")))
        assert backing.contents() == before
        fence()
    lock.__exit__(None, None, None)
    assert set(backing.opened().load().entries) == {"survey.a"}


# --- G4, G5: what a store can do


@remote
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("nth", [2, 3])
def test_lost_answers_leave_nothing_out_and_nothing_twice(backing, when, nth):
    asked = iter(range(1, 100_000))
    backing.lost = lambda _verb: when if next(asked) % nth == 0 else None
    for number in range(3):
        run(backing.opened(), f"survey.s{number}", f"{number}")
    backing.lost = lambda _verb: None
    other = backing.opened()
    ledger = other.load()
    assert set(ledger.entries) == {"survey.s0", "survey.s1", "survey.s2"}
    events = [line["event"] for _, line in journal_of(other).records()]
    assert verified(other, journal_of(other)).lines == ledger.head.seq
    assert events.count("intent") == events.count("created") == 3
    with other.lock("apply") as fence:
        fence()


@on(*KINDS)
def test_store_that_ignores_conditions_is_refused_before_anything_is_written(backing):
    backing.honest = False
    with pytest.raises(StoreRefused, match="accepted a second create"), backing.opened().lock("apply"):
        pass
    assert not backing.contents()


# --- G7: content that is not the state of this project


@everywhere
@pytest.mark.parametrize(
    "change",
    [
        lambda _: b"",
        lambda _: b"<html>Sign in</html>",
        lambda _: b'{"version": 4, "serial": 7, "terraform_version": "1.9.0", "resources": []}',
        lambda whole: whole[:-5],
        lambda whole: whole[: len(whole) // 2],
        lambda whole: whole.replace(b"survey.a", b"survey.b"),
    ],
    ids=["empty", "login-page", "of-terraform", "cut-off", "half", "altered"],
)
def test_damaged_and_foreign_states_are_refused_with_advice_and_left_alone(backing, change):
    run(backing.opened(), "survey.a", "1")
    backing.put_state(change)
    before = backing.contents()
    store = backing.opened()
    with pytest.raises(StateUnusable) as refused:
        recall(store, journal_of(store))
    assert len(str(refused.value).splitlines()) > 1  # what it is, then what to do
    assert backing.contents() == before


@everywhere
def test_state_of_another_tenant_is_refused(backing):
    run(backing.opened(), "survey.a", "1")
    with pytest.raises(StateOfAnother):
        backing.opened(tenant="https://y.example#1").load()


@everywhere
def test_pinned_lineage_refuses_another_state_and_none(backing):
    with pytest.raises(StateUnusable, match="does not exist"):
        backing.opened(lineage="other").load()
    saved = run(backing.opened(), "survey.a", "1")
    assert backing.opened(lineage=saved.lineage).load().serial == 1
    with pytest.raises(StateUnusable, match="pins"):
        backing.opened(lineage="other").load()


@everywhere
def test_older_state_that_was_put_back_is_refused(backing):
    older = []
    run(backing.opened(), "survey.a", "1")
    backing.put_state(lambda whole: older.append(whole) or whole)
    run(backing.opened(), "survey.b", "2")
    backing.put_state(lambda _: older[0])
    store = backing.opened()
    with pytest.raises(StateUnusable, match="older"):
        recall(store, journal_of(store))


# --- G8: a save that fails


@remote
def test_failed_save_goes_to_a_rescue_file_that_is_pushed_back(backing, tmp_path):
    run(backing.opened(), "survey.a", "1")
    store, rescue = backing.opened(), tmp_path / "sdx-state-rescue.json"
    lock = store.lock("apply")
    fence = lock.__enter__()
    journal = open_journal(store, fence)
    journal.begin("apply", "sha256:0", 1, "sha256:0")
    operation = journal.intend("survey.b", None, [], {})
    journal.created(operation, "survey.b", Entry("2"))
    ledger = recall(store, journal).ledger.with_entry("survey.b", Entry("2"))
    backing.lost = lambda _verb: "before"
    with pytest.raises((StateNotSaved, LockLost)) as failed:
        keep(store, journal, ledger)
    assert "sdx-state state push" in str(rescued(rescue, store, ledger, failed.value))
    kill(store)
    backing.lost = lambda _verb: None
    lock.__exit__(None, None, None)
    assert stat.S_IMODE(rescue.stat().st_mode) == 0o600
    with after(backing, fence.holder.id) as (other, fence):
        saved, _ = pushed(other, fence, state_in(other, rescue.read_bytes(), str(rescue)), str(rescue), force=False)
    assert set(saved.entries) == {"survey.a", "survey.b"}
    with backing.opened().lock("state push") as fence, pytest.raises(NotPushed, match="older"):
        pushed(backing.opened(), fence, replace(saved, serial=saved.serial - 1), "old.json", force=False)


# --- G9: what leaves the machine


@remote
def test_key_seals_what_leaves_the_machine_and_can_be_rotated(backing):
    first, second = {"SDX_STATE_KEY": KEY}, {"SDX_STATE_KEY": OTHER_KEY}
    run(backing.opened(keys=first), "survey.support-csat", "1")
    assert not [key for key, content in backing.contents().items() if b"support-csat" in content]
    with pytest.raises(StateUnusable, match="SDX_STATE_KEY is not set"):
        backing.opened().load()
    with pytest.raises(StateUnusable, match="another key"):
        backing.opened(keys=second).load()
    both = backing.opened(keys={**second, "SDX_STATE_KEY_PREVIOUS": KEY})
    with both.lock("state sign"):
        assert both.reseal() > 0
    sealed_with = sealing_keys(first)[0].id
    assert not [key for key, content in backing.contents().items() if sealed_with in content]
    assert set(backing.opened(keys=second).unsigned().load().entries) == {"survey.support-csat"}


# --- G10: history across machines


@everywhere
def test_history_runs_and_earlier_states_are_read_by_another_machine(backing):
    run(backing.opened(), "survey.a", "1")
    saved = run(backing.opened(), "survey.b", "2")
    other = backing.opened()
    memory = recall(other, journal_of(other))
    assert (memory.saved, set(memory.ledger.entries)) == (saved, {"survey.a", "survey.b"})
    assert not memory.history_lost
    assert verified(other, journal_of(other)).lines == saved.head.seq
    begun = [line["run"] for _, line in journal_of(other).records() if line["event"] == "begin"]
    assert sorted(begun) == sorted(other.kept_runs())
    assert other.load_run(begun[0], None) == {"run": "survey.a"}
    assert other.kept_serials() == [1, 2]
    assert set(other.generation(1).entries) == {"survey.a"}


class Killed(BaseException):
    """The process is dead: nothing that it does from here on has an effect."""


@on("memory", "postgres", "http-gitlab")
def test_run_killed_at_any_write_leaves_a_history_that_verifies(backing):
    run(backing.opened(), "survey.s", "s")
    for number in itertools.count(1):
        seen = itertools.count(1)

        def boundary(seen=seen, number=number):
            if next(seen) >= number:
                raise Killed

        backing.boundary = boundary
        with suppress(Killed):
            run(backing.opened(), f"survey.s{number}", f"{number}")
        done = next(seen) <= number
        backing.boundary = lambda: None
        if isinstance(backing, OnServer):
            backing.server.locks.clear()  # as `state unlock` does
        reader = backing.opened()
        head = recall(reader, journal_of(reader)).saved.head
        assert verified(reader, journal_of(reader)).lines >= head.seq
        if done:
            break
    assert number > 8


@everywhere
def test_closed_part_that_was_altered_or_removed_shows(backing):
    for name in ("a", "b", "c"):
        run(backing.opened(), f"survey.{name}", name)
    store = backing.opened()
    first, second, third = store.lines.closed()

    def altered():
        return second.read().replace(b"survey.b", b"survey.x")

    for closed in ([first, third], [first, second], [second, third], [first, replace(second, read=altered), third]):
        journal = journal_of(store)
        journal._lines = Closed(store.lines, closed)
        with pytest.raises(StateUnusable):
            verified(store, journal)


class Closed:
    """The lines of a journal with other closed parts."""

    def __init__(self, lines, closed):
        self._lines, self._closed = lines, closed

    def __getattr__(self, name):
        return getattr(self._lines, name)

    def closed(self):
        return self._closed
