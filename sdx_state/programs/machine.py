"""The machine of a run: clocks, sleep, random values and names. Tests can pass in their own.

Import `THIS_MACHINE` only where a run begins, and as the default of functions that may begin one.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import datetime, timezone
from functools import cache
from pathlib import Path
from random import SystemRandom
from threading import Event

from sdx_state.records import dataclass

SLICE = 0.2  # seconds
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_random = SystemRandom()


@dataclass(frozen=True)
class Uptime:
    """Uptime of this machine. Unlike the wall clock, it does not jump.

    Attributes:
        boot: Identifier of machine and boot, empty if the system has none.
        seconds: Uptime in seconds, including sleep.
    """

    boot: str
    seconds: float

    def since(self, earlier: Uptime) -> float:
        """Return the seconds since `earlier`; 0 if that was on another machine, or before a restart."""
        if not self.boot or self.boot != earlier.boot:
            return 0.0
        return max(0.0, self.seconds - earlier.seconds)


@cache
def _boot() -> str:
    """Return the identifier of machine and boot, empty if the system has none. No process outlives a boot."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


class Machine:
    """This machine. Thread-safe."""

    def now(self) -> float:
        """Return seconds since the epoch, by the wall clock."""
        return time.time()

    def moment(self) -> datetime:
        """Return the time in UTC, by the wall clock."""
        return datetime.fromtimestamp(self.now(), timezone.utc)

    def monotonic(self) -> float:
        """Return seconds of a monotonic clock, for durations within this process."""
        return time.monotonic()

    def uptime(self) -> Uptime:
        """Return the uptime of this machine, for durations across processes."""
        boot = _boot()
        clock = getattr(time, "CLOCK_BOOTTIME", None)  # Only Linux has this file; elsewhere `boot` is empty.
        return Uptime(boot, time.monotonic() if clock is None else time.clock_gettime(clock))

    def sleep(self, seconds: float, /) -> None:
        """Sleep."""
        time.sleep(seconds)

    def wait_for(self, event: Event, ended: Callable[[], bool], /) -> None:
        """Wait until `event` is set, but no longer than `SLICE` once `ended` returns True."""
        while not ended() and not event.wait(SLICE):
            pass

    def wait(self, seconds: float, ended: Callable[[], bool], /) -> None:
        """Wait, but no longer than `SLICE` once `ended` returns True: nothing else can end a wait of a worker."""
        while seconds > 0 and not ended():
            self.sleep(min(seconds, SLICE))
            seconds -= SLICE

    def uniform(self, a: float, b: float, /) -> float:
        """Return a random number between `a` and `b`."""
        return _random.uniform(a, b)

    def token(self, size: int) -> str:
        """Return `size` cryptographically random bytes as hexadecimal digits."""
        import secrets

        return secrets.token_hex(size)

    def uuid(self) -> str:
        """Return a random UUID (version 4)."""
        import uuid

        return str(uuid.uuid4())

    def user(self) -> str:
        """Return the name of the user who runs this process."""
        import getpass

        try:
            return getpass.getuser()
        except (OSError, KeyError, ImportError):  # The user has no name in the environment or the user database.
            return "unknown"

    def host(self) -> str:
        """Return the name of this machine."""
        import socket  # for those who read and write no state

        return socket.gethostname()

    def process(self) -> int:
        """Return the id of this process."""
        return os.getpid()


THIS_MACHINE = Machine()
