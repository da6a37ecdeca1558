"""The planner: what is declared, what is live and what is remembered become one plan."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from sdx_state.kinds import KINDS, child_names, parent_names
from sdx_state.kinds.identity import Identity, identity
from sdx_state.kinds.tenant_scope import WHOLE_TENANT, TenantScope
from sdx_state.model.address import Address
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.field_path import FieldPath
from sdx_state.model.ledger import Entry, Ledger
from sdx_state.model.plan import Action, Change, Drift, FieldChange, Plan, Unmanaged
from sdx_state.model.resource import Desired, Live, Moved, Removed
from sdx_state.model.snapshot import Snapshot
from sdx_state.model.suppression import Suppression
from sdx_state.model.value import Value
from sdx_state.plan.agreement import replaced
from sdx_state.plan.codec import fingerprint_of
from sdx_state.plan.continuity import LeftBehind, continued, left_behind, moved_back, pinned_elsewhere
from sdx_state.plan.departure import departures
from sdx_state.plan.diff import differences, managed_values, not_carried
from sdx_state.plan.divide import divide
from sdx_state.plan.expectation import unmet_expectations
from sdx_state.plan.match import Matches, match
from sdx_state.plan.mistyped import mistyped
from sdx_state.plan.origin import origin_of
from sdx_state.plan.released import no_longer_managed
from sdx_state.plan.rename import rename_hints
from sdx_state.plan.reorder import reordered
from sdx_state.plan.same_name import unmanaged_of_same_name
from sdx_state.plan.write_order import in_order_of_writes
from sdx_state.records import dataclass, replace


@dataclass(frozen=True)
class Intention:
    """The configuration that a plan is made from.

    Attributes:
        resources: Declared resources.
        moved: Changes of address.
        removed: Addresses to stop managing, or to delete.
        diagnostics: What was found in the files, which every plan reports.
        suppressions: Codes of warnings that no plan reports.
    """

    resources: Mapping[Address, Desired]
    moved: Sequence[Moved] = ()
    removed: Sequence[Removed] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    suppressions: tuple[Suppression, ...] = ()

    @property
    def protected(self) -> frozenset[Address]:
        """The addresses that are declared as never to be deleted, those that they had before a `moved:` included."""
        now = {address for address, desired in self.resources.items() if desired.protect}
        return frozenset(now.union(*(moved_back(address, self.moved, self.resources) for address in now)))


def build_plan(
    intention: Intention,
    snapshot: Snapshot,
    ledger: Ledger,
    scope: Collection[Address] | None = None,
    pending: Collection[Address] = (),
    tenant_scope: TenantScope = WHOLE_TENANT,
) -> Plan:
    """Return the plan that makes the tenant of `snapshot` what `intention` says.

    With `scope`, only these addresses are planned; what the others own they keep. Nothing is planned for what is
    `pending`: it was created a moment ago and does not show yet. Resources outside `tenant_scope` are not matched,
    listed, changed or deleted; addresses that are one of them are reported.
    """
    whole, divided = snapshot, divide(snapshot, tenant_scope)
    snapshot = divided.inside
    standing = continued(ledger.entries, intention.moved, intention.resources, ledger.steps)
    entries, diagnostics = dict(standing.entries), list(standing.diagnostics)
    for address in pinned_elsewhere(entries, intention.resources):
        del entries[address]
    resources = intention.resources
    if scope is not None:
        resources = {address: one for address, one in resources.items() if address in scope}
    others = {address: entry for address, entry in entries.items() if address not in resources}
    owned_elsewhere = frozenset(identity(address.kind, entry.id) for address, entry in others.items())
    undeclared = {address: entry for address, entry in others.items() if address not in intention.resources}
    if scope is not None:
        undeclared = {address: entry for address, entry in undeclared.items() if address in scope}
    matches = match(resources.values(), snapshot, entries, owned_elsewhere, pending, divided.outside)
    left = {
        one.address: one
        for one in left_behind(
            replace(standing, entries=entries), resources, matches.live, matches.undecided, matches.unsettled, whole
        )
    }
    for one in left.values():
        entries[one.address] = undeclared[one.address] = entries.pop(one.successor)
    came_from = {after: before for after, before in standing.came_from.items() if before not in left}
    replacing = {one.successor: one for one in left.values()}

    leaving, lost = departures(undeclared, intention.removed, divided, intention.resources, left)
    children = child_names()
    going = {one.id for one in leaving if one.kind in children and one.action is Action.DELETE and one.id}
    moved = reordered(resources, matches.live, snapshot, entries, ledger, going)
    planner = _Planner(whole, ledger, entries, came_from, replacing, matches)
    changes, drift, unchanged = planner.plan_declared(resources, moved)
    changes += leaving
    drift += lost
    diagnostics += [*matches.diagnostics, *planner.diagnostics, *rename_hints(changes, intention.moved)]
    diagnostics += replaced(changes, entries, snapshot, ledger)
    changes = in_order_of_writes(changes)
    strangers = list(_strangers(snapshot, matches, entries)) if scope is None else []
    ids = {address: live.id for address, live in matches.live.items()}
    diagnostics += [*mistyped(changes, strangers, ids), *unmanaged_of_same_name(strangers, matches.live, resources)]
    return Plan(
        tenant=ledger.tenant,
        lineage=ledger.lineage if ledger.serial else "",
        changes=tuple(changes),
        unchanged=unchanged,
        drift=tuple(drift),
        unmanaged=tuple(Unmanaged(live.kind, live.id, _label(live.kind, live.raw)) for live in strangers),
        diagnostics=tuple(diagnostics),
        fingerprint=fingerprint_of(changes),
        ids=ids,
        entries=entries,
        steps=standing.steps,
    )


class _Planner:
    """One pass over the declared resources."""

    def __init__(
        self,
        snapshot: Snapshot,
        ledger: Ledger,
        entries: Mapping[Address, Entry],
        came_from: Mapping[Address, Address],
        replacing: Mapping[Address, LeftBehind],
        matches: Matches,
    ) -> None:
        self.snapshot = snapshot
        self.ledger = ledger
        self.entries = entries
        self.came_from = came_from
        self.replacing = replacing
        self.matches = matches
        self.diagnostics: list[Diagnostic] = []

    def plan_declared(
        self, resources: Mapping[Address, Desired], moved: Mapping[Address, FieldChange]
    ) -> tuple[list[Change], list[Drift], int]:
        changes: list[Change] = []
        drift: list[Drift] = []
        looked_into = {*self.matches.unsettled, *self.matches.undecided, *moved, *self.came_from} & resources.keys()
        unchanged = len(resources) - len(looked_into)
        for address, desired in resources.items() if looked_into else ():
            if address not in looked_into or address in self.matches.undecided:
                continue
            live = self.matches.live.get(address)
            if KINDS[desired.kind].lookup_only:
                unmet = unmet_expectations(desired, live, self.snapshot)
                self.diagnostics += unmet
                change = None if unmet or live is None else self._existing(desired, live, ())
            elif live is None:
                change = self._creation(desired)
                if address in self.entries:
                    drift.append(Drift(address, desired.kind, self.entries[address].id, deleted=True))
            else:
                fields = self._fields(desired, live, moved.get(address))
                self.diagnostics += no_longer_managed(desired, self.entries.get(address), live)
                change = self._existing(desired, live, fields)
                drifted = tuple(field for field in fields if field.origin != "config")
                if drifted:
                    drift.append(Drift(address, desired.kind, live.id, drifted))
            if change is None:
                unchanged += live is not None
            else:
                changes.append(change)
        self._warn_of_shared_children(changes)
        return changes, drift, unchanged

    def _creation(self, desired: Desired) -> Change:
        fields = tuple(
            FieldChange(FieldPath(name), None, value, "config", desired.source_of(name))
            for name, value in desired.values.items()
            if value not in (None, "")
        )
        known = self.entries.get(desired.address)
        old = self.replacing.get(desired.address)
        reason = f"id {known.id} was deleted in the tenant since it was last applied" if known else None
        if old is not None:
            reason = f"in place of {KINDS[desired.kind].noun} {old.entry.id} ({old.address}), which is deleted"
        depends = desired.depends_on + ((desired.parent,) if desired.parent else ())
        return Change(
            desired.address,
            desired.kind,
            Action.CREATE,
            previous=self.came_from.get(desired.address),
            fields=fields,
            after=dict(desired.values),
            source=desired.source,
            reason=reason,
            via="api",
            parent=desired.parent,
            depends_on=depends,
            label=_label(desired.kind, desired.values),
        )

    def _existing(self, desired: Desired, live: Live, fields: tuple[FieldChange, ...]) -> Change | None:
        imported = desired.address in self.matches.imported
        previous = self.came_from.get(desired.address)
        self._warn_of_what_cannot_be_carried(desired)
        if not (fields or imported or previous):
            return None
        return Change(
            desired.address,
            desired.kind,
            Action.UPDATE if fields else Action.NO_OP,
            id=live.id,
            importing=imported,
            previous=previous,
            fields=fields,
            before=managed_values(desired, live),
            after={
                name: value
                for name, value in desired.values.items()
                if value is not None and name not in desired.ignore
            },
            source=desired.source,
            via="api" if fields else "none",
            parent=desired.parent,
            depends_on=desired.depends_on + ((desired.parent,) if desired.parent else ()),
            label=_label(desired.kind, live.raw),
            protected=desired.protect,
        )

    def _fields(self, desired: Desired, live: Live, move: FieldChange | None) -> tuple[FieldChange, ...]:
        found = differences(desired, live, self.snapshot.shape)
        if not found and move is None:
            return ()
        entry = self.entries.get(desired.address)
        fields = [
            FieldChange(
                path,
                before,
                after,
                origin_of(self.ledger, entry, path, before, after),
                desired.source_of(path),
            )
            for path, before, after in found
        ]
        return (*fields, move) if move else tuple(fields)

    def _warn_of_what_cannot_be_carried(self, desired: Desired) -> None:
        missing = not_carried(desired, self.snapshot.shape)
        if missing:
            self.diagnostics.append(
                Diagnostic(
                    "unsupported-field",
                    "warning",
                    f"{desired.address}: this tenant's answers have no place for {', '.join(missing)}; "
                    "neither compared nor written",
                    desired.source_of(missing[0]),
                    desired.address,
                )
            )

    def _warn_of_shared_children(self, changes: Sequence[Change]) -> None:
        parents: dict[tuple[str, str], list[str]] = {}
        for kind in child_names() if changes else ():
            for live in self.snapshot.of(kind):
                parents.setdefault((kind, live.id), []).append(live.parent_id or "?")
        for change in changes:
            owners = parents.get((change.kind, change.id), ()) if change.id and change.writes else ()
            if len(owners) > 1:
                self.diagnostics.append(
                    Diagnostic(
                        "shared-resource",
                        "warning",
                        f"{change.address} (id {change.id}) is in several {KINDS[change.kind].parent}s: "
                        f"ids {', '.join(owners)}. Changing it changes all of them",
                        change.source,
                        change.address,
                    )
                )


def _strangers(snapshot: Snapshot, matches: Matches, entries: Mapping[Address, Entry]) -> Iterable[Live]:
    """Yield live resources that are not managed: never touched."""
    matched = {*map(id, matches.live.values())}  # almost all of them, told apart without their identities
    managed: set[Identity] | None = None
    parents = parent_names()
    ours = {(live.kind, live.id) for live in matches.live.values() if live.kind in parents}
    for kind in KINDS.values():
        if kind.lookup_only:
            continue
        for live in snapshot.of(kind.name):
            if id(live) in matched or (kind.parent and (kind.parent, live.parent_id) not in ours):
                continue
            if managed is None:
                managed = {identity(one.kind, one.id) for one in matches.live.values()}
                managed.update(identity(address.kind, entry.id) for address, entry in entries.items())
            if identity(kind.name, live.id) not in managed:
                yield live


def _label(kind: str, values: Mapping[str, object] | Mapping[str, Value]) -> str:
    value = values.get(KINDS[kind].natural_key)
    return value if isinstance(value, str) else ""
