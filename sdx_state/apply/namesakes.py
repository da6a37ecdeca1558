"""What bears a name at this very moment: looked up right before a create, which must not make a second one."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable

from sdx_state.api import Endpoints
from sdx_state.api.answer import Row
from sdx_state.kinds.kind import Kind
from sdx_state.model.resource import Desired
from sdx_state.model.snapshot import Snapshot

OVERLAP = 50  # rows before the end of a list that are read again: what is new may have an id out of turn


class Namesakes:
    """The live resources of one tenant that bear the same natural key. Thread-safe.

    Args:
        client: The API.
        snapshot: What was live when the plan was made.
    """

    def __init__(self, client: Endpoints, snapshot: Snapshot) -> None:
        self._client = client
        self._snapshot = snapshot
        self._planned: dict[str, dict[tuple[str | None, str], list[str]]] = {}
        self._ends: dict[str, tuple[int, int]] = {}  # kind -> an id near the end of its list, and its place there
        self._lock = threading.Lock()

    def planned(self, kind: Kind, desired: Desired, parent_id: str | None) -> list[str]:
        """Return the ids of those that were live when the plan was made, such as something that is about to go."""
        with self._lock:
            known = self._planned.get(kind.name)
            if known is None:
                known = self._planned[kind.name] = defaultdict(list)
                for live in self._snapshot.of(kind.name):
                    known[live.parent_id, kind.natural_key_of(live.raw.get(kind.natural_key))].append(live.id)
            return [*known.get((parent_id, kind.natural_key_of(desired.values.get(kind.natural_key))), ())]

    def now(self, kind: Kind, desired: Desired, parent_id: str | None) -> list[str]:
        """Return the ids of those that are live now, as far as they can be new.

        A user needs no look: the address is the identity, and the server refuses a second one with 409
        (API reference, "Errors").

        Raises:
            SurveyDynamixError: The list could not be read.
        """
        if kind.identity == kind.natural_key:
            return []
        endpoint = self._client.endpoint(kind.collection)
        if kind.parent_field is not None:
            return _ids_of(kind, desired, endpoint.list(**{kind.parent_field: parent_id}))
        return _ids_of(kind, desired, self._end_of(kind))

    def _end_of(self, kind: Kind) -> list[Row]:
        """Read a whole list once, and then its end: in a list in the order of its ids, what is new is there."""
        listing = self._client.endpoint(kind.collection).iterate()
        with self._lock:
            end = self._ends.get(kind.name)
        rows = [*listing] if end is None else [*listing.starting_at(*end)]
        before = 0 if end is None else end[1]
        ids = [str(row[kind.identity]) for row in rows]
        if len(rows) > OVERLAP and all(map(str.isdecimal, ids)):
            with self._lock:
                self._ends[kind.name] = int(ids[-OVERLAP]), before + len(rows) - OVERLAP
        return rows


def _ids_of(kind: Kind, desired: Desired, rows: Iterable[Row]) -> list[str]:
    key = kind.natural_key_of(desired.values.get(kind.natural_key))
    return [str(row[kind.identity]) for row in rows if kind.natural_key_of(row.get(kind.natural_key)) == key]
