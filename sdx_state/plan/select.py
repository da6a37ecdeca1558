"""`--target` and `--exclude`: a part of a plan, with what that part depends on."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from sdx_state.model.address import Address
from sdx_state.model.field_path import ORDER_PATH
from sdx_state.model.plan import Action, Change, Plan
from sdx_state.plan.codec import fingerprint_of
from sdx_state.records import replace


def select(plan: Plan, targets: Sequence[str], excludes: Sequence[str]) -> Plan:
    """Return `plan` with only the changes that a target glob names and no exclude glob does.

    What a chosen change depends on comes with it, unless it is excluded; then the dependent goes too. A survey's glob
    covers its questions.
    """
    if not targets and not excludes:
        return plan
    by_address = {change.address: change for change in plan.changes}
    excluded = {address for address in by_address if is_named(address, excludes)}
    chosen: set[Address] = set()
    waiting = [address for address in by_address if not targets or is_named(address, targets)]
    while waiting:
        address = waiting.pop()
        if address in chosen:
            continue
        chosen.add(address)
        waiting += [other for other in by_address[address].depends_on if other in by_address]
    blocked = set(excluded)
    while True:
        dependants = {address for address in chosen - blocked if blocked.intersection(by_address[address].depends_on)}
        if not dependants:
            break
        blocked |= dependants
    changes = tuple(change for change in plan.changes if change.address in chosen - blocked)
    diagnostics = tuple(
        diagnostic
        for diagnostic in plan.diagnostics
        if diagnostic.address is None
        or ((not targets or is_named(diagnostic.address, targets)) and not is_named(diagnostic.address, excludes))
    )
    return replace(
        plan,
        changes=changes,
        diagnostics=diagnostics,
        fingerprint=fingerprint_of(changes),
        targets=tuple(targets),
        excludes=tuple(excludes),
        left_out=len(plan.changes) - len(changes),
    )


def named_only(plan: Plan, targets: Sequence[str]) -> Plan:
    """Return `plan` with only the changes and the findings that `targets` name, whatever they depend on.

    The position of a child is that of all children of its parent, so it is left out unless the parent is named.
    """
    if not targets:
        return plan
    named = (change for change in plan.changes if is_named(change.address, targets))
    changes = tuple(one for change in named if (one := _without_move(change, targets)) is not None)
    diagnostics = tuple(one for one in plan.diagnostics if one.address is None or is_named(one.address, targets))
    return replace(plan, changes=changes, diagnostics=diagnostics, fingerprint=fingerprint_of(changes))


def _without_move(change: Change, targets: Sequence[str]) -> Change | None:
    """Return `change` without a new position, unless its parent is named; None if nothing is left of it."""
    parent = change.address.parent
    fields = tuple(field for field in change.fields if field.path != ORDER_PATH)
    moves = change.action is Action.UPDATE and len(fields) < len(change.fields)
    if parent is None or not moves or is_named(parent, targets):
        return change
    if fields:
        return replace(change, fields=fields)
    left = change.importing or change.previous is not None
    return replace(change, action=Action.NO_OP, fields=(), via="none") if left else None


def is_named(address: Address, globs: Sequence[str]) -> bool:
    """Tell whether one of `globs` names `address`, or the survey of a question."""
    names = [address] if address.parent is None else [address, address.parent]
    return any(fnmatchcase(name, glob) for name in names for glob in globs)
