"""A delete with a create that looks like a rename."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sdx_state.kinds import KINDS
from sdx_state.model.address import Address
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.plan import Action, Change
from sdx_state.model.resource import Moved
from sdx_state.plan.continuity import REMNANT
from sdx_state.plan.items_renamed import items_renamed

SIMILAR = 0.5
MANY = 3  # renames of items of one file that are one warning
NAMED = 3  # of these that the help writes out


def rename_hints(changes: Sequence[Change], moved: Iterable[Moved]) -> list[Diagnostic]:
    """Return a warning for each delete whose content a create of the same kind, or of the same block, repeats.

    None is given where `moved` says that already, nor for a kind whose identity is declared: no move keeps that.
    """
    said = {address for move in moved for address in (move.before, move.after)}
    created = [change for change in changes if change.action is Action.CREATE]
    hints: list[tuple[Change, Change]] = []
    for gone in changes:
        kind = KINDS[gone.kind]
        if (
            gone.action is not Action.DELETE
            or kind.keyed_by_identity
            or gone.address in said
            or REMNANT in gone.address
        ):
            continue
        best = max(
            (new for new in created if new.kind == gone.kind and _same_place(gone, new) and new.address not in said),
            key=lambda new: _likeness(gone, new),
            default=None,
        )
        if best is not None and _likeness(gone, best) >= SIMILAR:
            hints.append((gone, best))
    paired = {change.address for pair in hints for change in pair}
    items = items_renamed(
        [one for one in changes if one.action is Action.DELETE and one.address not in (paired | said)],
        [one for one in created if one.address not in (paired | said)],
    )
    return [*_told(hints), *map(_item_told, items)]


def _told(hints: Sequence[tuple[Change, Change]]) -> Iterator[Diagnostic]:
    """Yield a warning for each pair of a delete and a create; one for many items of one `for_each`."""
    by_file: dict[str, list[tuple[Change, Change]]] = {}
    for gone, best in hints:
        if best.source is not None and any(one.source is not None and one.source.use for one in best.fields):
            by_file.setdefault(best.source.file, []).append((gone, best))
    several = {file: pairs for file, pairs in by_file.items() if len(pairs) >= MANY}
    for gone, best in hints:
        pairs = several.get(best.source.file, []) if best.source is not None else []
        if (gone, best) in pairs:
            continue
        yield Diagnostic(
            "possible-rename",
            "warning",
            f"{gone.address} would be deleted and {best.address} created, with the same content: "
            "this looks like a rename, and a delete loses the responses",
            best.source,
            best.address,
            f"to rename instead, add:  moved: [{{from: {gone.address}, to: {best.address}}}]",
        )
    for file, pairs in several.items():
        first = pairs[0][1]
        moves = [f"{{from: {gone.address}, to: {best.address}}}" for gone, best in pairs[:NAMED]]
        more = f", and {len(pairs) - NAMED} more" if len(pairs) > NAMED else ""
        message = (
            f"{len(pairs)} {KINDS[first.kind].noun}s would be deleted and created under other keys, with the same "
            f"content: did the keys of the items in {file} change, or the column that contains them?"
        )
        help = f"restore the keys, or rename: moved: [{', '.join(moves)}{more}]"
        yield Diagnostic("possible-rename", "warning", message, first.source, first.address, help)


def _item_told(pair: tuple[Change, Change]) -> Diagnostic:
    gone, new = pair
    message = (
        f"{gone.address} would be deleted and {new.address} created by the same block, with similar texts: "
        "if an item was renamed, the delete loses its responses"
    )
    help = f"to rename instead, add:  moved: [{{from: {gone.address}, to: {new.address}}}]"
    return Diagnostic("possible-rename", "warning", message, new.source, new.address, help)


def _same_place(gone: Change, new: Change) -> bool:
    """Children are compared within their parent only."""
    return gone.address.parent == new.address.parent


def _likeness(gone: Change, new: Change) -> float:
    """Return the share of the created one's declared values that the deleted one has too."""
    values = {name: value for name, value in new.after.items() if value not in (None, "")}
    if not values:
        return 0.0
    return sum(gone.before.get(name) == value for name, value in values.items()) / len(values)


def key_changes(changes: Sequence[Change], moved: Iterable[Moved]) -> list[tuple[Address, Address]]:
    """Return old and new address of each delete that a create repeats, in name or in content, under another key."""
    said = {address for move in moved for address in (move.before, move.after)}
    found = []
    created = [change for change in changes if change.action is Action.CREATE and change.address not in said]
    for gone in changes:
        kind = KINDS[gone.kind]
        if gone.action is not Action.DELETE or kind.keyed_by_identity or gone.address in said:
            continue
        if REMNANT in gone.address:
            continue
        alike = [new for new in created if new.kind == gone.kind and _same_place(gone, new)]
        named = [new for new in alike if gone.label and new.label == gone.label]
        best = max(named or alike, key=lambda new: _likeness(gone, new), default=None)
        if best is not None and (named or _likeness(gone, best) >= SIMILAR):
            found.append((gone.address, best.address))
            created = [one for one in created if one is not best]
    return found
