"""The identity of a resource over time: its id, its address, its identity and its parent.

An id stays one resource for life. Its address changes by `moved:` alone. Its identity and its parent never change: a
declared resource of another identity, or under another parent, is another resource, and the old one leaves.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sdx_state.kinds import KINDS
from sdx_state.kinds.identity import Identity, identity
from sdx_state.kinds.moves import Routes
from sdx_state.model.address import Address
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.ledger import Entry, Step
from sdx_state.model.resource import Desired, Live, Moved
from sdx_state.model.snapshot import Snapshot
from sdx_state.records import dataclass

REMNANT = "~"  # no key contains it


def known_as(desired: Desired, entries: Mapping[Address, Entry]) -> Entry | None:
    """Return what is remembered of `desired`, None where that is another resource.

    A kind whose identity is declared is another resource as soon as that differs.
    """
    kind, entry = KINDS[desired.kind], entries.get(desired.address)
    if entry is None or not kind.keyed_by_identity:
        return entry
    key = desired.values.get(kind.natural_key)
    return entry if key == entry.id or kind.natural_key_of(key) == kind.identity_of(entry.id) else None


@dataclass(frozen=True)
class Continuity:
    """The entries of the state, under the addresses of today.

    Attributes:
        entries: Address of today -> what is remembered.
        came_from: Address of today -> the address in the state, where they differ.
        steps: Moves between declared addresses that are carried out with this: they happen once.
        diagnostics: Moves that cannot be.
    """

    entries: Mapping[Address, Entry]
    came_from: Mapping[Address, Address]
    steps: frozenset[Step]
    diagnostics: tuple[Diagnostic, ...] = ()


def continued(
    entries: Mapping[Address, Entry], moved: Sequence[Moved], declared: Collection[Address], done: Collection[Step]
) -> Continuity:
    """Return `entries` under the addresses of today.

    Args:
        entries: What the state knows.
        moved: The declared changes of address.
        declared: The addresses that are declared.
        done: The moves between declared addresses that earlier runs made.
    """
    # An address that is an identity stays that resource's for as long as it is declared.
    moves = [move for move in moved if not (_names_one(move.before) and move.before in declared)]
    routes = Routes(moves, declared, done)
    if not routes.to:
        return Continuity(dict(entries), {}, frozenset())
    diagnostics: list[Diagnostic] = []
    parents = {address: address for address in entries if address.parent is None}
    ends = _settled(parents, routes, diagnostics)
    surveys = {
        survey: ends.get(survey) or routes.end(survey, parents)
        for address in entries
        if (survey := address.parent) is not None
    }
    children = {address: address.under(surveys[survey]) for address in entries if (survey := address.parent)}
    ends |= _settled(children, routes, diagnostics)
    came_from = {end: address for address, end in ends.items() if end != address}
    return Continuity(
        {ends[address]: entry for address, entry in entries.items()}, came_from, routes.steps, tuple(diagnostics)
    )


def moved_back(address: Address, moved: Sequence[Moved], declared: Collection[Address]) -> frozenset[Address]:
    """Return the addresses that `address` had before, as far as `moved` says."""
    routes = Routes(moved, declared)
    return frozenset(before for before in routes.to if before not in declared and routes.final(before) == address)


def pinned_elsewhere(entries: Mapping[Address, Entry], resources: Mapping[Address, Desired]) -> set[Address]:
    """Return the addresses in `entries` whose id another address is pinned to: that one gets the id."""
    pins = {
        (identity(one.kind, one.id), one.parent): address for address, one in resources.items() if one.id is not None
    }
    if not pins:
        return set()
    return {
        address
        for address, entry in entries.items()
        if pins.get((identity(address.kind, entry.id), address.parent), address) != address
    }


@dataclass(frozen=True)
class LeftBehind:
    """A managed resource that is live, and no longer belongs to its address.

    Attributes:
        address: The address that it is deleted under.
        successor: The declared address, which is another resource now.
        entry: What is remembered of it.
        live: The resource.
        reason: Why it leaves.
    """

    address: Address
    successor: Address
    entry: Entry
    live: Live
    reason: str


def left_behind(
    standing: Continuity,
    resources: Mapping[Address, Desired],
    matched: Mapping[Address, Live],
    undecided: Collection[Address],
    unsettled: Collection[Address],
    snapshot: Snapshot,
) -> list[LeftBehind]:
    """Return what the state knows under a declared address that is matched to another resource, and that is live.

    Args:
        standing: What the state knows, under the addresses of today.
        resources: What is declared, as far as it is planned.
        matched: Address -> the live resource that it is.
        undecided: Addresses for which nothing is planned.
        unsettled: Addresses that are not the live resource that the state knows under them, or perhaps not.
        snapshot: What is live.
    """
    suspects = {
        address: entry
        for address in (resources if unsettled else ())
        if address in unsettled
        and (entry := standing.entries.get(address)) is not None
        and ((known := matched.get(address)) is None or known.id != entry.id)
        and address not in undecided
        and not KINDS[address.kind].lookup_only
        and not (address in matched and _same(address, entry, matched[address]))
    }
    if not suspects:
        return []
    held: set[Identity] = {identity(live.kind, live.id) for live in matched.values()}
    wanted = {identity(address.kind, entry.id) for address, entry in suspects.items()}
    live = {
        place: one
        for kind in {address.kind for address in suspects}
        for one in snapshot.of(kind)
        if (place := identity(one.kind, one.id)) in wanted
    }
    found = []
    taken = {*standing.entries, *resources}
    for address, entry in suspects.items():
        place = identity(address.kind, entry.id)
        if place in held or place not in live:
            continue
        one = live[place]
        gone = _address_left(address, one, standing.came_from.get(address), taken)
        taken.add(gone)
        reason = _why(address, resources[address], one, matched)
        found.append(LeftBehind(gone, address, entry, one, reason))
    return found


def _same(address: Address, entry: Entry, live: Live) -> bool:
    return KINDS[address.kind].is_same(entry.id, live.id)


def _address_left(address: Address, live: Live, before: Address | None, taken: Collection[Address]) -> Address:
    """Return the address under which `live` leaves: the one it had, or that of its identity, or a remnant's."""
    kind = KINDS[live.kind]
    named = Address(kind.name, kind.identity_of(live.id)) if kind.keyed_by_identity else None
    free = [one for one in (before, named) if one is not None and one not in taken]
    return free[0] if free else Address(address.kind, f"{address.key}{REMNANT}{live.id}", address.parent)


