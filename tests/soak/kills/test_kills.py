"""Killed at any instant, an apply loses nothing and duplicates nothing. SDX_NIGHTLY=1 takes every point and more.

The harness runs in a process of its own, for it forks.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

NIGHTLY = bool(os.environ.get("SDX_NIGHTLY"))
ROOT = Path(__file__).parents[3]

pytestmark = pytest.mark.timeout(7200 if NIGHTLY else 1800)


def counts(*arguments: str, harness: str = "harness") -> tuple[str, int, int]:
    command = [sys.executable, "-m", f"tests.soak.kills.{harness}", *arguments]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    found = re.search(r"^(\d+) passed, (\d+) failed$", ended.stdout, re.MULTILINE)
    assert found, ended.stdout + ended.stderr
    assert ended.returncode == (1 if int(found[2]) else 0)
    return ended.stdout, int(found[1]), int(found[2])


def test_every_crash_point_is_recovered_from():
    said, passed, failed = counts("--points", "--every", "1" if NIGHTLY else "6")
    assert failed == 0, said
    assert passed > (100 if NIGHTLY else 20)


@pytest.mark.parametrize("store", ["s3", "postgres"])
def test_every_crash_point_is_recovered_from_though_the_disk_is_lost(store):
    said, passed, failed = counts("--store", store, "--points", "--every", "1" if NIGHTLY else "12")
    assert failed == 0, said
    assert passed > (100 if NIGHTLY else 10)


@pytest.mark.parametrize("store", ["s3", "postgres"])
def test_kills_at_random_moments_are_recovered_from_though_the_disk_is_lost(store):
    said, passed, failed = counts("--store", store, "--random", "300" if NIGHTLY else "10")
    assert failed == 0, said
    assert passed >= (300 if NIGHTLY else 10)


def test_kills_at_random_moments_are_recovered_from():
    said, passed, failed = counts("--random", "1000" if NIGHTLY else "12")
    assert failed == 0, said
    assert passed >= (1000 if NIGHTLY else 12)


def test_of_eight_processes_one_writes_and_the_others_get_an_error():
    said, passed, failed = counts("--races", "100" if NIGHTLY else "5")
    assert failed == 0, said
    assert passed == (100 if NIGHTLY else 5)


@pytest.mark.parametrize("store", ["local", "s3", "postgres"])
def test_a_signal_saves_what_was_done_and_gives_the_lock_back(store):
    said, passed, failed = counts("--count", "300" if NIGHTLY else "12", "--store", store, harness="signals")
    assert failed == 0, said
    assert passed == (300 if NIGHTLY else 12)
    assert "stopped" in said


def test_the_harness_notices_what_is_there_twice():
    said, _, failed = counts("--points", "--every", "1000", "--sabotage")
    assert failed > 0, said


@pytest.mark.parametrize("store", ["s3", "postgres"])
def test_apply_that_is_stopped_past_its_lease_sends_nothing_that_had_not_passed_its_check(store):
    said, passed, failed = counts("--store", store, harness="stopped")
    assert failed == 0, said
    assert passed == 5
