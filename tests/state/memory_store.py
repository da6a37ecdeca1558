"""A store in memory whose requests can fail, and a machine on whose clock waiting takes no time."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from sdx_state.programs.machine import Machine, Uptime
from sdx_state.state.store import Conflict, Found, StoreRefused, Unclear

FAULTS = ("lost before", "lost after", "late", "doubled")


class VirtualMachine(Machine):
    """A machine that is at no moment longer than a test makes it."""

    def __init__(self, seed: int = 0, boot: str = "boot") -> None:
        self.seconds, self.boot = 1_000_000.0, boot
        self.chance = random.Random(seed)
        self.while_asleep: Callable[[], object] = lambda: None

    def now(self) -> float:
        return 1_800_000_000.0 + self.seconds

    def monotonic(self) -> float:
        return self.seconds

    def uptime(self) -> Uptime:
        return Uptime(self.boot, self.seconds)

    def sleep(self, seconds: float, /) -> None:
        self.seconds += seconds
        self.while_asleep()

    def uniform(self, a: float, b: float, /) -> float:
        return self.chance.uniform(a, b)


@dataclass
class MemoryStore:
    """Implements `store.Store`.

    Attributes:
        objects: Key -> content and version.
        log: Each request: the verb and the key.
        fault: Says what becomes of a request, None if nothing does.
        honest: It honors conditions.
    """

    name: str = "memory"
    objects: dict[str, Found] = field(default_factory=dict)
    log: list[tuple[str, str]] = field(default_factory=list)
    fault: Callable[[str, str], str | None] = lambda _verb, _key: None
    honest: bool = True
    _versions: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _late: list[tuple[str, bytes, str | None]] = field(default_factory=list)

    def get(self, key: str) -> Found | None:
        self._met("get", key)
        return self.objects.get(key)

    def list(self, prefix: str) -> list[str]:
        self._met("list", prefix)
        return sorted(key for key in self.objects if key.startswith(prefix))

    def delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            self._met("delete", key)
            self.objects.pop(key, None)

    def put(self, key: str, content: bytes, version: str | None) -> str:
        fault = self._met("put", key)
        if fault == "late":
            self._late.append((key, content, version))
            raise Unclear("it was sent, and no answer came")
        if fault == "doubled":
            self._put(key, content, version)
        written = self._put(key, content, version)
        if fault == "lost after":
            raise Unclear("the answer was lost")
        return written

    def land(self) -> None:
        """Let what is late arrive."""
        late, self._late = self._late, []
        for key, content, version in late:
            try:
                self._put(key, content, version)
            except Conflict:
                continue

    def _put(self, key: str, content: bytes, version: str | None) -> str:
        there = self.objects.get(key)
        if self.honest and (there.version if there is not None else None) != version:
            raise Conflict(f"{key} is not as it was")
        self.objects[key] = Found(content, str(next(self._versions)))
        return self.objects[key].version

    def _met(self, verb: str, key: str) -> str | None:
        self.log.append((verb, key))
        fault = self.fault(verb, key)
        if fault == "refused":
            raise StoreRefused("memory: no permission", "Ask for it.")
        if fault == "lost before" or (fault is not None and verb != "put"):
            raise Unclear("nothing arrived")
        return fault
