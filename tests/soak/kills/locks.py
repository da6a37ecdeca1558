"""Let 8 processes take one lock in turn, each many times, and check that two never have it at the same time.

    python -m tests.soak.kills.locks --rounds 100                   every backend whose server is installed
    python -m tests.soak.kills.locks --backend s3 --rounds 100
    python -m tests.soak.kills.locks --sabotage                     without a working lease: must be detected

The process with the lock adds one to a number in a file, which it reads and writes without any protection.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sdx_state.programs.machine import THIS_MACHINE
from sdx_state.state import http_lock, lease, lock_file
from sdx_state.state.backend import Backend
from sdx_state.state.holder import About
from sdx_state.state.local import LocalStore
from sdx_state.state.shared import SharedStore
from sdx_state.state.stores import STORES
from tests.state.emulators import ACCOUNT, ACCOUNT_KEY
from tests.state.gcs_shim import CREDENTIALS
from tests.state.http_server import COLUMNS, PASSWORD, USER, a_state_server
from tests.state.shared_stores import KINDS, OPEN

PROCESSES = 8
PATIENCE = 1800.0  # seconds
BACKENDS = ("local", *(one for one in KINDS if one != "memory"), *(f"http-{column}" for column in COLUMNS))
ENVIRON = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AZURE_STORAGE_ACCOUNT_KEY": ACCOUNT_KEY,
    "GOOGLE_SERVICE_ACCOUNT_KEY": CREDENTIALS,
    "TF_HTTP_USERNAME": USER,
    "TF_HTTP_PASSWORD": PASSWORD,
}
OPTIONS: dict[str, Callable[[str], dict[str, object]]] = {
    "s3": lambda address: {"bucket": "acme", "endpoint": address},
    "gcs": lambda address: {"bucket": "acme", "endpoint": address},
    "azure": lambda address: {"account": ACCOUNT, "container": "surveys", "endpoint": address},
    "postgres": lambda _: {},
    "http": lambda address: {"address": address},
}


@dataclass(frozen=True)
class Raced:
    """The result of the races on one backend.

    Attributes:
        overlaps: How often a process found another one inside.
        counted: The number in the file.
        expected: What it must be.
        seconds: How long it took.
        codes: Exit codes of the processes.
    """

    overlaps: int
    counted: int
    expected: int
    seconds: float
    codes: list[int | None]

    @property
    def right(self) -> bool:
        """True if one process at a time had the lock."""
        return self.overlaps == 0 and self.counted == self.expected and not any(self.codes)


def opened(backend: str, address: str, folder: Path) -> Backend:
    """Return the state as a process opens it."""
    about = About(timeout=PATIENCE)
    local = LocalStore(folder / ".sdx", "state", "test", None, THIS_MACHINE, about)
    if backend == "local":
        return local
    kind = {"pgbouncer": "postgres"}.get(backend, backend.partition("-")[0])
    store = STORES[kind].connect(OPTIONS[kind](address), {**ENVIRON, "SDX_STATE_DSN": address}, THIS_MACHINE)
    return SharedStore(store, "locks", THIS_MACHINE, local, "test", about=about)


def take_turns(backend: str, address: str, folder: Path, rounds: int, sabotage: bool) -> None:
    """Take the lock `rounds` times, and add one to the number each time."""
    for module in (lease, lock_file, http_lock):
        vars(module)["LOOK"] = 0.02
    if sabotage:
        found = lease.lock_in
        lease.lock_in = lambda content, where: replace(found(content, where), holder=None)
    number, inside = folder / "number", folder / "inside"
    for _ in range(rounds):
        with opened(backend, address, folder).lock("apply") as fence:
            fence()
            try:
                os.close(os.open(inside, os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                with (folder / "overlaps").open("a") as overlaps:
                    overlaps.write("x")
            number.write_text(str(int(number.read_text() or "0") + 1))
            inside.unlink(missing_ok=True)


@contextmanager
def served(backend: str) -> Iterator[str]:
    """Start what `backend` needs, and yield its address."""
    if backend == "local":
        yield ""
    elif backend.startswith("http-"):
        with a_state_server(backend.removeprefix("http-")) as server:
            yield server.address
    else:
        with OPEN[backend]() as store:
            yield store.address


def race(backend: str, rounds: int, *, sabotage: bool = False) -> Raced:
    """Let the processes race."""
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as temporary, served(backend) as address:
        folder = Path(temporary)
        (folder / "number").write_text("0")
        work: Any = (backend, address, folder, rounds, sabotage)
        processes = [context.Process(target=take_turns, args=work) for _ in range(PROCESSES)]
        begun = time.monotonic()
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        found = folder / "overlaps"
        return Raced(
            len(found.read_text()) if found.exists() else 0,
            int((folder / "number").read_text() or "0"),
            PROCESSES * rounds,
            time.monotonic() - begun,
            [process.exitcode for process in processes],
        )


def main() -> int:
    """Run what the command line asks for, and print counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backend", choices=BACKENDS, action="append")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sabotage", action="store_true")
    chosen = parser.parse_args()
    failed = 0
    backends = chosen.backend or BACKENDS
    for backend in backends:
        raced = race(backend, chosen.rounds, sabotage=chosen.sabotage)
        failed += not raced.right
        print(
            f"{backend}: {PROCESSES} processes, {chosen.rounds} rounds each: {raced.overlaps} overlaps, "
            f"{raced.counted} of {raced.expected} counted, {raced.seconds:.0f} s",
            flush=True,
        )
    print(f"{len(backends) - failed} passed, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
