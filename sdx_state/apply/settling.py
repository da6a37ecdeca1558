"""Waits for a write to show: reads can lag behind, and a lost request can still arrive."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import TypeVar

from sdx_state.model.address import Address
from sdx_state.records import dataclass

# Seconds in which the server may still process a request that timed out, and in which a read may lag behind a write.
# Longer than the timeout of the client.
SETTLE = 65.0
PAUSES = (
    0.004,
    0.008,
    0.016,
    0.032,
    0.06,
    0.1,
    0.16,
    0.24,
    0.38,
)  # Shares of SETTLE between two looks; their sum is 1.
SLICE = 2.0  # Seconds until a wait notices that the run was stopped.
STOPPED = "the run was stopped before reading showed it"

Seen = TypeVar("Seen")


@dataclass
class Settling:
    """The waits of one run. Thread-safe.

    Attributes:
        sleep: Sleeps for a number of seconds.
        halted: Returns True if the run was stopped, which ends every wait.
        waiting: Receives the address and the longest time in seconds, once for each wait.
        ignored: `(kind, field)` that did not show within a whole wait: the server has its own value, and later
            changes of this run do not wait for it.
        proven: Nothing absent reappeared within a whole wait, so absence is final for this run.
    """

    sleep: Callable[[float], None]
    halted: Callable[[], bool] = lambda: False
    waiting: Callable[[Address, float], None] = lambda _address, _seconds: None
    ignored: set[tuple[str, str]] = field(default_factory=set)
    proven: bool = False

    def watch(self, address: Address, look: Callable[[], Seen], shows: Callable[[Seen], bool]) -> Seen:
        """Return the result of `look` once it `shows` the write, or else the result after the settle time.

        Looks immediately and waits only if necessary, so that a prompt server costs one look.
        """
        seen = look()
        if shows(seen):
            return seen
        self.waiting(address, SETTLE)
        for share in PAUSES:
            if not self._wait(SETTLE * share):
                break
            seen = look()
            if shows(seen):
                break
        return seen

    def returns(self, address: Address, look: Callable[[], bool]) -> bool:
        """Return True if an absent resource reappears within the settle time. A run waits for this only once.

        Args:
            address: The absent resource.
            look: Returns True if it exists.
        """
        if self.proven:
            return look()
        back = self.watch(address, look, bool)
        self.proven = self.proven or not (back or self.halted())
        return back

    def _wait(self, seconds: float) -> bool:
        """Sleep; return True if the run continues."""
        while seconds > 0:
            if self.halted():
                return False
            self.sleep(min(seconds, SLICE))
            seconds -= SLICE
        return not self.halted()
