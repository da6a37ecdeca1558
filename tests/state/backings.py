"""The backends that the guarantees are tried on: how a run opens each, dies, and what others do to its content."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sdx_state.state.backend import Backend
from sdx_state.state.errors import StateLocked
from sdx_state.state.holder import About
from sdx_state.state.lease import LEASE
from sdx_state.state.local import LocalStore
from sdx_state.state.memory import open_journal
from sdx_state.state.sealing import SealedStore, sealing_keys
from sdx_state.state.shared import SharedStore
from sdx_state.state.signing import key_from
from sdx_state.state.store import Found, Store, Unclear
from sdx_state.state.stores import STORES
from tests.state.http_server import COLUMNS, PASSWORD, USER, StateServer
from tests.state.memory_store import VirtualMachine
from tests.state.shared_stores import KINDS

BACKENDS = ("local", *KINDS, *(f"http-{column}" for column in COLUMNS))
REMOTE = tuple(one for one in BACKENDS if one != "local")  # a folder has no answers that get lost, and no conditions
QUICK = ("local", "memory", "http-gitlab")  # tried in the quick tier
TENANT = "https://x.example#1"


def on(*backends: str) -> pytest.MarkDecorator:
    """Try a test, which uses `backing`, on each of `backends`."""
    marked = [pytest.param(one, marks=[] if one in QUICK else pytest.mark.soak) for one in backends]
    return pytest.mark.parametrize("kind", marked)


everywhere, remote = on(*BACKENDS), on(*REMOTE)


@dataclass(frozen=True)
class Lossy:
    """A store, some answers of which are lost. Implements `store.Store`.

    Attributes:
        inner: The store.
        lost: Told the verb of each write; returns `before` or `after` for a request that gets no answer.
    """

    inner: Store
    lost: Callable[[str], str | None]

    @property
    def name(self) -> str:
        return self.inner.name

    def get(self, key: str) -> Found | None:
        return self.inner.get(key)

    def list(self, prefix: str) -> list[str]:
        return self.inner.list(prefix)

    def put(self, key: str, content: bytes, version: str | None) -> str:
        when = self.lost("put")
        if when == "before":
            raise Unclear("nothing arrived")
        written = self.inner.put(key, content, version)
        if when == "after":
            raise Unclear("the answer was lost")
        return written

    def delete(self, keys: Sequence[str]) -> None:
        when = self.lost("delete")
        if when == "before":
            raise Unclear("nothing arrived")
        self.inner.delete(keys)
        if when == "after":
            raise Unclear("the answer was lost")


@dataclass(frozen=True)
class Gullible(Lossy):
    """A store that accepts conditions and ignores them."""

    def put(self, key: str, content: bytes, version: str | None) -> str:
        found = self.inner.get(key)
        return self.inner.put(key, content, found.version if found is not None else None)


class Backing:
    """One state in one backend, empty, which any number of runs open.

    Attributes:
        frees: What frees the lock of a dead run: the `system`, the end of its `lease`, or its `id`.
    """

    frees = "lease"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lost: Callable[[str], str | None] = lambda _verb: None
        self.honest = True
        self.boundary: Callable[[], None] = lambda: None  # called before each write
        self.locks: list[Any] = []  # of dead runs: one that nothing refers to would be released

    def opened(
        self,
        machine: VirtualMachine | None = None,
        *,
        tenant: str = TENANT,
        lineage: str = "",
        keys: dict[str, str] | None = None,
        **about: Any,
    ) -> Backend:
        """Return the state as a new process opens it, on a machine of its own."""
        raise NotImplementedError

    def died(self, address: str) -> str:
        """Let a run die right after it recorded an intent for `address`, and return the ID of its lock."""
        store = self.opened()
        self.locks.append(store.lock("apply"))
        fence = self.locks[-1].__enter__()
        journal = open_journal(store, fence)
        journal.begin("apply", "sha256:0", 1, store.save_run(journal.run, {}))
        journal.intend(address, None, [], {})
        kill(store)
        return fence.holder.id

    def contents(self) -> dict[str, bytes]:
        """Return all objects of this state in the backend."""
        raise NotImplementedError

    def put_state(self, change: Callable[[bytes], bytes]) -> None:
        """Replace the saved state, as another user might."""
        raise NotImplementedError

    def take_away(self, store: Backend) -> None:
        """Stop the living run of `store` for so long that another one can have its lock."""
        store.machine.seconds += LEASE


def kill(store: Backend) -> None:
    """End the run of `store` as a killed process ends: nothing is released, and nothing more is written."""
    store.session.lease.lost = "it died"


class Local(Backing):
    """A state in a folder of this machine."""

    frees = "system"

    def opened(self, machine=None, *, tenant=TENANT, lineage="", keys=None, **about):
        key = key_from(keys or {})
        return LocalStore(
            self.folder, "state", tenant, key, machine or VirtualMachine(), About(**about), lineage=lineage
        )

    def died(self, address):
        code = (
            "import os, sys\n"
            "from pathlib import Path\n"
            "from sdx_state.state.local import LocalStore\n"
            "from sdx_state.state.memory import open_journal\n"
            "store = LocalStore(Path(sys.argv[1]), 'state', sys.argv[2])\n"
            "lock = store.lock('apply')\n"
            "fence = lock.__enter__()\n"
            "journal = open_journal(store, fence)\n"
            "journal.begin('apply', 'sha256:0', 1, store.save_run(journal.run, {}))\n"
            "journal.intend(sys.argv[3], None, [], {})\n"
            "os.write(1, fence.holder.id.encode())\n"
            "os._exit(9)\n"
        )
        command = [sys.executable, "-c", code, str(self.folder), TENANT, address]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ended.returncode == 9, ended.stderr
        return ended.stdout

    def contents(self):
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        return {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in files}

    def put_state(self, change):
        path = self.opened().path
        path.write_bytes(change(path.read_bytes()))

    def take_away(self, store):
        store.lock_path.unlink()


class InStore(Backing):
    """A state in a store of objects."""

    def __init__(self, folder: Path, raw: Store, prefix: str) -> None:
        super().__init__(folder)
        self.raw, self.prefix = raw, prefix

    def opened(self, machine=None, *, tenant=TENANT, lineage="", keys=None, **about):
        machine = machine or VirtualMachine()
        store = self._connected(machine)
        if keys:
            store = SealedStore(store, sealing_keys(keys), machine)
        plans = LocalStore(self.folder / ".sdx", "state", None)
        told = About(**{"beats": False, **about})
        return SharedStore(store, self.prefix, machine, plans, tenant, key_from(keys or {}), lineage, told)

    def _connected(self, _machine: VirtualMachine) -> Store:
        lossy = Lossy if self.honest else Gullible
        return lossy(self.raw, self._lose)

    def _lose(self, verb: str) -> str | None:
        self.boundary()
        return self.lost(verb)

    def contents(self):
        return {key: self.raw.get(key).content for key in self.raw.list(f"{self.prefix}/")}

    def put_state(self, change):
        found = self.raw.get(f"{self.prefix}/state")
        self.raw.put(f"{self.prefix}/state", change(found.content), found.version)


class OnServer(InStore):
    """A state on a server with the protocol of Terraform's `http` backend."""

    frees = "id"

    def __init__(self, folder: Path, server: StateServer) -> None:
        super().__init__(folder, None, "state")
        self.server = server

    def _connected(self, machine):
        def fault(method, path):
            if method == "GET" or path.endswith("/lock"):
                return None
            return self.lost("put")

        self.server.fault = fault
        environ = {"TF_HTTP_USERNAME": USER, "TF_HTTP_PASSWORD": PASSWORD}
        store = STORES["http"].connect({"address": self.server.address}, environ, machine)
        send = store._send

        def sent(method, url, query, body):
            if method != "GET":
                self.boundary()
            return send(method, url, query, body)

        store._send = sent
        return store

    def contents(self):
        objects = self._newest()["objects"] if self.server.versions else {}
        return {key: base64.b64decode(one["content"]) for key, one in objects.items()}

    def put_state(self, change):
        document = self._newest()
        one = document["objects"]["state/state"]
        one["content"] = base64.b64encode(change(base64.b64decode(one["content"]))).decode()
        document["serial"] += 1
        next(iter(self.server.versions.values())).append(json.dumps(document).encode())

    def _newest(self) -> dict[str, Any]:
        (versions,) = self.server.versions.values()
        return json.loads(versions[-1])

    def take_away(self, store):
        assert self.opened().unlock(store.session.lease.lock.holder.id)


@contextmanager
def after(backing: Backing, dead: str) -> Iterator[tuple[Backend, Any]]:
    """Take the lock after the run with the lock `dead` died, in the way that this backend offers."""
    machine = VirtualMachine()
    store = backing.opened(machine)
    if backing.frees == "id":
        try:
            with store.lock("apply"):
                raise AssertionError("the lock of a dead run came free by itself")
        except StateLocked:
            assert store.unlock(dead)
    with store.lock("apply") as fence:
        yield store, fence
