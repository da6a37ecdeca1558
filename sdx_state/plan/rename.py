"""Changes of address: those that `moved:` says, and a delete with a create that looks like one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sdx_state.kinds.address import Address
from sdx_state.kinds.resource import Moved
from sdx_state.plan.model import Action, Change, Finding
from sdx_state.state.ledger import Entry, moved_addresses

SIMILAR = 0.5


def rename_hints(changes: Sequence[Change]) -> list[Finding]:
    """Return a warning for each delete whose content a create of the same kind repeats."""
    created = [change for change in changes if change.action is Action.CREATE]
    hints = []
    for gone in changes:
        if gone.action is not Action.DELETE:
            continue
        best = max(
            (new for new in created if new.kind == gone.kind and _same_place(gone, new)),
            key=lambda new: _likeness(gone, new),
            default=None,
        )
        if best is not None and _likeness(gone, best) >= SIMILAR:
            hints.append(
                Finding(
                    "warning",
                    f"{gone.address} would be deleted and {best.address} created, with the same content: "
                    "this looks like a rename, and a delete loses the responses",
                    best.address,
                    best.source,
                    f"to rename instead, add:  moved: [{{from: {gone.address}, to: {best.address}}}]",
                )
            )
    return hints


def _same_place(gone: Change, new: Change) -> bool:
    """Questions are compared within their survey only."""
    return gone.kind != "question" or gone.address.split(".")[1] == new.address.split(".")[1]


def _likeness(gone: Change, new: Change) -> float:
    """Return the share of the created one's declared values that the deleted one has too."""
    values = {name: value for name, value in new.after.items() if value not in (None, "")}
    if not values:
        return 0.0
    return sum(gone.before.get(name) == value for name, value in values.items()) / len(values)


def renamed(entries: Mapping[Address, Entry], moved: Sequence[Moved]) -> tuple[dict[Address, Address], list[Finding]]:
    """Return old -> new address of what the state knows, for every `moved:` that still has something to do."""
    renamed: dict[Address, Address] = {}
    findings = []
    for move in moved:
        if move.before not in entries:
            continue
        try:
            steps = moved_addresses(entries, move.before, move.after)
        except ValueError as error:
            findings.append(Finding("error", f"moved: {error}", move.after, move.source))
            continue
        taken = [after for after in steps.values() if after in entries]
        if taken:
            message = f"moved: {move.before} cannot become {move.after}: {taken[0]} is already another resource"
            findings.append(
                Finding("error", message, move.after, move.source, "remove the `moved:` entry, or one of the two")
            )
            continue
        renamed.update(steps)
    return renamed, findings
