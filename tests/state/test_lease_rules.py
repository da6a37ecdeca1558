"""The rules of the lease, simulated: holders that stop, answers that come late, clocks that run at other speeds.

The figures say of each rule what happens without it. Times are in seconds of the world; a clock of a machine runs up
to 1 % faster or slower.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest

from sdx_state.state.lease import LEASE, MARGIN, RENEWAL

SCHEDULES = 20_000
LONGEST = 40.0  # seconds for which an answer, or a process, may be held up


@dataclass
class World:
    """The writes in the store, and the time until which the first holder believed that it may write.

    Attributes:
        landed: When each content of the first holder came into the store.
        until: Until when the first holder passes its check, in seconds of the world.
    """

    landed: list[float]
    until: float


def holding(chance: random.Random, counted_from: str) -> World:
    """Let a holder renew its lease until its requests do not arrive any more, and return what came of it."""
    speed = chance.uniform(0.99, 1.01)  # of the holder's clock
    now, landed = 0.0, [0.0]
    until = (LEASE - MARGIN) / speed
    for _ in range(chance.randint(0, 4)):
        now += RENEWAL / speed
        first = now
        arrives = first + chance.uniform(0, 0.2)
        if chance.random() < 0.4:  # the answer is lost, and the write of the same content is retried
            now += chance.uniform(0, LONGEST)
            retried, answered = now, now + chance.uniform(0, LONGEST)
        else:
            retried, answered = first, arrives + chance.choice((0.0, chance.uniform(0, LONGEST)))
        if now > until:
            break
        landed.append(arrives)
        counted = {"first send": first, "last send": retried, "answer": answered}[counted_from]
        until = max(until, counted + (LEASE - MARGIN) / speed)
        now = max(now, answered)
    return World(landed, until)


def overlaps(seed: int, *, counted_from: str = "first send", wait: float = LEASE) -> int:
    """Return in how many schedules a second holder begins while the first one still passes its check."""
    chance = random.Random(seed)
    found = 0
    for _ in range(SCHEDULES):
        world = holding(chance, counted_from)
        speed = chance.uniform(0.99, 1.01)  # of the clock of the one who waits
        seen = world.landed[-1] + chance.uniform(0, 0.2)
        taken = seen + wait / speed
        found += taken < world.until
    return found


def test_no_two_holders_pass_their_checks_at_once():
    assert overlaps(1) == 0


@pytest.mark.parametrize(
    "broken", [{"counted_from": "last send"}, {"counted_from": "answer"}, {"wait": LEASE - MARGIN - 1}]
)
def test_simulation_notices_a_rule_that_is_left_out(broken):
    assert overlaps(1, **broken) > 0


@dataclass
class Cell:
    """An object of a store that honors conditions."""

    value: str
    version: int = 0

    def put(self, value: str, version: int) -> bool:
        if version != self.version:
            return False
        self.value, self.version = value, self.version + 1
        return True


def overwritten(seed: int, *, seals: bool) -> int:
    """Return how often a write of a stopped holder lands after the next one has read what it works with."""
    chance = random.Random(seed)
    found = 0
    for _ in range(SCHEDULES):
        state = Cell("saved")
        seen = state.version  # under its lock, by the holder that is stopped with a write past its check
        steps = ["late write", "read"]
        chance.shuffle(steps)
        read = ""
        for step in steps:
            if step == "late write":
                state.put("late", seen)
                continue
            if seals:
                while not state.put(state.value, state.version):
                    continue
            read = state.value
        found += read != state.value
    return found


def test_nothing_lands_after_the_seal():
    assert overwritten(1, seals=True) == 0
    assert overwritten(1, seals=False) > 0


def crash_states(chance: random.Random, *, closes_first: bool) -> tuple[int, int]:
    """Interrupt a closing at a random point, and return how many lines a reader misses and how many it sees twice."""
    count = chance.randint(1, 9)
    commits = {number: f"line {number}" for number in range(1, count + 1)}
    history: list[str] = []
    head = 0
    steps = ["state", "history", *(f"delete {number}" for number in commits)]
    if not closes_first:
        steps = [*steps[1:], "state"]
    for step in steps[: chance.randint(0, len(steps))]:
        if step == "state":
            head = count
        elif step == "history":
            history = list(commits.values())
        else:
            commits.pop(int(step.removeprefix("delete ")))
    open_part = [line for number, line in commits.items() if number > head]
    closed = history if head else []
    kept = [line for number, line in commits.items() if number <= head and line not in closed]
    seen = [*closed, *kept, *open_part]
    return count - len(set(seen)), len(seen) - len(set(seen))


def test_closing_that_is_cut_off_loses_no_line_and_doubles_none():
    chance = random.Random(1)
    assert {crash_states(chance, closes_first=True) for _ in range(9_988)} == {(0, 0)}
    assert any(crash_states(chance, closes_first=False) != (0, 0) for _ in range(1_000))
