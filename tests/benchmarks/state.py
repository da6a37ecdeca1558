"""Measure what a shared state costs: an apply against a local state, and a plan after many runs.

    python -m tests.benchmarks.state [--creates N] [--delay SECONDS] [--latency SECONDS] [--runs N]

The store is in memory, and each of its requests takes DELAY longer; each of the tenant's takes LATENCY longer.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import tempfile
import time
from collections.abc import Sequence
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
from sdx_state.model.ledger import Entry
from sdx_state.programs.machine import THIS_MACHINE
from sdx_state.state.backend import Backend
from sdx_state.state.local import LocalStore
from sdx_state.state.memory import journal_of, keep, open_journal, recall
from sdx_state.state.shared import SharedStore
from sdx_state.state.store import Found
from tests.state.memory_store import MemoryStore

PARALLELISM = 8


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


def applied(folder: Path, store: Backend, latency: float) -> float:
    """Apply the project in `folder` to an empty tenant, and return the seconds that took."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(latency, theirs), daemon=True)
    server.start()
    environ = {"SDX_CUSTOMER_UUID": "00000000-0000-4000-8000-000000000000", "SDX_AUTH_TOKEN": "sandbox"}
    intention = intention_of(load_configuration(folder, None, os.environ))
    connection = ApiConnection(base_url(None, ours.recv()), credentials_from(environ), parallelism=PARALLELISM)
    with Endpoints(connection) as client:
        workspace = Workspace(client, store, parallelism=PARALLELISM)
        begun = time.perf_counter()
        with workspace.writing("apply", lambda _: None) as journal:
            planned = workspace.plan(intention, ReadingProgress(None, None))
            approved = approve(planned, Consent("high", ("*",), 0), workspace.machine.moment())
            result = workspace.run(journal, Silence(), "apply").apply(approved)
        took = time.perf_counter() - begun
    ours.send("end")
    server.join()
    undone = [one for one in result.outcomes if one.status != "done"]
    if undone:
        raise SystemExit(f"{undone[0].change.address}: {undone[0].message}")
    return took


def after_runs(folder: Path, runs: int) -> tuple[float, int]:
    """Return the seconds and the requests to the store of what a plan reads of a state with `runs` runs."""
    raw = MemoryStore()
    store = SharedStore(raw, "state", THIS_MACHINE, LocalStore(folder / ".sdx", "state", None))
    for number in range(runs):
        with store.lock("apply") as fence:
            journal = open_journal(store, fence)
            journal.begin("apply", "sha256:0", 1, "sha256:0")
            journal.end({"done": 1})
            ledger = recall(store, journal).ledger
            keep(store, journal, ledger.with_entry(f"survey.s{number % 50}", Entry(str(number))))  # type: ignore[arg-type] # an address is a text
    raw.log.clear()
    begun = time.perf_counter()
    reader = SharedStore(raw, "state", THIS_MACHINE, store.plans)
    recall(reader, journal_of(reader))
    return time.perf_counter() - begun, len(raw.log)


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
        (folder / "sdx.yaml").write_text("sdx: 1\napi: {host: x.example}\n")
        surveys = "".join(f"  s{number}: {{name: Survey {number}}}\n" for number in range(chosen.creates))
        (folder / "a.yaml").write_text(f"surveys:\n{surveys}")
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
        few, requests = after_runs(folder, 2)
        many, again = after_runs(folder, chosen.runs)
        print(f"state of a plan: {few * 1000:.2f} ms and {requests} requests after 2 runs")
        print(f"state of a plan: {many * 1000:.2f} ms and {again} requests after {chosen.runs} runs")


if __name__ == "__main__":
    main()
