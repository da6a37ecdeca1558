"""No credential in anything that the program leaves behind, whatever fails and however much it says.

    python -m tests.soak.secrets.secret_scan                every command x failure x verbosity
    python -m tests.soak.secrets.secret_scan --part 20 --seed 7
    python -m tests.soak.secrets.secret_scan --only "plan --out|html 401|2|0"

Looks into stdout, stderr, every file that a run makes or changes, and the command line that the system shows of it,
in fourteen encodings. Prints the counts; a hit is named by where it is, never by what it is.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.soak.secrets.encodings_of_secrets import ENCODINGS, Finder
from tests.soak.secrets.failing_line import FAILURES
from tests.soak.secrets.scenes import ACCESS, KEY, LOCAL, TOKEN, UUID, Ended, Stage, scenes

VERBOSITIES = (0, 1, 2)
OFFLINE = {
    "help",
    "init",
    "validate",
    "fmt",
    "show",
    "history",
    "explain",
    "sandbox",
    "completion",
    "login",
    "logout",
}
Case = tuple[str, str, int, int]  # scene, failure, verbosity, requests before it fails


def cases() -> Iterator[Case]:
    """Yield all cases. Scenes that send nothing are not played with failures of the line."""
    for name in scenes():
        failures: Iterable[str] = LOCAL if name.split(" ")[0] in OFFLINE else (*LOCAL, *FAILURES)
        for failure, verbosity in itertools.product(failures, VERBOSITIES):
            yield name, failure, verbosity, 0
        if name.split(" ")[0] in ("apply", "destroy", "undo", "check"):
            # Later on, where something is being written.
            yield from ((name, failure, verbosity, 7) for failure in FAILURES for verbosity in VERBOSITIES)


def part_of(whole: list[Case], seed: int, share: int) -> list[Case]:
    """Return one of `share` cases by chance, and with them each scene and each failure at least once."""
    chance = random.Random(seed)
    shuffled = chance.sample(whole, len(whole))
    chosen = shuffled[: len(whole) // share]
    for place in (0, 1):
        met = {case[place] for case in chosen}
        for case in shuffled:
            if case[place] not in met:
                met.add(case[place])
                chosen.append(case)
    return chosen


def hits_in(ended: Ended, finder: Finder) -> list[str]:
    """Return where a secret is in what a run left behind."""
    places = {"stdout": ended.out.encode("utf-8", "replace"), "stderr": ended.err.encode("utf-8", "replace")}
    found = []
    for place, data in {**places, **ended.files}.items():
        encoding = finder.found_in(data)
        if encoding is not None:
            found.append(f"{place} ({encoding})")
    return found


def command_line_hits(stage: Stage, finder: Finder) -> list[str]:
    """Run commands as processes of their own, and return which of them show a secret to everybody."""
    found = []
    for arguments in (["plan"], ["apply", "--auto-approve"], ["pull"]):
        folder = stage.root / "process"
        shutil.copytree(stage.base, folder)
        process = subprocess.Popen(
            [sys.executable, "-c", "from sdx_state.cli.main import entry; entry()", "-C", str(folder), *arguments],
            env={**os.environ, **stage.environment(), "PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        shown = shown_command_line(process)
        out, err = process.communicate(timeout=60)
        for place, data in (("command line", shown), ("stdout", out), ("stderr", err)):
            encoding = finder.found_in(data)
            if encoding is not None or not (shown and out + err):
                found.append(f"{arguments[0]} as a process: {place} ({encoding})")
        shutil.rmtree(folder)
    return found


def shown_command_line(process: subprocess.Popen[bytes]) -> bytes:
    """Return the command line that the system shows of `process`, which is empty for a moment after Popen returns."""
    place = Path(f"/proc/{process.pid}/cmdline")
    shown = place.read_bytes()
    while not shown and process.poll() is None:
        shown = place.read_bytes()
    return shown


def scan(
    chosen: list[Case], finder: Finder | None = None
) -> tuple[list[tuple[Case, list[str]]], int, dict[int, int]]:
    """Play `chosen`; return where secrets were found, how many bytes were looked at, and how often each code came."""
    finder = finder or Finder([TOKEN, ACCESS, KEY], UUID)
    root = Path(tempfile.mkdtemp(prefix="scan-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None))  # noqa: S108
    stage = Stage(root)
    found, looked_at = [], 0
    codes: dict[int, int] = {}
    arguments = scenes()
    try:
        for case in chosen:
            name, failure, verbosity, after = case
            ended = stage.play(arguments[name], failure, verbosity, after)
            codes[ended.code] = codes.get(ended.code, 0) + 1
            looked_at += len(ended.out) + len(ended.err) + sum(map(len, ended.files.values()))
            hits = hits_in(ended, finder)
            if hits:
                found.append((case, hits))
        hits = command_line_hits(stage, finder)
        if hits:
            found.append((("processes", "nothing fails", 0, 0), hits))
    finally:
        stage.close()
        shutil.rmtree(root, ignore_errors=True)
    return found, looked_at, codes


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", type=int, default=1, metavar="N", help="one of N, by chance")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", metavar="CASE", help="one case, as it was named")
    chosen = parser.parse_args()
    whole = list(cases())
    played = whole if chosen.part == 1 else part_of(whole, chosen.seed, chosen.part)
    if chosen.only:
        played = [case for case in whole if "|".join(map(str, case)) == chosen.only]
    found, looked_at, codes = scan(played)
    for case, hits in found:
        print(f"--only '{'|'.join(map(str, case))}': {', '.join(hits)}")
    names, failures = {case[0] for case in played}, {case[1] for case in played}
    print(f"seed {chosen.seed}: {len(played)} runs: {len(names)} commands, {len(failures)} failures, 3 verbosities")
    print(f"{looked_at / 1e6:.1f} MB in {len(ENCODINGS)} encodings; exit codes {dict(sorted(codes.items()))}")
    print(f"{len(played) - len(found)} passed, {len(found)} failed")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
