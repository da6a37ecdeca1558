"""The division of a snapshot by the scope of a project: resources outside are never matched, listed or changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from sdx_state.kinds import KINDS
from sdx_state.kinds.identity import Identity, identity
from sdx_state.kinds.kind import Kind
from sdx_state.kinds.tenant_scope import TenantScope
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.ledger import Ledger
from sdx_state.model.resource import Desired, Live
from sdx_state.model.snapshot import Snapshot
from sdx_state.records import dataclass, replace

FORGOTTEN = "outside `scope`: stays in the tenant, no longer managed"


@dataclass(frozen=True)
class Divided:
    """A snapshot, divided by a scope.

    Attributes:
        inside: The resources in scope. What was read and what was not is as in the whole snapshot.
        outside: The others, by identity.
    """

    inside: Snapshot
    outside: Mapping[Identity, Live] = field(default_factory=dict)

    def with_managed(self, ledger: Ledger) -> Snapshot:
        """Return the resources in scope, and those outside that the state knows."""
        if not self.outside:
            return self.inside
        managed = {identity(address.kind, entry.id) for address, entry in ledger.entries.items()}
        resources = {name: [*found] for name, found in self.inside.resources.items()}
        for place, live in self.outside.items():
            if place in managed:
                resources[live.kind].append(live)
        return replace(self.inside, resources=resources)


def divide(snapshot: Snapshot, scope: TenantScope) -> Divided:
    """Return `snapshot` divided by `scope`.

    A child whose parent was not read is outside, because nothing shows that it is in scope.
    """
    if scope.is_whole:
        return Divided(snapshot)
    inside: dict[str, list[Live]] = {}
    outside: dict[Identity, Live] = {}
    covered: set[tuple[str, str | None]] = set()
    for kind in sorted(KINDS.values(), key=lambda kind: kind.parent is not None):
        kept = inside.setdefault(kind.name, [])
        for live in snapshot.of(kind.name):
            if _is_inside(kind, live, scope, covered):
                kept.append(live)
                covered.add((kind.name, live.id))
            else:
                outside[identity(kind.name, live.id)] = live
    return Divided(replace(snapshot, resources={name: inside[name] for name in snapshot.resources}), outside)


def _is_inside(kind: Kind, live: Live, scope: TenantScope, covered: set[tuple[str, str | None]]) -> bool:
    if kind.parent is not None:
        return (kind.parent, live.parent_id) in covered
    return scope.covers(kind, live.raw.get(kind.natural_key))


def outside_scope(resource: Desired, live: Live) -> Diagnostic:
    """Return the error that `resource`, which is declared in scope, is `live`, which is not."""
    kind = KINDS[resource.kind]
    if kind.parent is not None:
        where = f"is in a {kind.parent} outside `scope` now"
    else:
        name = str(live.raw.get(kind.natural_key) or "")
        where = f"has the {kind.natural_key} {name[:80]!r} in the tenant, which is outside `scope`"
    return Diagnostic(
        "live-outside-scope",
        "error",
        f"{resource.address} is {kind.noun} {live.id}, which {where}: nothing is planned for it",
        resource.source,
        resource.address,
        "correct it in the admin UI, or add a glob for it to `scope` in sdx.yaml. To hand it over, remove it here: "
        "apply then stops managing it and deletes nothing",
    )
