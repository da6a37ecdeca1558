"""Measure the commands that read and write the files of a project, in one run, on the same files and the same tenant.

    python -m tests.benchmarks.files [small] [medium] [big] [--rounds N] [--against CHECKOUT] [--environments DIR]

Every command is a process of the installed wheel (installed.py), nothing is to be changed, and the commands take
turns. Prints the medians of their processor time, and three ratios: `fmt --check` and `validate` to a bare
`CSafeLoader` load of the same files, and `pull` to `plan`. Processor time is user and system time: it depends less on
what else the machine does.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.benchmarks.installed import CHECKOUT, Installed, cost, environment, install
from tests.benchmarks.plan import CREDENTIALS, serve
from tests.benchmarks.tenants import SIZES, write_project

BARE = """\
import pathlib, sys, yaml
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.yaml")):
    yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
"""
COMMANDS = {
    "fmt": ("fmt", "--check"),
    "validate": ("validate",),
    "plan": ("plan", "--detailed-exitcode"),
    "pull": ("pull",),
}


def measure(size: str, rounds: int, programs: Mapping[str, Installed]) -> None:
    """Measure one size and print a line for each program."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(size, 0.0, theirs))
    server.start()
    try:
        variables = environment(SDX_API_URL=ours.recv(), **CREDENTIALS)
        with tempfile.TemporaryDirectory() as temporary:
            commands: dict[tuple[str, str], list[str]] = {}
            for name, one in programs.items():
                folder = Path(temporary, name)
                write_project(folder, size)
                program = [str(one.program), "-C", str(folder)]
                cost([*program, "apply", "--auto-approve"], variables, folder)
                commands[name, "bare"] = [str(one.python), "-c", BARE, str(folder)]
                commands.update({(name, of): [*program, *command] for of, command in COMMANDS.items()})
            runs = [
                {key: cost(command, variables, Path(temporary)).processor for key, command in commands.items()}
                for _ in range(rounds)
            ]
    finally:
        ours.send("end")
        server.join()
    for name in programs:
        times = (f"{of} {statistics.median(run[name, of] for run in runs):5.2f} s" for of in ("bare", *COMMANDS))
        ratios = (
            f"{one}/{other} {statistics.median(run[name, one] / run[name, other] for run in runs):5.2f}"
            for one, other in (("fmt", "bare"), ("validate", "bare"), ("pull", "plan"))
        )
        print(f"{size:7} {name:8} {'  '.join(times)}  {'  '.join(ratios)}", flush=True)


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", metavar="SIZE", help=f"{', '.join(SIZES)}; all but huge unless named")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--against", type=Path, metavar="CHECKOUT", help="another checkout, measured in turn")
    parser.add_argument("--environments", type=Path, metavar="DIR", help="where environments are kept")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        kept = chosen.environments or Path(temporary)
        programs = {"A": install(CHECKOUT, kept / "A")}
        if chosen.against:
            programs["against"] = install(chosen.against, kept / "against")
        for one in chosen.sizes or [size for size in SIZES if size != "huge"]:
            measure(one, chosen.rounds, programs)


if __name__ == "__main__":
    main()
