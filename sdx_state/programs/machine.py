"""What a run takes from the machine it runs on: time, waiting, chance and names. A test can pass in its own.

Import `THIS_MACHINE` where a run begins, and as the default of what may begin one.
"""

from __future__ import annotations

import getpass
import os
import secrets
import socket
import time
import uuid
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from random import SystemRandom

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_random = SystemRandom()


@dataclass(frozen=True)
class Uptime:
    """A moment that nobody can set: how long this machine runs. Wall clocks jump, and a wait by them may be none.

    Attributes:
        boot: Which boot of which machine, empty where the system does not tell.
        seconds: How long it runs, sleep included.
    """

    boot: str
    seconds: float

    def since(self, earlier: Uptime) -> float:
        """Return the seconds since `earlier`; 0 if that was on another machine, or before it was started anew."""
        if not self.boot or self.boot != earlier.boot:
            return 0.0
        return max(0.0, self.seconds - earlier.seconds)


class Machine:
    """This machine. Thread-safe."""

    def now(self) -> float:
        """Return seconds since the epoch, by the wall clock."""
        return time.time()

    def moment(self) -> datetime:
        """Return the time of day in UTC, by the wall clock."""
        return datetime.fromtimestamp(self.now(), timezone.utc)

    def monotonic(self) -> float:
        """Return seconds since some moment, for durations within this process."""
        return time.monotonic()

    def uptime(self) -> Uptime:
        """Return how long this machine runs, for durations between processes."""
        try:
            boot = _BOOT_ID.read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            boot = ""
        clock = getattr(time, "CLOCK_BOOTTIME", None)  # Linux; elsewhere `boot` is empty, and the clock says little
        return Uptime(boot, time.monotonic() if clock is None else time.clock_gettime(clock))

    def sleep(self, seconds: float, /) -> None:
        """Wait."""
        time.sleep(seconds)

    def uniform(self, a: float, b: float, /) -> float:
        """Return a random number between `a` and `b`."""
        return _random.uniform(a, b)

    def token(self, size: int) -> str:
        """Return `size` random bytes, which nobody can guess, as hexadecimal digits."""
        return secrets.token_hex(size)

    def uuid(self) -> str:
        """Return a random UUID (version 4)."""
        return str(uuid.uuid4())

    def user(self) -> str:
        """Return the name of the user who runs this process."""
        try:
            return getpass.getuser()
        except (OSError, KeyError, ImportError):  # no name in the environment, and none in a list of users
            return "unknown"

    def host(self) -> str:
        """Return the name of this machine."""
        return socket.gethostname()

    def process(self) -> int:
        """Return the number of this process."""
        return os.getpid()


THIS_MACHINE = Machine()
