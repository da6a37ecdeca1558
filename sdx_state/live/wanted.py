"""`Wanted`: the parts of a tenant that a plan needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import field

from sdx_state.kinds import KINDS, parent_names
from sdx_state.kinds.identity import Identity
from sdx_state.kinds.tenant_scope import WHOLE_TENANT, TenantScope
from sdx_state.model.address import Address
from sdx_state.model.ledger import Ledger, ids_by_kind
from sdx_state.model.resource import Desired
from sdx_state.model.snapshot import Snapshot
from sdx_state.records import dataclass

_NONE: Set[str] = frozenset()


@dataclass(frozen=True)
class Wanted:
    """The parts of a tenant to read.

    Attributes:
        kinds: Names of the kinds whose lists are read.
        parents: `(kind, id)` of the resources whose children are listed.
        parent_names: The same, by kind and normalized natural key.
        all_children: List the children of every parent in `scope`.
        numbers: E.164 number -> country code to look up.
        managed: Kind -> ids of managed resources in scope: those that are missing in a list are read by id.
        counts: Kind -> number of managed resources.
        leaving: `(kind, id)` that an earlier run was about to delete: their absence is expected.
        scope: The part of the tenant that the project manages.
    """

    kinds: frozenset[str] = frozenset()
    parents: frozenset[Identity] = frozenset()
    parent_names: frozenset[tuple[str, str]] = frozenset()
    all_children: bool = False
    numbers: Mapping[str, str] = field(default_factory=dict)
    managed: Mapping[str, Set[str]] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    leaving: frozenset[tuple[str, str]] = frozenset()
    scope: TenantScope = WHOLE_TENANT

    def missing(self, kind: str, seen: Set[str]) -> list[str]:
        """Return the managed ids of `kind` that are not in `seen`, which are identities.

        Ids that a request cannot name are omitted, because they cannot be read.
        """
        one = KINDS[kind]
        absent = self.managed.get(kind, _NONE) - seen  # nearly every id is an identity as it is
        return sorted(id for id in absent if one.identity_of(id) not in seen and one.unaddressable(id) is None)

    def is_in(self, snapshot: Snapshot) -> bool:
        """Return True if `snapshot`, of everything that a tenant lists, has all parts; False where it is in doubt.

        Numbers are not listed, and a missing resource has to be read by its id.
        """
        if self.numbers or snapshot.unlisted or not self.kinds <= snapshot.read:
            return False
        if not self.parents <= snapshot.parents_read:
            return False
        seen = {kind: {*KINDS[kind].identities_of([live.id for live in snapshot.of(kind)])} for kind in self.managed}
        return not any(self.missing(kind, identities) for kind, identities in seen.items())

    def unexplained(self, kind: str, missing: Iterable[str]) -> int:
        """Return the number of `missing` that no earlier run was about to delete."""
        return sum((kind, id) not in self.leaving for id in missing)


def wanted_of(
    resources: Iterable[Desired],
    ledger: Ledger,
    scope: Collection[Address] | None = None,
    leaving: frozenset[tuple[str, str]] = frozenset(),
) -> Wanted:
    """Return the parts that a plan of `resources` against `ledger` needs.

    Args:
        resources: The declared resources in scope.
        ledger: The ledger.
        scope: The addresses of the plan; None for all.
        leaving: Resources that an earlier run was about to delete.
    """
    kinds: set[str] = set()
    parents: set[Identity] = set()
    names: set[tuple[str, str]] = set()
    having_children = parent_names()
    numbers: dict[str, str] = {}
    entries = ledger.entries
    if scope is not None:
        entries = {address: entry for address, entry in entries.items() if address in scope}
    managed = {kind: ids for kind, ids in ids_by_kind(entries).items() if not KINDS[kind].lookup_only}
    kinds.update(managed)
    for kind in having_children & managed.keys():
        parents.update((kind, id) for id in managed[kind])
    for desired in resources:
        known = KINDS[desired.kind]
        if known.lookup_only:
            number = desired.values.get(known.natural_key)
            numbers[str(number)] = str(desired.values.get("country_code") or "")
            continue
        kinds.add(desired.kind)
        if desired.kind in having_children:
            if desired.id is not None:
                parents.add((desired.kind, desired.id))
            names.add((desired.kind, known.natural_key_of(desired.values.get(known.natural_key))))
    return Wanted(
        kinds=frozenset(kinds),
        parents=frozenset(parents),
        parent_names=frozenset(names),
        numbers=numbers,
        managed=managed,
        counts=Counter(address.kind for address in ledger.entries),
        leaving=leaving,
    )
