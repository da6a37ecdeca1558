"""Reading of the parts of a tenant that a plan needs.

The cost of a plan is its requests: one list of each kind, and a list of children, such as a survey's questions, only
for each parent that is declared or managed; `parallelism` of them at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from sdx_state.api.answer import Rows
from sdx_state.api.endpoints import Endpoints
from sdx_state.api.errors import GoneError, NotFoundError
from sdx_state.kinds import KINDS, Kind, children_of
from sdx_state.kinds.identity import Identity
from sdx_state.kinds.wire import shape_of
from sdx_state.live.interrupt import ending_waits
from sdx_state.live.lists import Lists, Progress, list_rows
from sdx_state.live.numbers import read_numbers
from sdx_state.live.wanted import Wanted
from sdx_state.model.ledger import Ledger
from sdx_state.model.resource import Live, Shape
from sdx_state.model.snapshot import Snapshot
from sdx_state.model.whereabouts import CHECK
from sdx_state.records import replace

if TYPE_CHECKING:
    from sdx_state.live.ahead import ReadAhead

MISSING_COUNT, MISSING_SHARE = 3, 0.2
LOOKS = 200  # Most children that are read one by one.


class TooMuchMissing(Exception):
    """So many managed resources are missing that this is probably the wrong tenant."""


def read_live(
    client: Endpoints,
    wanted: Wanted,
    ledger: Ledger,
    parallelism: int,
    progress: Progress,
    *,
    ask_again: bool = False,
    ahead: ReadAhead | None = None,
) -> tuple[Snapshot, Ledger]:
    """Return the snapshot for `wanted`, and `ledger` with the results of paid look-ups.

    Args:
        client: The API.
        wanted: The parts to read.
        ledger: Its stored look-ups are not repeated.
        parallelism: Requests in flight at a time.
        progress: Called for each request.
        ask_again: Look up numbers even if a result is stored.
        ahead: Lists that were asked for before. They are used once, and not requested again.

    Raises:
        SurveyDynamixError: A list could not be read. A plan needs complete lists.
        TooMuchMissing: All of several managed resources are missing, or more than 3 and 20 % of them.
    """
    if ahead is not None:
        workers: Executor = ahead.workers
        lists = Lists(client, workers, progress, ahead.lists, ahead.workers.submit_next)
    else:
        workers = ThreadPoolExecutor(parallelism, "read")
        lists = Lists(client, workers, progress, {}, workers.submit)
    with workers:
        try:
            with ending_waits(client):
                return _read(client, wanted, ledger, lists, ask_again)
        except BaseException:
            workers.shutdown(wait=False, cancel_futures=True)
            raise


def _read(
    client: Endpoints,
    wanted: Wanted,
    ledger: Ledger,
    asked: Lists,
    ask_again: bool,
) -> tuple[Snapshot, Ledger]:
    inside = {kind.name: children_of(kind.name) for kind in KINDS.values()}
    lists = {
        kind: asked.rows(kind)
        for kind in KINDS.values()
        if kind.parent is None and wanted.kinds.intersection((kind.name, *(one.name for one in inside[kind.name])))
    }
    asked.expect(len(lists))
    numbers = asked.submit_next(read_numbers, client, wanted.numbers, ledger, ask_again)
    resources: dict[str, list[Live]] = {}
    below = [
        (child, _Children(client, wanted, asked, child, parent, lists.pop(parent)))
        for parent in [*lists]
        for child in inside[parent.name]
    ]
    # Children take most requests: the lists of whole kinds are taken while they are read.
    whole = {kind: _all_live(kind, future.result()) for kind, future in lists.items()}
    unlisted: set[Identity] = set()
    for child, family in below:
        resources[family.parent.name] = family.parents
        children, missing = family.read(ledger)
        unlisted |= missing
        if child.name in wanted.kinds or children:
            resources[child.name] = children
    for kind, listed in whole.items():
        resources[kind.name] = [*listed, *_unlisted(client, wanted, kind, listed)]
    found = numbers.result()
    for live in found.live:
        resources.setdefault(live.kind, []).append(live)
    snapshot = Snapshot(
        resources=resources,
        read=wanted.kinds,
        parents_read=frozenset((family.parent.name, one.id) for _, family in below for one in family.chosen),
        invalid_numbers=found.invalid,
        unlisted=frozenset(unlisted),
        shape=_tenant_shape(resources),
    )
    return snapshot, replace(ledger, lookups=found.lookups)


class _Children:
    """The lists of one child kind, for the requested parents."""

    def __init__(
        self,
        client: Endpoints,
        wanted: Wanted,
        lists: Lists,
        kind: Kind,
        parent: Kind,
        parents: Future[Rows],
    ) -> None:
        """Wait for the list of parents, then request the children of each requested one."""
        self.client, self.wanted, self.kind, self.parent = client, wanted, kind, parent
        self.parents = _all_live(parent, parents.result())
        self.parents += _unlisted(client, wanted, parent, self.parents)
        self.chosen = [one for one in self.parents if _is_wanted(parent, one, wanted)]
        lists.expect(len(self.chosen))
        self._lists = [(one.id, lists.rows(kind, one.id)) for one in self.chosen]

    def rows(self, parent_id: str) -> Rows:
        """Read the listed children of `parent_id` again."""
        return list_rows(self.client, self.kind, parent_id)

    def read(self, ledger: Ledger) -> tuple[list[Live], set[Identity]]:
        """Return the children, and the identities of managed ones that two readings did not list."""
        listed = {id: {str(raw[self.kind.identity]): raw for raw in future.result()} for id, future in self._lists}
        _refuse_mass_absence(self.wanted, ledger, self.kind, listed)
        unlisted, strays = _complete_lists(self, ledger, listed)
        found = [Live(self.kind.name, id, raw, home) for home, rows in listed.items() for id, raw in rows.items()]
        return found + strays, {(self.kind.name, id) for id in unlisted}


def _live(kind: Kind, raw: Mapping[str, object], parent_id: str | None = None) -> Live:
    return Live(kind.name, str(raw[kind.identity]), raw, parent_id)


def _all_live(kind: Kind, rows: Rows) -> list[Live]:
    name, identity = kind.name, kind.identity
    return [Live(name, str(raw[identity]), raw) for raw in rows]


def _is_wanted(kind: Kind, parent: Live, wanted: Wanted) -> bool:
    return (
        (wanted.all_children and wanted.scope.covers(kind, parent.raw.get(kind.natural_key)))
        or (kind.name, parent.id) in wanted.parents
        or (kind.name, kind.natural_key_of(parent.raw.get(kind.natural_key))) in wanted.parent_names
    )


def _unlisted(client: Endpoints, wanted: Wanted, kind: Kind, listed: Iterable[Live]) -> list[Live]:
    """Read managed resources that are not in the list by id: only 404 or 410 proves a delete.

    Raises:
        TooMuchMissing: All of several are missing, or too many to read one by one.
    """
    missing = wanted.missing(kind.name, {*kind.identities_of([live.id for live in listed])})
    count, total = wanted.unexplained(kind.name, missing), wanted.counts.get(kind.name, 0)
    if (count > MISSING_COUNT and count > MISSING_SHARE * total) or 1 < count == total:
        raise _too_much_missing(kind, count, total)
    found = []
    for id in missing:
        try:
            found.append(_live(kind, client.endpoint(kind.collection).get(id)))
        except (NotFoundError, GoneError):
            continue
    return found


def _refuse_mass_absence(
    wanted: Wanted, ledger: Ledger, kind: Kind, listed: Mapping[str, Mapping[str, object]]
) -> None:
    """Raise if every managed child is missing in the lists, by id of their parent.

    A child whose parent is not in the state may be in a list that was not read.
    """
    seen = {id for rows in listed.values() for id in rows}
    if not wanted.missing(kind.name, seen):
        return
    seen |= {
        entry.id
        for address, entry in ledger.entries.items()
        if address.kind == kind.name and address.parent not in ledger.entries
    }
    missing = wanted.missing(kind.name, seen)
    count, total = wanted.unexplained(kind.name, missing), wanted.counts.get(kind.name, 0)
    if count > MISSING_COUNT and count == total:
        raise _too_much_missing(kind, count, total)


def _complete_lists(
    family: _Children, ledger: Ledger, listed: Mapping[str, dict[str, dict[str, object]]]
) -> tuple[frozenset[str], list[Live]]:
    """Read each managed child that is in no list by id, and read the list that should contain it again.

    A list that was incomplete by accident is complete the second time. Returns the ids that are missing twice,
    because they were removed or the list lags behind; and existing children whose parent was not read.

    Raises:
        TooMuchMissing: Too many are missing to read them one by one.
    """
    kind = family.kind
    seen = {id for rows in listed.values() for id in rows}
    missing = []
    for address, entry in ledger.entries.items():
        if address.kind != kind.name:
            continue
        parent = ledger.entries.get(address.parent) if address.parent else None
        place = parent.id if parent is not None and parent.id in listed else None
        if place is None and entry.id not in family.wanted.managed.get(kind.name, ()):
            continue
        if entry.id not in (seen if place is None else listed[place]):
            missing.append((place, entry.id))
    if len(missing) > LOOKS:
        total = sum(address.kind == kind.name for address in ledger.entries)
        raise _too_much_missing(kind, len(missing), total)
    unlisted: set[str] = set()
    strays: dict[str, Live] = {}
    for parent_id, id in missing:
        if parent_id is not None and id in listed[parent_id]:
            continue  # The second reading, for another child of the same parent, contained it.
        try:
            raw = family.client.endpoint(kind.collection).get(id)
        except (NotFoundError, GoneError):
            continue
        if parent_id is not None:
            listed[parent_id].update((str(row[kind.identity]), row) for row in family.rows(parent_id))
        if any(id in rows for rows in listed.values()):
            continue
        home = raw.get(str(kind.parent_field))
        if parent_id is not None and (home is None or str(home) in listed):
            unlisted.add(id)
        else:
            strays[id] = _live(kind, raw, None if home is None else str(home))
    return frozenset(unlisted), list(strays.values())


def _too_much_missing(kind: Kind, missing: int, total: int) -> TooMuchMissing:
    return TooMuchMissing(
        f"{missing} of {total} managed {kind.noun}s are missing in this tenant, which may be the wrong one. "
        "Nothing was changed.\n"
        f"{CHECK}. If they really were deleted, stop managing them: "
        f"sdx-state state rm '{kind.name}.*' (or their addresses)."
    )


def _tenant_shape(resources: Mapping[str, list[Live]]) -> Shape | None:
    for kind in KINDS.values():
        for live in resources.get(kind.name, ()) if kind.has_shapes else ():
            shape = shape_of(kind, live.raw)
            if shape is not None:
                return shape
    return None
