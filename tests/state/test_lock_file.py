"""The lock of a state in a directory: waiting for another run, and the record of the holder."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sdx_state.state.errors import StateLocked
from sdx_state.state.holder import About
from sdx_state.state.local import LocalStore
from tests.state.memory_store import VirtualMachine

JOB, COMMIT = "https://ci.example/jobs/7", "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def store(tmp_path):
    return LocalStore(tmp_path / ".sdx", "state", None, about=About(JOB, COMMIT))


def waiter(store, timeout, named):
    """The same state, opened by a run that waits `timeout` seconds on a machine of its own."""
    return replace(store, machine=VirtualMachine(), about=About(timeout=timeout, waiting=named.append))


def test_lock_names_command_user_host_job_commit_and_since_when(store):
    with store.lock("apply"), pytest.raises(StateLocked) as refused, store.lock("destroy"):
        pass
    machine = store.machine
    for part in (
        "sdx-state apply",
        f"{machine.user()}@{machine.host()}",
        JOB,
        COMMIT[:12],
        "since 20",
        "UTC, 0 s ago",
    ):
        assert part in str(refused.value)
    assert "--lock-timeout 5m" in str(refused.value)


def test_waiter_gets_the_lock_when_it_is_free_and_names_the_holder_once(store):
    named: list[str] = []
    other = waiter(store, 300.0, named)
    lock = store.lock("apply")
    lock.__enter__()
    looks = iter(range(100))
    other.machine.while_asleep = lambda: next(looks) == 4 and lock.__exit__(None, None, None)
    with other.lock("destroy") as fence:
        fence()
        assert fence.holder.purpose == "destroy"
    assert len(named) == 1
    assert "sdx-state apply" in named[0]


def test_waiter_stops_after_its_timeout_and_says_how_long_it_waited(store):
    named: list[str] = []
    other = waiter(store, 90.0, named)
    begun = other.machine.monotonic()
    with store.lock("apply"), pytest.raises(StateLocked, match="Waited 90 s") as refused, other.lock("destroy"):
        pass
    assert other.machine.monotonic() - begun == pytest.approx(90.0)
    assert "sdx-state apply" in str(refused.value)


def test_run_without_timeout_does_not_wait_for_a_lock(store):
    other = waiter(store, None, [])
    begun = other.machine.monotonic()
    with store.lock("apply"), pytest.raises(StateLocked), other.lock("destroy"):
        pass
    assert other.machine.monotonic() == begun
