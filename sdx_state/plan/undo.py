"""The plan that puts back what a run changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from sdx_state.kinds import KINDS
from sdx_state.kinds.address import Address, kind_of, name_of
from sdx_state.kinds.field import Value
from sdx_state.kinds.identity import identity
from sdx_state.kinds.resource import Desired, Live, Source
from sdx_state.kinds.snapshot import Snapshot
from sdx_state.kinds.wire import read_field
from sdx_state.plan.agreement import replaced
from sdx_state.plan.build import in_order_of_writes
from sdx_state.plan.codec import fingerprint_of
from sdx_state.plan.departure import deletion
from sdx_state.plan.diff import differences, managed_values
from sdx_state.plan.model import ORDER_PATH, Action, Change, FieldChange, Finding, Plan
from sdx_state.plan.order import moves, order_of
from sdx_state.state.ledger import Ledger

NOWHERE = Source("", 0, 0)


@dataclass(frozen=True)
class Past:
    """What a run did, and how everything was before.

    Attributes:
        run: Its name.
        plan: What it carried out.
        before: Address -> the live resource as it was.
        orders: Survey's address -> the addresses of its questions in the order of before.
    """

    run: str
    plan: Plan
    before: Mapping[Address, Live]
    orders: Mapping[Address, tuple[Address, ...]]


def undo_plan(past: Past, snapshot: Snapshot, ledger: Ledger) -> tuple[Plan, dict[Address, Desired]]:
    """Return the plan that puts back what `past` changed, and what that declares.

    Args:
        past: The run.
        snapshot: What is live now.
        ledger: What is remembered now: the ids of what the run created.
    """
    maker = _Undo(past, snapshot, ledger)
    changes = in_order_of_writes([*maker.changes(), *maker.moved()])
    maker.findings += replaced(changes, ledger.entries, snapshot, ledger)
    plan = Plan(
        tenant=ledger.tenant,
        lineage=ledger.lineage,
        changes=tuple(changes),
        findings=tuple(maker.findings),
        fingerprint=fingerprint_of(changes),
        ids={address: entry.id for address, entry in ledger.entries.items()},
    )
    return plan, maker.resources


class _Undo:
    def __init__(self, past: Past, snapshot: Snapshot, ledger: Ledger) -> None:
        self.past, self.snapshot, self.ledger = past, snapshot, ledger
        self.live = {identity(one.kind, one.id): one for kind in KINDS for one in snapshot.of(kind)}
        self.resources: dict[Address, Desired] = {}
        self.findings: list[Finding] = []
        self.updated: dict[Address, Change] = {}

    def changes(self) -> Iterator[Change]:
        for change in self.past.plan.changes:
            if change.action is Action.CREATE:
                yield from self._uncreate(change)
            elif change.action is Action.DELETE:
                yield from self._restore(change)
            elif change.action is Action.UPDATE:
                yield from self._revert(change)

    def moved(self) -> Iterator[Change]:
        """Yield what brings the questions back into their order, where it is about order alone."""
        for survey, before in self.past.orders.items():
            present = [address for address in before if self._now(address) is not None]
            now = sorted(present, key=lambda address: order_of(self._raw(address), ORDER_PATH))
            for position, address in enumerate(before):
                known = self.resources.get(address)
                base = known or self._desired(address, {}, survey)
                self.resources[address] = replace(base, position=position)
            for move in moves(now, present):
                live = self._now(move.key)
                field = FieldChange(ORDER_PATH, move.before, move.after)
                if live is not None and move.key not in self.updated:
                    yield self._update(move.key, live, (field,), survey)

    def _uncreate(self, change: Change) -> Iterator[Change]:
        live = self._now(change.address)
        if live is not None:
            reason = f"run {self.past.run} created it"
            yield deletion(change.address, live, reason, self._protected(change.address), change.parent)

    def _revert(self, change: Change) -> Iterator[Change]:
        before, live = self.past.before.get(change.address), self._now(change.address)
        names = [name for name in dict.fromkeys(_top(one.path) for one in change.fields) if name != ORDER_PATH]
        if before is None or not names:
            return
        if live is None:
            self._say(change.address, f"{change.address} is gone from the tenant and cannot be put back as it was")
            return
        fields = KINDS[change.kind].by_name
        values: dict[str, Value] = {}
        for name in names:
            value = read_field(fields[name], before.raw)
            values[name] = value if value is not None else ""
        desired = self._desired(change.address, values, change.parent)
        self.resources[change.address] = desired
        found = tuple(FieldChange(*one) for one in differences(desired, live, self.snapshot.shape))
        if found:
            yield self._update(change.address, live, found, change.parent)

    def _restore(self, change: Change) -> Iterator[Change]:
        before = self.past.before.get(change.address)
        if before is None or self._now(change.address) is not None:
            return
        kind = KINDS[change.kind]
        values: dict[str, Value] = {}
        for field in kind.fields:
            value = read_field(field, before.raw)
            if value is not None:
                values[field.name] = value
        parent = change.parent or _parent_of(change.address)
        siblings = self.past.orders.get(parent or "", ())
        place = siblings.index(change.address) if change.address in siblings else 0
        self.resources[change.address] = replace(self._desired(change.address, values, parent), position=place)
        self._say(change.address, f"{change.address} comes back with a new id, and without the responses it had")
        yield Change(
            change.address,
            change.kind,
            Action.CREATE,
            fields=tuple(FieldChange(name, None, value) for name, value in values.items()),
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
            kind_of(address),
            name_of(address),
            values,
            NOWHERE,
            protect=self._protected(address),
            parent=parent or _parent_of(address),
        )

    def _now(self, address: Address) -> Live | None:
        entry = self.ledger.entries.get(address)
        id = entry.id if entry else (self.past.before[address].id if address in self.past.before else None)
        return self.live.get(identity(kind_of(address), id)) if id is not None else None

    def _raw(self, address: Address) -> Mapping[str, object]:
        live = self._now(address)
        return live.raw if live else {}

    def _protected(self, address: Address) -> bool:
        entry = self.ledger.entries.get(address)
        return entry.protect if entry else False

    def _say(self, address: Address, message: str) -> None:
        self.findings.append(Finding("warning", message, address))


def _top(path: str) -> str:
    return path.partition(".")[0].partition("[")[0]


def _parent_of(address: Address) -> Address | None:
    kind, _, key = address.partition(".")
    parent = KINDS[kind].parent
    return f"{parent}.{key.partition('.')[0]}" if parent else None
