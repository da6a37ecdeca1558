"""Measure `sdx-state plan` without changes against the floor, in one run, on the same files and the same server.

    python -m tests.benchmarks.plan [small] [medium] [big] [--rounds N] [--latency SECONDS]

A = `sdx-state plan`; B = bare.py. Each is a process of its own; A and B take turns. Prints the medians, the median of
the ratios A/B, the peak memory of A, and how many requests A sends against the least that would do.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

from tests.benchmarks.tenants import SIZES, snapshot, write_project

HERE = Path(__file__).parent
PARALLELISM = 8


def serve(size: str, latency: float, pipe: Connection) -> None:
    """Serve a tenant of `size` in this process until told to end."""
    from sdx_state.sandbox import SandboxOptions, SandboxServer

    with SandboxServer(":memory:", SandboxOptions(latency=latency)) as server:
        server.store.load_snapshot(snapshot(size))
        pipe.send(server.url)
        pipe.recv()


def timed(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Run `command` and return its wall time in seconds and its peak memory in MB."""
    begun = time.perf_counter()
    quiet = subprocess.DEVNULL if "apply" in command else None  # it says what it does line by line
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=quiet)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{command} ended with {process.returncode}")
    return time.perf_counter() - begun, usage.ru_maxrss / 1024


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


def measure(size: str, rounds: int, latency: float) -> None:
    """Measure one size and print a line."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(size, latency, theirs))
    server.start()
    try:
        url = ours.recv()
        os.environ.update(
            SDX_API_URL=url, SDX_CUSTOMER_UUID="00000000-0000-4000-8000-000000000000", SDX_AUTH_TOKEN="sandbox"
        )
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            write_project(folder, size)
            program = [sys.executable, "-m", "sdx_state.cli.main", "-C", str(folder)]
            environment = dict(os.environ)
            timed([*program, "apply", "--auto-approve"], environment)
            plan = [*program, "plan", "--detailed-exitcode"]
            bare = [sys.executable, str(HERE / "bare.py"), url, str(folder), str(PARALLELISM)]
            runs = [(timed(plan, environment), timed(bare, environment)) for _ in range(rounds)]
            sent, least = requests_sent(url, folder), least_requests(size)
    finally:
        ours.send("end")
        server.join()
    a = statistics.median(run[0][0] for run in runs)
    b = statistics.median(run[1][0] for run in runs)
    ratio = statistics.median(run[0][0] / run[1][0] for run in runs)
    memory = max(run[0][1] for run in runs)
    resources = sum((SIZES[size][0], SIZES[size][0] * SIZES[size][1], SIZES[size][2]))
    print(
        f"{size:7} {resources:7,} resources  A {a:6.2f} s  B {b:6.2f} s  A/B {ratio:5.2f}  "
        f"peak {memory:4.0f} MB  requests {sent:,} (least {least:,})",
        flush=True,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", metavar="SIZE", help=f"{', '.join(SIZES)}; all unless named")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--latency", type=float, default=0.0, help="added to every answer, in seconds")
    chosen = parser.parse_args()
    for one in chosen.sizes or SIZES:
        measure(one, chosen.rounds, chosen.latency)
