"""The values that travel through the house: what is declared, and what is live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sdx_state.model.address import Address
from sdx_state.model.field_path import FieldPath
from sdx_state.model.value import Value

Shape = Literal["flat", "nested"]


@dataclass(frozen=True)
class Source:
    """Where something was declared: file (relative to the project's folder), line and column from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Desired:
    """One resource as YAML declares it, references resolved.

    Attributes:
        address: Its name in plans and in the state.
        kind: The kind's name.
        key: Its key in YAML (a question's within its survey).
        values: Declared fields only, by YAML name, in the inner form; what is absent is not managed.
        source: Where it is declared.
        positions: Line and column (from 1) of each declared field, in `source.file`.
        id: The live id it is pinned to, if any.
        ignore: Names of declared fields that a diff leaves alone.
        protect: Never delete it.
        parent: Address of the survey that a question lives in.
        position: Place among its siblings, from 0.
        depends_on: Addresses that it names by reference.
        upload: Columns for the platform's upload only; never compared.
    """

    address: Address
    kind: str
    key: str
    values: Mapping[str, Value]
    source: Source
    positions: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    id: str | None = None
    ignore: frozenset[str] = frozenset()
    protect: bool = False
    parent: Address | None = None
    position: int = 0
    depends_on: tuple[Address, ...] = ()
    upload: Mapping[str, str] = field(default_factory=dict)

    def source_of(self, name: str) -> Source:
        """Return where field `name` is declared, or the resource itself if that is not known.

        What lies inside a field follows it after a dot; it is looked for before the field.
        """
        place = self.positions.get(name) or self.positions.get(FieldPath(name).field)
        return Source(self.source.file, *place) if place else self.source


@dataclass(frozen=True)
class Live:
    """One resource as the API answered it.

    Attributes:
        kind: The kind's name.
        id: Its identity as text: the number of a survey or question, the e-mail address of a user.
        raw: The answer itself, unknown fields and all.
        parent_id: Id of the survey that the question was listed under.
    """

    kind: str
    id: str
    raw: Mapping[str, object]
    parent_id: str | None = None


@dataclass(frozen=True)
class Moved:
    """A declared change of address: `source` says where, `places` where its two addresses are."""

    before: Address
    after: Address
    source: Source
    places: tuple[Source, Source] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Removed:
    """An address that is to be forgotten, or destroyed."""

    address: Address
    destroy: bool
    source: Source
