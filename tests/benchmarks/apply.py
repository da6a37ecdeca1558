"""Measure `sdx-state apply` of creates against bare `requests`, in one run, each into an empty tenant of its own.

    python -m tests.benchmarks.apply [--rounds N] [--creates SURVEYS QUESTIONS USERS] [--against CHECKOUT]

A = `sdx-state apply` of the installed wheel (installed.py); B = a POST and a GET of each resource, eight at a time.
A and B take turns. `--against` names another checkout, whose wheel is measured in turn as well. Prints the medians of
wall and processor time.
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path

import requests

from tests.benchmarks import tenants
from tests.benchmarks.installed import CHECKOUT, Cost, cost, environment, install
from tests.benchmarks.plan import CREDENTIALS, PARALLELISM, line


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
    session.auth = (CREDENTIALS["SDX_CUSTOMER_UUID"], CREDENTIALS["SDX_AUTH_TOKEN"])
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


def in_new_tenant(command: list[str]) -> Cost:
    """Run `command`, in which `{url}` is the tenant's address, against an empty tenant; return its cost."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,))
    server.start()
    try:
        url = ours.recv()
        with tempfile.TemporaryDirectory() as folder:
            tenants.write_project(Path(folder), "creates")
            filled = [part.format(url=url, folder=folder) for part in command]
            return cost(filled, environment(SDX_API_URL=url, **CREDENTIALS), CHECKOUT)
    finally:
        ours.send("end")
        server.join()


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--creates", type=int, nargs=3, default=(100, 10, 1000), metavar="N")
    parser.add_argument("--against", type=Path, metavar="CHECKOUT", help="another checkout, measured in turn")
    parser.add_argument("--environments", type=Path, metavar="DIR", help="where environments are kept")
    parser.add_argument("--bare", metavar="URL", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    tenants.SIZES["creates"] = tuple(chosen.creates)
    if chosen.bare:
        bare(chosen.bare)
        return
    with tempfile.TemporaryDirectory() as temporary:
        kept = chosen.environments or Path(temporary)
        program = install(CHECKOUT, kept / "A")
        sizes = ["--creates", *map(str, chosen.creates)]
        commands = {
            "A": [str(program.program), "-C", "{folder}", "apply", "--auto-approve"],
            "B": [str(program.python), "-m", "tests.benchmarks.apply", *sizes, "--bare", "{url}"],
        }
        if chosen.against:
            other = install(chosen.against, kept / "against")
            commands["against"] = [str(other.program), "-C", "{folder}", "apply", "--auto-approve"]
        runs = [{name: in_new_tenant(command) for name, command in commands.items()} for _ in range(chosen.rounds)]
    surveys, questions, users = chosen.creates
    print(f"{surveys + surveys * questions + users:,} creates, medians of {chosen.rounds}")
    for name in commands:
        print(f"  {name:8} {line([(run[name], run['B']) for run in runs])}")


if __name__ == "__main__":
    main()
