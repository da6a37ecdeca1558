"""Protocol of a state backend: stores one state with its journal, and lets one run write at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import field
from typing import Protocol

from sdx_state.decoding.typed import Record
from sdx_state.model.ledger import Head, Ledger
from sdx_state.programs.machine import Machine
from sdx_state.records import dataclass
from sdx_state.state.holder import Holder
from sdx_state.state.signing import SigningKey

LOCAL = "local"  # the name of the store in a folder on this machine


@dataclass(frozen=True)
class Fence:
    """Proof that a run has the lock.

    Attributes:
        check: Raises LockLost where the holder may write no more; called right before each write.
        epoch: Grows with each holder; 0 where the system frees a lock with the process of its holder.
        overtook: The holder before was cut off, and what it sent may arrive yet.
        holder: The run that has the lock, for the history; None where the backend does not say.
        tail: The last line of the journal that an earlier holder wrote, as far as the lock says it.
        disown_tail: Makes the lock name no line, because the journal was moved away.
    """

    check: Callable[[], None]
    epoch: int = 0
    overtook: bool = False
    holder: Holder | None = None
    tail: Head = field(default_factory=Head)
    disown_tail: Callable[[], None] = lambda: None

    def __call__(self) -> None:
        """Raise LockLost where the holder may write no more."""
        self.check()


UNFENCED = Fence(lambda: None)


@dataclass(frozen=True)
class Segment:
    """A closed part of a journal, which is never written again.

    Attributes:
        name: Name in messages.
        last: Number of its last line.
        run: The run that closed it.
        read: Returns its lines. Raises OSError where the store does not answer.
    """

    name: str
    last: int
    run: str
    read: Callable[[], bytes]


class Lines(Protocol):
    """Where the lines of a journal are kept: an open part that grows, and closed ones.

    The state names the last closed line; the write that makes it do so is what closes the part. Where the store does
    not answer, writes raise OSError, and reads raise OSError or StoreError.
    """

    @property
    def name(self) -> str:
        """Name in messages."""

    def exists(self) -> bool:
        """Tell whether any line was ever written."""

    def read(self, head: Head) -> bytes:
        """Return the open part: all lines after the one that `head` names.

        Raises:
            FileNotFoundError: There is none yet.
        """

    def append(self, line: bytes, number: int, *, durably: bool) -> Callable[[], None]:
        """Write `line`, the one of that number, behind the others.

        Returns:
            What returns when the line survives a power cut, if `durably`; to be called without any lock held, so that
            lines of several threads can be written together.

        Raises:
            ForeignFile: What is there is not this program's.
        """

    def mend(self, head: Head, run: str) -> None:
        """Do what a crash left undone: close what the state says is closed, and cut off half a line at the end."""

    def sync(self) -> None:
        """Make every line survive a power cut."""

    def newest(self) -> int:
        """Return the number of the last line of the newest closed part, 0 if nothing is closed."""

    def holds(self, head: Head) -> bool:
        """Tell whether the closed line that `head` names is kept."""

    def closed(self) -> list[Segment]:
        """Return the closed parts, the oldest first."""

    def close(self, head: Head, run: str) -> None:
        """Move the lines up to `head`, as which the state knows the last, to the closed parts.

        Args:
            head: The last line of the open part.
            run: The run that closes it.
        """


class Backend(Protocol):
    """Keeps the state of one tenant, as `LocalStore` does in a folder on this machine.

    Attributes:
        tenant: The tenant that this run talks to; a state of another one is refused. None where no tenant is asked.
        key: Signs what is written; what is read must be signed with it. None for no signatures.
        lines: The lines of its journal.
        machine: Time, waiting and chance of what works with it.
    """

    @property
    def tenant(self) -> str | None:
        """See the class."""

    @property
    def key(self) -> SigningKey | None:
        """See the class."""

    @property
    def lines(self) -> Lines:
        """See the class."""

    @property
    def machine(self) -> Machine:
        """See the class."""

    @property
    def shared(self) -> bool:
        """Others may be writing, and a plan may have no right to: only what writes to the tenant writes here."""

    def of(self, tenant: str) -> Backend:
        """Return the same store, for a run that talks to `tenant`."""

    def unsigned(self) -> Backend:
        """Return the same store, without the key for signatures."""

    def exists(self) -> bool:
        """Tell whether a state was ever saved here."""

    def load(self) -> Ledger:
        """Return the saved state, a new one if there is none.

        Raises:
            StateUnusable: It cannot be read, is damaged, or is another tenant's.
        """

    def save(self, ledger: Ledger) -> Ledger:
        """Replace the saved state as a whole, and return it with the serial that it got.

        Raises:
            StateNotSaved: The old state is as it was.
            CopyNotKept: The new state is saved, and its copy could not be kept.
        """

    def require_newest(self, ledger: Ledger, serials: Mapping[str, int]) -> None:
        """Return if neither an open line of the journal nor a closed part of it knows a newer state.

        Raises:
            StateUnusable: One does.
        """

    def save_run(self, run: str, document: Mapping[str, object]) -> str:
        """Keep the document of `run`, and return its hash."""

    def load_run(self, run: str, hash: str | None) -> Record:
        """Return the document of `run`.

        Raises:
            StateUnusable: It is gone, damaged, or does not have this hash.
        """

    def kept_runs(self) -> list[str]:
        """Return the runs of which something is kept, the oldest first."""

    def generation(self, serial: int | None) -> Ledger:
        """Return the earlier state `serial`, the newest kept one if None.

        Raises:
            StateUnusable: It is not kept, or cannot be read.
        """

    def kept_serials(self) -> list[int]:
        """Return the serials of the earlier states that are kept, the oldest first."""

    def saved_plans(self) -> list[str]:
        """Return the hashes of the plans that were saved on this machine."""

    def remember_plan(self, hash: str) -> None:
        """Keep the hash of a plan that was saved for `apply PLANFILE`."""

    def lock(self, purpose: str) -> AbstractContextManager[Fence]:
        """Hold the lock of the state while the block runs, and yield its fence, which tells whether it is still held.

        Raises:
            StateLocked: Another run holds the lock.
        """

    def running(self) -> Holder | None:
        """Return the run that holds the lock, None if there is none or it does not say. Changes nothing."""

    def unlock(self, id: str) -> bool:
        """Clear the lock `id` that a run left behind; tell whether there was one.

        Raises:
            StateLocked: The run lives, or the lock is another.
        """


class Plans(Protocol):
    """Remembers which plans were saved on this machine."""

    def saved_plans(self) -> list[str]: ...

    def remember_plan(self, hash: str) -> None: ...
