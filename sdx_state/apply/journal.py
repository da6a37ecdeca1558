"""The journal: every run, what it was about to write, and what became of it, each line chained to the one before.

What is about to be written is on the disk before it is sent. One JSON object a line; it holds addresses, ids and
keyed hashes, and no texts. After a crash it says what may exist in the tenant without the state knowing: an intent
without an end. Each line carries the hash of the one before and its own: one that was altered or taken out shows.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import socket
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sdx_state.apply.journal_lines import decoded_line
from sdx_state.apply.uptime import Uptime, uptime
from sdx_state.decoding.strict import DecodingError
from sdx_state.kinds.address import Address, kind_of
from sdx_state.state.errors import JOURNAL_ADVICE, ForeignFile, StateNotSaved, StateUnusable
from sdx_state.state.files import append, open_folder, read_private
from sdx_state.state.ledger import Entry

Record = dict[str, Any]
START = "0" * 64  # what the first line calls the hash of the line before


@dataclass(frozen=True)
class Intent:
    """A create that was about to be sent and whose end nobody wrote down.

    Attributes:
        operation: Its own name.
        address: What was to be created.
        parent_id: Id of the survey it was to go into, if any.
        sent: Not later than the moment of sending.
    """

    operation: str
    address: Address
    parent_id: str | None
    sent: Uptime


@dataclass(frozen=True)
class Unfinished:
    """What earlier runs left.

    Attributes:
        pending: Creates that may or may not have reached the tenant.
        created: Resources that were created and that no saved state knows yet.
        leaving: `(kind, id)` of what was about to be deleted and that every saved state still knows.
        serial: The highest serial of a state that was ever saved here, by lineage.
        interrupted: The run that has no end, if the last one has none.
    """

    pending: tuple[Intent, ...] = ()
    created: Mapping[Address, Entry] = field(default_factory=dict)
    leaving: frozenset[tuple[str, str]] = frozenset()
    serial: Mapping[str, int] = field(default_factory=dict)
    interrupted: str | None = None


class Journal:
    """Append-only, shared by the threads of a run.

    Attributes:
        path: The file.
        run: The name of the run that this journal is opened for.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.run = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{uuid.uuid4().hex[:4]}"
        self._lock = threading.Lock()
        self._last: str | None = None

    def begin(self, command: str, fingerprint: str, changes: int) -> None:
        """Write down that a run begins, who runs it, and which plan it carries out."""
        who = f"{_user()}@{socket.gethostname()}"
        self._append(True, event="begin", command=command, who=who, plan=fingerprint, changes=changes)

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
            StateNotSaved: It is not on the disk. Nothing may be sent.
        """
        operation = uuid.uuid4().hex[:12]
        self._append(
            True,
            event="intent",
            operation=operation,
            **_now(),
            address=address,
            parent_id=parent_id,
            before_ids=list(before_ids),
            fields=dict(hashes),
        )
        return operation

    def send_again(self, operation: str, address: Address) -> None:
        """Write down that the create of `address`, which the server did not take, is about to be sent once more.

        Raises:
            StateNotSaved: It is not on the disk. Nothing may be sent.
        """
        self._append(True, event="again", operation=operation, **_now(), address=address)

    def created(self, operation: str, address: Address, entry: Entry) -> None:
        """Write down that the operation created `entry`. Lost in a crash, it is found out by reading."""
        self._append(
            False,
            event="created",
            operation=operation,
            address=address,
            id=entry.id,
            fields=dict(entry.applied),
            protect=entry.protect,
        )

    def settled(self, operation: str, how: str) -> None:
        """Write down that the operation is over and created nothing."""
        self._append(False, event="settled", operation=operation, how=how)

    def overwrite(
        self, verb: str, address: Address, id: str, before: Mapping[str, str], after: Mapping[str, str]
    ) -> None:
        """Write down that `address` is about to be changed or deleted, with hashes of its fields before and after.

        Raises:
            StateNotSaved: It is not on the disk. Nothing may be sent.
        """
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
        lines = self._lines()
        if lines[-1]:
            try:
                with open_folder(self.path.parent) as folder:
                    folder.truncate(self.path.name, sum(len(line) + 1 for line in lines[:-1]))
            except OSError as error:
                raise StateNotSaved(f"the journal {self.path} cannot be written ({error.strerror})") from error

    def records(self) -> Iterator[tuple[int, Record]]:
        """Yield the number and the content of each line. A last line cut short by a crash is no line.

        Raises:
            StateUnusable: Another line cannot be read.
        """
        for number, line in enumerate(self._lines()[:-1], start=1):
            try:
                record = decoded_line(line)
            except DecodingError as error:
                message = f"{self.path}:{number} is not a line of a journal: {error}"
                raise StateUnusable(message, JOURNAL_ADVICE) from error
            yield number, record

    def unfinished(self) -> Unfinished:
        """Return what earlier runs left without an end.

        Raises:
            StateUnusable: A line cannot be read.
        """
        pending: dict[str, Intent] = {}
        created: dict[Address, Entry] = {}
        leaving: set[tuple[str, str]] = set()
        serial: dict[str, int] = {}
        interrupted: str | None = None
        for number, record in self.records():
            try:
                event = record["event"]
                if event == "begin":
                    interrupted = record["run"]
                elif event == "end":
                    interrupted = None
                elif event == "intent":
                    operation = record["operation"]
                    pending[operation] = Intent(operation, record["address"], record["parent_id"], _sent(record))
                elif event == "again":
                    operation = record["operation"]
                    pending[operation] = replace(pending[operation], sent=_sent(record))
                elif event == "created":
                    pending.pop(record["operation"], None)
                    created[record["address"]] = Entry(record["id"], record["fields"], record["protect"])
                elif event == "settled":
                    pending.pop(record["operation"], None)
                elif event == "delete":
                    leaving.add((kind_of(record["address"]), record["id"]))
                elif event == "saved":
                    created.clear()
                    leaving.clear()
                    serial[record["lineage"]] = max(record["serial"], serial.get(record["lineage"], 0))
            except KeyError as error:
                message = f"{self.path}:{number} sends an operation again that never began"
                raise StateUnusable(message, JOURNAL_ADVICE) from error
        return Unfinished(tuple(pending.values()), created, frozenset(leaving), serial, interrupted)

    def broken_at(self) -> int | None:
        """Return the number of the first line whose chain does not hold, None if all do.

        Raises:
            StateUnusable: A line cannot be read at all.
        """
        previous = START
        for number, record in self.records():
            said = record.pop("hash", None)
            if record.get("previous") != previous or said != _hash(record):
                return number
            previous = said
        return None

    def ready(self) -> None:
        """Find the end of the chain, which is then known.

        Raises:
            StateUnusable: A line cannot be read; nothing can be written behind it.
        """
        with self._lock:
            self._find_end()

    def head(self) -> str:
        """Return the hash of the last line: written down elsewhere, it proves all that came before."""
        last = START
        for _, record in self.records():
            last = str(record.get("hash", ""))
        return last

    def _lines(self) -> list[bytes]:
        """Return the lines; the last is what follows the last line end, empty in a whole journal."""
        try:
            return read_private(self.path).split(b"\n")
        except FileNotFoundError:
            return [b""]
        except OSError as error:
            raise StateUnusable(f"{self.path} cannot be read ({error.strerror})", JOURNAL_ADVICE) from error

    def _find_end(self) -> str:
        if self._last is None:
            self._last = self.head()
        return self._last

    def _append(self, durably: bool, **content: object) -> None:
        with self._lock:
            previous = self._find_end()
            record: Record = {"at": round(time.time(), 3), "run": self.run, **content, "previous": previous}
            record["hash"] = _hash(record)
            try:
                append(self.path, json.dumps(record, ensure_ascii=True).encode() + b"\n", durably=durably)
            except OSError as error:
                raise StateNotSaved(
                    f"the journal {self.path} could not be written ({error.strerror}).\n"
                    "Nothing more was sent. Make room, then run the same command again."
                ) from error
            except ForeignFile as error:  # put there while this run was under way
                raise StateNotSaved(f"{error.what}.\nNothing more was sent. {error.advice}") from error
            self._last = record["hash"]


def _now() -> Record:
    now = uptime()
    return {"boot": now.boot, "uptime": round(now.seconds, 3)}


def _sent(record: Record) -> Uptime:
    return Uptime(str(record.get("boot", "")), float(record.get("uptime", 0.0)))


def _hash(record: Mapping[str, object]) -> str:
    text = json.dumps(record, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
