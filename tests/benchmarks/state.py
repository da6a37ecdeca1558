"""Measure the cost of a shared state: an apply against a local state, and plans after 2 and after many runs of both.

    python -m tests.benchmarks.state [--creates N] [--delay SECONDS] [--latency SECONDS] [--runs N]

The store is in memory, and each of its requests takes DELAY longer; each of the tenant's takes LATENCY longer.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from sdx_state.api.address import base_url
from sdx_state.api.credentials import credentials_from
from sdx_state.api.endpoints import Connection as ApiConnection
from sdx_state.api.endpoints import Endpoints
from sdx_state.app.declared import intention_of
from sdx_state.app.workspace import Workspace
from sdx_state.apply.approval import Consent, approve
from sdx_state.apply.run import Silence
from sdx_state.cli.console import ReadingProgress
from sdx_state.config.configuration import load_configuration
from sdx_state.plan.build import Intention
from sdx_state.programs.machine import THIS_MACHINE
from sdx_state.state.backend import Backend
from sdx_state.state.local import LocalStore
from sdx_state.state.memory import keep, open_journal, recall
from sdx_state.state.shared import SharedStore
from sdx_state.state.store import Found
from tests.state.memory_store import MemoryStore

PARALLELISM = 8
FEW = 2  # runs of a history that is compared with a long one
ROUNDS, WARMING = 60, 5  # plans that are measured, and those before them that are not
ALLOWED = 5  # percent that a plan may take longer after a long history


@dataclass
class Delayed:
    """A store whose requests take longer. Implements `store.Store`."""

    inner: MemoryStore = field(default_factory=MemoryStore)
    delay: float = 0.0
    name: str = "delayed"

    def get(self, key: str) -> Found | None:
        time.sleep(self.delay)
        return self.inner.get(key)

    def put(self, key: str, content: bytes, version: str | None) -> str:
        time.sleep(self.delay)
        return self.inner.put(key, content, version)

    def list(self, prefix: str) -> list[str]:
        time.sleep(self.delay)
        return self.inner.list(prefix)

    def delete(self, keys: Sequence[str]) -> None:
        time.sleep(self.delay)
        self.inner.delete(keys)


def serve(latency: float, pipe: Connection) -> None:
    """Serve an empty tenant in this process until told to end."""
    from sdx_state.sandbox import SandboxOptions, SandboxServer

    with SandboxServer(":memory:", SandboxOptions(latency=latency)) as server:
        pipe.send(server.url)
        pipe.recv()


@contextmanager
def a_tenant(latency: float) -> Iterator[Endpoints]:
    """Connect to an empty tenant in a process of its own."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(latency, theirs), daemon=True)
    server.start()
    environ = {"SDX_CUSTOMER_UUID": "00000000-0000-4000-8000-000000000000", "SDX_AUTH_TOKEN": "sandbox"}
    connection = ApiConnection(base_url(None, ours.recv()), credentials_from(environ), parallelism=PARALLELISM)
    with Endpoints(connection) as client:
        yield client
    ours.send("end")
    server.join()


def intention_in(folder: Path) -> Intention:
    """Return what the project in `folder` declares."""
    return intention_of(load_configuration(folder, None, os.environ))


def apply_to(client: Endpoints, store: Backend, intention: Intention) -> float:
    """Apply `intention`, and return the seconds that took."""
    workspace = Workspace(client, store, parallelism=PARALLELISM)
    begun = time.perf_counter()
    with workspace.writing("apply", lambda _: None) as journal:
        planned = workspace.plan(intention, ReadingProgress(None, None))
        approved = approve(planned, Consent("high", ("*",), 0), workspace.machine.moment())
        result = workspace.run(journal, Silence(), "apply").apply(approved)
    took = time.perf_counter() - begun
    undone = [one for one in result.outcomes if one.status != "done"]
    if undone:
        raise SystemExit(f"{undone[0].change.address}: {undone[0].message}")
    return took


