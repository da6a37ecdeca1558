"""When requests in flight are abandoned, because the run was stopped."""

from __future__ import annotations

import math

from sdx_state.programs.machine import Machine

GRACE = 3.0  # Seconds for what is in flight when a run is stopped: CI systems kill a cancelled job 7.5 s later.


class Ending:
    """When requests in flight are abandoned: never, until a run is stopped.

    Attributes:
        at: By the monotonic clock of the machine, in seconds.
    """

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self.at = math.inf

    def within(self, seconds: float) -> None:
        """Abandon them in `seconds`, or earlier if an earlier call says so. May be called by a signal handler."""
        self.at = min(self.at, self._machine.monotonic() + seconds)

    @property
    def left(self) -> float:
        """Seconds until then."""
        return self.at - self._machine.monotonic()
