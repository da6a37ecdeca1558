"""Measure `sdx-state plan` without changes against peers that need no network, in one run, in turns.

    python -m tests.benchmarks.peers [small] [medium] [big] [--rounds N] [--environments DIR]

A = `sdx-state plan` of the installed wheel, against a server on this machine. octoDNS plans as many records from YAML
to YAML, in an environment of its own, which `pip` fills. Terraform, where it is on the path, plans as many
`terraform_data`, up to 610: its time grows faster than their number. Prints the medians and the median ratios.
"""

from __future__ import annotations

import argparse
import multiprocessing
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks import tenants
from tests.benchmarks.installed import CHECKOUT, Cost, Installed, cost, environment, install
from tests.benchmarks.plan import CREDENTIALS, serve
from tests.benchmarks.tenants import write_project

OCTODNS = ("octodns==1.22.0",)
TERRAFORM_MOST = 610  # resources
SIZES = {"610": (10, 10, 500)}  # beside those of tenants.py
ZONES = """\
providers:
  config: {class: octodns.provider.yaml.YamlProvider, directory: %(folder)s/config, default_ttl: 3600}
  target: {class: octodns.provider.yaml.YamlProvider, directory: %(folder)s/target, default_ttl: 3600}
zones:
  example.com.: {sources: [config], targets: [target]}
"""


def octodns(folder: Path, count: int, environments: Path) -> list[str]:
    """Return the command that plans `count` records, all of which the target has."""
    python = environments / "octodns" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(python.parents[1])], check=True)
        subprocess.run([str(python), "-m", "pip", "--quiet", "install", *OCTODNS], check=True, env=environment())
    records = "".join(f"record-{number:06d}: {{type: A, value: 192.0.2.1}}\n" for number in range(count))
    for name in ("config", "target"):
        (folder / name).mkdir()
        (folder / name / "example.com.yaml").write_text(f"---\n{records}", encoding="utf-8")
    (folder / "octodns.yaml").write_text(ZONES % {"folder": folder}, encoding="utf-8")
    return [str(python.with_name("octodns-sync")), "--config-file", str(folder / "octodns.yaml")]


def terraform(folder: Path, count: int, program: str) -> list[str]:
    """Return the command that plans `count` resources, all of which are applied."""
    blocks = "".join(
        f'resource "terraform_data" "r{number}" {{\n  input = "{number}"\n}}\n' for number in range(count)
    )
    (folder / "main.tf").write_text(blocks, encoding="utf-8")
    for command in (("init",), ("apply", "-auto-approve")):
        subprocess.run(
            [program, *command, "-no-color"],
            check=True,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    return [program, "plan", "-no-color", "-detailed-exitcode"]


def measure(size: str, rounds: int, ours: Installed, environments: Path) -> None:
    """Measure one size and print a line for each program."""
    surveys, questions, users = tenants.SIZES[size]
    count = surveys + surveys * questions + users
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(size, 0.0, there, SIZES))
    server.start()
    try:
        variables = environment(SDX_API_URL=here.recv(), **CREDENTIALS)
        with tempfile.TemporaryDirectory() as temporary:
            folders = {name: Path(temporary, name) for name in ("A", "octodns", "terraform")}
            for folder in folders.values():
                folder.mkdir()
            write_project(folders["A"], size)
            program = [str(ours.program), "-C", str(folders["A"])]
            cost([*program, "apply", "--auto-approve"], variables, folders["A"])
            commands = {"A": [*program, "plan", "--detailed-exitcode"]}
            commands["octodns"] = octodns(folders["octodns"], count, environments)
            found = shutil.which("terraform")
            if found and count <= TERRAFORM_MOST:
                commands["terraform"] = terraform(folders["terraform"], count, found)
            runs = [
                {name: cost(command, variables, folders[name]) for name, command in commands.items()}
                for _ in range(rounds)
            ]
    finally:
        here.send("end")
        server.join()
    print(f"{size}: {count:,} resources")

    def median(of: Callable[[dict[str, Cost]], float]) -> float:
        return statistics.median(map(of, runs))

    for name in commands:
        wall, used = median(lambda run: run[name].wall), median(lambda run: run[name].processor)  # noqa: B023 - used here
        ratio = median(lambda run: run["A"].wall / run[name].wall)  # noqa: B023 - used here
        share = median(lambda run: run["A"].processor / run[name].processor)  # noqa: B023 - used here
        memory = max(run[name].memory for run in runs)
        print(
            f"  {name:10} wall {wall:6.2f} s  processor {used:6.2f} s  peak {memory:4.0f} MB  "
            f"A is {ratio:4.2f} of it (processor {share:4.2f})",
            flush=True,
        )


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "sizes", nargs="*", metavar="SIZE", help="small, 610, medium, big; the first three unless named"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--environments", type=Path, metavar="DIR", help="where environments are kept")
    chosen = parser.parse_args()
    tenants.SIZES.update(SIZES)
    with tempfile.TemporaryDirectory() as temporary:
        kept = chosen.environments or Path(temporary)
        ours = install(CHECKOUT, kept / "A")
        for one in chosen.sizes or ("small", "610", "medium"):
            measure(one, chosen.rounds, ours, kept)


if __name__ == "__main__":
    main()
