"""A live resource that looks like one that is to be created: probably made by hand, with its name mistyped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sdx_state.kinds import KINDS
from sdx_state.kinds.wire import read_field
from sdx_state.model.address import Address
from sdx_state.model.alike import is_alike
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.plan import Action, Change
from sdx_state.model.resource import Live

SIMILAR = 0.75
LONGEST = 200  # characters of a name that are compared
MOST = 50  # unmanaged resources compared with each create; more would take long and add little


def mistyped(
    changes: Sequence[Change], strangers: Iterable[Live], surveys: Mapping[Address, str]
) -> list[Diagnostic]:
    """Return a warning for each create that an unmanaged resource looks like.

    Args:
        changes: What is planned.
        strangers: Unmanaged live resources.
        surveys: Address of a survey -> its live id.
    """
    by_place: dict[tuple[str, str | None], list[Live]] = {}
    for live in strangers:
        by_place.setdefault((live.kind, live.parent_id), []).append(live)
    found = []
    for change in changes:
        if change.action is not Action.CREATE:
            continue
        place = (change.kind, surveys.get(change.parent) if change.parent else None)
        alike = [live for live in by_place.get(place, [])[:MOST] if _looks_like(change, live)]
        if len(alike) == 1:
            found.append(_diagnostic(change, alike[0]))
    return found


def _looks_like(change: Change, live: Live) -> bool:
    kind = KINDS[change.kind]
    ours, theirs = str(change.after.get(kind.natural_key) or ""), str(live.raw.get(kind.natural_key) or "")
    if ours and is_alike(ours.casefold()[:LONGEST], theirs.casefold()[:LONGEST], SIMILAR):
        return True
    given = {name for name, value in change.after.items() if name != kind.natural_key and value not in (None, "")}
    same = [
        kind.by_name[name].means_the_same(read_field(kind.by_name[name], live.raw), change.after[name])
        for name in sorted(given)
    ]
    return len(same) > 1 and all(same)


def _diagnostic(change: Change, live: Live) -> Diagnostic:
    kind = KINDS[change.kind]
    expected, found = change.after.get(kind.natural_key), live.raw.get(kind.natural_key)
    hint = "correct it in the admin UI"
    if not kind.keyed_by_identity:
        hint += f", or declare it as it is: `id: {live.id}`"
    return Diagnostic(
        "possible-typo",
        "warning",
        f"{change.address} looks like the {kind.noun} {live.id}, which is not declared. "
        f"{kind.natural_key}: expected {expected!r}, found {found!r}",
        change.source,
        change.address,
        hint,
    )
