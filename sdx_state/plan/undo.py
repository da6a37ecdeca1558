"""The plan that puts back what a run changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field

from sdx_state.kinds import KINDS, children_of
from sdx_state.kinds.identity import Identity, identity
from sdx_state.kinds.tenant_scope import WHOLE_TENANT, TenantScope
from sdx_state.kinds.wire import read_field
from sdx_state.model.address import Address
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.field_path import ORDER_PATH, FieldPath
from sdx_state.model.ledger import Ledger
from sdx_state.model.plan import Action, Change, FieldChange, Plan
from sdx_state.model.resource import Desired, Live, Source
from sdx_state.model.snapshot import Snapshot
from sdx_state.model.value import Value
from sdx_state.plan.agreement import replaced
from sdx_state.plan.codec import fingerprint_of
from sdx_state.plan.departure import deletion
from sdx_state.plan.diff import differences, managed_values
from sdx_state.plan.divide import Divided, divide
from sdx_state.plan.order import moves, order_of, places
from sdx_state.plan.write_order import in_order_of_writes
from sdx_state.records import dataclass, replace

NOWHERE = Source("", 0, 0)


@dataclass(frozen=True)
class Past:
    """Changes of a run, and the values before it.

    Attributes:
        run: Its name.
        plan: What it carried out.
        before: Address -> the live resource as it was.
        orders: Survey's address -> the addresses of its questions in the order of before.
        ids: Address -> id of what `orders` names. Runs of earlier versions did not keep them.
        created: Address -> id of what it created.
    """

    run: str
    plan: Plan
    before: Mapping[Address, Live]
    orders: Mapping[Address, tuple[Address, ...]]
    ids: Mapping[Address, str] = field(default_factory=dict)
    created: Mapping[Address, str] = field(default_factory=dict)


def undo_plan(
    past: Past, snapshot: Snapshot, ledger: Ledger, tenant_scope: TenantScope = WHOLE_TENANT
) -> tuple[Plan, dict[Address, Desired]]:
    """Return the plan that puts back what `past` changed, and what that declares.

    It is about the ids that the run touched, at the addresses that they have today. A diagnostic says which of them
    cannot be put back.

    Args:
        past: The run.
        snapshot: What is live now.
        ledger: What is remembered now: the address of each id.
        tenant_scope: What the project manages of the tenant: the rest stays as it is.
    """
    maker = _Undo(past, divide(snapshot, tenant_scope), ledger, tenant_scope)
    changes = in_order_of_writes([*maker.changes(), *maker.moved()])
    maker.diagnostics += replaced(changes, ledger.entries, snapshot, ledger)
    plan = Plan(
        tenant=ledger.tenant,
        lineage=ledger.lineage,
        changes=tuple(changes),
        diagnostics=tuple(maker.diagnostics),
        fingerprint=fingerprint_of(changes),
        ids={address: entry.id for address, entry in ledger.entries.items()},
    )
    return plan, maker.resources


class _Undo:
    def __init__(self, past: Past, divided: Divided, ledger: Ledger, tenant_scope: TenantScope) -> None:
        self.past, self.snapshot, self.ledger = past, divided.inside, ledger
        self.outside, self.tenant_scope = divided.outside, tenant_scope
        self.live = {identity(one.kind, one.id): one for kind in KINDS for one in self.snapshot.of(kind)}
        self.addresses: dict[Identity, list[Address]] = {}
        for address, entry in ledger.entries.items():
            self.addresses.setdefault(identity(address.kind, entry.id), []).append(address)
        self.restored: dict[Identity, Address] = {}
        self.resources: dict[Address, Desired] = {}
        self.diagnostics: list[Diagnostic] = []
        self.updated: dict[Address, Change] = {}

    def changes(self) -> Iterator[Change]:
        for change in sorted(self.past.plan.changes, key=lambda one: one.address.parent is not None):
            if self._is_outside(change):
                self._say(change.address, f"{change.address} is left as it is: it is outside `scope`")
            elif change.action is Action.CREATE:
                yield from self._uncreate(change)
            elif change.action is Action.DELETE:
                yield from self._restore(change)
            elif change.action is Action.UPDATE:
                yield from self._revert(change)

    def _is_outside(self, change: Change) -> bool:
        """True if what `change` was about is outside the scope today, or would be as it was before."""
        kind, before = KINDS[change.kind], self.past.before.get(change.address)
        ids = {change.id, self.past.created.get(change.address), before.id if before else None} - {None}
        if any(identity(kind.name, id) in self.outside for id in ids if id):
            return True
        if before is None or change.action is Action.CREATE:
            return False
        if kind.parent is None:
            return not self.tenant_scope.covers(kind, before.raw.get(kind.natural_key))
        return before.parent_id is not None and identity(kind.parent, before.parent_id) in self.outside

    def moved(self) -> Iterator[Change]:
        """Yield what brings children back into their order, where it is about order alone."""
        for place, order in self.past.orders.items():
            survey = self._today(place.kind, self._id_then(place))
            if survey is None:
                continue
            was = [self._today(address.kind, self._id_then(address), survey) for address in order]
            before = [address for address in was if address is not None]
            present = [address for address in before if self._live_at(address) is not None]
            now = sorted(present, key=lambda address: order_of(self._raw(address), ORDER_PATH))
            for position, address in enumerate(before):
                known = self.resources.get(address)
                base = known or self._desired(address, {}, survey)
                self.resources[address] = replace(base, position=position)
            placed = places(self._siblings(survey, now), present, ())
            for move in moves(now, present):
                live = self._live_at(move.key)
                field = FieldChange(ORDER_PATH, *placed.get(move.key, (move.before, move.after)))
                if live is not None and move.key not in self.updated:
                    yield self._update(move.key, live, (field,), survey)

    def _siblings(self, survey: Address, known: Sequence[Address]) -> list[tuple[str, int]]:
        """Return address, or id, and `order` of each live question of `survey`, in live order."""
        parent, inside = self._live_at(survey), children_of(survey.kind)
        names = {live.id: address for address in known if (live := self._live_at(address)) is not None}
        asked = [
            one
            for child in inside
            for one in self.snapshot.of(child.name)
            if parent is not None and one.parent_id == parent.id
        ]
        asked.sort(key=lambda one: order_of(one.raw, ORDER_PATH))
        return [(names.get(one.id, f"id {one.id}"), order_of(one.raw, ORDER_PATH)) for one in asked]

    def _uncreate(self, change: Change) -> Iterator[Change]:
        kind, id = KINDS[change.kind], self.past.created.get(change.address)
        if id is None:
            if change.via == "api" and change.address in self.ledger.entries:
                self._say(change.address, f"{change.address} is left as it is: nothing shows that the run created it")
            return
        address, live = self._today(change.kind, id), self.live.get(identity(change.kind, id))
        if live is None:
            return
        if address is None:
            self._say(change.address, f"{kind.noun} {id}, which the run created, is no longer managed, and stays")
            return
        made = {(place.kind, one) for place, one in self.past.created.items()}
        for child in children_of(kind.name):
            inside = [one for one in self.snapshot.of(child.name) if one.parent_id == id]
            later = sum((child.name, one.id) not in made for one in inside)
            if not later:
                continue
            count = f"{later} {child.noun}{'s' if later > 1 else ''}"
            self._say(address, f"{address} (id {id}) stays: {count} in it came later, and would go with it")
            return
        reason = f"run {self.past.run} created it"
        yield deletion(address, live, reason, self._protected(address), address.parent)

    def _revert(self, change: Change) -> Iterator[Change]:
        before, id = self.past.before.get(change.address), change.id
        names = [name for name in dict.fromkeys(one.path.field for one in change.fields) if name != ORDER_PATH]
        if before is None or id is None or not names:
            return
        address, live = self._today(change.kind, id), self.live.get(identity(change.kind, id))
        noun = KINDS[change.kind].noun
        if live is None:
            known = self.ledger.entries.get(change.address)
            is_now = f"; that address is {noun} {known.id} today" if known is not None and known.id != id else ""
            message = f"{change.address} (id {id}) is gone from the tenant and cannot be put back as it was{is_now}"
            self._say(change.address, message)
            return
        if address is None:
            self._say(change.address, f"{noun} {id}, which the run changed, is no longer managed, and stays as it is")
            return
        fields = KINDS[change.kind].by_name
        values: dict[str, Value] = {}
        for name in names:
            value = read_field(fields[name], before.raw)
            values[name] = value if value is not None else ""
        desired = self._desired(address, values, address.parent)
        self.resources[address] = desired
        found = tuple(FieldChange(*one) for one in differences(desired, live, self.snapshot.shape))
        if found:
            yield self._update(address, live, found, address.parent)

    def _restore(self, change: Change) -> Iterator[Change]:
        before = self.past.before.get(change.address)
        if before is None or identity(change.kind, before.id) in self.live:
            return
        kind, parent, address = KINDS[change.kind], None, change.address
        if kind.parent is not None:
            parent = self._today(kind.parent, before.parent_id)
            if parent is None or not (parent in self.restored.values() or self._live_at(parent) is not None):
                lacks = "not managed" if parent is None else "gone from the tenant"
                self._say(address, f"{address} (id {before.id}) cannot come back: its {kind.parent} is {lacks}")
                return
            address = address.under(parent)
        known = self.ledger.entries.get(address)
        if known is not None:
            message = f"what the run deleted, id {before.id}, does not come back: {address} is id {known.id} today"
            self._say(address, message)
            return
        values: dict[str, Value] = {}
        for known_field in kind.fields:
            value = read_field(known_field, before.raw)
            if value is not None:
                values[known_field.name] = value
        self.restored[identity(kind.name, before.id)] = address
        self.resources[address] = self._desired(address, values, parent)
        self._say(address, f"{address} comes back with a new id, and without the responses it had")
        yield Change(
            address,
            change.kind,
            Action.CREATE,
            fields=tuple(FieldChange(FieldPath(name), None, value) for name, value in values.items()),
            after=values,
            reason=f"run {self.past.run} deleted it",
            via="api",
            parent=parent,
            depends_on=(parent,) if parent else (),
            label=change.label,
        )

    def _update(
        self, address: Address, live: Live, fields: tuple[FieldChange, ...], parent: Address | None
    ) -> Change:
        desired = self.resources[address]
        change = Change(
            address,
            live.kind,
            Action.UPDATE,
            id=live.id,
            fields=fields,
            before=managed_values(desired, live),
            after=dict(desired.values),
            reason=f"run {self.past.run} changed it",
            via="api",
            parent=parent,
            label=str(live.raw.get(KINDS[live.kind].natural_key) or ""),
        )
        self.updated[address] = change
        return change

    def _desired(self, address: Address, values: Mapping[str, Value], parent: Address | None) -> Desired:
        return Desired(
            address,
            address.kind,
            address.name,
            values,
            NOWHERE,
            protect=self._protected(address),
            parent=parent or address.parent,
        )

    def _id_then(self, address: Address) -> str | None:
        """Return the id that `address` had when the run began."""
        kept = self.past.before.get(address)
        return kept.id if kept is not None else self.past.ids.get(address)

    def _today(self, kind: str, id: str | None, survey: Address | None = None) -> Address | None:
        """Return the address of `id` today, in `survey` if that is given; what comes back has one too."""
        if id is None:
            return None
        known = [*self.addresses.get(identity(kind, id), ())]
        if (back := self.restored.get(identity(kind, id))) is not None:
            known.append(back)
        return next((address for address in known if survey is None or address.parent == survey), None)

    def _live_at(self, address: Address) -> Live | None:
        entry = self.ledger.entries.get(address)
        return self.live.get(identity(address.kind, entry.id)) if entry is not None else None

    def _raw(self, address: Address) -> Mapping[str, object]:
        live = self._live_at(address)
        return live.raw if live else {}

    def _protected(self, address: Address) -> bool:
        entry = self.ledger.entries.get(address)
        return entry.protect if entry else False

    def _say(self, address: Address, message: str) -> None:
        self.diagnostics.append(Diagnostic("not-undone", "warning", message, address=address))
