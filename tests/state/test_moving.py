"""A state moves to another backend with its history; whenever that is cut off, it is complete in one of the two."""

from __future__ import annotations

import itertools

import pytest

from sdx_state.app.migration import NotMigrated, migrate, movable, require_movable
from sdx_state.state import journal_file, local, local_copies, move_file
from sdx_state.state.errors import StateLocked, StateUnusable
from sdx_state.state.memory import journal_of, recall, verified
from tests.state.backings import InStore, Local, OnServer, after, on, remote
from tests.state.memory_store import MemoryStore
from tests.state.runs import run


def move(source, target):
    """Move the state as the command does, by a process of its own."""
    before, now = movable(source.opened()), movable(target.opened())
    require_movable(before, now)
    with before.lock("state migrate") as fence, now.lock("state migrate") as onto:
        return migrate(before, now, fence, onto)


@pytest.fixture
def folder(tmp_path):
    return Local(tmp_path / "project" / ".sdx")


def whole(backing):
    """Return what a run finds: the addresses, the runs of the history, and the earlier states."""
    store = backing.opened()
    memory = recall(store, journal_of(store))
    assert verified(store, journal_of(store)).lines >= memory.saved.head.seq
    begun = [line["run"] for _, line in journal_of(store).records() if line["event"] == "begin"]
    documents = [store.load_run(one, None) for one in begun]
    return set(memory.ledger.entries), documents


def refuses(backing, why="was moved to|is not complete"):
    """Tell that no command reads or writes the state in `backing`."""
    for use in (lambda store: store.load(), lambda store: store.exists(), hold):
        with pytest.raises(StateUnusable, match=why):
            use(backing.opened())


def hold(store):
    with store.lock("apply"):
        pass


@remote
def test_state_moves_with_its_history_and_back_again(folder, backing):
    for name in ("a", "b", "c"):
        run(folder.opened(), f"survey.{name}", name)
    expected = whole(folder)
    moved = move(folder, backing)
    assert whole(backing) == expected
    assert backing.opened().load() == moved
    assert backing.opened().kept_serials() == [1, 2, 3, 4, 5]
    refuses(folder, "was moved to")
    run(backing.opened(), "survey.d", "d")
    expected = whole(backing)
    move(backing, folder)
    assert whole(folder) == expected
    refuses(backing, "was moved to")
    run(folder.opened(), "survey.e", "e")
    move(folder, backing)
    assert whole(backing)[0] == {f"survey.{name}" for name in "abcde"}


class Killed(BaseException):
    """The process is dead: nothing that it does from here on has an effect."""


def killed_at(number, backing, monkeypatch):
    """Kill this process right before its write `number`, to a file or to the store of `backing`."""
    seen = itertools.count(1)

    def boundary():
        if next(seen) >= number:
            raise Killed

    def around(module, name):
        real = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *given, **more: (boundary(), real(*given, **more))[1])

    for module in (journal_file, local, local_copies, move_file):
        around(module, "write_atomically")
    around(journal_file, "append")
    around(local, "write_move")
    backing.boundary = boundary


def anew(backing, number):
    """Return the same backend without any state."""
    if isinstance(backing, OnServer):
        backing.server.versions.clear()
        backing.server.locks.clear()
        return backing
    return InStore(backing.folder, backing.raw, f"{backing.prefix}-{number}")


@pytest.mark.soak
@on("memory", "postgres", "http-gitlab")
@pytest.mark.parametrize("away", [True, False], ids=["to-the-store", "to-the-folder"])
def test_move_killed_at_any_write_leaves_one_whole_and_the_other_refuses(away, backing, tmp_path, monkeypatch, quick):
    for number in range(1, 200, 7 if quick else 1):
        there = Local(tmp_path / str(number)), anew(backing, number)
        source, target = there if away else there[::-1]
        run(source.opened(), "survey.a", "a")
        run(source.opened(), "survey.b", "b")
        expected = whole(source)
        with monkeypatch.context() as patch:
            killed_at(number, there[1], patch)
            try:
                move(source, target)
            except Killed:
                died = True
            else:
                died = False
        there[1].boundary = lambda: None
        if isinstance(there[1], OnServer):
            there[1].server.locks.clear()  # as `state unlock` does
        if _refuses_use(source):  # between the last two steps, both do: the copy is complete, and is opened by a move
            assert set(target.opened().for_move().load().entries) == expected[0]
        else:
            assert whole(source) == expected
            assert _refuses_use(target) or not target.opened().exists()
        if not died:
            break
        move(source, target)
        assert whole(target) == expected
        refuses(source, "was moved to")
    assert number > 20
    assert not died
    assert whole(target) == expected


def _refuses_use(backing):
    try:
        backing.opened().load()
    except StateUnusable:
        return True
    return False


@remote
def test_another_state_in_the_target_is_left_alone(folder, backing):
    run(folder.opened(), "survey.a", "a")
    run(backing.opened(), "survey.b", "b")
    before = backing.contents()
    with pytest.raises(NotMigrated, match="has a state already"):
        move(folder, backing)
    assert backing.contents() == before
    assert whole(folder)[0] == {"survey.a"}


@remote
def test_state_with_an_interrupted_run_is_not_moved(folder, backing):
    run(folder.opened(), "survey.a", "a")
    folder.died("survey.b")
    with pytest.raises(NotMigrated, match="1 create"):
        move(folder, backing)
    assert not backing.opened().exists()
    run(folder.opened(), "survey.c", "c")


def test_state_that_another_run_writes_is_not_moved(folder, tmp_path):
    target = InStore(tmp_path, MemoryStore(), "state")
    run(folder.opened(), "survey.a", "a")
    with folder.opened().lock("apply"), pytest.raises(StateLocked):
        move(folder, target)
    move(folder, target)
    with after(target, "none"):
        pass


def test_nothing_to_move_and_one_place_twice_are_refused(folder, tmp_path):
    target = InStore(tmp_path, MemoryStore(), "state")
    with pytest.raises(NotMigrated, match="there is no state"):
        move(folder, target)
    run(folder.opened(), "survey.a", "a")
    with pytest.raises(NotMigrated, match="already"):
        move(folder, folder)
    move(folder, target)
    with pytest.raises(StateUnusable, match="was moved to"):
        move(folder, InStore(tmp_path, MemoryStore(), "other"))
    assert move(folder, target) == target.opened().load()  # a command that is repeated finds that all is done
