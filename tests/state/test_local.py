"""The state in a folder: whole or refused, locked by one, never half written."""

from __future__ import annotations

import multiprocessing
import os
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdx_state.model.address import Address
from sdx_state.model.ledger import Entry, Ledger, Lookup
from sdx_state.state import codec
from sdx_state.state.codec import decode, encode
from sdx_state.state.errors import StateLocked, StateNotSaved, StateUnusable
from sdx_state.state.ledger import new_ledger
from sdx_state.state.local import LocalStore
from sdx_state.state.memory import open_journal, recall

ledgers = st.builds(
    Ledger,
    lineage=st.uuids().map(str),
    serial=st.integers(0, 1000),
    tenant=st.text(max_size=30),
    entries=st.dictionaries(
        st.builds(
            "{}.{}".format, st.sampled_from(["survey", "question.a", "user"]), st.text(min_size=1, max_size=30)
        ),
        st.builds(
            Entry,
            st.text(min_size=1, max_size=9),
            st.dictionaries(st.text(max_size=9), st.text(max_size=9)),
            st.booleans(),
        ),
    ),
    lookups=st.dictionaries(st.text(max_size=9), st.builds(Lookup, st.text(max_size=2), st.text(max_size=9))),
)


@pytest.fixture
def store(tmp_path):
    return LocalStore(tmp_path / ".sdx", "state", "https://x.example#1")


@given(ledgers)
def test_written_content_is_read_back(ledger):
    assert decode(encode(ledger), "state.json") == ledger


def test_every_truncation_and_every_bit_flip_of_4_kb_is_refused_or_harmless():
    entries = {f"survey.number-{n}": Entry(str(n), {"name": f"{n:012x}"}) for n in range(60)}
    ledger = replace(new_ledger(), entries=entries)
    data = encode(ledger)
    assert 3900 < len(data) < 4300
    for length in range(len(data)):
        with pytest.raises(StateUnusable):
            decode(data[:length], "state.json")
    for place in range(len(data) * 8):
        damaged = bytearray(data)
        damaged[place // 8] ^= 1 << place % 8
        try:
            assert decode(bytes(damaged), "state.json") == ledger
        except StateUnusable:
            continue


def test_no_file_is_a_new_ledger_and_an_empty_one_is_an_error(store):
    assert store.load().entries == {}
    store.folder.mkdir(mode=0o700)
    store.path.write_bytes(b"")
    with pytest.raises(StateUnusable, match="state rebuild"):
        store.load()


def test_state_is_decoded_once_as_long_as_it_is_in_use(store, monkeypatch):
    store.save(Ledger("a", entries={Address("survey", "a"): Entry("1")}))
    journal = open_journal(store)
    with monkeypatch.context() as patched:
        patched.setattr(codec, "from_document", None)
        first = recall(store, journal).saved
    assert first is journal.opened_with
    store.save(replace(first, entries={}))
    assert recall(store, journal).saved.entries == {}


def test_each_save_counts_one_up(store):
    first = store.save(store.load())
    assert (first.serial, store.save(first).serial, store.load().serial) == (1, 2, 2)


@pytest.mark.parametrize(
    ("other", "refused"),
    [
        ("https://x.example#2", True),
        ("https://y.example#1", True),
        ("https://x.example", False),
        ("https://x.example#1", False),
    ],
)
def test_a_state_of_another_tenant_is_refused(store, other, refused):
    store.save(store.load())
    if refused:
        with pytest.raises(StateUnusable, match="belongs to the tenant"):
            replace(store, tenant=other).load()
    else:
        replace(store, tenant=other).load()


def test_a_folder_that_cannot_be_written_keeps_the_old_state(store):
    ledger = store.save(store.load())
    before = store.path.read_bytes()
    store.path.with_name("elsewhere").mkdir()
    broken = LocalStore(store.path, "state", store.tenant)  # a file where a folder is expected
    with pytest.raises(StateNotSaved):
        broken.save(ledger)
    assert store.path.read_bytes() == before


def test_a_copy_that_cannot_be_kept_leaves_the_new_state_and_says_so(connected, tenant, monkeypatch):
    from sdx_state.state import local_copies

    def full(path, data, **options):
        if path.parent.name == "state.generations":
            raise OSError(28, "No space left on device")
        write_atomically(path, data, **options)

    write_atomically = local_copies.write_atomically
    connected.write("a.yaml", "surveys: {a: {name: A}}\n")
    monkeypatch.setattr(local_copies, "write_atomically", full)
    applied = connected.apply()
    assert applied.code == 1
    assert "the state was saved" in applied.err
    assert "(serial 1)" in applied.err
    assert "No space left on device" in applied.err
    assert "as it was" not in applied.err
    assert connected.run("state", "list").out == "survey.a\n"
    assert "never ended" not in connected.run("history").out
    monkeypatch.undo()
    connected.connect(tenant.url)
    assert connected.run("plan", "--detailed-exitcode").code == 0
    assert len(tenant.store.rows("surveys")) == 1


def test_a_state_that_the_disk_does_not_confirm_is_not_called_the_old_one(store, monkeypatch):
    from sdx_state.state import local

    def unconfirmed(path, data, **options):
        write_atomically(path, data, **options)
        raise OSError(5, "Input/output error")

    write_atomically = local.write_atomically
    ledger = store.save(store.load())
    before = store.path.read_bytes()
    monkeypatch.setattr(local, "write_atomically", unconfirmed)
    with pytest.raises(StateNotSaved, match="The new one is there"):
        store.save(ledger)
    assert store.path.read_bytes() != before


def test_a_symbolic_link_in_place_of_the_lock_is_not_followed(store, tmp_path):
    store.folder.mkdir(mode=0o700)
    (store.folder / "state.lock").symlink_to(tmp_path / "victim")
    with pytest.raises(StateUnusable, match="symbolic link"), store.lock("apply"):
        pass
    assert not (tmp_path / "victim").exists()


def _hold(store, ready, end):
    with store.lock("apply"):
        ready.set()
        end.wait(20)


def test_lock_of_a_dead_process_is_freed_by_the_kernel(store):
    context = multiprocessing.get_context("fork")
    ready, end = context.Event(), context.Event()
    holder = context.Process(target=_hold, args=(store, ready, end))
    holder.start()
    assert ready.wait(20)
    with pytest.raises(StateLocked, match=str(holder.pid)), store.lock("plan"):
        pass
    os.kill(holder.pid, 9)
    holder.join()
    with store.lock("apply"):
        pass


def _increment(store, times):
    for _ in range(times):
        while True:
            try:
                with store.lock("apply"):
                    store.save(store.load())
                break
            except StateLocked:
                continue


def test_eight_processes_lose_no_update(store, quick):
    count = 3 if quick else 8
    store.save(store.load())
    context = multiprocessing.get_context("fork")
    racers = [context.Process(target=_increment, args=(store, 5)) for _ in range(count)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
        assert racer.exitcode == 0
    assert store.load().serial == 5 * count + 1
