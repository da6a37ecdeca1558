"""Measure `sdx-state apply` of creates against bare `requests`, in one run, each into an empty tenant of its own.

    python -m tests.benchmarks.apply [--rounds N] [--creates SURVEYS QUESTIONS USERS] [--against PROGRAM]

A = `sdx-state apply`; B = a POST and a GET of each resource, eight at a time. A and B take turns. `--against` names
another `sdx-state`, such as that of an earlier version, which is measured in turn as well. Prints the medians.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shlex
import statistics
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path

import requests

from tests.benchmarks import tenants
from tests.benchmarks.plan import PARALLELISM, timed

CREDENTIALS = ("00000000-0000-4000-8000-000000000000", "sandbox")


def serve(pipe: Connection) -> None:
    """Serve an empty tenant in this process until told to end."""
    from sdx_state.sandbox import SandboxServer

    with SandboxServer(":memory:") as server:
        pipe.send(server.url)
        pipe.recv()


def bare(url: str) -> None:
    """Create what a project of the size `creates` declares, and read each back."""
    rows = tenants.snapshot("creates")
    session = requests.Session()
    session.auth = CREDENTIALS
    session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=PARALLELISM))

    def create(collection: str, row: dict[str, object]) -> object:
        made = session.post(f"{url}/{collection}", data=row, timeout=60)
        made.raise_for_status()
        id = made.json()["email" if collection == "users" else "id"]
        session.get(f"{url}/{collection}/{id}", timeout=60).raise_for_status()
        return id

    with ThreadPoolExecutor(PARALLELISM) as workers:
        surveys = [{name: value for name, value in row.items() if name != "id"} for row in rows["surveys"]]
        ids = list(workers.map(lambda row: create("surveys", row), surveys))
        questions = [
            {**{name: value for name, value in row.items() if name != "id"}, "survey_id": ids[row["survey_id"] - 1]}  # type: ignore[operator]  # numbers
            for row in rows["questions"]
        ]
        done = [workers.submit(create, "questions", row) for row in questions]
        done += [workers.submit(create, "users", row) for row in rows["users"]]
        for one in done:
            one.result()


def in_new_tenant(command: list[str]) -> float:
    """Run `command`, in which `{url}` is the tenant's address, against an empty tenant; return its wall time."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,))
    server.start()
    try:
        url = ours.recv()
        environment = {**os.environ, "SDX_API_URL": url}
        environment.update(SDX_CUSTOMER_UUID=CREDENTIALS[0], SDX_AUTH_TOKEN=CREDENTIALS[1])
        with tempfile.TemporaryDirectory() as folder:
            tenants.write_project(Path(folder), "creates")
            return timed([part.format(url=url, folder=folder) for part in command], environment)[0]
    finally:
        ours.send("end")
        server.join()


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--creates", type=int, nargs=3, default=(100, 10, 1000), metavar="N")
    parser.add_argument("--against", type=shlex.split, default=[], metavar="PROGRAM")
    parser.add_argument("--bare", metavar="URL", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    tenants.SIZES["creates"] = tuple(chosen.creates)
    if chosen.bare:
        bare(chosen.bare)
        return
    sizes = ["--creates", *map(str, chosen.creates)]
    commands = {
        "A": [sys.executable, "-m", "sdx_state.cli.main", "-C", "{folder}", "apply", "--auto-approve"],
        "B": [sys.executable, "-m", "tests.benchmarks.apply", *sizes, "--bare", "{url}"],
    }
    if chosen.against:
        commands["against"] = [*chosen.against, "-C", "{folder}", "apply", "--auto-approve"]
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(chosen.rounds):
        for name, command in commands.items():
            times[name].append(in_new_tenant(command))
    surveys, questions, users = chosen.creates
    print(f"{surveys + surveys * questions + users:,} creates, {chosen.rounds} rounds, medians")
    for name, found in times.items():
        ratio = statistics.median(one / floor for one, floor in zip(found, times["B"], strict=True))
        print(f"{name:8} {statistics.median(found):6.2f} s  {ratio:5.2f} of B")


if __name__ == "__main__":
    main()
