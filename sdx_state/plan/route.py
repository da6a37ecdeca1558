"""How each change goes: through the API where the server allows the verb, by hand where it does not."""

from __future__ import annotations

from collections.abc import Collection

from sdx_state.kinds import KINDS
from sdx_state.kinds.kind import Verb
from sdx_state.model.plan import Action, Change, Plan
from sdx_state.plan.codec import fingerprint_of
from sdx_state.records import replace

_VERB_OF: dict[Action, Verb] = {Action.CREATE: "POST", Action.UPDATE: "PUT", Action.DELETE: "DELETE"}


def verb_of(change: Change) -> Verb | None:
    """Return the HTTP verb that `change` needs, None if it writes nothing."""
    return _VERB_OF.get(change.action)


def route(plan: Plan, writable: Collection[tuple[str, Verb]]) -> Plan:
    """Return `plan` with every change whose kind and verb are not in `writable` left to a person."""
    changes = tuple(_routed(change, writable) for change in plan.changes)
    missing = {change.address for change in changes if change.action is Action.CREATE and change.via == "manual"}
    # A child of a resource that must be created by hand is managed by hand too.
    changes = tuple(
        replace(change, via="manual") if change.parent in missing and change.writes else change for change in changes
    )
    return plan if changes == plan.changes else replace(plan, changes=changes, fingerprint=fingerprint_of(changes))


def _routed(change: Change, writable: Collection[tuple[str, Verb]]) -> Change:
    verb = verb_of(change)
    if verb is None or (change.kind, verb) in writable:
        return change
    return by_hand(change)


def by_hand(change: Change) -> Change:
    """Return `change` as the work of a person: an upload where the platform has one, else by hand."""
    return replace(change, via="csv" if _can_be_uploaded(change) else "manual")


def _can_be_uploaded(change: Change) -> bool:
    """The upload is documented for adding users, and needs their names."""
    return change.action is Action.CREATE and bool(KINDS[change.kind].upload) and bool(change.after.get("name"))
