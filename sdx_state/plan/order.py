"""The order of questions, compared relatively: the fewest moves that lead from live to declared."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sdx_state.kinds.field import Field, FieldType

_ORDER = Field("order", FieldType.INTEGER)


@dataclass(frozen=True)
class Move:
    """One sibling that changes its place; positions count from 1 among the declared siblings."""

    key: str
    before: int
    after: int


def order_of(raw: Mapping[str, object], order_field: str) -> int:
    """Return the position in the answer `raw`; 0 where it has none that can be read."""
    order = _ORDER.normalise(raw.get(order_field))
    return order if isinstance(order, int) else 0


def moves(live: Sequence[str], declared: Sequence[str]) -> list[Move]:
    """Return the moves that bring `live` (keys in live order) into the order of `declared`.

    Both hold the same keys. What keeps its relative place is the longest run that already is in order.
    """
    if list(live) == list(declared):
        return []
    wanted = {key: place for place, key in enumerate(declared)}
    found = {key: place for place, key in enumerate(live)}
    staying = _longest_rising([wanted[key] for key in live])
    return [Move(key, found[key] + 1, wanted[key] + 1) for key in declared if wanted[key] not in staying]


def positions(current: Mapping[str, int], declared: Sequence[str]) -> dict[str, int]:
    """Return the `order` values to write so that `declared` comes in that order.

    The values in use are given out anew, so that siblings nobody declared keep their places; only keys whose value
    changes are returned.
    """
    slots = sorted(current[key] for key in declared)
    for place in range(1, len(slots)):
        slots[place] = max(slots[place], slots[place - 1] + 1)
    return {key: slot for key, slot in zip(declared, slots, strict=True) if current[key] != slot}


def _longest_rising(values: Sequence[int]) -> set[int]:
    """Return the members of one longest rising subsequence of distinct `values`."""
    tails: list[int] = []
    tail_places: list[int] = []
    previous: list[int | None] = []
    for place, value in enumerate(values):
        length = bisect_left(tails, value)
        previous.append(tail_places[length - 1] if length else None)
        if length == len(tails):
            tails.append(value)
            tail_places.append(place)
        else:
            tails[length] = value
            tail_places[length] = place
    kept: set[int] = set()
    at = tail_places[-1] if tail_places else None
    while at is not None:
        kept.add(values[at])
        at = previous[at]
    return kept
