"""Operations of earlier runs without an end, read from the journal line by line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from sdx_state.decoding.typed import Record
from sdx_state.model.address import Address
from sdx_state.model.ledger import Entry
from sdx_state.programs.machine import Uptime
from sdx_state.records import dataclass, replace


@dataclass(frozen=True)
class Intent:
    """A create that was about to be sent and whose end is not recorded.

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
class Unseen:
    """A resource that is known to be live, and that reads may not show yet.

    Attributes:
        address: What it is, or what it has the name of.
        id: Its id.
        known: Since when that is known.
        by_others: Another user created it, and the last run saw it in time. Otherwise a create was answered with its
            id, and no read has shown it yet.
        parent_id: Id of the survey it is in, where another user created it there.
    """

    address: Address
    id: str
    known: Uptime
    by_others: bool = False
    parent_id: str | None = None


@dataclass(frozen=True)
class Unfinished:
    """Operations without an end, and what they created.

    Attributes:
        pending: Creates that may or may not have reached the tenant.
        created: Resources that were created and that no saved state knows yet.
        leaving: `(kind, id)` of what was about to be deleted and that every saved state still knows.
        serial: The highest serial of a state that was ever saved here, by lineage.
        interrupted: The run that has no end, if the last one has none.
        unseen: Resources that were created and that reads may not show yet.
    """

    pending: tuple[Intent, ...] = ()
    created: Mapping[Address, Entry] = field(default_factory=dict)
    leaving: frozenset[tuple[str, str]] = frozenset()
    serial: Mapping[str, int] = field(default_factory=dict)
    interrupted: str | None = None
    unseen: tuple[Unseen, ...] = ()

    @property
    def is_empty(self) -> bool:
        """True if nothing was left: no run without an end, and nothing that reads may not show yet."""
        return not (self.pending or self.created or self.leaving or self.interrupted or self.unseen)


class Left:
    """Takes the records of a journal, the oldest first, and says what is left open."""

    def __init__(self) -> None:
        self._pending: dict[str, Intent] = {}
        self._closed: dict[str, Intent] = {}
        self._unseen: dict[Address, Unseen] = {}
        self._taken: dict[Address, Unseen] = {}
        self._created: dict[Address, Entry] = {}
        self._leaving: set[tuple[str, str]] = set()
        self._serial: dict[str, int] = {}
        self._interrupted: str | None = None
        self._ending = False

    def note(self, record: Record) -> None:
        """Take one record.

        Raises:
            KeyError: It is about an operation that never began.
        """
        event = record["event"]
        if event == "begin":
            self._interrupted, self._ending = record["run"], False
            self._taken.clear()  # its plan was made with them in mind
        elif event == "end":
            self._ending = True
            if not record.get("unsaved"):  # earlier versions saved the state first
                self._interrupted = None
        elif event == "superseded":
            self._interrupted = None
        elif event == "name-taken":
            address = record["address"]
            self._taken[address] = Unseen(address, record["id"], _sent(record), True, record["parent_id"])
        elif event in ("intent", "again", "created", "unconfirmed", "settled"):
            self._note_create(event, record["operation"], record)
        elif event == "outcome" and record["status"] == "done":
            self._unseen.pop(record["address"], None)
        elif event == "delete":
            self._leaving.add((record["address"].kind, record["id"]))
        elif event == "saved":
            self.note_saved()
            lineage = record["lineage"]
            self._serial[lineage] = max(record["serial"], self._serial.get(lineage, 0))

    def note_saved(self) -> None:
        """Take it that a saved state knows all that was noted so far."""
        self._created.clear()
        self._leaving.clear()
        if self._ending:
            self._interrupted = None

    @property
    def closable(self) -> bool:
        """Nothing of what was noted is needed once the state is saved."""
        return not (self._pending or self._unseen or self._taken) and (self._interrupted is None or self._ending)

    def _note_create(self, event: str, operation: str, record: Record) -> None:
        if event == "intent":
            self._pending[operation] = Intent(operation, record["address"], record["parent_id"], _sent(record))
        elif event == "again":
            self._pending[operation] = replace(self._pending[operation], sent=_sent(record))
        elif event == "settled":
            self._pending.pop(operation, None)
        elif event == "created":
            address = record["address"]
            if operation in self._pending:
                self._closed[operation] = self._pending.pop(operation)
            self._created[address] = Entry(record["id"], record["fields"], record["protect"])
            self._unseen[address] = Unseen(address, record["id"], _sent(record))
        else:
            self._created.pop(record["address"], None)
            self._unseen.pop(record["address"], None)
            self._pending[operation] = replace(self._closed[operation], sent=_sent(record))

    def unfinished(self) -> Unfinished:
        """Return what is open after the records that were taken."""
        return Unfinished(
            tuple(self._pending.values()),
            self._created,
            frozenset(self._leaving),
            self._serial,
            self._interrupted,
            (*self._unseen.values(), *self._taken.values()),
        )


def _sent(record: Record) -> Uptime:
    return Uptime(str(record.get("boot", "")), float(record.get("uptime", 0.0)))
