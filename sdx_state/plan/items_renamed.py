"""Items of a `for_each` whose key and name changed at once: their texts differ in the words of the item only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sdx_state.kinds import KINDS
from sdx_state.model.alike import likeness
from sdx_state.model.plan import Change

SIMILAR = 0.5  # the share of words that two items have in common
MOST_PAIRS = 400  # above this, every item has another key, and none is more like one than like another
MOST_WORDS = 500  # of a text that is compared
WORK = 50_000  # of a comparison; texts of people, which repeat few words, take a tenth


def items_renamed(deleted: Sequence[Change], created: Sequence[Change]) -> list[tuple[Change, Change]]:
    """Return the pairs of a delete and a create that are one item under another key, each in one pair at most.

    Args:
        deleted: Deletes that nothing repeats.
        created: Creates that repeat nothing.
    """
    pairs = [
        (gone, new)
        for new in created
        if (block := _block(new)) is not None
        for gone in deleted
        if gone.kind == new.kind and gone.address.parent is None and gone.address.key.startswith(block)
    ]
    if len(pairs) > MOST_PAIRS:
        return []
    alike = sorted(((_likeness(gone, new), gone, new) for gone, new in pairs), key=lambda one: -one[0])
    found: list[tuple[Change, Change]] = []
    for how_alike, gone, new in alike:
        if how_alike >= SIMILAR and not any(gone is old or new is other for old, other in found):
            found.append((gone, new))
    return found


def _block(change: Change) -> str | None:
    """Return how the keys of all items of the block begin that makes `change`; None if no `for_each` makes it."""
    if change.address.parent is not None or KINDS[change.kind].keyed_by_identity:
        return None
    uses = {one.source.use.key for one in change.fields if one.source is not None and one.source.use is not None}
    item = next((key for key in uses if change.address.key.endswith(f"-{key}")), None)
    return change.address.key.removesuffix(item) if item is not None else None


def _likeness(gone: Change, new: Change) -> float:
    """Return how much of the created one's values, but for its name, the deleted one has; texts word by word."""
    label = KINDS[new.kind].natural_key
    values = {name: value for name, value in new.after.items() if name != label and value not in (None, "")}
    shares = [_share(gone.before.get(name), value) for name, value in values.items()]
    return sum(shares) / len(shares) if shares else 0.0


def _share(before: object, after: object) -> float:
    if before == after:
        return 1.0
    texts = [*_texts(before)], [*_texts(after)]
    if not all(texts):
        return 0.0
    old, new = (" ".join(one).split()[:MOST_WORDS] for one in texts)
    return likeness(old, new, WORK) or 0.0


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for language in sorted(value):
            yield from _texts(value[language])
