"""Live resources as declarations: what the YAML would say of a tenant as it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from sdx_state.kinds import ALL_KINDS, KINDS, SURVEY, Kind
from sdx_state.kinds.address import Address, address_of, name_of, slug
from sdx_state.kinds.field import DEFAULT_LANGUAGE, Value
from sdx_state.kinds.resource import Desired, Live, Source
from sdx_state.kinds.snapshot import Snapshot
from sdx_state.kinds.wire import read_field
from sdx_state.plan.model import ORDER_PATH
from sdx_state.plan.order import order_of

NOWHERE = Source("", 0, 0)
KEY_LENGTH = 60

# kind, id, id of the survey it is listed under
Place = tuple[str, str, str | None]


def place_of(live: Live) -> Place:
    """Return what tells `live` from every other resource of the tenant."""
    return live.kind, live.id.casefold(), live.parent_id


def describe(
    snapshot: Snapshot, known: Mapping[Place, Address], declared: Mapping[Address, Desired]
) -> list[Desired]:
    """Return a declaration of every resource in `snapshot`, a survey's questions after it in their order.

    Args:
        snapshot: The whole tenant.
        known: The addresses that resources have already.
        declared: What is declared under them: fields that the tenant left empty are named all the same.
    """
    taken = set(known.values()) | set(declared)
    addresses: dict[Place, Address] = dict(known)
    found: list[Desired] = []
    children = _by_parent(snapshot)
    for kind in ALL_KINDS:
        if kind.lookup_only or kind.parent is not None:
            continue
        names = Counter(kind.natural_key_of(live.raw.get(kind.natural_key)) for live in snapshot.of(kind.name))
        for live in snapshot.of(kind.name):
            address = addresses.get(place_of(live)) or _new_address(kind, live, None, taken)
            taken.add(address)
            found.append(_described(kind, live, address, None, 0, names, declared.get(address)))
            if kind is SURVEY:
                found += _questions(address, children.get(live.id, []), known, taken, declared)
    return found


def _questions(
    survey: Address,
    questions: list[Live],
    known: Mapping[Place, Address],
    taken: set[Address],
    declared: Mapping[Address, Desired],
) -> list[Desired]:
    kind = KINDS["question"]
    questions = sorted(questions, key=lambda live: order_of(live.raw, kind.order_field or ORDER_PATH))
    names = Counter(kind.natural_key_of(live.raw.get(kind.natural_key)) for live in questions)
    found = []
    for position, live in enumerate(questions):
        address = known.get(place_of(live)) or _new_address(kind, live, survey, taken)
        taken.add(address)
        found.append(_described(kind, live, address, survey, position, names, declared.get(address)))
    return found


def _described(
    kind: Kind,
    live: Live,
    address: Address,
    parent: Address | None,
    position: int,
    names: Counter[str],
    declared: Desired | None,
) -> Desired:
    natural_key = kind.natural_key_of(live.raw.get(kind.natural_key))
    unclear = not natural_key or names[natural_key] > 1
    ignored = declared.ignore if declared else frozenset()
    values: dict[str, Value] = {}
    for field in kind.fields:
        if field.name in ignored:
            continue
        value = read_field(field, live.raw)
        said = declared.values.get(field.name) if declared else None
        if isinstance(said, Mapping) and not isinstance(value, Mapping):
            value = {**said, DEFAULT_LANGUAGE: value if isinstance(value, str) else ""}
        if value is not None:
            values[field.name] = value
        elif said is not None:
            values[field.name] = ""
    if kind.identity == kind.natural_key:
        values[kind.identity] = live.id
    return Desired(
        address=address,
        kind=kind.name,
        key=name_of(address).rpartition(".")[2] if parent else name_of(address),
        values=values,
        source=declared.source if declared else NOWHERE,
        id=(declared.id if declared else None) or (live.id if unclear else None),
        ignore=ignored,
        protect=declared.protect if declared else False,
        parent=parent,
        position=position,
    )


def _new_address(kind: Kind, live: Live, parent: Address | None, taken: set[Address]) -> Address:
    if kind.identity == kind.natural_key:
        return address_of(kind.name, live.id.casefold())
    key = slug(str(live.raw.get(kind.natural_key) or ""))[:KEY_LENGTH].strip("-") or f"{kind.name}-{live.id}"
    parent_key = name_of(parent) if parent else None
    if address_of(kind.name, key, parent_key) in taken:
        key = f"{key}-{live.id}"
    return address_of(kind.name, key, parent_key)


def _by_parent(snapshot: Snapshot) -> dict[str, list[Live]]:
    children: dict[str, list[Live]] = {}
    for live in snapshot.of("question"):
        children.setdefault(live.parent_id or "", []).append(live)
    return children
