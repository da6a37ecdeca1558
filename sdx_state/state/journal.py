"""The journal: every run, what it was about to write, and what became of it, each line chained to the one before.

What is about to be written is on the disk before it is sent. One JSON object a line; it holds addresses, ids and
keyed hashes, and no texts. After a crash it says what may exist in the tenant without the state knowing: an intent
without an end. Each line carries the hash of the one before and its own: one that was altered or taken out shows.
With a key each line is signed.

The journal has an open part, which every plan reads, and closed ones, which only the history reads. A save of the
state closes the open part if nothing in it is without an end: the state then names its last line as the head.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from sdx_state.decoding.typed import Record
from sdx_state.model.address import Address
from sdx_state.model.ledger import Entry, Head
from sdx_state.programs.machine import THIS_MACHINE, Machine
from sdx_state.state.backend import UNFENCED, Fence, Lines
from sdx_state.state.chain import HASH, NOTHING, SIGNATURE, START, Chain
from sdx_state.state.errors import JOURNAL_ADVICE, ForeignFile, StateNotSaved, StateUnusable
from sdx_state.state.journal_reading import all_records, closed_head, open_records
from sdx_state.state.signing import SigningKey, hash_of
from sdx_state.state.unfinished import Left, Unfinished


@dataclass(frozen=True)
class Intention:
    """A create that is about to be sent.

    Attributes:
        address: What is to be created.
        parent_id: Id of the survey it goes into, if any.
        before_ids: Ids of what already bears its natural key: these are not what is created.
        hashes: Path -> hash of every field that is sent.
    """

    address: Address
    parent_id: str | None
    before_ids: Sequence[str]
    hashes: Mapping[str, str]


class Journal:
    """Append-only, shared by the threads of a run.

    Attributes:
        name: What messages call it.
        run: The name of the run that this journal is opened for.
        key: Signs each line; None for no signatures.
        head: The last closed line; None for what the closed parts themselves say.
        fence: Raises where this run may write no more; called before each word of what is about to be sent.
        machine: Time, and names of runs and operations.
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
        self.run = f"{machine.moment():%Y%m%d-%H%M%S}-{machine.token(2)}"
        self._lock = threading.Lock()
        self._end: _End | None = None
        self._unmoved: Head | None = None

    @property
    def name(self) -> str:
        """What messages call it."""
        return self._lines.name

    def exists(self) -> bool:
        """Tell whether any line was ever written."""
        return self._lines.exists()

    def begin(self, command: str, fingerprint: str, changes: int, document: str) -> None:
        """Write down that a run begins, who runs it, which plan it carries out, and the hash of its document."""
        who = f"{self.machine.user()}@{self.machine.host()}"
        self._append(
            True, event="begin", command=command, who=who, plan=fingerprint, changes=changes, document=document
        )

    def restarted(self, lost: str) -> None:
        """Write down that there was no journal, though the state names `lost` as the last line of one."""
        self._append(True, event="restarted", lost=lost)

    def signed(self) -> None:
        """Write down that all lines so far are accepted as they are; this line is signed, and proves them."""
        self._append(True, event="signed")

    def intend(
        self, address: Address, parent_id: str | None, before_ids: Sequence[str], hashes: Mapping[str, str]
    ) -> str:
        """Write down that `address` is about to be created, and return the operation's name.

        Args:
            address: What is to be created.
            parent_id: Id of the survey it goes into, if any.
            before_ids: Ids of what already bears its natural key: these are not what is created now.
            hashes: Path -> hash of every field that is sent.

        Raises:
            StateNotSaved, LockLost: It is not on the disk, or another run may be writing. Nothing may be sent.
        """
        self.fence()
        operation = self.machine.token(6)
        self._append(
            True,
            event="intent",
            operation=operation,
            **self._now(),
            address=address,
            parent_id=parent_id,
            before_ids=list(before_ids),
            fields=dict(hashes),
        )
        return operation

    def intend_ahead(self, intentions: Sequence[Intention]) -> list[str]:
        """Write down together that all of `intentions` are about to be created, and return their operations' names.

        All but the first are sent later, at a moment that is not known: after a crash, each counts as sent just then.

        Raises:
            StateNotSaved, LockLost: They are not on the disk, or another run may be writing. Nothing may be sent.
        """
        self.fence()
        operations = [self.machine.token(6) for _ in intentions]
        for number, (intention, operation) in enumerate(zip(intentions, operations, strict=True), start=1):
            self._append(
                number == len(intentions),
                event="intent",
                operation=operation,
                **(self._now() if number == 1 else {}),
                address=intention.address,
                parent_id=intention.parent_id,
                before_ids=[*intention.before_ids],
                fields=dict(intention.hashes),
            )
        return operations

    def send_again(self, operation: str, address: Address) -> None:
        """Write down that the create of `address`, which the server did not take, is about to be sent once more.

        Raises:
            StateNotSaved, LockLost: It is not on the disk, or another run may be writing. Nothing may be sent.
        """
        self.fence()
        self._append(True, event="again", operation=operation, **self._now(), address=address)

    def met(self, address: Address, parent_id: str | None, id: str) -> None:
        """Write down that nothing was sent for `address`, since `id` of somebody else has its name by now.

        A list that lags may lack it when the next run plans.

        Raises:
            StateNotSaved: It is not on the disk.
        """
        self._append(True, event="met", **self._now(), address=address, parent_id=parent_id, id=id)

    def created(self, operation: str, address: Address, entry: Entry) -> None:
        """Write down that the operation created `entry`. Lost in a crash, it is found out by reading."""
        self._append(
            False,
            event="created",
            operation=operation,
            **self._now(),
            address=address,
            id=entry.id,
            fields=dict(entry.applied),
            protect=entry.protect,
        )

    def disowned(self, operation: str, address: Address) -> None:
        """Write down that what was said to be created by the operation is another resource: its end is open again."""
        self._append(False, event="disowned", operation=operation, **self._now(), address=address)

    def settled(self, operation: str, how: str) -> None:
        """Write down that the operation is over and created nothing."""
        self._append(False, event="settled", operation=operation, how=how)

    def overwrite(
        self, verb: str, address: Address, id: str, before: Mapping[str, str], after: Mapping[str, str]
    ) -> None:
        """Write down that `address` is about to be changed or deleted, with hashes of its fields before and after.

        Raises:
            StateNotSaved, LockLost: It is not on the disk, or another run may be writing. Nothing may be sent.
        """
        self.fence()
        self._append(True, event=verb, address=address, id=id, before=dict(before), after=dict(after))

    def ended(self, address: Address, status: str) -> None:
        """Write down what became of a change."""
        self._append(False, event="outcome", address=address, status=status)

    def seal(self, epoch: int) -> None:
        """Write down that the holder of `epoch` took over: nothing that the one before sent can come behind this.

        Raises:
            LineTaken: A line of the one before arrived first; read the journal again.
        """
        self._append(True, event="seal", epoch=epoch)

    def saving(self, lineage: str, serial: int) -> None:
        """Write down that the state is about to be saved as `serial`, so that there is a line that it closes."""
        self._append(True, event="saving", lineage=lineage, serial=serial)

    def saved(self, lineage: str, serial: int) -> None:
        """Write down that the state of `serial` holds everything so far."""
        self._append(False, event="saved", lineage=lineage, serial=serial)

    def superseded(self, ended: str) -> None:
        """Write down that nothing is left to do of the run `ended`, which was cut off."""
        self._append(True, event="superseded", ended=ended)

    def end(self, counts: Mapping[str, int]) -> None:
        """Write down that the run is over once the state is saved, and how many changes ended in which way."""
        self._append(True, event="end", counts=dict(counts), unsaved=True)

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
        """Return the place of the first line whose chain does not hold, None if all do.

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

    def _now(self) -> Record:
        now = self.machine.uptime()
        return {"boot": now.boot, "uptime": round(now.seconds, 3)}

    def _append(self, durably: bool, **content: object) -> None:
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
        except ForeignFile as error:  # put there while this run was under way
            raise StateNotSaved(f"{error.what}.\nNothing more was sent. {error.advice}") from error


@dataclass(frozen=True)
class _End:
    """The end of a journal: its last line, and what is left open there."""

    head: Head
    left: Left
