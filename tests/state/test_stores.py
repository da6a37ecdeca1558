"""The four operations that every shared store has, and what it must refuse."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from sdx_state.programs.machine import THIS_MACHINE
from sdx_state.state.probe import probe
from sdx_state.state.store import Careful, Conflict, StoreRefused
from tests.state.memory_store import MemoryStore, VirtualMachine


def test_missing_object_is_none_and_deleting_it_succeeds(raw_store, prefix):
    assert raw_store.get(f"{prefix}/a") is None
    raw_store.delete([f"{prefix}/a"])


def test_content_and_version_are_read_back(raw_store, prefix):
    content = bytes(range(256)) * 10
    version = raw_store.put(f"{prefix}/a", content, None)
    found = raw_store.get(f"{prefix}/a")
    assert (found.content, found.version) == (content, version)


def test_second_create_and_update_by_an_old_version_conflict(raw_store, prefix):
    key = f"{prefix}/a"
    first = raw_store.put(key, b"1", None)
    with pytest.raises(Conflict):
        raw_store.put(key, b"2", None)
    second = raw_store.put(key, b"2", first)
    with pytest.raises(Conflict):
        raw_store.put(key, b"3", first)
    assert raw_store.get(key).content == b"2"
    raw_store.delete([key])
    with pytest.raises(Conflict):
        raw_store.put(key, b"4", second)


def test_only_keys_with_the_prefix_are_listed_in_order(raw_store, prefix):
    for name in ("a/2", "a/1", "ab/1", "b"):
        raw_store.put(f"{prefix}/{name}", b"", None)
    assert raw_store.list(f"{prefix}/a/") == [f"{prefix}/a/1", f"{prefix}/a/2"]
    raw_store.delete([f"{prefix}/a/1", f"{prefix}/a/2"])
    assert raw_store.list(f"{prefix}/a/") == []


def test_create_raced_by_eight_threads_has_one_winner(raw_store, prefix):
    def create(number):
        try:
            raw_store.put(f"{prefix}/raced", f"{number}".encode(), None)
        except Conflict:
            return 0
        return 1

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(create, range(8))) == 1


def test_compare_and_swap_by_eight_threads_loses_nothing(raw_store, prefix):
    key = f"{prefix}/counter"
    raw_store.put(key, b"0", None)

    def add(_):
        for _ in range(10):
            while True:
                found = raw_store.get(key)
                try:
                    raw_store.put(key, f"{int(found.content) + 1}".encode(), found.version)
                    break
                except Conflict:
                    continue

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(8)))
    assert raw_store.get(key).content == b"80"


def test_probe_accepts_a_store_that_honors_conditions_and_leaves_nothing(raw_store, prefix):
    probe(raw_store, prefix, THIS_MACHINE)
    assert raw_store.list(f"{prefix}/") == []


def test_probe_refuses_a_store_that_ignores_conditions():
    with pytest.raises(StoreRefused, match="accepted a second create"):
        probe(MemoryStore(honest=False), "x", VirtualMachine())


@pytest.mark.parametrize("fault", ["lost before", "lost after", "late", "doubled"])
@pytest.mark.parametrize("version", [False, True])
def test_lost_answer_is_resolved_by_sending_the_same_again(fault, version):
    store, machine = MemoryStore(), VirtualMachine()
    seen = store.put("a", b"old", None) if version else None
    faults = iter([fault])
    store.fault = lambda verb, _: next(faults, None) if verb == "put" else None
    machine.while_asleep = store.land
    if fault == "doubled":
        careful = Careful(store, machine)
        assert careful.put("a", b"new", seen) == store.get("a").version
    else:
        assert Careful(store, machine).put("a", b"new", seen) == store.get("a").version
    assert store.get("a").content == b"new"


def test_conflict_with_another_write_is_reported_though_the_answer_was_lost():
    store, machine = MemoryStore(), VirtualMachine()
    faults = iter(["lost before"])
    store.fault = lambda verb, _: next(faults, None) if verb == "put" else None
    machine.while_asleep = lambda: store.objects or store._put("a", b"theirs", None)
    with pytest.raises(Conflict):
        Careful(store, machine).put("a", b"mine", None)
    assert store.get("a").content == b"theirs"
