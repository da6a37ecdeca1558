"""Which live resource each declared one is: by pinned id, by remembered id, by natural key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import field

from sdx_state.kinds import KINDS, Kind
from sdx_state.kinds.identity import Identity, identity
from sdx_state.model.address import Address
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.ledger import Entry
from sdx_state.model.resource import Desired, Live
from sdx_state.model.snapshot import Snapshot
from sdx_state.model.whereabouts import CHECK
from sdx_state.plan.continuity import known_as
from sdx_state.plan.divide import outside_scope
from sdx_state.plan.settled import is_settled
from sdx_state.records import dataclass

_NOTHING: Mapping[str, Live] = {}


@dataclass
class Matches:
    """The outcome of matching.

    Attributes:
        live: Address -> the live resource it is.
        imported: Addresses found by natural key or pinned id and not known before.
        diagnostics: Pinned ids that do not exist, and ambiguities, each with its ids.
        undecided: Addresses that a diagnostic concerns: nothing may be planned for them.
        unsettled: The other addresses of which there may be something to say. All that are not in either are what the
            state remembers under them, and as declared.
    """

    live: dict[Address, Live] = field(default_factory=dict)
    imported: set[Address] = field(default_factory=set)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    undecided: set[Address] = field(default_factory=set)
    unsettled: set[Address] = field(default_factory=set)


def match(
    desired: Iterable[Desired],
    snapshot: Snapshot,
    entries: Mapping[Address, Entry],
    owned_elsewhere: frozenset[Identity],
    pending: Collection[Address] = (),
    outside: Mapping[Identity, Live] | None = None,
) -> Matches:
    """Match `desired` to the live resources of `snapshot`.

    Args:
        desired: Declared resources; a question comes after its survey.
        snapshot: What is live.
        entries: What the state remembers, under today's addresses.
        owned_elsewhere: The identities of live resources that an undeclared address owns: never given to another.
        pending: Addresses that were created a moment ago and do not show yet: nothing is planned for them.
        outside: Live resources outside the scope of the project: nothing is planned for them.
    """
    matches = Matches(undecided={*pending})
    by_kind: dict[str, list[Desired]] = defaultdict(list)
    for resource in desired:
        by_kind[resource.kind].append(resource)
    for kind in KINDS.values():
        declared = by_kind.get(kind.name)
        if declared:
            _match_kind(kind, declared, entries, owned_elsewhere, snapshot, outside or {}, matches)
    return matches


def _place(kind: Kind, live: Live) -> tuple[str | None, str]:
    return live.parent_id if kind.parent else None, kind.identity_of(live.id)


def _match_kind(
    kind: Kind,
    declared: Sequence[Desired],
    entries: Mapping[Address, Entry],
    owned_elsewhere: frozenset[Identity],
    snapshot: Snapshot,
    outside: Mapping[Identity, Live],
    matches: Matches,
) -> None:
    live = snapshot.of(kind.name)
    places = _places(kind, live)
    spelled = kind.identity if kind.keyed_by_identity or kind.named_by_email else None
    scopes: dict[Address, str | None] = {}
    taken: set[int] = set()  # live resources, by `id()`
    unmatched: list[Desired] = []
    for resource in declared:
        address, scope = resource.address, None
        if address in matches.undecided:
            continue
        if resource.parent is not None:
            parent = _live_parent(resource.parent, address, matches)
            if parent is None:
                continue
            scopes[address] = scope = parent.id
        here, entry = places.get(scope, _NOTHING), entries.get(address)
        if entry is not None and (found := _as_remembered(resource, entry, here, spelled)) and id(found) not in taken:
            taken.add(id(found))
            matches.live[address] = found
            if kind.lookup_only or not is_settled(resource, found, entry, snapshot.shape):
                matches.unsettled.add(address)
            continue
        matches.unsettled.add(address)
        entry = known_as(resource, entries)
        wanted = resource.id or (entry.id if entry else None)
        found = here.get(kind.identity_of(wanted)) if wanted is not None else None
        refused = _refused(kind, resource, found, id(found) in taken, matches) if found is not None else None
        if refused is not None:
            matches.undecided.add(address)
            matches.diagnostics.append(refused)
        elif found is not None:
            taken.add(id(found))
            matches.live[address] = found
            if entry is None or not kind.is_same(entry.id, found.id):
                matches.imported.add(address)
        elif (error := _missing(kind, resource, wanted, live, snapshot.unlisted, outside)) is not None:
            matches.undecided.add(address)
            matches.diagnostics.append(error)
        else:
            unmatched.append(resource)
    if unmatched:
        _match_by_natural_key(kind, unmatched, live, scopes, taken, owned_elsewhere, matches)


def _live_parent(parent: Address, address: Address, matches: Matches) -> Live | None:
    """Return the live `parent` of `address`. While it is undecided, or to be created, no child is matched."""
    if parent in matches.undecided:
        matches.undecided.add(address)
        return None
    live = matches.live.get(parent)
    if live is None:
        matches.unsettled.add(address)
    return live


def _places(kind: Kind, live: Sequence[Live]) -> dict[str | None, dict[str, Live]]:
    """Return the live resources by the id of their parent, None for no parent, and by their identity."""
    identities = kind.identities_of([one.id for one in live])
    if kind.parent is None:
        return {None: dict(zip(identities, live, strict=True))}
    places: dict[str | None, dict[str, Live]] = {}
    for form, one in zip(identities, live, strict=True):
        places.setdefault(one.parent_id, {})[form] = one
    return places


def _as_remembered(resource: Desired, entry: Entry, here: Mapping[str, Live], spelled: str | None) -> Live | None:
    """Return the live resource of the id in `entry`, where that is beyond doubt: nearly always.

    Args:
        resource: What is declared.
        entry: What is remembered under its address.
        here: The live resources in its place, by identity.
        spelled: The field that has the id, as it is spelled, if the id is declared.
    """
    found = here.get(entry.id) if resource.id is None else None
    if found is None or found.id != entry.id or (spelled and resource.values.get(spelled) != entry.id):
        return None
    return found


def _match_by_natural_key(
    kind: Kind,
    unmatched: Sequence[Desired],
    live: Sequence[Live],
    scopes: Mapping[Address, str | None],
    taken: Collection[int],
    owned_elsewhere: frozenset[Identity],
    matches: Matches,
) -> None:
    by_key: dict[tuple[str | None, str], list[Live]] = defaultdict(list)
    occupied = {_place(kind, one) for one in live if id(one) in taken}
    for one in live:
        place = _place(kind, one)
        if place not in occupied and (kind.name, place[1]) not in owned_elsewhere:
            by_key[place[0], kind.natural_key_of(one.raw.get(kind.natural_key))].append(one)
    for resource in unmatched:
        key = kind.natural_key_of(resource.values.get(kind.natural_key))
        candidates = by_key.get((scopes.get(resource.address), key), []) if key else []
        if len(candidates) == 1 and (reason := _unreachable(kind, resource, candidates[0])):
            matches.undecided.add(resource.address)
            matches.diagnostics.append(_not_managed(kind, resource, candidates[0], reason))
        elif len(candidates) == 1:
            matches.live[resource.address] = candidates[0]
            matches.imported.add(resource.address)
        elif candidates:
            ids = ", ".join(one.id for one in candidates)
            matches.undecided.add(resource.address)
            matches.diagnostics.append(
                Diagnostic(
                    "ambiguous-match",
                    "error",
                    f"{resource.address} could be any of {len(candidates)} live {kind.noun}s "
                    f"with {kind.natural_key} {key!r}: ids {ids}",
                    resource.source,
                    resource.address,
                    f"say which one it is: add `id: {candidates[0].id}` (or another of these ids) to it",
                )
            )


def _refused(
    kind: Kind,
    resource: Desired,
    found: Live,
    is_taken: bool,
    matches: Matches,
) -> Diagnostic | None:
    """Return why `resource` cannot be `found`, None where it can."""
    reason = _unreachable(kind, resource, found)
    if reason is not None:
        return _not_managed(kind, resource, found, reason)
    if not is_taken:
        return None
    first = next(one for one, live in matches.live.items() if live is found)
    matches.undecided.add(first)
    return Diagnostic(
        "duplicate-id",
        "error",
        f"{resource.address} and {first} are both {kind.noun} {found.id}: one id cannot be two addresses",
        resource.source_of("id"),
        resource.address,
        f"correct one of them; to manage it under this address alone: `sdx-state state rm {first}`",
    )


def _unreachable(kind: Kind, resource: Desired, found: Live) -> str | None:
    """Return why no request can be about `found`. What is spelled as declared was checked there."""
    return None if found.id == resource.values.get(kind.identity) else kind.unaddressable(found.id)


def _not_managed(kind: Kind, resource: Desired, found: Live, reason: str) -> Diagnostic:
    return Diagnostic(
        "unreachable-resource",
        "warning",
        f"{resource.address} is not managed: the tenant spells this {kind.noun} {found.id[:80]!r}, and {reason}",
        resource.source,
        resource.address,
        "correct it in the admin UI; until then nothing is planned for it",
    )


def _missing(
    kind: Kind,
    resource: Desired,
    id: str | None,
    live: Sequence[Live],
    unlisted: frozenset[Identity],
    outside: Mapping[Identity, Live],
) -> Diagnostic | None:
    """Return why nothing can be planned for `resource`, whose `id` is not in its place; None if something can."""
    if id is None:
        return None
    if (other := outside.get(identity(kind.name, id))) is not None:
        return outside_scope(resource, other)
    if resource.id is not None:
        elsewhere = next((one for one in live if kind.is_same(one.id, id)), None)
        return _not_there(kind, resource, elsewhere)
    return _unlisted(kind, resource, id) if (kind.name, id) in unlisted else None


def _not_there(kind: Kind, resource: Desired, elsewhere: Live | None) -> Diagnostic:
    """Return what is wrong with the id that `resource` is pinned to; `elsewhere` has it, in another parent."""
    pinned = f"{resource.address} is pinned to id {resource.id}"
    message = f"{pinned}, and the tenant has no such {kind.noun}"
    hint = f"{CHECK[0].lower()}{CHECK[1:]}; then correct the id, or remove the line to look it up by name"
    if elsewhere is not None:
        message = f"{pinned}, which is a {kind.noun} of another {kind.parent} (id {elsewhere.parent_id})"
        hint = f"remove the `id:` line: the API cannot move a {kind.noun}, so it is created here and deleted there"
    elif kind.parent is not None:
        message = f"{pinned}, and its {kind.parent} has no such {kind.noun}"
    return Diagnostic("id-not-found", "error", message, resource.source_of("id"), resource.address, hint)


def _unlisted(kind: Kind, resource: Desired, id: str) -> Diagnostic:
    return Diagnostic(
        "unlisted-resource",
        "error",
        f"{resource.address} ({kind.noun} {id}) exists, and the list of its {kind.parent} does not show it: the list "
        "may lag behind, or it was taken out there",
        resource.source,
        resource.address,
        "plan again in a minute. If it was taken out on purpose, remove it from the configuration, or let apply "
        f"create it again: `sdx-state state rm {resource.address}`",
    )
