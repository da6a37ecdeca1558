"""A store in memory whose requests get lost, come late or twice, are refused, or are the last of a process."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sdx_state.state.store import Conflict, Found, StoreRefused, Unclear
from tests.soak.faults.tenant import Crash

KINDS = (
    "lost before",
    "lost after",
    "late",
    "doubled",
    "refused",
    "outage",
    "crash before",
    "crash after",
    "crash late",
)
LATEST = 90.0  # seconds after which a write that timed out has arrived, or never does
OUTAGE = 25  # requests in a row without an answer


@dataclass(frozen=True)
class _Late:
    arrives: float
    key: str
    content: bytes
    version: str | None


@dataclass
class FlakyStore:
    """Implements `store.Store`.

    Attributes:
        chance: Draws when something arrives.
        now: The time.
        pause: Lets time pass while a request is on its way.
        die: Ends the process.
        dead: Tells whether the process is dead.
        met: Called with each fault, and the request.
        objects: Key -> content and version.
        honest: It honors conditions.
    """

    chance: random.Random
    now: Callable[[], float]
    pause: Callable[[float], None]
    die: Callable[[], None]
    dead: Callable[[], bool]
    met: Callable[[str, str], None]
    name: str = "flaky"
    objects: dict[str, Found] = field(default_factory=dict)
    honest: bool = True
    faults: dict[int, str] | None = None
    requests: int = 0
    _down: int = 0
    _late: list[_Late] = field(default_factory=list)
    _versions: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def begin(self, faults: dict[int, str]) -> None:
        """Let a new process use the store, with `faults` at the requests that they number."""
        self.faults, self.requests, self._down = faults, 0, 0

    def rest(self) -> None:
        """Let nothing fail, and no time pass, while the test inspects the store."""
        self.faults = None

    def land(self) -> None:
        """Carry out the late writes whose time has come."""
        due = [one for one in self._late if one.arrives <= self.now()]
        self._late = [one for one in self._late if one.arrives > self.now()]
        for one in sorted(due, key=lambda late: late.arrives):
            try:
                self._write(one.key, one.content, one.version)
            except Conflict:
                continue
            self.met("arrived late", f"put {one.key}")

    def get(self, key: str) -> Found | None:
        self._meet(f"get {key}")
        return self.objects.get(key)

    def list(self, prefix: str) -> list[str]:
        self._meet(f"list {prefix}")
        return sorted(key for key in self.objects if key.startswith(prefix))

    def delete(self, keys: Sequence[str]) -> None:
        fault = self._meet(f"delete {' '.join(keys)}", writes=True)
        for key in keys:
            self.objects.pop(key, None)
        self._after(fault)

    def put(self, key: str, content: bytes, version: str | None) -> str:
        fault = self._meet(f"put {key}", writes=True)
        if fault in ("late", "crash late"):
            self._late.append(_Late(self.now() + self.chance.uniform(0, LATEST), key, content, version))
            self._after("crash after" if fault == "crash late" else "lost after")
        if fault == "doubled":
            self._late.append(_Late(self.now() + self.chance.uniform(0, LATEST), key, content, version))
        written = self._write(key, content, version)
        self._after(fault)
        return written

    def _write(self, key: str, content: bytes, version: str | None) -> str:
        there = self.objects.get(key)
        if self.honest and (there.version if there is not None else None) != version:
            raise Conflict(f"{key} is not as it was")
        self.objects[key] = Found(content, str(next(self._versions)))
        return self.objects[key].version

    def _meet(self, what: str, *, writes: bool = False) -> str | None:
        """Let a request be sent; return what becomes of a write after it arrived."""
        if self.faults is None:
            return None
        self.pause(self.chance.choice((0.01, 0.05, 0.3)))
        if self.dead():
            raise Crash
        self.requests += 1
        fault = self.faults.get(self.requests)
        if fault is not None:
            self.met(fault, what)
        if fault == "outage":
            self._down = OUTAGE
        if self._down:
            self._down -= 1
            raise self._lost()
        if fault == "crash before":
            self.die()
        if fault == "refused":
            raise StoreRefused(f"{self.name}: no permission", "Ask for it.")
        if fault == "lost before" or (fault in ("lost after", "late") and not writes):
            raise self._lost()
        return fault

    def _after(self, fault: str | None) -> None:
        if fault == "crash after":
            self.die()
        if fault == "lost after":
            raise self._lost()

    def _lost(self) -> Unclear:
        """Wait until the client knows that no answer comes, and return its error."""
        self.pause(self.chance.choice((0.1, 5.0)))
        if self.dead():
            raise Crash
        return Unclear(f"{self.name}: no answer")
