"""A world whose state is in a shared store: each process that dies loses its disk, and the store stays."""

from __future__ import annotations

import contextlib
import json
import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sdx_state.apply import ahead
from sdx_state.state import journal_end, lease, shared_journal
from sdx_state.state.backend import Backend
from sdx_state.state.holder import About
from sdx_state.state.journal import Journal
from sdx_state.state.local import LocalStore
from sdx_state.state.memory import keep, open_journal, put_back
from sdx_state.state.shared import SharedStore
from sdx_state.state.store import Found, unsealed
from tests.soak.faults.flaky_store import FlakyStore
from tests.soak.faults.scenario import AFTER
from tests.soak.faults.stepping import Stepper
from tests.soak.faults.tenant import Tenant
from tests.soak.faults.world import Ended, Faults, World


class StoreWorld(World):
    """A tenant, a store and a clock.

    Attributes:
        objects: The store.
        to_come: What goes wrong in it in each of the next processes, by the number of the request.
    """

    def __init__(self, folder: Path, tenant: Tenant, seed: object, posts: Counter[str], parallelism: int = 1) -> None:
        self.to_come: list[dict[int, str]] = []
        super().__init__(folder, tenant, seed, posts, parallelism)
        self.objects = FlakyStore(
            self.chance,
            lambda: self.clock.time,
            lambda seconds: self.stepper.pause(seconds),  # noqa: PLW0108 - the stepper of this world, as it is then
            self.disk.die,
            lambda: self.disk.dead,
            self._met_in_store,
        )

    def begin_as(self, other: World) -> None:
        """Begin with the content of the store of another world."""
        assert isinstance(other, StoreWorld)
        self.objects.objects = dict(other.objects.objects)
        self.objects._versions = other.objects._versions

    @property
    def store(self) -> Backend:  # type: ignore[override] # of another kind than that of a folder
        plans = LocalStore(self.folder, "state", None, machine=self.machine)
        return SharedStore(self.objects, "state", self.machine, plans, "test", about=About(beats=False))

    def _met_in_store(self, fault: str, what: str) -> None:
        self.met[f"store: {fault}"] += 1
        self.trace.append(f"  store: {what} <- {fault}")

    def pass_time(self, seconds: float) -> None:
        super().pass_time(seconds)
        self.objects.land()

    def apply(self, faults: Faults, text: str = AFTER) -> Ended:
        faults.disk = {}
        ended = super().apply(faults, text)
        if ended.code is None:
            shutil.rmtree(self.folder, ignore_errors=True)  # the disk of a dead runner is gone
            self.folder.mkdir(mode=0o700)
        return ended

    def _apply(self, text: str) -> Ended:
        self.objects.begin(self.to_come.pop(0) if self.to_come else {})
        try:
            return super()._apply(text)
        finally:
            self.objects.rest()

    def take_lock(self) -> None:
        """Let nothing happen: a lock that a person frees while its holder lives is not what a lease promises."""

    def damage_state(self) -> None:
        """Empty or cut the state, or put an older one in its place; it must be refused, and a person helps."""
        objects = self.objects.objects
        found = objects.get("state/state")
        if found is None:
            return
        serials = self.store.kept_serials()
        known = Journal(self.store.lines).unfinished().serial.values()
        newest = max((*known, *serials), default=0)
        others = [b"", found.content[: len(found.content) // 2], b"<html>Sign in</html>"]
        older = [objects[f"state/generations/{serial:012}"].content for serial in serials if serial < newest]
        others += older[-1:]
        objects["state/state"] = Found(self.chance.choice(others), found.version)
        ended = self.apply(Faults())
        if ended.code != 7:
            self.break_rule(f"a damaged or older state was worked with: exit code {ended.code}, {ended.why}")
            return
        objects["state/state"] = found  # as a bucket with versions gives it back
        self.disk.begin({})
        store = self.store
        with store.lock("state restore") as fence:
            journal = open_journal(store, fence)
            keep(store, journal, put_back(store.generation(None), store, journal))

    def intents(self) -> Counter[str]:
        """Count, by address, how often the journal in the store says that a create is sent."""
        found: Counter[str] = Counter()
        lines: dict[bytes, None] = {}  # a part that was closed may be in both places
        for key, one in self.objects.objects.items():
            if key.startswith(("state/journal/", "state/history/")):
                lines.update(dict.fromkeys(unsealed(one.content, key).payload.splitlines()))
        for written in lines:
            record = json.loads(written)
            found[record.get("address", "")] += record["event"] in ("intent", "again")
        return found


class _Lock:
    """Replaces a lock of threads: a thread that waits for it lets others run, under a stepper."""

    stepper: Stepper

    def __init__(self) -> None:
        self._owner: object = None
        self._depth = 0

    def __enter__(self) -> None:
        here = threading.current_thread()
        while self._owner is not None and self._owner is not here:
            self.stepper.pause(0.01)
        self._owner, self._depth = here, self._depth + 1

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if not self._depth:
            self._owner = None


@contextlib.contextmanager
def stepped_locks(world: World) -> Iterator[None]:
    """Let product code use locks that know of the steps of `world`."""

    class Threading:
        Lock = RLock = type("Lock", (_Lock,), {"stepper": world.stepper})

        def __getattr__(self, name: str) -> Any:
            return getattr(threading, name)

    modules: list[Any] = [ahead, journal_end, lease, shared_journal]  # they keep a lock during a request to the store
    for module in modules:
        module.threading = Threading()
    try:
        yield
    finally:
        for module in modules:
            module.threading = threading
