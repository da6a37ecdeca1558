"""How each change goes: through the API where the server allows the verb, by hand where it does not."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from sdx_state.kinds.kind import Verb
from sdx_state.plan.codec import fingerprint_of
from sdx_state.plan.model import Action, Change, Plan

_VERB_OF: dict[Action, Verb] = {Action.CREATE: "POST", Action.UPDATE: "PUT", Action.DELETE: "DELETE"}


def verb_of(change: Change) -> Verb | None:
    """Return the HTTP verb that `change` needs, None if it writes nothing."""
    return _VERB_OF.get(change.action)


def route(plan: Plan, writable: Collection[tuple[str, Verb]]) -> Plan:
    """Return `plan` with every change whose kind and verb are not in `writable` left to a person."""
    changes = tuple(_routed(change, writable) for change in plan.changes)
    return plan if changes == plan.changes else replace(plan, changes=changes, fingerprint=fingerprint_of(changes))


def _routed(change: Change, writable: Collection[tuple[str, Verb]]) -> Change:
    verb = verb_of(change)
    if verb is None or (change.kind, verb) in writable:
        return change
    return replace(change, via="manual")
