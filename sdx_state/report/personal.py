"""Personal data that only the tenant has, made unrecognizable for a comment that many people read.

Declared values are in the repository already, so a comment may show them.
"""

from __future__ import annotations

from sdx_state.kinds import KINDS
from sdx_state.model.plan import Action, Change
from sdx_state.plan.divergence import Divergence
from sdx_state.records import replace

SHOWN = 2  # characters at either end of what is long enough to keep its shape
LONG = 8


def without_personal(change: Change) -> Change:
    """Return `change` with personal data of a user masked where only the tenant has it."""
    personal = KINDS[change.kind].personal
    if not personal or change.action is Action.CREATE:
        return change
    fields = tuple(
        replace(field, before=masked(field.before))
        if field.path in personal and isinstance(field.before, str) and field.before
        else field
        for field in change.fields
    )
    return replace(change, fields=fields)


def live_without_personal(one: Divergence) -> Divergence:
    """Return `one` with personal data of a user masked where only the tenant has it."""
    personal = KINDS[one.address.kind].personal
    if one.path not in personal or not isinstance(one.live, str) or not one.live:
        return one
    return replace(one, live=masked(one.live))


def masked(value: object) -> str:
    """Return a text that tells whether there is a value, roughly which, and not whose: `+6•••89`."""
    text = str(value)
    if len(text) < LONG:
        return "•••"
    return f"{text[:SHOWN]}•••{text[-SHOWN:]}"
