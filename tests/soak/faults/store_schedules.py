"""Draw schedules of faults of tenant and store from a seed, and run an apply of thirteen operations under each.

    python -m tests.soak.faults.store_schedules --seed 1 --count 2000
    python -m tests.soak.faults.store_schedules --seed 1 --only 471       the same schedule again, step by step
    python -m tests.soak.faults.store_schedules --sabotage                without one mechanism at a time

The state is in a shared store, whose requests get lost, come late or twice, or are refused. A process that dies loses
its disk.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from sdx_state.state import journal, shared_lock
from sdx_state.state.errors import StateError
from sdx_state.state.shared import SharedStore
from sdx_state.state.store import Careful, Conflict, Found
from tests.soak.faults import flaky_store
from tests.soak.faults.beginning import new_world
from tests.soak.faults.playing import Patch, first_broken, in_processes, noticed_text, patched
from tests.soak.faults.schedules import JUMPY, drawn
from tests.soak.faults.store_world import StoreWorld, stepped_locks

STORE_REQUESTS = 70  # an undisturbed apply has about so many


def outcome_of(
    seed: object, prepare: Callable[[StoreWorld], None] = lambda _: None
) -> tuple[list[str], list[str], Counter[str]]:
    """Play the schedule of `seed`; return the rules it broke, its trace, and how often each fault occurred."""
    schedule = drawn(seed)
    chance = random.Random(f"store {seed}")
    with new_world(seed, schedule.parallelism, schedule.cap, StoreWorld) as world, stepped_locks(world):
        assert isinstance(world, StoreWorld)
        prepare(world)
        world.to_come = [_faults(chance) for _ in schedule.processes]
        world.trace.append(str(schedule))
        try:
            schedule.play(world, JUMPY)
            world.recover()
        except StateError as error:
            world.break_rule(f"the state cannot be used: {error}".partition("\n")[0])
        return world.wrong, world.trace, world.met


def _faults(chance: random.Random) -> dict[int, str]:
    count = chance.choice((0, 1, 1, 2, 3, 5))
    return {chance.randint(1, STORE_REQUESTS): chance.choice(flaky_store.KINDS) for _ in range(count)}


def no_fence() -> list[Patch]:
    """Write the state whatever is there, as tools do that trust their lock alone."""

    def put(self: Any, sealed: Any) -> None:
        content = sealed.encoded(self.machine)
        objects = self.store
        version = Careful(objects, self.machine).get(f"{self.name}/state")
        with contextlib.suppress(Conflict):
            written = objects.put(f"{self.name}/state", content, version.version if version else None)
            self.session.state = Found(content, written)

    return [(SharedStore, "_put", put)]


def no_probe() -> list[Patch]:
    """Take a store that ignores conditions."""
    return [(shared_lock, "probe", lambda *_: None)]


def journal_after_the_create() -> list[Patch]:
    """Keep intents in memory until something else is written."""
    intend = journal.Journal.intend
    append = journal.Journal.append

    def later(self: Any, *arguments: Any) -> str:
        self.append = lambda _durably, **line: append(self, False, **line)
        try:
            return intend(self, *arguments)
        finally:
            del self.append

    def ahead(self: Any, intentions: Any) -> list[str]:
        return [self.intend(one.address, one.parent_id, one.before_ids, one.hashes) for one in intentions]

    return [(journal.Journal, "intend", later), (journal.Journal, "intend_ahead", ahead)]


def _ignoring(world: StoreWorld) -> None:
    world.objects.honest = False


SWITCHES: dict[str, tuple[Callable[[], list[Patch]], Callable[[StoreWorld], None]]] = {
    "no fence": (no_fence, lambda _: None),
    "no probe": (no_probe, _ignoring),
    "journal after the create": (journal_after_the_create, lambda _: None),
}


def noticed(name: str, seed: int, within: int, begin: int = 0) -> tuple[int, str] | None:
    """Return the first schedule, `begin` or a later one, that notices the switch, and what it says; None for none."""
    outcome_of("ready")  # what is prepared once is prepared by the product as it is
    switch, prepare = SWITCHES[name]
    with patched(switch()):
        return first_broken(name, lambda number: outcome_of(f"{seed}:{number}", prepare)[0], within, begin)


def _numbered(work: tuple[int, int]) -> tuple[int, list[str], Counter[str]]:
    seed, number = work
    wrong, _, met = outcome_of(f"{seed}:{number}")
    return number, wrong, met


def run(seed: int, count: int, jobs: int) -> Iterator[tuple[int, list[str], Counter[str]]]:
    """Yield number, broken rules and faults of each of `count` schedules."""
    yield from in_processes(_numbered, [(seed, number) for number in range(count)], jobs, share=20)


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--only", type=int, metavar="NUMBER", help="one schedule, with its trace")
    parser.add_argument("--sabotage", action="store_true")
    parser.add_argument("--jobs", type=int, default=min(8, os.cpu_count() or 1))
    chosen = parser.parse_args()
    if chosen.only is not None:
        wrong, trace, _ = outcome_of(f"{chosen.seed}:{chosen.only}")
        print("\n".join(trace))
        print(f"{int(not wrong)} passed, {int(bool(wrong))} failed")
        return int(bool(wrong))
    failed = 0
    if chosen.sabotage:
        for name in SWITCHES:
            found = noticed(name, chosen.seed, chosen.count)
            failed += found is None
            print(noticed_text(name, found), flush=True)
        print(f"{len(SWITCHES) - failed} passed, {failed} failed")
        return int(failed > 0)
    met: Counter[str] = Counter()
    for number, wrong, here in run(chosen.seed, chosen.count, chosen.jobs):
        met += here
        failed += bool(wrong)
        for what in wrong[:3]:
            print(f"--seed {chosen.seed} --only {number}: {what}", flush=True)
    print(f"seed {chosen.seed}: {chosen.count} schedules, {met.total()} faults met: {dict(sorted(met.items()))}")
    print(f"{chosen.count - failed} passed, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
