"""`Snapshot`: the live resources that were read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field

from sdx_state.model.resource import Live, Shape
from sdx_state.records import dataclass


@dataclass(frozen=True)
class Snapshot:
    """Live resources at one moment.

    Attributes:
        resources: Live resources, by name of the kind. A child has the id of its parent.
        read: Names of the kinds whose lists were read. Only for these, absence proves anything.
        parents_read: Kind and id of the resources whose children were listed.
        invalid_numbers: Phone numbers that are invalid according to the look-up.
        unlisted: Kind and id of children that exist but are missing in the list of their parent.
        shape: Wire shape of the tenant, if its answers show it.
    """

    resources: Mapping[str, Sequence[Live]] = field(default_factory=dict)
    read: frozenset[str] = frozenset()
    parents_read: frozenset[tuple[str, str]] = frozenset()
    invalid_numbers: frozenset[str] = frozenset()
    unlisted: frozenset[tuple[str, str]] = frozenset()
    shape: Shape | None = None

    def of(self, kind: str) -> Sequence[Live]:
        """Return the live resources of `kind`, none if its list was not read."""
        return self.resources.get(kind, ())
