"""Unmanaged resources that have the name of a managed one: perhaps a create that was carried out twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sdx_state.kinds import KINDS
from sdx_state.model.address import Address
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.resource import Desired, Live


def unmanaged_of_same_name(
    strangers: Sequence[Live], ours: Mapping[Address, Live], resources: Mapping[Address, Desired]
) -> list[Diagnostic]:
    """Return a warning for each unmanaged resource that has the name of one of the managed ones.

    Args:
        strangers: Unmanaged live resources.
        ours: Address -> the managed live resource.
        resources: What is declared.
    """
    if not strangers:
        return []
    by_name = {name: address for address, live in ours.items() if (name := _name(live)) is not None}
    found = []
    for live in strangers:
        address = by_name.get(name) if (name := _name(live)) is not None else None
        if address is None or resources[address].id is not None:  # who pins an id knows of the other
            continue
        kind = KINDS[live.kind]
        found.append(
            Diagnostic(
                "possible-duplicate",
                "warning",
                f"{address} (id {ours[address].id}) has the same name as an unmanaged resource: id {live.id} has the "
                f"{kind.natural_key} {str(live.raw.get(kind.natural_key))!r} too",
                resources[address].source,
                address,
                "delete it in the tenant if it is the same thing twice; if not, tell the two apart by their names",
            )
        )
    return found


def _name(live: Live) -> tuple[str, str | None, str] | None:
    """Return what no two of a kind should share; None where no two can, or there is nothing to share."""
    kind = KINDS[live.kind]
    if kind.keyed_by_identity:
        return None
    key = kind.natural_key_of(live.raw.get(kind.natural_key))
    return (kind.name, live.parent_id if kind.parent else None, key) if key else None
