"""Check that a live resource is the one last applied under its id: ids are used again, and tenants mixed up.

It is another one where nothing that was applied is there any more: no field that could tell resources apart, and
none of its children.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from sdx_state.kinds import KINDS, child_names, children_of
from sdx_state.kinds.field import FieldType
from sdx_state.kinds.kind import Kind
from sdx_state.kinds.wire import read_field
from sdx_state.model.address import Address
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.field_path import FieldPath
from sdx_state.model.ledger import Entry, Ledger
from sdx_state.model.plan import Action, Change
from sdx_state.model.resource import Live
from sdx_state.model.snapshot import Snapshot
from sdx_state.model.value import DEFAULT_LANGUAGE, Value

SAMPLE = 50  # remembered resources that are compared to tell one tenant from another
_TELLING = frozenset({FieldType.TEXT, FieldType.PROMPT, FieldType.PHONE, FieldType.EMAIL})


def agrees(entry: Entry, live: Live, ledger: Ledger, siblings: Collection[str] = ()) -> bool:
    """Tell whether `live` shows anything of what was last applied as `entry`; yes where nothing was kept to compare.

    Args:
        entry: What is remembered.
        live: What has its id now.
        ledger: Keys the hashes.
        siblings: Ids of the children that are live in it and remembered.
    """
    kind = KINDS[live.kind]
    nothing = {ledger.hash(None), ledger.hash("")}  # what was cleared tells no resource from another
    telling = [
        path for path, known in entry.applied.items() if _tells(kind, FieldPath(path)) and known not in nothing
    ]
    if not telling or siblings:
        return True
    return any(
        value is not None and ledger.hash(value) == entry.applied[path]
        for path in telling
        if (value := _value_at(kind, FieldPath(path), live)) is not None
    )


def replaced(
    changes: Iterable[Change], entries: Mapping[Address, Entry], snapshot: Snapshot, ledger: Ledger
) -> list[Diagnostic]:
    """Return an error for each change that would overwrite or delete something else than what was last applied."""
    concerned: dict[tuple[str, str], Change] = {}
    for change in changes:
        entry = entries.get(change.address)
        if entry is None or change.id is None or change.action not in (Action.UPDATE, Action.DELETE):
            continue
        if KINDS[change.kind].is_same(entry.id, change.id):
            concerned[change.kind, change.id] = change
    if not concerned:
        return []
    children = child_names()
    ours = {(address.kind, entry.id) for address, entry in entries.items() if address.kind in children}
    inside: dict[tuple[str | None, str], set[str]] = {}
    for name in children:
        for child in snapshot.of(name):
            if (name, child.id) in ours and child.parent_id is not None:
                inside.setdefault((KINDS[name].parent, child.parent_id), set()).add(child.id)
    found = []
    for kind in KINDS:
        for live in snapshot.of(kind):
            if (kind, live.id) not in concerned:
                continue
            change = concerned.pop((kind, live.id))
            siblings = inside.get((kind, live.id), ())
            if not agrees(entries[change.address], live, ledger, siblings):
                found.append(_another(change))
    return found


def same_tenant(entries: Mapping[Address, Entry], snapshot: Snapshot, ledger: Ledger) -> bool:
    """Tell whether half of a sample of what is remembered is live and shows what was applied.

    The sample is of the kinds that were read; where nothing is remembered, any tenant will do.
    """
    known = [
        (address, entry)
        for address, entry in entries.items()
        if address.kind in snapshot.read
        and any(_tells(KINDS[address.kind], FieldPath(path)) for path in entry.applied)
    ]
    sample = known[:: max(1, len(known) // SAMPLE)]
    if not sample:
        return True
    wanted = {(address.kind, KINDS[address.kind].identity_of(entry.id)): entry for address, entry in sample}
    there = 0
    for name, kind in KINDS.items():
        for live in snapshot.of(name):
            entry = wanted.pop((name, kind.identity_of(live.id)), None)
            there += entry is not None and agrees(entry, live, ledger)
    return 2 * there >= len(sample)


def _tells(kind: Kind, path: FieldPath) -> bool:
    field = kind.by_name.get(path.field)
    return field is not None and field.type in _TELLING and not field.closed


def _value_at(kind: Kind, path: FieldPath, live: Live) -> Value:
    """Return the live value at `path`, as its hash was made of."""
    field, language = kind.by_name[path.field], path.inner
    value = read_field(field, live.raw)
    if isinstance(value, Mapping):
        value = value.get(language or DEFAULT_LANGUAGE)
    elif language not in ("", DEFAULT_LANGUAGE):
        return None
    return field.normalise(value)  # type: ignore[return-value]  # hostile answers are typed as they came


def _another(change: Change) -> Diagnostic:
    kind = KINDS[change.kind]
    verb = "delete" if change.action is Action.DELETE else "overwrite"
    also = "".join(f", and none of its {child.noun}s is there" for child in children_of(kind.name))
    return Diagnostic(
        "id-used-again",
        "error",
        f"{change.address} would {verb} {kind.noun} {change.id} ({change.label!r}), which is not what was last "
        f"applied under that id: no field is as it was{also}. The id may have been used again",
        change.source,
        change.address,
        f"if it is the same {kind.noun}, say so: `sdx-state state resolve {change.address} --adopt {change.id}`; "
        f"if not, stop managing it: `sdx-state state rm {change.address}`",
    )
