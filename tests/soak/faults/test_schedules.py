"""Whatever goes wrong, and wherever: nothing is lost, nothing is there twice, and no word of the product is untrue.

SDX_NIGHTLY=1 plays many more schedules, and every single fault instead of a third of them. What fails is named by
the command that plays it again, step by step.
"""

from __future__ import annotations

import os
import random
import re

import pytest

from tests.soak.faults import disk, sabotage, schedules, single, tenant

NIGHTLY = bool(os.environ.get("SDX_NIGHTLY"))
SEED = 1
BLOCKS = 4  # so that several workers share them
SCHEDULES = 20000 if NIGHTLY else 300

pytestmark = pytest.mark.timeout(7200 if NIGHTLY else 1800)


@pytest.mark.parametrize("block", range(BLOCKS))
def test_a_schedule_of_faults_ends_where_it_was_meant_to(block: int) -> None:
    broken, met = {}, 0
    for number in range(block, SCHEDULES, BLOCKS):
        wrong, _, faults = schedules.outcome_of(f"{SEED}:{number}")
        met += faults.total()
        if wrong:
            broken[f"schedules.py --seed {SEED} --only {number}"] = wrong
    assert not broken
    assert met > SCHEDULES / BLOCKS, "the schedules hardly met a fault"


@pytest.mark.parametrize("block", range(BLOCKS))
def test_no_single_fault_at_any_place_does_harm(block: int) -> None:
    whole = single.places()
    places = random.Random(SEED).sample(whole, len(whole) if NIGHTLY else len(whole) // 3)[block::BLOCKS]
    broken, met = {}, set()
    for place in places:
        _, was_met, wrong, _ = single.outcome_of(place)
        if was_met:
            met.add(place[2])
        if wrong:
            broken[f"single.py --only {' '.join(map(str, place))!r}"] = wrong
    assert not broken
    assert met >= {*tenant.KINDS, *disk.KINDS}, "some kind of fault was never met"


def test_create_that_shows_after_the_settle_time_is_reported_by_the_next_plan() -> None:
    twice = {}
    for number in range(300):
        wrong, _, _ = schedules.outcome_of(f"{SEED}:{number}", late=200.0)
        if any(what.startswith("duplicate") for what in wrong):
            twice[number] = any("has the same name" in what or "could be any of" in what for what in wrong)
    assert twice, "nothing came late enough"
    assert all(twice.values()), twice


def test_the_same_seed_tells_the_same_story() -> None:
    for number in (3, 4, 5, 11):
        first, second = (_without_place(schedules.outcome_of(f"{SEED}:{number}")) for _ in range(2))
        assert first == second


def _without_place(told: object) -> str:
    """Return a story without the temporary folder that it was played in, which a message may name."""
    return re.sub(r"/\S*/tmp\w+/\.sdx", ".sdx", repr(told))


@pytest.mark.parametrize("switch", sorted(sabotage.SWITCHES))
def test_disabled_mechanism_is_noticed(switch: str) -> None:
    assert sabotage.noticed(switch, SEED, within=2000) is not None