def _why(address: Address, desired: Desired, live: Live, matched: Mapping[Address, Live]) -> str:
    kind = KINDS[live.kind]
    new = matched.get(address)
    there = f"it is {kind.noun} {new.id} there" if new is not None else "created there"
    survey = matched.get(desired.parent) if desired.parent is not None else None
    if kind.keyed_by_identity:
        return f"moved to another identity, {address}: {there}, deleted here"
    if kind.parent is not None and (survey is None or survey.id != live.parent_id):
        moved = f"moved to another {kind.parent}, as {address}"
        return f"{moved}: {there}, deleted here; its responses stay with the old one"
    return f"{address} is {f'{kind.noun} {new.id}' if new is not None else 'another'} now; deleted here"


def _settled(
    places: Mapping[Address, Address], routes: Routes, diagnostics: list[Diagnostic]
) -> dict[Address, Address]:
    """Return the address today of each key of `places`; a value is its address before it moves itself."""
    known = frozenset(places.values())
    ends = {address: routes.end(place, known) for address, place in places.items()}
    while True:  # what cannot move stays, and may be in the way of the next
        owners: dict[Address, Address] = {}
        blocked: dict[Address, None] = {}
        for address, end in ends.items():
            other = owners.setdefault(end, address)
            if other == address:
                continue
            for one in (address, other):
                if end != places[one]:
                    blocked[one] = None
        if not blocked:
            return ends
        for address in blocked:
            if not _another_resource(places[address], ends[address]):
                diagnostics.append(_taken(places[address], ends[address], routes))
            ends[address] = places[address]


def _names_one(address: Address) -> bool:
    return KINDS[address.kind].keyed_by_identity


def _another_resource(before: Address, after: Address) -> bool:
    """Tell whether a move between these addresses creates and deletes: then both may exist side by side."""
    kind = KINDS[before.kind]
    return kind.keyed_by_identity or before.parent != after.parent


def _taken(before: Address, after: Address, routes: Routes) -> Diagnostic:
    move = routes.said.get(before)
    return Diagnostic(
        "invalid-move",
        "error",
        f"moved: {before} cannot become {after}: that is already another resource",
        move.source if move else None,
        after,
        "remove the `moved:` entry, or one of the two",
    )
