"""The guarantees of a shared state, on every store."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import pytest

from sdx_state.app.proof import proven
from sdx_state.model.ledger import Entry, Head
from sdx_state.state.backend import UNFENCED
from sdx_state.state.errors import LineTaken, LockLost, StateError, StateLocked, StateNotSaved, StateUnusable
from sdx_state.state.holder import About
from sdx_state.state.lease import LEASE, MARGIN, RENEWAL, lock_in
from sdx_state.state.local import LocalStore
from sdx_state.state.memory import journal_of, keep, open_journal, recall
from sdx_state.state.shared import SharedStore
from sdx_state.state.store import Found, Sealed, StoreRefused
from tests.state.memory_store import MemoryStore, VirtualMachine
from tests.state.runs import run

TENANT = "https://x.example#1"


@pytest.fixture
def opened(raw_store, prefix, tmp_path):
    """Opens the state as a new process does, on a machine of its own."""
    plans = LocalStore(tmp_path / ".sdx", "state", None)

    def open_state(machine=None, **about):
        return SharedStore(
            raw_store, prefix, machine or VirtualMachine(), plans, TENANT, about=About(beats=False, **about)
        )

    open_state.raw, open_state.prefix = raw_store, prefix
    return open_state


def in_memory(tmp_path):
    store = MemoryStore()
    plans = LocalStore(tmp_path / ".sdx", "state", None)
    machine = VirtualMachine()
    return SharedStore(store, "state", machine, plans, TENANT, about=About(beats=False)), store, machine


def die(store):
    """End as a killed process does: nothing is released, and nothing more is written."""
    store.session.lease.lost = "it died"


def test_open_part_has_one_mark_after_a_run(opened):
    for number in range(4):
        run(opened(), f"survey.s{number}", f"{number + 1}")
    assert len(opened.raw.list(f"{opened.prefix}/journal/")) == 1
    assert len(opened.raw.list(f"{opened.prefix}/history/")) == 4


def test_intent_of_a_run_that_died_with_its_disk_is_pending_elsewhere(opened):
    store = opened()
    lock = store.lock("apply")
    fence = lock.__enter__()
    journal = open_journal(store, fence)
    journal.begin("apply", "sha256:0", 1, "sha256:0")
    journal.intend("survey.a", None, [], {})
    stale = store.session.journal
    die(store)
    machine = VirtualMachine()
    begun = machine.seconds
    with opened(machine).lock("apply") as after:
        assert after.overtook
        assert machine.seconds - begun >= LEASE
        assert after.epoch == fence.epoch + 1
        other = opened(machine)
        other.session.lease, other.session.journal = None, None
        assert [one.address for one in recall(other, journal_of(other)).unfinished.pending] == ["survey.a"]
        with pytest.raises(LockLost):
            fence()
        stale.append(b"{}\n", 3, durably=False)
    lock.__exit__(None, None, None)


def test_line_of_the_holder_before_that_arrives_late_is_read_and_none_after_the_seal(opened):
    store = opened()
    lock = store.lock("apply")
    journal = open_journal(store, lock.__enter__())
    journal.begin("apply", "sha256:0", 1, "sha256:0")
    late = store.session.journal
    die(store)
    late._careful = replace(late._careful, check=lambda: None)  # it had passed its check
    again = opened()
    with again.lock("apply") as fence:
        again.lines.exists()  # it has read the journal, and now the late line arrives
        late.append(journal_line(journal), 2, durably=True)()
        after = open_journal(again, fence)
        assert [one.address for one in after.unfinished().pending] == ["survey.late"]
        with pytest.raises(LineTaken):
            late.append(b"{}\n", 3, durably=True)()
    lock.__exit__(None, None, None)


def journal_line(journal):
    """Return the line of an intent as `journal` would write it, without writing it."""
    taken, journal.fence = [], UNFENCED
    real = journal._lines.append
    journal._lines.append = lambda line, number, durably: taken.append(line) or (lambda: None)
    journal.intend("survey.late", None, [], {})
    journal._lines.append = real
    return taken[0]


def test_state_written_by_the_holder_before_conflicts_after_the_seal(opened):
    run(opened(), "survey.a", "1")
    store = opened()
    lock = store.lock("apply")
    lock.__enter__()
    ledger = store.load()
    held = store.session.lease
    kept = replace(store, session=replace(store.session))
    die(store)
    with opened().lock("apply"):
        held.check = lambda: None  # it had passed its check
        with pytest.raises(LockLost, match="another run wrote"):
            kept.save(ledger)
    assert opened().load().serial == 1
    lock.__exit__(None, None, None)


def test_commit_that_is_missing_in_the_open_part_is_noticed(opened):
    store = opened()
    lock = store.lock("apply")
    journal = open_journal(store, lock.__enter__())
    for number in range(3):
        journal.intend(f"survey.s{number}", None, [], {})
    die(store)
    opened.raw.delete([f"{opened.prefix}/journal/000000000002"])
    again = opened()
    with pytest.raises(StateUnusable, match="the lines 2 to 2 are missing"):
        recall(again, journal_of(again))
    lock.__exit__(None, None, None)


def dead_run(opened, *, lines, renewed):
    """Return the lock of a run that died after it wrote `lines` intents, and renewed its lease after `renewed`."""
    store = opened()
    lock = store.lock("apply")
    journal = open_journal(store, lock.__enter__())
    for number in range(1, lines + 1):
        journal.intend(f"survey.s{number}", None, [], {})
        if number == renewed:
            store.session.lease.renew()
    die(store)
    return lock


def test_open_tail_cut_off_before_the_last_renewal_stops_the_next_run_and_its_verification(opened):
    run(opened(), "survey.a", "1")
    head = opened().load().head.seq
    lock = dead_run(opened, lines=3, renewed=2)
    assert proven(opened()).lines == head + 3
    opened.raw.delete([f"{opened.prefix}/journal/{head + 3:012}"])
    with opened().lock("apply") as fence:  # the lease names no line after its last renewal
        assert fence.tail.seq == head + 2
    opened.raw.delete([f"{opened.prefix}/journal/{head + 2:012}"])
    store = opened()
    with (
        store.lock("apply") as fence,
        pytest.raises(StateUnusable, match=f"does not contain line {head + 2} ") as cut,
    ):
        open_journal(store, fence)
    assert f"it ends with line {head + 1}" in str(cut.value)
    assert "move it away" in str(cut.value)
    with pytest.raises(StateUnusable, match=f"does not contain line {head + 2} "):
        proven(opened())
    lock.__exit__(None, None, None)


def test_line_that_a_released_lock_names_cannot_be_cut_off(opened):
    store = opened()
    run(store, "survey.a", "1", save=False)
    (*_, last) = opened.raw.list(f"{opened.prefix}/journal/")
    opened.raw.delete([last])
    store = opened()
    with store.lock("apply") as fence, pytest.raises(StateUnusable, match="does not contain line"):
        open_journal(store, fence)


def test_last_line_replaced_by_another_one_is_noticed(opened):
    lock = dead_run(opened, lines=2, renewed=2)
    key = f"{opened.prefix}/journal/000000000002"
    opened.raw.delete([key])
    lines = opened()
    reader = journal_of(lines)
    taken, lines.lines.append = [], lambda line, _number, durably: taken.append(line) or (lambda: None)
    reader.intend("survey.other", None, [], {})
    opened.raw.put(key, Sealed(taken[0], 1).encoded(lines.machine), None)
    store = opened()
    with store.lock("apply") as fence, pytest.raises(StateUnusable, match="does not contain line 2 "):
        open_journal(store, fence)
    lock.__exit__(None, None, None)


def test_journal_that_was_moved_away_begins_again_says_so_and_stops_no_later_run(opened):
    lock = dead_run(opened, lines=3, renewed=3)
    opened.raw.delete(opened.raw.list(f"{opened.prefix}/journal/"))
    store = opened()
    held = store.lock("apply")
    journal = open_journal(store, held.__enter__())
    assert recall(store, journal).history_lost
    die(store)  # before the lease is renewed again
    run(opened(), "survey.a", "1")
    assert proven(opened()).restarted
    lock.__exit__(None, None, None)
    held.__exit__(None, None, None)


def test_lock_of_an_earlier_version_names_no_line():
    machine = VirtualMachine()
    written = Sealed(b'{"holder": null, "probed": true, "clean": true}', 3).encoded(machine)
    lock = lock_in(written, "lock")
    assert (lock.epoch, lock.tail.seq) == (3, 0)
    named = replace(lock, tail=Head(7, "a" * 64))
    assert lock_in(named.encoded(machine), "lock") == named


def test_unlock_frees_the_lock_of_a_dead_run_by_its_id_alone(opened):
    store = opened()
    lock = store.lock("apply")
    lock.__enter__()
    id = store.session.lease.lock.holder.id
    die(store)
    with pytest.raises(StateLocked):
        opened().unlock("nonsense")
    assert opened().unlock(id)
    assert not opened().unlock(id)
    with opened().lock("apply") as fence:
        assert fence.overtook
    lock.__exit__(None, None, None)


# --- on the store in memory alone: what needs its faults


def test_plan_makes_two_requests_whatever_the_history(tmp_path):
    store, raw, _ = in_memory(tmp_path)
    for number in range(30):
        run(store, f"survey.s{number}", f"{number + 1}")
    reader = replace(store, session=type(store.session)())
    raw.log.clear()
    memory = recall(reader, journal_of(reader))
    assert reader.running() is None
    assert len(memory.ledger.entries) == 30
    assert [verb for verb, _ in raw.log] == ["get", "list"]


@pytest.mark.parametrize("verb", ["get", "list"])
@pytest.mark.parametrize("fault", ["lost before", "refused"])
def test_store_that_fails_is_named_with_its_advice_at_any_read(tmp_path, verb, fault):
    run(in_memory_of(tmp_path, raw := MemoryStore()), "survey.a", "1")
    for number in range(1, 40):
        seen = itertools.count(1)
        raw.fault = lambda this, _key, seen=seen, number=number: (
            fault if this == verb and next(seen) >= number else None
        )
        try:
            run(in_memory_of(tmp_path, raw), "survey.b", "2")
        except StateError as error:
            assert fault != "refused" or "Ask for it." in str(error) or "could not be" in str(error), error
        raw.fault = lambda *_: None


def in_memory_of(tmp_path, raw):
    plans = LocalStore(tmp_path / ".sdx", "state", None)
    return SharedStore(raw, "state", VirtualMachine(), plans, TENANT, about=About(beats=False))


@pytest.mark.parametrize("what", ["a plan", "a run that writes"])
def test_store_that_does_not_answer_is_named_before_the_wait_is_over(tmp_path, what):
    _, raw, machine = in_memory(tmp_path)
    said: list[tuple[float, str]] = []
    about = About(beats=False, silent=lambda text: said.append((machine.monotonic() - begun, text)))
    store = SharedStore(raw, "state", machine, LocalStore(tmp_path / ".sdx", "state", None), TENANT, about=about)
    raw.fault = lambda *_: "lost before"
    begun = machine.monotonic()
    with pytest.raises(StateError):
        store.load() if what == "a plan" else store.lock("apply").__enter__()
    ((after, text),) = said
    assert after < 2 < machine.monotonic() - begun
    assert text == "nothing arrived. Trying again for up to 30 s"


def test_reader_finds_a_run_whole_that_ends_while_it_reads(tmp_path):
    writer, raw, _ = in_memory(tmp_path)
    lock = writer.lock("apply")
    journal = open_journal(writer, lock.__enter__())
    journal.begin("apply", "sha256:0", 1, "sha256:0")
    operation = journal.intend("survey.a", None, [], {})
    ended = []

    def end(verb, key):
        if verb == "get" and "/journal/0" in key and not ended:
            ended.append(key)
            journal.created(operation, "survey.a", Entry("1"))
            journal.ended("survey.a", "done")
            journal.end({"done": 1})
            keep(writer, journal, recall(writer, journal).ledger.with_entry("survey.a", Entry("1")))
            lock.__exit__(None, None, None)

    raw.fault = end
    reader = in_memory_of(tmp_path, raw)
    memory = recall(reader, journal_of(reader))
    assert ended
    assert set(memory.saved.entries) == {"survey.a"}
    assert not memory.unfinished.pending


def test_reading_writes_nothing(tmp_path):
    store, raw, _ = in_memory(tmp_path)
    recall(store, journal_of(store))
    raw.fault = lambda verb, _key: "refused" if verb in ("put", "delete") else None
    recall(store, journal_of(store))
    assert not {verb for verb, _ in raw.log} & {"put", "delete"}


def test_store_without_conditions_is_refused_before_the_first_lease(tmp_path):
    store, raw, _ = in_memory(tmp_path)
    raw.honest = False
    with pytest.raises(StoreRefused, match="accepted a second create"), store.lock("apply"):
        pass
    assert not raw.objects


def test_lease_counts_from_the_first_send_of_what_landed(tmp_path):
    store, raw, machine = in_memory(tmp_path)
    with store.lock("apply"):
        lease = store.session.lease
        machine.seconds += RENEWAL
        faults = iter(["late", "lost before", "lost before"])
        raw.fault = lambda verb, _key: next(faults, None) if verb == "put" else None
        sent = machine.seconds
        machine.while_asleep = lambda: setattr(machine, "seconds", machine.seconds + 2)
        lease.renew()
        assert machine.seconds > sent + 4
        assert lease.until == sent + LEASE - MARGIN


def test_holder_that_cannot_reach_the_store_stops_before_another_may_begin(tmp_path):
    store, raw, machine = in_memory(tmp_path)
    with store.lock("apply") as fence:
        got = machine.seconds
        raw.fault = lambda verb, _key: "lost before"
        machine.seconds = got + LEASE - MARGIN - 1
        fence()
        machine.seconds = got + LEASE - MARGIN
        with pytest.raises(LockLost, match="did not confirm"):
            fence()
        raw.fault = lambda *_: None


def test_holder_stopped_for_long_sends_nothing_after_a_take_over(tmp_path):
    store, raw, machine = in_memory(tmp_path)
    lock = store.lock("apply")
    fence = lock.__enter__()
    journal = open_journal(store, fence)
    other = SharedStore(raw, "state", VirtualMachine(), store.plans, TENANT, about=About(beats=False))
    with other.lock("apply"):
        machine.seconds += 1000
        before = dict(raw.objects)
        with pytest.raises(LockLost):
            journal.intend("survey.a", None, [], {})
        with pytest.raises(LockLost):
            fence()
        assert raw.objects == before
    lock.__exit__(None, None, None)


def test_commit_whose_answer_never_came_keeps_the_lock_unclean(tmp_path):
    store, raw, machine = in_memory(tmp_path)
    with store.lock("apply") as fence:
        journal = open_journal(store, fence)
        raw.fault = lambda verb, key: "late" if verb == "put" and "/journal/" in key else None
        machine.while_asleep = lambda: None
        with pytest.raises((LockLost, Exception)):
            journal.intend("survey.a", None, [], {})
        raw.fault = lambda *_: None
    other = replace(store, session=type(store.session)())
    with other.lock("apply") as fence:
        assert fence.overtook
        raw.land()
        after = open_journal(other, fence)
        assert [one.address for one in after.unfinished().pending] in ([], ["survey.a"])


def test_commit_that_failed_is_followed_by_none_though_the_lease_is_got_back(tmp_path):
    store, raw, machine = in_memory(tmp_path)
    with store.lock("apply") as fence:
        journal = open_journal(store, fence)
        machine.seconds = store.session.lease.until - 5  # less time than the retries of the store take
        raw.fault = lambda verb, key: "lost before" if verb == "put" else None
        with pytest.raises(LockLost):
            journal.intend("survey.a", None, [], {})
        raw.fault = lambda *_: None
        fence()
        with pytest.raises(LockLost):
            journal.intend("survey.b", None, [], {})
    reader = replace(store, session=type(store.session)())
    assert not recall(reader, journal_of(reader)).unfinished.pending


def test_state_is_not_saved_after_a_commit_that_failed(tmp_path):
    store, raw, _ = in_memory(tmp_path)
    with store.lock("apply") as fence:
        journal = open_journal(store, fence)
        raw.fault = lambda verb, key: "lost before" if verb == "put" and "/journal/" in key else None
        with pytest.raises(StateNotSaved):
            journal.intend("survey.a", None, [], {})
        raw.fault = lambda *_: None
        with pytest.raises(StateNotSaved):
            keep(store, journal, store.load())
    assert not in_memory_of(tmp_path, raw).exists()


def test_older_state_is_refused_though_the_newer_one_closed_nothing(tmp_path):
    _, raw, _ = in_memory(tmp_path)
    run(in_memory_of(tmp_path, raw), "survey.a", "1")
    older = raw.objects["state/state"]
    store = in_memory_of(tmp_path, raw)
    with store.lock("apply") as fence:
        journal = open_journal(store, fence)
        journal.intend("survey.b", None, [], {})
        keep(store, journal, store.load())
    raw.objects["state/state"] = Found(older.content, raw.objects["state/state"].version)
    again = in_memory_of(tmp_path, raw)
    with again.lock("apply") as fence, pytest.raises(StateUnusable, match="older"):
        recall(again, journal_of(again, fence))


def test_run_that_finds_a_line_of_another_run_appends_none(tmp_path):
    store, raw, _ = in_memory(tmp_path)
    with store.lock("apply") as fence:
        journal = open_journal(store, fence)
        raw.put("state/journal/000000000001", raw.get("state/state").content, None)
        for _ in range(2):
            with pytest.raises(LineTaken):
                journal.intend("survey.a", None, [], {})
    assert [key for key in raw.objects if "/journal/0" in key] == ["state/journal/000000000001"]


def test_threads_that_write_at_once_share_a_commit(tmp_path):
    import threading
    from concurrent.futures import ThreadPoolExecutor

    store, raw, _ = in_memory(tmp_path)
    with store.lock("apply") as fence:
        journal = open_journal(store, fence)
        journal.begin("apply", "sha256:0", 1, "sha256:0")
        held, waiting = threading.Event(), threading.Barrier(9)
        real = raw.put

        def slow(key, content, version):
            if "/journal/" in key:
                held.wait(10)
            return real(key, content, version)

        raw.put = slow

        def write(number):
            waiting.wait(10)
            journal.intend(f"survey.s{number}", None, [], {})

        with ThreadPoolExecutor(8) as pool:
            futures = [pool.submit(write, number) for number in range(8)]
            waiting.wait(10)
            while len(store.session.journal._waiting) < 7:  # one commit is on its way, and the others wait for it
                pass
            held.set()
            for future in futures:
                future.result()
        raw.put = real
        assert len(journal.unfinished().pending) == 8
    commits = [key for verb, key in raw.log if verb == "put" and "/journal/0" in key]
    assert len(commits) == 3
    assert json.loads(raw.get(commits[0]).content.splitlines()[1])["event"] == "begin"
