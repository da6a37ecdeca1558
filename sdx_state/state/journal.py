"""The journal: every run, what it was about to write, and what became of it, each line chained to the one before.

What is about to be written is on the disk before it is sent. One JSON object a line; it holds addresses, ids and
keyed hashes, and no texts. After a crash it says what may exist in the tenant without the state knowing: an intent
without an end. Each line carries the hash of the one before and its own: one that was altered or taken out shows.
With a key each line is signed.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence

from sdx_state.decoding.strict import DecodingError
from sdx_state.decoding.typed import Record
from sdx_state.model.address import Address
from sdx_state.model.ledger import Entry
from sdx_state.programs.machine import THIS_MACHINE, Machine
from sdx_state.state.backend import Fence, Lines
from sdx_state.state.chain import HASH, SIGNATURE, START, Chain
from sdx_state.state.errors import JOURNAL_ADVICE, ForeignFile, StateNotSaved, StateUnusable
from sdx_state.state.journal_lines import decoded_line
from sdx_state.state.signing import SigningKey, hash_of
from sdx_state.state.unfinished import Left, Unfinished


class Journal:
    """Append-only, shared by the threads of a run.

    Attributes:
        name: What messages call it.
        run: The name of the run that this journal is opened for.
        key: Signs each line; None for no signatures.
        fence: Raises where this run may write no more; called before each word of what is about to be sent.
        machine: Time, and names of runs and operations.
    """

    def __init__(
        self,
        lines: Lines,
        key: SigningKey | None = None,
        fence: Fence = lambda: None,
        machine: Machine = THIS_MACHINE,
    ) -> None:
        self._lines, self.key, self.fence, self.machine = lines, key, fence, machine
        self.run = f"{machine.moment():%Y%m%d-%H%M%S}-{machine.token(2)}"
        self._lock = threading.Lock()
        self._last: str | None = None

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

    def saved(self, lineage: str, serial: int) -> None:
        """Write down that the state of `serial` holds everything so far."""
        self._append(False, event="saved", lineage=lineage, serial=serial)

    def end(self, counts: Mapping[str, int]) -> None:
        """Write down that the run is over, and how many changes ended in which way."""
        self._append(True, event="end", counts=dict(counts))

    def mend(self) -> None:
        """Cut off a last line that a crash left half written. The lock must be held.

        Raises:
            StateNotSaved: The journal cannot be written.
        """
        lines = self._read()
        if lines[-1]:
            try:
                self._lines.truncate(sum(len(line) + 1 for line in lines[:-1]))
            except OSError as error:
                raise StateNotSaved(f"the journal {self.name} cannot be written ({error.strerror})") from error

    def records(self) -> Iterator[tuple[int, Record]]:
        """Yield the number and the content of each line. A last line cut short by a crash is no line.

        Raises:
            StateUnusable: Another line cannot be read.
        """
        for number, line in enumerate(self._read()[:-1], start=1):
            try:
                record = decoded_line(line)
            except DecodingError as error:
                message = f"{self.name}:{number} is not a line of a journal: {error}"
                raise StateUnusable(message, JOURNAL_ADVICE) from error
            yield number, record

    def unfinished(self, chain: Chain | None = None) -> Unfinished:
        """Return what earlier runs left without an end.

        Args:
            chain: Follows the lines while they are read.

        Raises:
            StateUnusable: A line cannot be read.
        """
        left = Left()
        for number, record in self.records():
            if chain is not None:
                chain.follow(number, record)
            try:
                left.note(record)
            except KeyError as error:
                message = f"{self.name}:{number} is about an operation that never began"
                raise StateUnusable(message, JOURNAL_ADVICE) from error
        return left.unfinished()

    def broken_at(self) -> int | None:
        """Return the number of the first line whose chain does not hold, None if all do.

        Raises:
            StateUnusable: A line cannot be read at all.
        """
        return self.followed(Chain()).broken

    def followed(self, chain: Chain) -> Chain:
        """Return `chain` after it has followed every line.

        Raises:
            StateUnusable: A line cannot be read at all.
        """
        for number, record in self.records():
            chain.follow(number, record)
        return chain

    def ready(self) -> str:
        """Make all lines durable, and return the hash of the last one, empty if there is none.

        Raises:
            StateUnusable: A line cannot be read; nothing can be written behind it.
            StateNotSaved: A line is not on the disk; no state may name it.
        """
        with self._lock:
            last = self._find_end()
            if last == START:
                return ""
            try:
                self._lines.sync()
            except OSError as error:
                raise StateNotSaved(
                    f"the journal {self.name} could not be written ({error.strerror}).\n"
                    "The state was not saved. Make room, then run the same command again."
                ) from error
            return last

    def _read(self) -> list[bytes]:
        """Return the lines; the last is what follows the last line end, empty in a whole journal."""
        try:
            return self._lines.read().split(b"\n")
        except FileNotFoundError:
            return [b""]
        except OSError as error:
            raise StateUnusable(f"{self.name} cannot be read ({error.strerror})", JOURNAL_ADVICE) from error

    def _find_end(self) -> str:
        if self._last is None:
            self._last = self.followed(Chain()).last
        return self._last

    def _now(self) -> Record:
        now = self.machine.uptime()
        return {"boot": now.boot, "uptime": round(now.seconds, 3)}

    def _append(self, durably: bool, **content: object) -> None:
        with self._lock:
            previous = self._find_end()
            record: Record = {"at": round(self.machine.now(), 3), "run": self.run, **content, "previous": previous}
            record[HASH] = hash_of(record)
            if self.key is not None:
                record[SIGNATURE] = self.key.sign("journal", record[HASH])
            try:
                self._lines.append(json.dumps(record, ensure_ascii=True).encode() + b"\n", durably=durably)
            except OSError as error:
                raise StateNotSaved(
                    f"the journal {self.name} could not be written ({error.strerror}).\n"
                    "Nothing more was sent. Make room, then run the same command again."
                ) from error
            except ForeignFile as error:  # put there while this run was under way
                raise StateNotSaved(f"{error.what}.\nNothing more was sent. {error.advice}") from error
            self._last = record[HASH]
