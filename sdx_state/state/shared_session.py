"""A shared state as one process knows it, and its lock."""

from __future__ import annotations

from collections.abc import Mapping

from sdx_state.records import dataclass
from sdx_state.state.errors import LockLost
from sdx_state.state.shared_journal import SharedJournal
from sdx_state.state.shared_lock import StateLock
from sdx_state.state.store import Found


@dataclass
class Session:
    """Content of the store as this process knows it: read once, or written under a lease.

    Attributes:
        lease: The lock, None while it is not held.
        state: The object of the state, None if there is none or it was not read.
        read: The state was read.
        journal: The lines of the journal, as far as they were read or written.
    """

    lease: StateLock | None = None
    state: Found | None = None
    read: bool = False
    journal: SharedJournal | None = None

    def held(self, where: str) -> StateLock:
        """Return the lock of the state that messages name `where`.

        Raises:
            LockLost: It is not held.
        """
        if self.lease is None:
            raise LockLost(f"{where} can be written under its lock alone.\nNothing was saved.")
        return self.lease

    def clear(self) -> None:
        """Have no lock, and nothing that was read."""
        self.lease = self.journal = self.state = None
        self.read = False

    @property
    def writer(self) -> Mapping[str, object]:
        """The holder of the lock, as the state names its writer; empty while the lock is not held."""
        holder = self.lease.lock.holder if self.lease is not None else None
        return vars(holder) if holder is not None else {}
