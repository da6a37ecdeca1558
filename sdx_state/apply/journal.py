"""The journal of a run: what is about to be created is on the disk before it is sent.

One JSON object a line. It holds addresses, ids and keyed hashes; no texts. After a crash it says what may exist in
the tenant without the state knowing: an intent without an end.
"""

from __future__ import annotations

import json
import os
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sdx_state.kinds.address import Address
from sdx_state.state.errors import StateNotSaved, StateUnusable
from sdx_state.state.files import append_durably
from sdx_state.state.ledger import Entry


@dataclass(frozen=True)
class Intent:
    """A create that was about to be sent and whose end nobody wrote down.

    Attributes:
        operation: Its own name.
        address: What was to be created.
        sent_at: Seconds since 1970, not later than the moment of sending.
    """

    operation: str
    address: Address
    sent_at: float


@dataclass(frozen=True)
class Unfinished:
    """What the last run left.

    Attributes:
        pending: Creates that may or may not have reached the tenant.
        created: Resources that were created and that no saved state knows yet.
    """

    pending: tuple[Intent, ...] = ()
    created: Mapping[Address, Entry] = field(default_factory=dict)


class Journal:
    """Append-only, durable line by line, shared by the threads of a run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.run = uuid.uuid4().hex[:12]
        self._lock = threading.Lock()

    def intend(
        self, address: Address, parent_id: str | None, before_ids: list[str], hashes: Mapping[str, str]
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
            event="intent",
            operation=operation,
            address=address,
            parent_id=parent_id,
            before_ids=before_ids,
            fields=dict(hashes),
        )
        return operation

    def created(self, operation: str, address: Address, entry: Entry) -> None:
        """Write down that the operation created `entry`."""
        applied = dict(entry.applied)
        self._append(
            event="created", operation=operation, address=address, id=entry.id, fields=applied, protect=entry.protect
        )

    def settled(self, operation: str, how: str) -> None:
        """Write down that the operation is over and created nothing."""
        self._append(event="settled", operation=operation, how=how)

    def saved(self, serial: int) -> None:
        """Write down that the state of `serial` holds everything so far."""
        self._append(event="saved", serial=serial)

    def mend(self) -> None:
        """Cut off a last line that a crash left half written. The lock must be held.

        Raises:
            StateNotSaved: The journal cannot be written.
        """
        lines = self._lines()
        if lines[-1]:
            try:
                os.truncate(self.path, sum(len(line) + 1 for line in lines[:-1]))
            except OSError as error:
                raise StateNotSaved(f"the journal {self.path} cannot be written ({error.strerror})") from error

    def unfinished(self) -> Unfinished:
        """Return what earlier runs left without an end. A last line cut short by a crash is no line.

        Raises:
            StateUnusable: Another line cannot be read.
        """
        lines = self._lines()
        pending: dict[str, Intent] = {}
        created: dict[Address, Entry] = {}
        for number, line in enumerate(lines[:-1], start=1):
            try:
                record = json.loads(line)
                if record["event"] == "intent":
                    pending[record["operation"]] = Intent(record["operation"], record["address"], record["at"])
                elif record["event"] == "created":
                    pending.pop(record["operation"], None)
                    created[record["address"]] = Entry(record["id"], record["fields"], record["protect"])
                elif record["event"] == "settled":
                    pending.pop(record["operation"], None)
                elif record["event"] == "saved":
                    created.clear()
            except (ValueError, KeyError, TypeError) as error:
                raise StateUnusable(f"{self.path}:{number} is not a line of a journal") from error
        return Unfinished(tuple(pending.values()), created)

    def _lines(self) -> list[bytes]:
        """Return the lines; the last is what follows the last line end, empty in a whole journal."""
        try:
            return self.path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return [b""]
        except OSError as error:
            raise StateUnusable(f"{self.path} cannot be read ({error.strerror})") from error

    def _append(self, **record: object) -> None:
        line = json.dumps({"at": round(time.time(), 3), "run": self.run, **record}, ensure_ascii=True)
        with self._lock:
            try:
                append_durably(self.path, line.encode() + b"\n")
            except OSError as error:
                raise StateNotSaved(
                    f"the journal {self.path} could not be written ({error.strerror}).\n"
                    "Nothing more was sent. Make room, then run the same command again."
                ) from error
