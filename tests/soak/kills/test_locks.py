"""One process at a time has the lock of a state, on every backend. SDX_NIGHTLY=1 lets each take it 100 times."""

from __future__ import annotations

import os

import pytest

from tests.soak.kills import locks

NIGHTLY = bool(os.environ.get("SDX_NIGHTLY"))

pytestmark = pytest.mark.timeout(7200 if NIGHTLY else 600)


@pytest.mark.parametrize("backend", locks.BACKENDS)
def test_eight_processes_have_the_lock_one_at_a_time(backend):
    raced = locks.race(backend, 100 if NIGHTLY else 2)
    assert raced.right, raced


def test_race_without_a_working_lease_is_detected():
    assert not all(locks.race("postgres", 5, sabotage=True).right for _ in range(6))
