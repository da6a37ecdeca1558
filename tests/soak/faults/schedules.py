"""Draw schedules of faults from a seed, and run an apply of thirteen operations under each of them.

    python -m tests.soak.faults.schedules --seed 1 --count 20000
    python -m tests.soak.faults.schedules --seed 1 --only 4711       the same schedule again, step by step

A schedule is one to three processes, each with faults at requests and at steps of the disk; then nothing fails any
more. Prints the seed, the counts, and every rule that was broken.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from tests.soak.faults import disk, tenant
from tests.soak.faults.beginning import new_world
from tests.soak.faults.playing import in_processes
from tests.soak.faults.world import LATE, Faults, World

REQUESTS, WRITES, STEPS, SAVING = 62, 14, 95, 72  # an undisturbed apply has about so many
JUMPY = 0.2  # how often the clock on the wall is set between two processes


@dataclass
class Schedule:
    """The faults and settings of one schedule."""

    processes: list[Faults]
    parallelism: int
    cap: int
    damage: bool
    reuse: bool
    foreign: bool

    def __str__(self) -> str:
        also = f"damage {self.damage}, id used again {self.reuse}, another tenant {self.foreign}"
        return f"{self.processes}, parallelism {self.parallelism}, pages of {self.cap}, {also}"

    def play(self, world: World, jumps: float) -> None:
        """Let it happen; after a process the clock is set, with the probability `jumps`."""
        for faults in self.processes:
            world.apply(faults)
            world.pass_time(world.chance.choice((0.0, 2.0, 15.0, 70.0)))
            if world.chance.random() < jumps:
                world.clock.wrong += world.chance.choice(tenant.JUMPS)
        if self.foreign:
            world.meet_another_tenant()
        if self.reuse:
            world.pass_time(70.0)
            world.use_id_again()
        if self.damage:
            world.damage_state()


def drawn(seed: object) -> Schedule:
    """Return the schedule of `seed`."""
    chance = random.Random(f"schedule {seed}")
    processes = [_faults(chance) for _ in range(chance.choice((1, 1, 1, 2, 2, 3)))]
    parallelism, cap = chance.choice((1, 1, 2, 3)), chance.choice((1000, 10))
    damage, reuse, foreign = (chance.random() < share for share in (0.1, 0.1, 0.1))
    return Schedule(processes, parallelism, cap, damage, reuse, foreign)


def _faults(chance: random.Random) -> Faults:
    faults = Faults()
    for _ in range(chance.choice((0, 1, 1, 2, 3, 5))):
        faults.requests[chance.randint(1, REQUESTS)] = chance.choice(tenant.KINDS)
    for _ in range(chance.choice((0, 1, 1, 2, 3))):
        faults.writes[chance.randint(1, WRITES)] = chance.choice(tenant.KINDS)
    if chance.random() < 0.15:
        faults.requests[chance.randint(REQUESTS // 4, REQUESTS)] = "colleague"
    if chance.random() < 0.15:
        faults.writes[chance.randint(1, WRITES)] = "lags"
    if chance.random() < 0.4:
        # Half of them where the state is saved, at the end.
        faults.disk[chance.randint(chance.choice((1, SAVING)), STEPS)] = chance.choice(disk.KINDS)
    return faults


def outcome_of(seed: object, late: float = LATE, jumps: float = JUMPY) -> tuple[list[str], list[str], Counter[str]]:
    """Play the schedule of `seed`; return the rules it broke, its trace, and how often each fault occurred.

    A request that timed out may arrive up to `late` seconds after it was sent. After a process the clock is set
    with the probability `jumps`.
    """
    schedule = drawn(seed)
    with new_world(seed, schedule.parallelism, schedule.cap) as world:
        world.late = late
        world.trace.append(str(schedule))
        schedule.play(world, jumps)
        world.recover()
        return world.wrong, world.trace, world.met


def _numbered(work: tuple[int, int, float]) -> tuple[int, list[str], Counter[str]]:
    seed, number, late = work
    wrong, _, met = outcome_of(f"{seed}:{number}", late)
    return number, wrong, met


def run(seed: int, count: int, jobs: int, late: float = LATE) -> Iterator[tuple[int, list[str], Counter[str]]]:
    """Yield number, broken rules and faults of each of `count` schedules."""
    work = [(seed, number, late) for number in range(count)]
    yield from in_processes(_numbered, work, jobs)


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=600)
    parser.add_argument("--only", type=int, metavar="NUMBER", help="one schedule, with its trace")
    parser.add_argument("--jobs", type=int, default=min(8, os.cpu_count() or 1))
    parser.add_argument(
        "--late", type=float, default=LATE, metavar="SECONDS", help="how late a request that was given up may arrive"
    )
    chosen = parser.parse_args()
    if chosen.only is not None:
        wrong, trace, _ = outcome_of(f"{chosen.seed}:{chosen.only}", chosen.late)
        print("\n".join(trace))
        print(f"{int(not wrong)} passed, {int(bool(wrong))} failed")
        return int(bool(wrong))
    failed = 0
    met: Counter[str] = Counter()
    for number, wrong, here in run(chosen.seed, chosen.count, chosen.jobs, chosen.late):
        met += here
        failed += bool(wrong)
        for what in wrong[:3]:
            print(f"--seed {chosen.seed} --only {number}: {what}")
    print(f"seed {chosen.seed}: {chosen.count} schedules, {met.total()} faults met: {dict(sorted(met.items()))}")
    print(f"{chosen.count - failed} passed, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