def applied(folder: Path, store: Backend, latency: float) -> float:
    """Apply the project in `folder` to an empty tenant, and return the seconds that took."""
    intention = intention_in(folder)
    with a_tenant(latency) as client:
        return apply_to(client, store, intention)


def add_runs(store: Backend, runs: int) -> None:
    """Add `runs` runs that changed nothing to the history of a state."""
    for _ in range(runs):
        with store.lock("apply") as fence:
            journal = open_journal(store, fence)
            journal.begin("apply", "sha256:0", 0, store.save_run(journal.run, {"nothing": True}))
            journal.end({})
            keep(store, journal, recall(store, journal).ledger)


def compare_plans(folder: Path, runs: int) -> Iterator[str]:
    """Plan 50 surveys after 2 runs and after `runs` runs, on each kind of backend, and yield a line for each.

    The plans take turns, so that whatever else the machine does concerns all of them.
    """
    intention = intention_in(folder)
    raw = {count: MemoryStore() for count in (FEW, runs)}
    plans = LocalStore(folder / "plans", "state", None)

    def opened(kind: str, count: int) -> Backend:
        if kind == "local":
            return LocalStore(folder / f"after-{count}", "state", "bench")
        return SharedStore(raw[count], "state", THIS_MACHINE, plans, "bench")

    cases = [(kind, count) for kind in ("local", "shared") for count in (FEW, runs)]
    took: dict[tuple[str, int], list[float]] = {case: [] for case in cases}
    with a_tenant(0.0) as client:
        for kind, count in cases:
            apply_to(client, opened(kind, count), intention)
            add_runs(opened(kind, count), count - 1)
        for number in range(ROUNDS + WARMING):
            for case in cases:
                raw[case[1]].log.clear()
                begun = time.perf_counter()
                planned = Workspace(client, opened(*case), parallelism=PARALLELISM).plan(
                    intention, ReadingProgress(None, None)
                )
                if number >= WARMING:
                    took[case].append(time.perf_counter() - begun)
                if not planned.plan.empty:
                    raise SystemExit(f"{case}: the plan is not empty")
    for kind in ("local", "shared"):
        few, many = (statistics.median(took[kind, count]) * 1000 for count in (FEW, runs))
        more = (many / few - 1) * 100
        asked = f", {len(raw[runs].log)} requests to the store" if kind == "shared" else ""
        yield (
            f"plan of 50 surveys, {kind}: {few:.2f} ms after {FEW} runs, {many:.2f} ms after {runs} runs: "
            f"{more:+.1f} % ({'within' if more < ALLOWED else 'NOT within'} {ALLOWED} %){asked}"
        )


def main() -> None:
    """Measure what the command line asks for, and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--creates", type=int, default=2100)
    parser.add_argument("--delay", type=float, default=0.05)
    parser.add_argument("--latency", type=float, default=0.028)
    parser.add_argument("--runs", type=int, default=2000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_project(folder, chosen.creates)
        plans = LocalStore(folder / "plans", "state", None)
        local = applied(folder, LocalStore(folder / ".sdx", "state", "bench"), chosen.latency)
        slow = Delayed(delay=chosen.delay)
        shared = applied(folder, SharedStore(slow, "state", THIS_MACHINE, plans, "bench"), chosen.latency)
        commits = sum(verb == "put" and "/journal/0" in key for verb, key in slow.inner.log)
        print(
            f"apply of {chosen.creates} creates: local {local:.1f} s, shared {shared:.1f} s, "
            f"ratio {shared / local:.2f}, {commits} commits",
            flush=True,
        )
        write_project(folder, 50)
        for line in compare_plans(folder, chosen.runs):
            print(line, flush=True)


def write_project(folder: Path, surveys: int) -> None:
    """Write a project with that many surveys into `folder`."""
    (folder / "sdx.yaml").write_text("sdx: 1\napi: {host: x.example}\n")
    declared = "".join(f"  s{number}: {{name: Survey {number}}}\n" for number in range(surveys))
    (folder / "a.yaml").write_text(f"surveys:\n{declared}")


if __name__ == "__main__":
    main()
