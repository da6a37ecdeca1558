"""What was read of a tenant, as one value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sdx_state.model.resource import Live, Shape


@dataclass(frozen=True)
class Snapshot:
    """Live resources at one moment.

    Attributes:
        resources: By kind's name, every live resource that was read. A child carries its parent's id.
        read: Names of the kinds whose lists were read; absence means something only for these.
        parents_read: Kind and id of the resources whose children were listed.
        invalid_numbers: Telephone numbers that the look-up answered are not valid.
        unlisted: Kind and id of children that exist and that the list of their parent does not show.
        shape: The wire shape the tenant speaks, as far as its answers show.
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
