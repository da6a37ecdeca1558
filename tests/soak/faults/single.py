"""Every fault by itself, at every request and at every step of the disk of an apply of thirteen operations.

    python -m tests.soak.faults.single
    python -m tests.soak.faults.single --only "request 24 late"      the same one again, step by step

Prints the counts, and every rule that was broken. There is no seed to choose: each place has its own.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator

from tests.soak.faults import disk, tenant
from tests.soak.faults.beginning import new_world
from tests.soak.faults.playing import in_processes
from tests.soak.faults.scenario import OPERATIONS
from tests.soak.faults.world import Faults

CAP = 10  # rows of a page: the managed rows are on the second one
Place = tuple[str, int, str]  # request or step, its number, the fault


def sizes() -> tuple[int, int]:
    """Return how many requests and steps of the disk an undisturbed apply has, which does all thirteen operations."""
    with new_world("undisturbed", cap=CAP) as world:
        ended = world.apply(Faults())
        requests, steps = world.line.requests, world.disk.steps
        done = sum(f": {action.value}: done" in line for action in OPERATIONS for line in world.trace)
        if ended.code != 0 or done != sum(OPERATIONS.values()):
            raise RuntimeError(f"{done} operations were done, and it ended with {ended}")
    return requests, steps


def places() -> list[Place]:
    """Return each fault at each place."""
    requests, steps = sizes()
    found = [("request", number, kind) for number in range(1, requests + 1) for kind in tenant.KINDS]
    return found + [("step", number, kind) for number in range(1, steps + 1) for kind in disk.KINDS]


def outcome_of(place: Place) -> tuple[Place, bool, list[str], list[str]]:
    """Inject one fault; return its place, whether it occurred, the broken rules, and the trace."""
    what, number, kind = place
    faults = Faults(requests={number: kind}) if what == "request" else Faults(disk={number: kind})
    with new_world(place, cap=CAP) as world:
        world.apply(faults)
        met = bool(world.met)
        world.recover()
        return place, met, world.wrong, world.trace


def run(found: list[Place], jobs: int) -> Iterator[tuple[Place, bool, list[str], list[str]]]:
    """Yield what became of each place."""
    yield from in_processes(outcome_of, found, jobs)


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="PLACE", help="one, with its trace")
    parser.add_argument("--jobs", type=int, default=min(8, os.cpu_count() or 1))
    chosen = parser.parse_args()
    if chosen.only is not None:
        what, number, kind = chosen.only.split(" ", 2)
        _, _, wrong, trace = outcome_of((what, int(number), kind))
        print("\n".join(trace))
        print(f"{int(not wrong)} passed, {int(bool(wrong))} failed")
        return int(bool(wrong))
    found = places()
    failed = met = 0
    for place, was_met, wrong, _ in run(found, chosen.jobs):
        met += was_met
        failed += bool(wrong)
        for what in wrong[:3]:
            print(f"--only {' '.join(map(str, place))!r}: {what}")
    print(
        f"single faults: {len(found)}, met: {met}; {len(tenant.KINDS)} kinds at requests, {len(disk.KINDS)} on disk"
    )
    print(f"{len(found) - failed} passed, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
