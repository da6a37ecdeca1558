"""The edit of one declared resource, against its declaration."""

from __future__ import annotations

from collections.abc import Sequence

from sdx_state.config.emit import is_key_of_label, same, yaml_name, yaml_values
from sdx_state.config.references import NOTHING, References
from sdx_state.kinds import children_of
from sdx_state.model.resource import Desired
from sdx_state.model.value import Value
from sdx_state.records import dataclass


@dataclass(frozen=True)
class Update:
    """The edit of one declared resource.

    Attributes:
        current: As it is declared.
        wanted: As it is to be declared; None to leave its own fields alone.
        children: What lives in it, as it is and as it is to be; no current one for what is new.
        references: What texts refer to; references are kept wherever their values are as wanted.
    """

    current: Desired
    wanted: Desired | None
    children: Sequence[tuple[Desired | None, Desired]] = ()
    references: References = NOTHING

    @property
    def changes(self) -> bool:
        """True if anything is to be written."""
        if self.wanted is not None and changed_fields(self.current, self.wanted):
            return True
        return self.arranges or any(was is None or changed_fields(was, wanted) for was, wanted in self.children)

    @property
    def section(self) -> str:
        """The key in YAML of the list of its children."""
        return next((child.collection for child in children_of(self.current.kind)), "")

    @property
    def arranges(self) -> bool:
        """True if children are added or change places."""
        positions = [was.position for was, _ in self.children if was is not None]
        return positions != sorted(positions) or len(positions) < len(self.children)


def changed_fields(current: Desired, wanted: Desired) -> dict[str, object]:
    """Return the fields of `wanted`, as YAML values, that `current` does not say already."""
    different = {name for name, value in wanted.values.items() if not _is_said(current, wanted, name, value)}
    changed: dict[str, object] = {}
    if different:
        values = yaml_values(wanted)
        changed = {yaml_name(wanted.kind, name): value for name, value in values.items() if name in different}
        after = {**current.values, **wanted.values}
        if is_key_of_label(current, current.values) and not is_key_of_label(current, after):
            changed["key"] = current.key  # another label would make another one, which is another resource
    if wanted.id is not None and wanted.id != current.id:
        changed["id"] = int(wanted.id)
    return changed


def _is_said(current: Desired, wanted: Desired, name: str, value: Value) -> bool:
    """Tell whether `current` says already what `wanted` says in its field `name`, which is `value`."""
    if name not in current.values:
        return False
    said = current.values[name]
    if said is value or (isinstance(said, str) and isinstance(value, str) and said == value):
        return True
    return same(wanted, name, said, value)
