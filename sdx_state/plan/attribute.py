"""Attribution of changes: to this branch, pending already on the base, or to the tenant."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sdx_state.model.address import Address
from sdx_state.model.plan import Attribution, Change, Plan
from sdx_state.records import replace


def attribute(plan: Plan, base: Plan) -> Plan:
    """Return `plan` with each change attributed by comparison with `base`, made from the same live tenant."""
    there = {change.address: change for change in base.changes}
    lost = {drift.address for drift in plan.drift if drift.deleted}
    return replace(plan, changes=tuple(_attributed(change, there, lost) for change in plan.changes))


def _attributed(change: Change, there: Mapping[Address, Change], lost: Collection[Address]) -> Change:
    return replace(change, attribution=_attribution(change, there.get(change.address), change.address in lost))


def _attribution(change: Change, base: Change | None, lost: bool) -> Attribution:
    """Attribute `change`, which is `base` where this branch did nothing; `lost` is what the tenant itself deleted."""
    drifted = lost or any(field.origin != "config" for field in change.fields)
    if base is not None and _work(base) == _work(change):
        alone = lost or (drifted and all(field.origin == "drift" for field in change.fields))
        return "drift" if alone else "pending"
    ours = {(field.path, repr(field.after)) for field in change.fields}
    theirs = {(field.path, repr(field.after)) for field in base.fields} if base is not None else set()
    return "both" if drifted or ours & theirs else "branch"


def _work(change: Change) -> tuple[object, ...]:
    fields = [(field.path, field.before, field.after) for field in change.fields]
    return change.action, change.id, change.importing, change.previous, fields
