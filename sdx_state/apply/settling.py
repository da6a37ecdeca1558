"""Waiting until a write shows: reads may lag behind a good answer, and a lost request may still arrive."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from sdx_state.model.address import Address

# Seconds in which a request that was given up may still be carried out, and a read may lag behind a write: longer
# than the client itself waits for an answer.
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
)  # shares of it between two looks; all of it together
SLICE = 2.0  # seconds that a wait may go on after the run was told to stop
STOPPED = "the run was stopped before that showed"

Seen = TypeVar("Seen")


@dataclass
class Settling:
    """The waits of one run. Thread-safe.

    Attributes:
        sleep: Waits, in seconds.
        halted: Tells that the run was told to stop, which ends every wait.
        waiting: Told which address is waited for and how many seconds that may take; called once a wait.
        ignored: `(kind, field)` that a whole wait did not bring: the server keeps its own value, and no later change
            of this run waits for it.
        proven: A whole wait has passed in which nothing that was absent came back: what is absent now is gone.
    """

    sleep: Callable[[float], None]
    halted: Callable[[], bool] = lambda: False
    waiting: Callable[[Address, float], None] = lambda _address, _seconds: None
    ignored: set[tuple[str, str]] = field(default_factory=set)
    proven: bool = False

    def watch(self, address: Address, look: Callable[[], Seen], shows: Callable[[Seen], bool]) -> Seen:
        """Return what `look` sees as soon as it `shows` the write, else what it sees after the settle time.

        Looks at once, and waits only if that does not show it, so that a prompt server costs one look.
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
        """Tell whether something that is absent comes back within the settle time, for which a run waits only once.

        Args:
            address: What is absent.
            look: Tells whether it is there.
        """
        if self.proven:
            return look()
        back = self.watch(address, look, bool)
        self.proven = self.proven or not (back or self.halted())
        return back

    def _wait(self, seconds: float) -> bool:
        """Wait, and tell whether the run goes on."""
        while seconds > 0:
            if self.halted():
                return False
            self.sleep(min(seconds, SLICE))
            seconds -= SLICE
        return not self.halted()
