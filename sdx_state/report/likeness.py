"""Resources that change alike, which reports show once: those that differ in nothing but the address.

Resources that are made of one template are alike if the same words change in the same lines of it, whatever else
their texts contain.
"""

from __future__ import annotations

from collections.abc import Sequence

from sdx_state.kinds import KINDS
from sdx_state.model.address import Address
from sdx_state.model.plan import Action, Change, FieldChange
from sdx_state.model.value import Value
from sdx_state.report.words import two_versions, word_diff

ALIKE = 3  # resources that change alike, from which they are folded
_SHORT = 1_000  # characters of texts that are compared word by word


def top_of(change: Change) -> Address:
    """Return the address of the resource that `change` is shown with."""
    return change.parent or change.address.parent or change.address


def likeness(top: Address, members: Sequence[Change]) -> object:
    """Return a value that resources have in common which change alike.

    Args:
        top: The address of the resource.
        members: The changes of it and its children, in a fixed order.
    """
    if any(one.action is Action.DELETE or one.protected for one in members):
        return top  # each delete is shown
    return tuple(
        (
            one.kind,
            one.action,
            one.via,
            one.importing,
            "" if one.address == top else one.address.key,
            one.reason,
            tuple(_field(field, one.action) for field in one.fields),
            tuple((risk.rule, risk.level, risk.message) for risk in one.risks),
        )
        for one in members
    )


def folded_words(top: Address, action: Action, count: int) -> str:
    """Return the line for `count` more resources that change as `top` does."""
    title = KINDS[top.kind].title.lower()
    return f"{count} more {title} {'to add' if action is Action.CREATE else 'change in the same way'}"


def is_made(members: Sequence[Change]) -> bool:
    """Tell whether a template, or a block for several items, makes what changes."""
    return any(field.source is not None and field.source.use is not None for one in members for field in one.fields)


def _field(field: FieldChange, action: Action) -> object:
    source = field.source
    if source is None or source.use is None:
        return field.path, repr(field.before), repr(field.after), field.origin
    changed = () if action is Action.CREATE else _changed(field.before, field.after)
    return field.path, changed, field.origin, source.file, source.line, source.column


def _changed(before: Value, after: Value) -> object:
    """Return what differs between two values: of texts, the words that do."""
    if not isinstance(before, str) or not isinstance(after, str):
        return repr(before), repr(after)
    compared = word_diff if max(len(before), len(after)) <= _SHORT else two_versions
    return tuple((mark, text.strip()) for mark, text in compared(before, after) if mark != "same")
