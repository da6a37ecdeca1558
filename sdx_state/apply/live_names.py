"""Live resources by name, read right before a create to avoid duplicates.

The list of a parent is read after each create in it: it proves the create, and shows the names for the next one,
which follows immediately.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping

from sdx_state.api.answer import Row
from sdx_state.api.endpoints import Endpoints
from sdx_state.kinds.kind import Kind
from sdx_state.model.resource import Desired
from sdx_state.model.snapshot import Snapshot

OVERLAP = 50  # Rows before the end of a list that are read again: ids of new rows can be out of order.
FRESH = 1.0  # Seconds after which a list counts as old: less than what a create may wait for the journal.


class LiveNames:
    """The live resources of one tenant, by natural key. Thread-safe.

    Args:
        client: The API.
        snapshot: The live resources when the plan was made.
    """

    def __init__(self, client: Endpoints, snapshot: Snapshot) -> None:
        self._client = client
        self._snapshot = snapshot
        self._planned: dict[str, _Names] = {}
        self._shown: defaultdict[str, _Names] = defaultdict(_Names)  # New resources that this run has seen.
        self._ends: dict[str, tuple[int, int]] = {}  # kind -> an id near the end of its list, and its position
        self._kept: dict[tuple[str, str], tuple[float, list[Row]]] = {}  # kind, parent -> when, and its list
        self._lock = threading.Lock()

    def planned(self, kind: Kind, desired: Desired, parent_id: str | None) -> list[str]:
        """Return the ids of those that were live when the plan was made, including those to delete."""
        with self._lock:
            return self._planned_of(kind).bearing(kind, desired.values, parent_id)

    def now(self, kind: Kind, desired: Desired, parent_id: str | None) -> list[str]:
        """Return the ids of those that are live now and may be new.

        This includes resources that this run has seen before: a list can miss them for a moment. Users need no look:
        the e-mail address is the identity, and the server rejects a duplicate with 409 (API reference, "Errors").

        Raises:
            SurveyDynamixError: The list could not be read.
        """
        if kind.keyed_by_identity:
            return []
        if kind.parent_field is None or parent_id is None:
            rows = self._end_of(kind)
        else:
            rows = self.children(kind, parent_id)
        wanted = _name_of(kind, desired.values)
        found = [str(row[kind.identity]) for row in rows if _name_of(kind, row) == wanted]
        with self._lock:
            planned, shown = self._planned_of(kind), self._shown[kind.name]
            for row in rows:
                if str(row[kind.identity]) not in planned.ids:
                    shown.add(kind, row, parent_id)
            return [*dict.fromkeys([*found, *shown.bearing(kind, desired.values, parent_id)])]

    def created(self, kind: Kind, id: str, parent_id: str) -> Row | None:
        """Return the row of `id`, which was just created, from the list of its parent, and keep that list.

        None if the list does not show it yet.

        Raises:
            SurveyDynamixError: The list could not be read.
        """
        rows = self._client.endpoint(kind.collection).list(**{str(kind.parent_field): parent_id})
        row = next((row for row in rows if str(row[kind.identity]) == id), None)
        if row is not None:
            with self._lock:
                self._kept[kind.name, parent_id] = self._client.machine.monotonic(), rows
        return row

    def children(self, kind: Kind, parent_id: str) -> list[Row]:
        """Return the children of `kind` in the parent. The list that `created` kept counts once, while it is fresh.

        Raises:
            SurveyDynamixError: The list could not be read.
        """
        with self._lock:
            kept = self._kept.pop((kind.name, parent_id), None)
        if kept is not None and 0.0 <= self._client.machine.monotonic() - kept[0] < FRESH:
            return kept[1]
        return self._client.endpoint(kind.collection).list(**{str(kind.parent_field): parent_id})

    def forget(self, kind: Kind, parent_id: str | None) -> None:
        """Drop the list that `created` kept of the parent: a child in it is about to change."""
        with self._lock:
            self._kept.pop((kind.name, parent_id or ""), None)

    def _planned_of(self, kind: Kind) -> _Names:
        """Return the resources that were live when the plan was made. Call it with the lock."""
        names = self._planned.get(kind.name)
        if names is None:
            names = self._planned[kind.name] = _Names()
            for live in self._snapshot.of(kind.name):
                names.add(kind, live.raw, live.parent_id)
        return names

    def _end_of(self, kind: Kind) -> list[Row]:
        """Read the whole list once, then only its end: a list in the order of ids has new rows at the end."""
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


class _Names:
    """Resources of one kind, by natural key and parent.

    Attributes:
        ids: Ids of all of them.
    """

    def __init__(self) -> None:
        self.ids: set[str] = set()
        self._by_name: defaultdict[tuple[str, str | None], dict[str, None]] = defaultdict(dict)

    def add(self, kind: Kind, raw: Mapping[str, object], parent_id: str | None) -> None:
        id = str(raw[kind.identity])
        self.ids.add(id)
        self._by_name[_name_of(kind, raw), parent_id][id] = None

    def bearing(self, kind: Kind, values: Mapping[str, object], parent_id: str | None) -> list[str]:
        return [*self._by_name.get((_name_of(kind, values), parent_id), ())]


def _name_of(kind: Kind, values: Mapping[str, object]) -> str:
    return kind.natural_key_of(values.get(kind.natural_key))
