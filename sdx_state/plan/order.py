"""The order of questions, compared relatively: the fewest moves that lead from live to declared."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Generic, TypeVar

from sdx_state.kinds.field import Field, FieldType
from sdx_state.records import dataclass

K = TypeVar("K", bound=str)

_ORDER = Field("order", FieldType.INTEGER)


@dataclass(frozen=True)
class Move(Generic[K]):
    """One sibling that changes its place; positions count from 1 among the declared siblings."""

    key: K
    before: int
    after: int


def order_of(raw: Mapping[str, object], order_field: str) -> int:
    """Return the position in the answer `raw`; 0 where it has none that can be read."""
    order = _ORDER.normalise(raw.get(order_field))
    return order if isinstance(order, int) else 0


def moves(live: Sequence[K], declared: Sequence[K]) -> list[Move[K]]:
    """Return the moves that bring `live` (keys in live order) into the order of `declared`.

    Both have the same keys. The keys that keep their relative places are the longest run that already is in order; of
    several, the one with the most keys whose place stays the same.
    """
    if list(live) == list(declared):
        return []
    wanted = {key: place for place, key in enumerate(declared)}
    found = {key: place for place, key in enumerate(live)}
    staying = _longest_rising([wanted[key] for key in live])
    return [Move(key, found[key] + 1, wanted[key] + 1) for key in declared if wanted[key] not in staying]


def positions(current: Mapping[str, int], declared: Sequence[str]) -> dict[str, int]:
    """Return the `order` values to write so that `declared` comes in that order.

    The values in use are distributed again, so that undeclared siblings keep their places; only keys whose value
    changes are returned.
    """
    slots = sorted(current[key] for key in declared)
    for place in range(1, len(slots)):
        slots[place] = max(slots[place], slots[place - 1] + 1)
    return {key: slot for key, slot in zip(declared, slots, strict=True) if current[key] != slot}


def places(
    live: Sequence[tuple[str, int]], declared: Sequence[str], leaving: Collection[str]
) -> dict[str, tuple[int, int]]:
    """Return the place before and after, from 1 among all siblings, of each sibling that stays.

    Args:
        live: Key and `order` of every live sibling, unmanaged ones included, in live order.
        declared: The declared keys in declared order; those that are not live are created, at the end at first.
        leaving: Keys that are deleted.
    """
    before = {key: place for place, (key, _) in enumerate(live, 1)}
    current = {key: order for key, order in live if key not in leaving}
    top = max(current.values(), default=0)
    for number, key in enumerate((key for key in declared if key not in before), 1):
        current[key] = top + number
    current.update(positions({key: current[key] for key in declared}, declared))
    ranked = sorted(current, key=lambda key: (current[key], before.get(key, len(before))))
    return {key: (before[key], place) for place, key in enumerate(ranked, 1) if key in before}


def _longest_rising(values: Sequence[int]) -> set[int]:
    """Return the members of one longest rising subsequence of `values`, a permutation.

    Of several, it has the most members whose value is their place. A Fenwick tree has the best end below a value.
    """
    tree: list[tuple[int, int, int]] = [(0, 0, -1)] * (len(values) + 1)  # length, members in place, place of the end
    previous: list[int] = []
    for place, value in enumerate(values):
        best, at = (0, 0, -1), value
        while at > 0:
            best = max(best, tree[at])
            at &= at - 1
        previous.append(best[2])
        end = (best[0] + 1, best[1] + (value == place), place)
        at = value + 1
        while at <= len(values):
            tree[at] = max(tree[at], end)
            at += at & -at
    kept: set[int] = set()
    at = max(tree)[2]
    while at >= 0:
        kept.add(values[at])
        at = previous[at]
    return kept
