"""Damaged YAML, through the real loader: it is read, or refused in the program's own words at a place in it.

    python -m tests.soak.fuzz.yaml_inputs --seed 1 --count 200000
    python -m tests.soak.fuzz.yaml_inputs --seed 1 --only 4711

Prints the seed, the counts, the slowest input, and the memory it took.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from sdx_state.check.offline import offline_diagnostics
from sdx_state.config.configuration import load_configuration
from sdx_state.config.errors import ConfigurationError
from sdx_state.report.diagnostics import diagnostics_text
from tests.soak.fuzz.mutations import damaged

PATIENCE = 2.0  # seconds of the processor that one input may take
MEMORY = 200 * 1024  # KiB that all of them may take beyond what the first ones took
WARM_UP = 300  # inputs after which memory is measured
EXAMPLES = Path(__file__).parents[3] / "examples"
SMALL = b"""\
phone_numbers:
  sms: {number: "0488 888 888", country_code: AU, phone_type: mobile}
surveys:
  a:
    name: A ${var.x}
    greeting_text: {default: Hello, de-default: Hallo}
    sms_number: ${phone_numbers.sms}
    protect: true
    ignore: [description]
    questions:
      - {question_label: NPS, question_text: Why?, question_type: nps, max_response: 10, key: nps}
users:
  ana@example.com: {name: Ana, phone: "+61491570156", timezone: Australia/Perth, csv: {permissions: Agent}}
moved: [{from: survey.b, to: survey.a}]
removed: [{address: survey.c, destroy: false}]
checks: {one: {survey: a, answers: [{answer: 9, expect: {refused: true}}], responses: {nps: 9}}}
"""
PROJECT = b"""\
sdx: 1
api: {host: demo.surveydynamix.com, capabilities: auto, parallelism: 8, user: a@example.com}
tenant: 5f0c0d5e-0000-4000-8000-000000000000
limits: {deletes: 3, deletes_percent: 10, administrators: [a@example.com]}
risk: [{rule: agent-changed, reason: ours, expires: 2027-06-30}]
freeze: [{from: 2026-12-20, to: 2027-01-04, timezone: Europe/Berlin, reason: year end}]
handoff: {links: {survey: "/surveys/{id}"}}
lint: {placeholders: [x], sms_segments: 3}
variables: {x: y, company: z, sender: s@example.com}
environments: {demo: {api: {host: au1.surveydynamix.com}}}
"""
RESOURCES = [SMALL, *(path.read_bytes() for path in sorted(EXAMPLES.rglob("*.yaml")) if path.name != "sdx.yaml")]
PROJECTS = [PROJECT, *(path.read_bytes() for path in sorted(EXAMPLES.rglob("sdx.yaml")))]
PLACE = re.compile(r"[^:]+:\d+:\d+: \S")
ACTIVE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\u200b-\u200f\ud800-\udfff]")


class TooLong(Exception):
    """An input took longer than `PATIENCE`."""


@dataclass(frozen=True)
class Outcome:
    """The outcome of one input.

    Attributes:
        mutation: How it was damaged first.
        end: `loaded`, or `refused`.
        seconds: How long it took.
        wrong: What must not be, None if all is well.
    """

    mutation: str
    end: str
    seconds: float
    wrong: str | None


def _alarm(*_: object) -> None:
    raise TooLong


def input_of(seed: object) -> tuple[str, str, bytes]:
    """Return how the input of `seed` is damaged, the file that it is, and its bytes."""
    chance = random.Random(f"yaml {seed}")
    project = chance.random() < 0.25
    mutation, text = damaged(chance, PROJECTS if project else RESOURCES)
    return mutation, "sdx.yaml" if project else "a.yaml", text


def outcome_of(seed: object, folder: Path) -> Outcome:
    """Load the input of `seed` in `folder`, and look at how that ends."""
    mutation, name, text = input_of(seed)
    for file, content in (("sdx.yaml", PROJECT), ("a.yaml", SMALL), (name, text)):
        (folder / file).write_bytes(content)
    signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE)
    began = time.process_time()
    wrong, end = None, "loaded"
    try:
        offline_diagnostics(load_configuration(folder, None, {}))
    except ConfigurationError as error:
        end, wrong = "refused", _complaint(error)
    except TooLong:
        wrong = f"it takes longer than {PATIENCE} s of the processor"
    except BaseException as error:  # noqa: BLE001 - whatever else it is, it must not be
        wrong = f"{type(error).__name__}: {error}"[:300]
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return Outcome(mutation, end, time.process_time() - began, wrong)


def _complaint(error: ConfigurationError) -> str | None:
    """Return what is wrong with how an input is refused, if anything is."""
    if not error.diagnostics:
        return "it is refused without a word"
    for diagnostic in error.diagnostics:
        if not (at := diagnostic.source) or at.line < 1 or at.column < 1 or not PLACE.match(str(diagnostic)):
            return f"a diagnostic without a place: {diagnostic!r}"
    shown = diagnostics_text(error.diagnostics, colour=False)
    active = ACTIVE.search(shown)
    return f"what is printed holds {active[0]!r}" if active else None


def run(seed: int, numbers: range) -> tuple[Counter[str], list[tuple[int, Outcome]], float, int]:
    """Return counts, what went wrong, the slowest input's seconds, and KiB of memory taken beyond the beginning."""
    signal.signal(signal.SIGVTALRM, _alarm)
    shared = Path("/dev/shm")  # noqa: S108 - memory is where many small files are fast
    folder = Path(tempfile.mkdtemp(prefix="fuzz-", dir=shared if shared.is_dir() else None))
    for csv in EXAMPLES.rglob("*.csv"):
        shutil.copy(csv, folder)
    counts: Counter[str] = Counter()
    wrong: list[tuple[int, Outcome]] = []
    slowest, before = 0.0, 0
    try:
        for place, number in enumerate(numbers):
            one = outcome_of(f"{seed}:{number}", folder)
            counts[one.end] += 1
            counts[one.mutation] += 1
            slowest = max(slowest, one.seconds)
            if one.wrong is not None:
                wrong.append((number, one))
            if place == WARM_UP:
                before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before if before else 0
    return counts, wrong, slowest, grown


