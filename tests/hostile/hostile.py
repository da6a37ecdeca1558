"""Put hostile texts wherever a report has one from the tenant or the files, and let real parsers judge every output.

    python tests/hostile/hostile.py --seed 1 --count 20000
    python tests/hostile/hostile.py --seed 1 --only 4711       the same texts again, with all that is wrong

A case draws a text, fills every place with it, and makes every output. Nothing in an output may act, its structure
must be that of harmless texts, and whoever reads it must find each text in it and tell it from one that looks alike.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import hostile_speed
from hostile_cases import LOOK_ALIKES, Case, Fault, alike_faults, faults_of

COMMAND = "python tests/hostile/hostile.py"


@dataclass
class Tally:
    """What a run has found.

    Attributes:
        passed, failed: Outputs that are as they should be, by name, and those that are not.
        kinds: How often each kind of fault was met, by output.
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run cases as the command line says, and return 1 if one failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=20_000, help="how many cases")
    parser.add_argument("--only", type=int, help="this case alone")
    parser.add_argument("--output", help="this output alone, by its name")
    options = parser.parse_args(arguments)
    numbers = range(options.count) if options.only is None else (options.only,)
    print(f"seed {options.seed}")
    tally = run(options.seed, numbers, only=options.output)
    for name in sorted(tally.passed | tally.failed):
        print(f"  {tally.passed[name] + tally.failed[name]:7} {name}: {tally.failed[name]} failed")
    for (output, kind), count in tally.kinds.most_common():
        print(f"  {count:7} x {output}: {kind}")
    print(f"slowest: case {tally.slowest[1]}, {tally.slowest[0]:.2f} s")
    print(f"{tally.passed.total()} passed, {tally.failed.total()} failed")
    return 1 if tally.failed else 0


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
