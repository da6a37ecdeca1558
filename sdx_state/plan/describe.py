"""Live resources as declarations: what the YAML would say of a tenant as it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from functools import cached_property
from itertools import count

from sdx_state.kinds import KINDS, Kind, child_names, children_of
from sdx_state.kinds.field import Field, FieldType
from sdx_state.kinds.identity import Identity, identity
from sdx_state.kinds.wire import read_field
from sdx_state.model.address import Address, readable_key
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.field_path import ORDER_PATH
from sdx_state.model.resource import Desired, Live, Source
from sdx_state.model.snapshot import Snapshot
from sdx_state.model.value import DEFAULT_LANGUAGE, Value
from sdx_state.plan.order import order_of
from sdx_state.records import dataclass

NOWHERE = Source("", 0, 0)
_CLEARED = (FieldType.TEXT, FieldType.PROMPT, FieldType.PHONE, FieldType.EMAIL)  # by ""
KEY_LENGTH = 60
KEY_BYTES = 120

# kind, id, id of the parent it is listed under
Place = tuple[str, str, str | None]


def place_of(live: Live) -> Place:
    """Return what tells `live` from every other resource of the tenant."""
    return *identity(live.kind, live.id), live.parent_id


@dataclass
class Description:
    """A tenant, written down.

    Attributes:
        resources: A declaration of each live resource, the children of each after it in their order.
        left_out: What could not be declared, and why.
        unwritable: The fields among them that are declared with another value, each with the reason.
        live: The live resource that each address is.
    """

    resources: list[Desired] = field(default_factory=list)
    left_out: list[Diagnostic] = field(default_factory=list)
    unwritable: dict[tuple[Address, str], str] = field(default_factory=dict)
    live: dict[Address, Identity] = field(default_factory=dict)


def describe(
    snapshot: Snapshot,
    known: Mapping[Place, Address],
    declared: Mapping[Address, Desired],
    why_not: Callable[[Kind, str, Value], str | None],
    included: Callable[[Live, Address | None], bool] = lambda live, address: True,
) -> Description:
    """Return a declaration of everything in `snapshot`.

    Args:
        snapshot: The whole tenant.
        known: The addresses that resources have already.
        declared: What is declared under them: fields that the tenant left empty are named all the same.
        why_not: Says why a live value cannot be declared, None where it can.
        included: Tells of which live resources there is to be a declaration, by the resource and its known address.
    """
    return _Describer(known, declared, why_not, included).describe(snapshot)


class _Describer:
    """One pass over a tenant."""

    def __init__(
        self,
        known: Mapping[Place, Address],
        declared: Mapping[Address, Desired],
        why_not: Callable[[Kind, str, Value], str | None],
        included: Callable[[Live, Address | None], bool],
    ) -> None:
        self.known, self.declared, self.why_not, self.included = known, declared, why_not, included
        self.result = Description()

    @cached_property
    def taken(self) -> set[str]:
        """Addresses in use. Keys that differ by case only are one to some file systems, and so to the files."""
        return {address.casefold() for address in (*self.known.values(), *self.declared)}

    def describe(self, snapshot: Snapshot) -> Description:
        children: dict[tuple[str, str], list[Live]] = {}
        for name in child_names():
            for live in snapshot.of(name):
                children.setdefault((name, live.parent_id or ""), []).append(live)
        for kind in KINDS.values():
            if kind.lookup_only or kind.parent is not None:
                continue
            names = _names(kind, snapshot.of(kind.name))
            inside = children_of(kind.name)
            for live in snapshot.of(kind.name):
                address = self._take(kind, live, names)
                for child in inside if address is not None else ():
                    self._children(child, address, children.get((child.name, live.id), []))
        return self.result

    def _children(self, kind: Kind, parent: Address | None, children: list[Live]) -> None:
        ordered = sorted(children, key=lambda live: order_of(live.raw, kind.order_field or ORDER_PATH))
        names = _names(kind, ordered)
        for position, live in enumerate(ordered):
            self._take(kind, live, names, parent, position)

    def _take(
        self, kind: Kind, live: Live, names: Counter[str], parent: Address | None = None, position: int = 0
    ) -> Address | None:
        """Declare `live` and return its address; None if it is not included, or YAML cannot express its identity."""
        place = place_of(live)
        known = self.known.get(place)
        if not self.included(live, known):
            return None
        is_new_name = kind.keyed_by_identity and known not in self.declared
        refusal = self.why_not(kind, kind.identity, live.id) if is_new_name else None
        if refusal is not None:
            self._leave_out(f"{kind.name} {live.id} is left out: {refusal}", None)
            return None
        address = known
        if address is None:
            address = _new_address(kind, live, parent, self.taken)
            self.taken.add(address.casefold())
        self.result.live[address] = place[:2]
        declared = self.declared.get(address)
        values = self._values(kind, live, address, declared)
        key = kind.natural_key_of(values.get(kind.natural_key))
        found_by_name = bool(key) and names[key] == 1
        self.result.resources.append(
            Desired(
                address=address,
                kind=kind.name,
                key=address.key,
                values=values,
                source=declared.source if declared else NOWHERE,
                id=(declared.id if declared else None) or (None if found_by_name else live.id),
                ignore=declared.ignore if declared else frozenset(),
                protect=declared.protect if declared else False,
                parent=parent,
                position=position,
            )
        )
        return address

    def _values(self, kind: Kind, live: Live, address: Address, declared: Desired | None) -> dict[str, Value]:
        values: dict[str, Value] = {}
        for one in kind.fields:
            if declared is not None and one.name in declared.ignore:
                continue
            value = read_field(one, live.raw)
            said = declared.values.get(one.name) if declared else None
            if value == said and (type(value) is str or type(value) is type(said) is int):
                values[one.name] = value  # what is declared can be declared
                continue
            if isinstance(said, Mapping) and not isinstance(value, Mapping):
                value = {**said, DEFAULT_LANGUAGE: value if isinstance(value, str) else ""}
            if value is None:
                if said is not None:  # only a text can be declared as cleared: a number becomes unmanaged
                    values[one.name] = "" if one.type in _CLEARED else None
                continue
            refusal = self._undeclared(one, value) or self.why_not(kind, one.name, value)
            if refusal is None:
                values[one.name] = value
            else:
                raw = live.raw.get(one.name)
                if isinstance(raw, str):  # the message names the value as it is in the tenant
                    refusal = self.why_not(kind, one.name, raw) or refusal
                if said is not None:
                    self.result.unwritable[address, one.name] = refusal
                self._leave_out(f"{address}: {one.name} is left out: {refusal}", address)
        if kind.keyed_by_identity:
            values[kind.identity] = live.id
        return values

    def _undeclared(self, field: Field, value: Value) -> str | None:
        """Return why `field` cannot name the resource `value`: no file declares it, nor will one."""
        if not field.refers_to:
            return None
        address = KINDS[field.refers_to].address(str(value))
        described = any(one.address == address for one in self.result.resources)
        return None if described or address in self.declared else f"no file declares {address}"

    def _leave_out(self, message: str, address: Address | None) -> None:
        self.result.left_out.append(Diagnostic("not-declarable", "warning", message, address=address))


def _names(kind: Kind, resources: Sequence[Live]) -> Counter[str]:
    return Counter(kind.natural_key_of(live.raw.get(kind.natural_key)) for live in resources)


def _new_address(kind: Kind, live: Live, parent: Address | None, taken: set[str]) -> Address:
    if kind.keyed_by_identity:
        return kind.address(live.id)
    label = _cut(readable_key(str(live.raw.get(kind.natural_key) or "")))
    key = label or f"{kind.name}-{live.id}"

    def is_free(key: str) -> bool:
        return Address(kind.name, key, parent).casefold() not in taken

    if not is_free(key):
        key = f"{key}-{live.id}"
    if not is_free(key):
        key = next(numbered for number in count(2) if is_free(numbered := f"{key}-{number}"))
    return Address(kind.name, key, parent)


def _cut(key: str) -> str:
    """Return as much of `key` as fits in the name of a file, whole characters."""
    return key[:KEY_LENGTH].encode()[:KEY_BYTES].decode("utf-8", "ignore").strip("-")
