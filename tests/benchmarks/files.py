"""Measure the commands that read and write the files of a project, in one run, on the same files and the same tenant.

    python -m tests.benchmarks.files [small] [medium] [big] [--rounds N]

Every command is a process of its own, nothing is to be changed, and the commands take turns. Prints the medians of
their processor time, and three ratios: `fmt --check` and `validate` to a bare `CSafeLoader` load of the same files,
and `pull` to `plan`. Processor time is user and system time: it depends less on what else the machine does.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.plan import serve
from tests.benchmarks.tenants import SIZES, write_project

BARE = """\
import pathlib, sys, yaml
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.yaml")):
    yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
"""


def processor_time(command: list[str], environment: dict[str, str]) -> float:
    """Run `command` and return the user and system time that it took, in seconds."""
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{command} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def measure(size: str, rounds: int) -> None:
    """Measure one size and print a line."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(size, 0.0, theirs))
    server.start()
    try:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | {
            "SDX_API_URL": ours.recv(),
            "SDX_CUSTOMER_UUID": "00000000-0000-4000-8000-000000000000",
            "SDX_AUTH_TOKEN": "sandbox",
        }
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            write_project(folder, size)
            program = [sys.executable, "-m", "sdx_state", "-C", str(folder)]
            processor_time([*program, "apply", "--auto-approve"], environment)
            commands = {
                "bare": [sys.executable, "-c", BARE, str(folder)],
                "fmt": [*program, "fmt", "--check"],
                "validate": [*program, "validate"],
                "plan": [*program, "plan", "--detailed-exitcode"],
                "pull": [*program, "pull"],
            }
            runs = [
                {name: processor_time(command, environment) for name, command in commands.items()}
                for _ in range(rounds)
            ]
    finally:
        ours.send("end")
        server.join()
    times = "  ".join(f"{name} {statistics.median(run[name] for run in runs):5.2f} s" for name in commands)
    ratios = "  ".join(
        f"{one}/{other} {statistics.median(run[one] / run[other] for run in runs):5.2f}"
        for one, other in (("fmt", "bare"), ("validate", "bare"), ("pull", "plan"))
    )
    print(f"{size:7} {times}  {ratios}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", metavar="SIZE", help=f"{', '.join(SIZES)}; all unless named")
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    for one in chosen.sizes or SIZES:
        measure(one, chosen.rounds)
