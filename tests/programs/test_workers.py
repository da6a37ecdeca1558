"""Threads that the process does not wait for."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from sdx_state.programs.workers import Workers

PATIENCE = 60  # seconds for what happens at once


@pytest.fixture
def workers():
    made = Workers(2, "test")
    yield made
    made.shutdown(cancel_futures=True)


def test_results_and_errors_are_those_of_the_calls(workers):
    assert [one.result(PATIENCE) for one in [workers.submit(divmod, number, 3) for number in range(9)]] == [
        divmod(number, 3) for number in range(9)
    ]
    with pytest.raises(ZeroDivisionError):
        workers.submit(divmod, 1, 0).result(PATIENCE)


def test_as_many_calls_run_at_a_time_as_there_are_workers(workers):
    both = threading.Barrier(2)
    waiting = [workers.submit(both.wait, PATIENCE) for _ in range(8)]
    assert sorted(one.result(PATIENCE) for one in waiting) == [0] * 4 + [1] * 4


def test_urgent_call_runs_before_all_that_wait():
    one = Workers(1, "test")
    go, order = threading.Event(), []
    one.submit(go.wait, PATIENCE)
    last = one.submit(order.append, "last")
    one.submit_next(order.append, "first")
    go.set()
    last.result(PATIENCE)
    one.shutdown()
    assert order == ["first", "last"]


def test_ended_workers_drop_what_waits_and_take_nothing_more(workers):
    begun, go = threading.Barrier(3), threading.Event()
    running = [workers.submit(lambda: (begun.wait(PATIENCE), go.wait(PATIENCE))) for _ in range(2)]
    begun.wait(PATIENCE)
    dropped = workers.submit(go.wait)
    workers.shutdown(cancel_futures=True)
    assert dropped.cancelled()
    with pytest.raises(RuntimeError, match="these workers were ended"):
        workers.submit(go.wait)
    go.set()
    assert all(one.result(PATIENCE)[1] for one in running)


def test_ended_workers_finish_what_waits_unless_it_is_dropped(workers):
    done = [workers.submit(divmod, number, 3) for number in range(9)]
    workers.shutdown()
    assert len([one.result(PATIENCE) for one in done]) == 9


def test_a_call_that_never_ends_does_not_delay_the_end_of_the_process():
    program = (
        "import threading\n"
        "from sdx_state.programs.workers import Workers\n"
        "begun = threading.Event()\n"
        "workers = Workers(1, 'test')\n"
        "workers.submit(begun.set)\n"
        "workers.submit(threading.Event().wait)\n"
        "begun.wait()\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], timeout=PATIENCE, capture_output=True, check=True)
    assert ended.stderr == b""
