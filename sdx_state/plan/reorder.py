"""Questions that change their place in a survey: which ones, from where to where, and who reordered the survey."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from sdx_state.kinds import KINDS
from sdx_state.model.address import Address
from sdx_state.model.field_path import ORDER_PATH
from sdx_state.model.ledger import Entry, Ledger
from sdx_state.model.plan import FieldChange, Origin
from sdx_state.model.resource import Desired, Live
from sdx_state.model.snapshot import Snapshot
from sdx_state.plan.order import moves, order_of, places

REMEMBERED = 2000  # places that are looked for among the hashes of what was last applied


def reordered(
    resources: Mapping[Address, Desired],
    live: Mapping[Address, Live],
    snapshot: Snapshot,
    entries: Mapping[Address, Entry],
    ledger: Ledger,
    leaving: Collection[str],
) -> dict[Address, FieldChange]:
    """Return the change of order of each question that moves.

    Args:
        resources: What is declared.
        live: What of it is live.
        snapshot: What is live, unmanaged questions included.
        entries: What was last applied, by today's addresses.
        ledger: Keys the hashes of `entries`.
        leaving: Ids of the questions that the plan deletes.
    """
    families: dict[Address, list[Desired]] = {}
    for desired in resources.values():
        if desired.parent is not None and ORDER_PATH not in desired.ignore:
            families.setdefault(desired.parent, []).append(desired)
    rows: dict[str, list[Live]] | None = None
    numbers: dict[str, int] | None = None
    found: dict[Address, FieldChange] = {}
    for survey, family in families.items():
        order_field = KINDS[family[0].kind].order_field
        there = [one for one in family if one.address in live]
        if order_field is None or len(there) < 2:
            continue
        wanted = [one.address for one in sorted(there, key=lambda one: one.position)]
        now = sorted(wanted, key=lambda address: _rank(live[address], order_field))
        moving = moves(now, wanted)
        if not moving:
            continue
        if rows is None or numbers is None:
            rows, numbers = _by_survey(snapshot, family[0].kind), _numbers(ledger)
        origin = _origin(wanted, now, [_number(entries.get(address), numbers) for address in wanted])
        survey_id = live[survey].id if survey in live else live[now[0]].parent_id
        siblings = rows.get(survey_id or "", [live[address] for address in now])
        names = {live[address].id: address for address in now}
        ranked = [
            (names.get(one.id, f"id {one.id}"), order_of(one.raw, order_field))
            for one in sorted(siblings, key=lambda one: _rank(one, order_field))
        ]
        gone = {names.get(id, f"id {id}") for id in leaving}
        arranged = [one.address for one in sorted(family, key=lambda one: one.position)]
        placed = places(ranked, arranged, gone)
        for move in moving:
            before, after = placed.get(move.key, (move.before, move.after))
            found[move.key] = FieldChange(ORDER_PATH, before, after, origin, resources[move.key].source)
    return found


def _origin(wanted: Sequence[Address], now: Sequence[Address], last: Sequence[int | None]) -> Origin:
    """Return who reordered a survey, by the places at which its questions were last applied."""
    known = {address: place for address, place in zip(wanted, last, strict=True) if place is not None}
    if len(known) < 2:
        return "config"
    applied = sorted(known, key=lambda address: known[address])
    if [address for address in now if address in known] == applied:
        return "config"
    return "drift" if [address for address in wanted if address in known] == applied else "both"


def _numbers(ledger: Ledger) -> dict[str, int]:
    return {ledger.hash(place): place for place in range(REMEMBERED)}


def _number(entry: Entry | None, numbers: Mapping[str, int]) -> int | None:
    return numbers.get(entry.applied.get(ORDER_PATH, "")) if entry is not None else None


def _by_survey(snapshot: Snapshot, kind: str) -> dict[str, list[Live]]:
    found: dict[str, list[Live]] = {}
    for one in _distinct(snapshot.of(kind)):
        if one.parent_id is not None:
            found.setdefault(one.parent_id, []).append(one)
    return found


def _distinct(rows: Iterable[Live]) -> Iterable[Live]:
    return {(one.parent_id, one.id): one for one in rows}.values()


def _rank(live: Live, order_field: str) -> tuple[int, int]:
    return (order_of(live.raw, order_field), int(live.id) if live.id.isdecimal() else 0)
