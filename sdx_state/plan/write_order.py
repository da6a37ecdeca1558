"""The order in which changes are written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sdx_state.kinds import KINDS
from sdx_state.kinds.identity import Identity, identity
from sdx_state.model.address import Address
from sdx_state.model.plan import Action, Change
from sdx_state.records import replace


def in_order_of_writes(changes: Sequence[Change]) -> list[Change]:
    """Return `changes` with each child after its parent, and after them what goes, in reverse.

    What goes waits for its children to go, and for what names it to name something else.
    """
    place = {kind: number for number, kind in enumerate(KINDS)}
    leaving = [change for change in changes if change.action in (Action.DELETE, Action.FORGET)]
    staying = [change for change in changes if change.action not in (Action.DELETE, Action.FORGET)]
    leaving.sort(key=lambda change: (-place[change.kind], change.address))
    removed = {change.address: change for change in leaving}
    children: dict[Address, tuple[Address, ...]] = {}
    for change in leaving:
        if change.parent in removed:
            children[change.parent] = (*children.get(change.parent, ()), change.address)
    naming = _naming(changes)

    def before(change: Change) -> tuple[Address, ...]:
        named_by = naming.get(identity(change.kind, change.id or ""), ()) if naming else ()
        return (*change.depends_on, *children.get(change.address, ()), *named_by)

    return staying + [replace(change, depends_on=before(change)) for change in leaving]


def _naming(changes: Iterable[Change]) -> dict[Identity, tuple[Address, ...]]:
    """Return, for each resource that a field named before `changes`, the addresses of what named it."""
    references = {kind.name: kind.references for kind in KINDS.values() if kind.references}
    found: dict[Identity, tuple[Address, ...]] = {}
    for change in changes if references else ():
        for field in references.get(change.kind, ()):
            value = change.before.get(field.name)
            if isinstance(value, str) and change.writes:
                named = identity(field.refers_to, value)
                found[named] = (*found.get(named, ()), change.address)
    return found
