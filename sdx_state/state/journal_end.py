"""The end of the journal: each line is chained to the one before, and a save of the state closes the open part.

A line has the hash of the one before and its own, and a signature if there is a key: a line that was altered or
removed is found. The journal has an open part, which every plan reads, and closed parts, which only the history
reads. A save closes the open part if every intent in it has an end: the state then names its last line as the head.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress

from sdx_state.decoding.typed import Record
from sdx_state.model.ledger import Head, Ledger
from sdx_state.programs.machine import THIS_MACHINE, Machine
from sdx_state.records import dataclass
from sdx_state.state.backend import UNFENCED, Fence, Lines
from sdx_state.state.chain import HASH, NOTHING, SIGNATURE, START, Chain
from sdx_state.state.errors import JOURNAL_ADVICE, ForeignFile, StateNotSaved, StateUnusable
from sdx_state.state.journal_reading import all_records, closed_head, open_records
from sdx_state.state.signing import SigningKey, hash_of
from sdx_state.state.unfinished import Left, Unfinished


class JournalEnd:
    """Appends lines of any content, shared by the threads of a run.

    Attributes:
        name: Name of the journal in messages.
        run: Name of the run that opened the journal.
        key: Signs each line; None for no signatures.
        head: The last closed line; None to read it from the closed parts.
        fence: Raises if this run must not write any more; called before each request is recorded.
        machine: Time, and names of runs and operations.
        opened_with: The state when the journal was opened for writing, None where it could not be used. It is read
            again, and as long as it is in use it need not be decoded again.
    """

    def __init__(
        self,
        lines: Lines,
        key: SigningKey | None = None,
        fence: Fence = UNFENCED,
        machine: Machine = THIS_MACHINE,
        head: Head | None = None,
    ) -> None:
        self._lines, self.key, self.fence, self.machine = lines, key, fence, machine
        self.head = head
        self.opened_with: Ledger | None = None
        self.run = self._new_name()
        self._lock = threading.Lock()
        self._end: _End | None = None
        self._unmoved: Head | None = None

    @property
    def name(self) -> str:
        """Name in messages."""
        return self._lines.name

    def _new_name(self) -> str:
        return f"{self.machine.moment():%Y%m%d-%H%M%S}-{self.machine.token(2)}"

    def take_name(self, taken: Collection[str]) -> None:
        """Give the run another name if its own is among `taken`: two runs of one second can draw the same."""
        while self.run in taken:
            self.run = self._new_name()

    def exists(self) -> bool:
        """Tell whether any line was ever written."""
        return self._lines.exists()

    def mend(self) -> None:
        """Move a part that is closed to the closed ones, and cut off a last line that a crash left half written.

        The lock must be held.

        Raises:
            StateNotSaved: The journal cannot be written.
        """
        try:
            self._lines.mend(self._known_head(), self.run)
        except OSError as error:
            raise StateNotSaved(f"the journal {self.name} cannot be written ({error.strerror})") from error

    def records(self) -> Iterator[tuple[str, Record]]:
        """Yield the place and the content of each line, closed ones included; see `journal_reading`.

        Raises:
            StateUnusable: A line cannot be read.
        """
        return all_records(self._lines)

    def unfinished(self, chain: Chain | None = None) -> Unfinished:
        """Return what earlier runs left without an end.

        Args:
            chain: Follows the open lines while they are read.

        Raises:
            StateUnusable: A line cannot be read.
        """
        return self._left(chain or Chain(head=self._known_head())).unfinished()

    def broken_at(self) -> str | None:
        """Return the place of the first line that breaks the chain, None if none does.

        Raises:
            StateUnusable: A line cannot be read at all.
        """
        return self.followed(Chain(whole=True)).broken

    def followed(self, chain: Chain) -> Chain:
        """Return `chain` after it has followed every line, closed ones included.

        Raises:
            StateUnusable: A line cannot be read at all.
        """
        for where, record in self.records():
            chain.follow(where, record)
        return chain

    def ready(self) -> Head:
        """Make all lines durable, and return the last one; the head if no line is open.

        Raises:
            StateUnusable: A line cannot be read; nothing can be written behind it.
            StateNotSaved: A line is not on the disk; no state may name it.
        """
        with self._lock:
            end = self._found_end()
            if end.head == NOTHING:
                return NOTHING
            try:
                self._lines.sync()
            except OSError as error:
                raise StateNotSaved(
                    f"the journal {self.name} could not be written ({error.strerror}).\n"
                    "The state was not saved. Make room, then run the same command again."
                ) from error
            return end.head

    def closable(self) -> bool:
        """Tell whether nothing is without an end, so that a save of the state may close the open part.

        Raises:
            StateUnusable: A line cannot be read.
        """
        with self._lock:
            return self._found_end().left.closable

    def close(self, head: Head) -> None:
        """Take it that the saved state names `head`, which is the last line, as the last closed one."""
        with self._lock:
            self.head, self._unmoved = head, head
            self._end = _End(head, Left())
            with suppress(OSError):  # the next line, or the next run, tries again
                self._move()

    def _move(self) -> None:
        if self._unmoved is not None:
            self._lines.close(self._unmoved, self.run)
            self._unmoved = None

    def _known_head(self) -> Head:
        if self.head is None:
            self.head = closed_head(self._lines)
        return self.head

    def _left(self, chain: Chain) -> Left:
        left = Left()
        for where, record in open_records(self._lines, chain.head):
            chain.follow(where, record)
            try:
                left.note(record)
            except KeyError as error:
                raise StateUnusable(f"{where} is about an operation that never began", JOURNAL_ADVICE) from error
            if chain.at_anchor:
                left.note_saved()
        return left

    def _found_end(self) -> _End:
        if self._end is None:
            head = self._known_head()
            chain = Chain(head=head)
            left = self._left(chain)
            empty = not chain.lines
            self._end = _End(head if empty else Head(head.seq + chain.lines, chain.last), left)
        return self._end

    def now(self) -> Record:
        now = self.machine.uptime()
        return {"boot": now.boot, "uptime": round(now.seconds, 3)}

    def append(self, durably: bool, **content: object) -> None:
        with self._lock:
            end = self._found_end()
            record: Record = {
                "at": round(self.machine.now(), 3),
                "run": self.run,
                **content,
                "previous": end.head.hash or START,
            }
            record[HASH] = hash_of(record)
            if self.key is not None:
                record[SIGNATURE] = self.key.sign("journal", record[HASH])
            with self._errors():
                self._move()
                line = json.dumps(record, ensure_ascii=True).encode() + b"\n"
                written = self._lines.append(line, end.head.seq + 1, durably=durably)
            end.left.note(record)
            self._end = _End(Head(end.head.seq + 1, record[HASH]), end.left)
        if durably:
            with self._errors():
                written()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StateNotSaved(
                f"the journal {self.name} could not be written ({error.strerror}).\n"
                "Nothing more was sent. Make room, then run the same command again."
            ) from error
        except ForeignFile as error:  # another user placed it during this run
            raise StateNotSaved(f"{error.what}.\nNothing more was sent. {error.advice}") from error


@dataclass(frozen=True)
class _End:
    """The end of a journal: its last line, and what is left open there."""

    head: Head
    left: Left