def _share(work: tuple[int, int, int, int]) -> tuple[Counter[str], list[tuple[int, Outcome]], float, int]:
    seed, first, count, jobs = work
    return run(seed, range(first, count, jobs))


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=4000)
    parser.add_argument("--only", type=int, metavar="NUMBER", help="one input, with what becomes of it")
    parser.add_argument("--jobs", type=int, default=min(8, os.cpu_count() or 1))
    chosen = parser.parse_args()
    if chosen.only is not None:
        print(input_of(f"{chosen.seed}:{chosen.only}"))
        _, wrong, slowest, _ = run(chosen.seed, range(chosen.only, chosen.only + 1))
        print(wrong or f"all is well, after {slowest:.3f} s")
        return int(bool(wrong))
    with multiprocessing.get_context("spawn").Pool(chosen.jobs) as pool:
        work = [(chosen.seed, first, chosen.count, chosen.jobs) for first in range(chosen.jobs)]
        shares = pool.map(_share, work)
    counts = sum((share[0] for share in shares), Counter[str]())
    wrong = [one for share in shares for one in share[1]]
    for number, one in wrong[:20]:
        print(f"--seed {chosen.seed} --only {number}: {one.mutation}: {one.wrong}")
    grown = max(share[3] for share in shares)
    if grown > MEMORY:
        print(f"it takes {grown // 1024} MiB more than in the beginning")
    print(f"seed {chosen.seed}: {chosen.count} inputs: {dict(sorted(counts.items()))}")
    print(f"slowest {max(share[2] for share in shares):.2f} s, memory grown by {grown // 1024} MiB")
    print(f"{chosen.count - len(wrong)} passed, {len(wrong)} failed")
    return int(bool(wrong) or grown > MEMORY)


if __name__ == "__main__":
    sys.exit(main())
