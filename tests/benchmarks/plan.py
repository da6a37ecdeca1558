"""Measure `sdx-state plan` without changes against the floor, in one run, on the same files and the same server.

    python -m tests.benchmarks.plan [small] [medium] [big] [--rounds N] [--latency SECONDS] [--against CHECKOUT]

A = `sdx-state plan` of the installed wheel (installed.py); B = bare.py in the same environment. Each is a process of
its own, and they take turns. Prints the medians of wall and processor time, the median of the ratios A/B, the peak
memory, and how many requests A sends against the least that would do. With `--latency`, prints also the wall time
divided by requests x latency / parallelism, the least that waiting for answers takes. `--against` measures the wheel
of another checkout in turn. `--environments DIR` keeps the environments for the next run.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import sys
import tempfile
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path

from tests.benchmarks.installed import CHECKOUT, Cost, Installed, cost, environment, install
from tests.benchmarks.tenants import SIZES, snapshot, write_project

HERE = Path(__file__).parent
PARALLELISM = 8
CREDENTIALS = {"SDX_CUSTOMER_UUID": "00000000-0000-4000-8000-000000000000", "SDX_AUTH_TOKEN": "sandbox"}


def serve(
    size: str, latency: float, pipe: Connection, sizes: Mapping[str, tuple[int, int, int]] | None = None
) -> None:
    """Serve a tenant of `size`, which may be one of `sizes`, in this process until told to end."""
    from sdx_state.sandbox import SandboxOptions, SandboxServer

    SIZES.update(sizes or {})
    with SandboxServer(":memory:", SandboxOptions(latency=latency)) as server:
        server.store.load_snapshot(snapshot(size))
        pipe.send(server.url)
        pipe.recv()


def least_requests(size: str) -> int:
    """Return how many list requests the tenant takes with pages of 1,000 that overlap by one row."""
    surveys, _, users = SIZES[size]

    def pages(rows: int) -> int:
        count, received = 1, min(rows, 1000)
        last = received
        while last == 1000:
            last = min(1000, rows - received + 1)
            received += last - 1
            count += 1
        return count

    return pages(surveys) + pages(users) + surveys


def requests_sent(url: str, folder: Path) -> int:
    """Plan in this process and return the number of requests that took."""
    from sdx_state.api.address import base_url
    from sdx_state.api.credentials import credentials_from
    from sdx_state.api.endpoints import Connection, Endpoints
    from sdx_state.app.declared import intention_of
    from sdx_state.app.workspace import Workspace
    from sdx_state.cli.console import ReadingProgress
    from sdx_state.config.configuration import load_configuration
    from sdx_state.state.local import LocalStore

    intention = intention_of(load_configuration(folder, None, os.environ))
    with Endpoints(Connection(base_url(None, url), credentials_from(os.environ), parallelism=PARALLELISM)) as client:
        workspace = Workspace(client, LocalStore(folder / ".sdx", "state", None), parallelism=PARALLELISM)
        workspace.plan(intention, ReadingProgress(None, None))
        return client.requests


def measure(size: str, rounds: int, latency: float, programs: Mapping[str, Installed]) -> None:
    """Measure one size and print a line for each program."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(size, latency, theirs))
    server.start()
    try:
        url = ours.recv()
        variables = environment(SDX_API_URL=url, **CREDENTIALS)
        os.environ.update(SDX_API_URL=url, **CREDENTIALS)
        with tempfile.TemporaryDirectory() as temporary:
            commands: dict[str, list[str]] = {}
            for name, one in programs.items():
                folder = Path(temporary, name)
                write_project(folder, size)
                program = [str(one.program), "-C", str(folder)]
                cost([*program, "apply", "--auto-approve"], variables, folder)
                commands[name] = [*program, "plan", "--detailed-exitcode"]
            python = str(programs["A"].python)
            commands["B"] = [python, str(HERE / "bare.py"), url, str(Path(temporary, "A")), str(PARALLELISM)]
            runs = [
                {name: cost(command, variables, Path(temporary)) for name, command in commands.items()}
                for _ in range(rounds)
            ]
            sent, least = requests_sent(url, Path(temporary, "A")), least_requests(size)
    finally:
        ours.send("end")
        server.join()
    resources = sum((SIZES[size][0], SIZES[size][0] * SIZES[size][1], SIZES[size][2]))
    print(f"{size}: {resources:,} resources, {sent:,} requests of A (least {least:,})")
    waits = sent * latency / PARALLELISM
    for name in commands:
        print(f"  {name:8} {line([(run[name], run['B']) for run in runs], waits)}", flush=True)


def line(runs: list[tuple[Cost, Cost]], waits: float = 0.0) -> str:
    """Return the medians of a program and of its ratios to the floor; and to `waits`, the waiting in seconds."""
    wall, ratio = statistics.median(a.wall for a, _ in runs), statistics.median(a.wall / b.wall for a, b in runs)
    used = statistics.median(a.processor for a, _ in runs)
    share = statistics.median(a.processor / b.processor for a, b in runs)
    memory = max(a.memory for a, _ in runs)
    of_waits = f"  wall/waits {wall / waits:4.2f}" if waits else ""
    return (
        f"wall {wall:6.2f} s ({ratio:4.2f})  processor {used:6.2f} s ({share:4.2f})  peak {memory:4.0f} MB{of_waits}"
    )


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", metavar="SIZE", help=f"{', '.join(SIZES)}; all but huge unless named")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--latency", type=float, default=0.0, help="added to every answer, in seconds")
    parser.add_argument("--against", type=Path, metavar="CHECKOUT", help="another checkout, measured in turn")
    parser.add_argument("--environments", type=Path, metavar="DIR", help="where environments are kept")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        kept = chosen.environments or Path(temporary)
        programs = {"A": install(CHECKOUT, kept / "A")}
        if chosen.against:
            programs["against"] = install(chosen.against, kept / "against")
        python = ".".join(map(str, sys.version_info[:3]))
        print(f"installed wheels with bytecode, Python {python}, {os.cpu_count()} processors; {chosen.rounds} rounds")
        for one in chosen.sizes or [size for size in SIZES if size != "huge"]:
            measure(one, chosen.rounds, chosen.latency, programs)


if __name__ == "__main__":
    main()
