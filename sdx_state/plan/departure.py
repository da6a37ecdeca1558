"""Resources in the state that are no longer declared: deleted, or no longer managed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sdx_state.kinds import KINDS
from sdx_state.kinds.identity import identity
from sdx_state.kinds.wire import read_field
from sdx_state.model.address import Address
from sdx_state.model.field_path import FieldPath
from sdx_state.model.ledger import Entry
from sdx_state.model.plan import Action, Change, Drift, FieldChange
from sdx_state.model.resource import Desired, Live, Removed
from sdx_state.model.value import Value
from sdx_state.plan.continuity import LeftBehind
from sdx_state.plan.divide import FORGOTTEN, Divided
from sdx_state.records import replace


def departures(
    undeclared: Mapping[Address, Entry],
    removed: Sequence[Removed],
    divided: Divided,
    declared: Mapping[Address, Desired],
    successors: Mapping[Address, LeftBehind],
) -> tuple[list[Change], list[Drift]]:
    """Return the changes of `undeclared` (managed, not declared) resources, and those that the tenant deleted itself.

    A departure is reported at its `removed:` entry, or else at the resource with its address now (`successors`), or
    at the parent in `declared` that it was in. A resource outside the scope of the project is never deleted.
    """
    if not undeclared:
        return [], []
    snapshot = divided.inside
    live = {identity(one.kind, one.id): one for kind in KINDS for one in snapshot.of(kind)}
    orders = {order.address: order for order in removed}
    parents = {(address.kind, entry.id): address for address, entry in undeclared.items() if address.parent is None}
    changes, lost = [], []
    for address, entry in undeclared.items():
        kind = KINDS[address.kind]
        found = live.get(identity(kind.name, entry.id))
        order = _order_for(address, orders)
        if kind.lookup_only:
            changes.append(_forget(address, entry, "no longer declared; there is nothing to delete"))
        elif (other := divided.outside.get(identity(kind.name, entry.id))) is not None:
            changes.append(_forget(address, entry, FORGOTTEN, other))
        elif found is None and (kind.name, entry.id) in snapshot.unlisted:
            changes.append(_forget(address, entry, f"taken out of its {kind.parent}; it stays in the tenant"))
        elif found is None:
            changes.append(_forget(address, entry, "already gone from the tenant"))
            lost.append(Drift(address, kind.name, entry.id, deleted=True))
        elif unaddressable := kind.unaddressable(found.id):
            reason = f"no longer managed, and not deleted: {unaddressable}. Delete it in the admin UI"
            changes.append(_forget(address, entry, reason, found))
        elif order is not None and not order.destroy:
            forgotten = _forget(address, entry, "removed: stays in the tenant, no longer managed", found)
            changes.append(replace(forgotten, source=order.source))
        else:
            left = successors.get(address)
            reason = "removed: destroy" if order else left.reason if left else "managed, and no longer declared"
            successor = declared[left.successor] if left else None
            protect = entry.protect or (successor is not None and successor.protect)
            gone = deletion(address, found, reason, protect, parents.get((kind.parent or "", found.parent_id or "")))
            told_at = order or successor or (declared.get(address.parent) if address.parent else None)
            needs = (left.successor,) if left else ()
            changes.append(replace(gone, source=told_at.source if told_at else None, depends_on=needs))
    return changes, lost


def deletion(address: Address, live: Live, reason: str, protected: bool, parent: Address | None) -> Change:
    """Return the change that deletes `live`, with every value that would be lost."""
    kind = KINDS[live.kind]
    before: dict[str, Value] = {}
    for field in kind.fields:
        value = read_field(field, live.raw)
        if value is not None:
            before[field.name] = value
    return Change(
        address,
        kind.name,
        Action.DELETE,
        id=live.id,
        fields=tuple(FieldChange(FieldPath(name), value, None) for name, value in before.items()),
        before=before,
        reason=reason,
        via="api",
        parent=parent,
        protected=protected,
        label=str(live.raw.get(kind.natural_key) or ""),
    )


def _order_for(address: Address, orders: Mapping[Address, Removed]) -> Removed | None:
    """Return the `removed:` entry for `address`; a parent's covers its children."""
    own = orders.get(address)
    return own or (orders.get(address.parent) if address.parent else None)


def _forget(address: Address, entry: Entry, reason: str, live: Live | None = None) -> Change:
    kind = KINDS[address.kind]
    label = str(live.raw.get(kind.natural_key) or "") if live else ""
    return Change(address, kind.name, Action.FORGET, id=entry.id, reason=reason, label=label)
