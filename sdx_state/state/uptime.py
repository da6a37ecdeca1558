"""Time that nobody can set: how long this machine runs. Wall clocks jump, and a wait measured by them may be none."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Uptime:
    """A moment of one boot of one machine.

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


def uptime() -> Uptime:
    """Return this moment."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    try:
        boot = _BOOT_ID.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        boot = ""
    return Uptime(boot, time.clock_gettime(clock))
