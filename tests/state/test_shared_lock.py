"""Ctrl-C at any line of taking and giving back the lock of a shared state leaves no lock behind."""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

import sdx_state.state
from sdx_state.state.errors import StateError
from tests.state.backings import OnServer, on

STATE = str(Path(sdx_state.state.__file__).parent)


@contextmanager
def interrupt_at(place):
    """Send SIGINT to this process at line number `place` of those that run in the state package; count them."""
    passed = [0]

    def trace(frame, event, _):
        if not frame.f_code.co_filename.startswith(STATE):
            return None
        if event == "line":
            passed[0] += 1
            if passed[0] == place:
                signal.raise_signal(signal.SIGINT)
        return trace

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    tracing = sys.gettrace()
    sys.settrace(trace)
    try:
        yield passed
    finally:
        sys.settrace(tracing)
        signal.signal(signal.SIGINT, before)


def lines_of(backing, place):
    """Take the lock and give it back, interrupted at line `place`; return how many lines that took, 0 if cut."""
    with interrupt_at(place) as passed:
        try:
            with backing.opened().lock("apply"):
                pass
        except KeyboardInterrupt:
            return 0
    return passed[0]


@on("memory", "http-gitlab", "http-gitea")
def test_no_lock_stays_behind_wherever_ctrl_c_comes(backing, kind):
    lines = lines_of(backing, 0)
    assert lines > 100
    step = 1 if kind == "memory" else 7
    ended = [place for place in range(1, lines, step) if lines_of(backing, place) == 0 and _locked(backing)]
    assert not ended


@on("memory")
def test_interrupted_take_over_leaves_the_word_that_requests_may_be_on_their_way(backing):
    def taken_over(place):
        dead = backing.opened()
        holding = dead.lock("apply")
        holding.__enter__()
        dead.session.lease.lost = "it died"
        ended = []
        with interrupt_at(place) as passed, suppress(KeyboardInterrupt), backing.opened().lock("apply"):
            ended.append(place)
        return passed[0], bool(ended)

    lines, _ = taken_over(0)
    cut = 0
    for place in range(lines - 450, lines, 3):  # the wait before it takes most of the lines
        _, ended = taken_over(place)
        cut += not ended
        with backing.opened().lock("apply") as fence:
            assert ended or fence.overtook, place
    assert cut > 30


@pytest.mark.parametrize("kind", ["http-gitlab"])
def test_interrupted_run_after_an_unlock_leaves_the_word_of_the_dead_one(backing):
    def after_an_unlock(place):
        dead = backing.opened()
        holding = dead.lock("apply")
        holding.__enter__()
        lease = dead.session.lease
        lease.lost = "it died"
        dead.unlock(lease.lock.holder.id)
        ended = []
        with interrupt_at(place) as passed, suppress(KeyboardInterrupt), backing.opened().lock("apply") as fence:
            assert fence.overtook
            ended.append(place)
        return passed[0], bool(ended)

    lines, _ = after_an_unlock(0)
    cut = 0
    for place in range(1, lines, 11):
        _, ended = after_an_unlock(place)
        cut += not ended
        with backing.opened().lock("apply") as fence:
            assert ended or fence.overtook, place
    assert cut > 30


def _locked(backing):
    """Tell whether a lock is left, and free it for the next try."""
    if isinstance(backing, OnServer):
        left = list(backing.server.locks)
        backing.server.locks.clear()
        return bool(left)
    holder = backing.opened().running()
    if holder is not None:
        backing.opened().unlock(holder.id)
    return holder is not None


@pytest.mark.parametrize("kind", ["http-gitlab"])
def test_lock_is_given_back_if_the_state_behind_it_cannot_be_read(backing):
    answer = backing.server.answer

    def broken(method, path, id, body):
        return (200, b"<html>sign in</html>") if method == "GET" else answer(method, path, id, body)

    backing.server.answer = broken
    with pytest.raises(StateError), backing.opened().lock("apply"):
        pass
    assert not backing.server.locks
