"""A bench whose state is in a shared store: a killed process loses its disk, and the store stays.

Libraries of stores do not survive a fork, so this process never talks to the store: children do, each with a
connection of its own.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from pathlib import Path

from sdx_state.programs.machine import THIS_MACHINE
from sdx_state.state import lease
from sdx_state.state.backend import Backend
from sdx_state.state.local import LocalStore
from sdx_state.state.object_store import s3_store
from sdx_state.state.postgres import PostgresStore
from sdx_state.state.shared import SharedStore
from sdx_state.state.store import Store
from tests.soak.kills.bench import Bench, in_child

KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
# Seconds: as long as the real ones, in the same proportions, a run of some seconds would be a lease of 40.
LEASE, RENEWAL, MARGIN, LOOK = 2.0, 0.5, 0.5, 0.05


def serve_store(kind: str, pipe: Connection) -> None:
    """Serve a store from this process until told to end."""
    from tests.state.shared_stores import OPEN

    with OPEN[kind]() as store:
        pipe.send(store.address)
        pipe.recv()


class SharedBench(Bench):
    """A bench with its state in a store of `kind`."""

    kind = ""

    def __init__(self, folder: Path) -> None:
        lease.LEASE, lease.RENEWAL, lease.MARGIN, lease.LOOK = LEASE, RENEWAL, MARGIN, LOOK
        self.store_pipe, theirs = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")
        self.store_server = context.Process(target=serve_store, args=(self.kind, theirs), daemon=False)
        self.store_server.start()
        self.address: str = self.store_pipe.recv()
        self.kept = folder / "kept.json"
        super().__init__(folder)

    def close(self) -> None:
        """End the tenant and the store."""
        super().close()
        self.store_pipe.send("end")
        self.store_server.join()

    def do(self, work: Callable[[], str | None]) -> str | None:
        """Return what `work` returns in a child process."""
        reader, writer = os.pipe()

        def told() -> None:
            os.close(reader)
            try:
                said = work()
            except Exception as error:  # noqa: BLE001 - whatever it is, the parent reports it
                said = f"{type(error).__name__}: {error}"
            os.write(writer, json.dumps(said).encode()[:60_000])

        child = in_child(told)
        os.close(writer)
        with os.fdopen(reader, "rb") as said:
            answer = said.read()
        os.waitpid(child, 0)
        found: str | None = json.loads(answer) if answer else "the child did not say"
        return found

    def lose_disk(self) -> None:
        """Delete the project's folder of this program."""
        shutil.rmtree(self.folder / ".sdx", ignore_errors=True)

    def keep_state(self) -> None:
        """Keep a copy of every object."""

        def copy() -> None:
            objects = {key: self._content(key) for key in self.objects.list("")}
            self.kept.write_text(json.dumps(objects))

        fault = self.do(copy)
        if fault is not None:
            raise RuntimeError(fault)

    def put_state_back(self) -> None:
        """Make the copy the content of the store."""
        self.lose_disk()

        def put() -> None:
            store = self.objects
            there = store.list("")
            if there:
                store.delete(there)
            kept: Mapping[str, str] = json.loads(self.kept.read_text())
            for key, content in kept.items():
                store.put(key, b64decode(content), None)

        fault = self.do(put)
        if fault is not None:
            raise RuntimeError(fault)

    def _content(self, key: str) -> str:
        found = self.objects.get(key)
        return b64encode(found.content if found is not None else b"").decode()

    @property
    def objects(self) -> Store:
        """The store, for one process."""
        raise NotImplementedError

    @property
    def store(self) -> Backend:
        """The state, as the command line opens it."""
        plans = LocalStore(self.folder / ".sdx", "state", None)
        return SharedStore(self.objects, "state", THIS_MACHINE, plans, self.tenant)


class S3Bench(SharedBench):
    """A bench with its state in S3."""

    kind = "s3"
    variables = KEYS

    @property
    def configured(self) -> str:  # type: ignore[override] # the address is known once the store runs
        return f"state: {{backend: s3, bucket: acme, endpoint: {self.address}}}\n"

    @property
    def objects(self) -> Store:
        return s3_store({"bucket": "acme", "endpoint": self.address}, KEYS)


class PostgresBench(SharedBench):
    """A bench with its state in PostgreSQL."""

    kind = "postgres"
    configured = "state: {backend: postgres}\n"

    @property
    def variables(self) -> Mapping[str, str]:  # type: ignore[override] # the address is known once the store runs
        return {"SDX_STATE_DSN": self.address}

    @property
    def objects(self) -> Store:
        return PostgresStore(self.address, "sdx_state", THIS_MACHINE)


STORES: Mapping[str, Callable[[Path], Bench]] = {"s3": S3Bench, "postgres": PostgresBench}
