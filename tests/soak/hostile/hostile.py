"""Put hostile texts wherever a report has one from the tenant or the files, and let real parsers judge every output.

    python -m tests.soak.hostile.hostile --seed 1 --count 20000 --jobs 2
    python -m tests.soak.hostile.hostile --seed 1 --only 4711       the same texts again, with all that is wrong

A case draws a text, fills every place with it, and makes every output. Nothing in an output may act, its structure
must be that of harmless texts, and readers must find each text in it and distinguish it from one that looks alike.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.soak.hostile import hostile_speed
from tests.soak.hostile.hostile_cases import LOOK_ALIKES, Case, Fault, alike_faults, faults_of

COMMAND = "python -m tests.soak.hostile.hostile"
CHUNK = 100  # cases that a process judges before it reports


@dataclass
class Tally:
    """The findings of a run.

    Attributes:
        passed, failed: Outputs that are as they should be, by name, and those that are not.
        kinds: How often each kind of fault was found, by output.
        slowest: Seconds and number of the slowest case.
    """

    passed: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    slowest: tuple[float, int] = (0.0, 0)

    def add(self, number: int, found: Sequence[Fault], judged: Sequence[str], seconds: float) -> None:
        """Count the case `number`."""
        wrong = {fault.output for fault in found}
        self.passed.update(name for name in judged if name not in wrong)
        self.failed.update(wrong)
        self.kinds.update({(fault.output, fault.kind) for fault in found})
        self.slowest = max(self.slowest, (seconds, number))

    def join(self, other: Tally) -> None:
        """Count what another run has found as well."""
        self.passed.update(other.passed)
        self.failed.update(other.failed)
        self.kinds.update(other.kinds)
        self.slowest = max(self.slowest, other.slowest)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run cases as the command line says, and return 1 if one failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=20_000, help="how many cases")
    parser.add_argument("--only", type=int, help="this case alone")
    parser.add_argument("--output", help="this output alone, by its name")
    parser.add_argument("--jobs", type=int, default=1, help="how many processes")
    options = parser.parse_args(arguments)
    print(f"{COMMAND} --seed {options.seed} --count {options.count}")
    if options.only is not None:
        tally = run(options.seed, (options.only,), only=options.output)
    else:
        tally = run_in_processes(options.seed, options.count, options.jobs, options.output)
    for name in sorted(tally.passed | tally.failed):
        print(f"  {tally.passed[name] + tally.failed[name]:7} {name}: {tally.failed[name]} failed")
    for (output, kind), count in tally.kinds.most_common():
        print(f"  {count:7} x {output}: {kind}")
    print(f"slowest: case {tally.slowest[1]}, {tally.slowest[0]:.2f} s")
    cases = options.count if options.only is None else 1
    print(f"{cases} cases: {tally.passed.total()} outputs passed, {tally.failed.total()} failed")
    return 1 if tally.failed else 0


def run_in_processes(seed: int, count: int, jobs: int, only: str | None) -> Tally:
    """Judge the first `count` cases of `seed` in `jobs` processes, say on stderr how far it is, return the counts."""
    tally = Tally()
    chunks = [(seed, range(first, min(first + CHUNK, count)), only) for first in range(0, count, CHUNK)]
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        for number, (said, found) in enumerate(pool.imap(_chunk, chunks), start=1):
            if found.kinds.keys() - tally.kinds.keys():
                print(said, end="")
            tally.join(found)
            print(f"{min(number * CHUNK, count)} of {count} cases", file=sys.stderr)
    return tally


def _chunk(task: tuple[int, range, str | None]) -> tuple[str, Tally]:
    seed, numbers, only = task
    with contextlib.redirect_stdout(io.StringIO()) as said:
        found = run(seed, numbers, only=only)
    return said.getvalue(), found


def run(seed: int, numbers: Sequence[int], *, only: str | None = None) -> Tally:
    """Judge the cases `numbers` of `seed`, print the first of each kind of failure, and return the counts."""
    tally = Tally()
    with hostile_speed.templates_compiled_once():
        for number in numbers:
            begun = time.monotonic()
            case = Case.of(f"{seed} {number}")
            found, judged = faults_of(case, only)
            if only in (None, LOOK_ALIKES):
                found += alike_faults(case)
                judged.append(LOOK_ALIKES)
            seconds = time.monotonic() - begun
            new = {(one.output, one.kind): one for one in reversed(found) if not tally.kinds[one.output, one.kind]}
            for fault in reversed(new.values()) if len(numbers) > 1 else found:
                print(f"FAILED {fault.output}: {fault.what}")
                print(f"  where: {case.blamed(fault)}\n  value: {case.value!r:.600}")
                print(f"  again: {COMMAND} --seed {seed} --only {number} --output '{fault.output}'")
            tally.add(number, found, judged, seconds)
    return tally


if __name__ == "__main__":
    sys.exit(main())
