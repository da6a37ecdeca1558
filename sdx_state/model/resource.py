"""Declared and live resources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from sdx_state.model.address import Address
from sdx_state.model.field_path import FieldPath
from sdx_state.model.value import Value
from sdx_state.records import dataclass

Shape = Literal["flat", "nested"]


@dataclass(frozen=True)
class Source:
    """Place of a declaration: file (relative to the project directory), line and column from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Desired:
    """One resource as YAML declares it, references resolved.

    Attributes:
        address: Its address.
        kind: The kind's name.
        key: Its key in YAML (a question's within its survey).
        values: Declared fields, by YAML name, in the inner form. Other fields are not managed.
        source: Where it is declared.
        positions: Line and column (from 1) of each declared field, in `source.file`.
        id: The pinned live id, if any.
        ignore: Names of declared fields that a diff ignores.
        protect: Never delete it.
        parent: Address of the survey of a question.
        position: Position among its siblings, from 0.
        depends_on: Addresses that it refers to.
        upload: Columns that only the CSV upload has; never compared.
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
        """Return the place of the field `name`, or of the resource if that is unknown.

        `name` may include a part of the field after a dot; its place comes before that of the field.
        """
        place = self.positions.get(name) or self.positions.get(FieldPath(name).field)
        return Source(self.source.file, *place) if place else self.source


@dataclass(frozen=True)
class Live:
    """One live resource, as in the answer of the API.

    Attributes:
        kind: The kind's name.
        id: Its identity as text: the number of a survey or question, the e-mail address of a user.
        raw: The answer, including unknown fields.
        parent_id: Id of the survey of the question.
    """

    kind: str
    id: str
    raw: Mapping[str, object]
    parent_id: str | None = None


@dataclass(frozen=True)
class Moved:
    """A declared change of address. `source` is its place, `places` are those of the two addresses."""

    before: Address
    after: Address
    source: Source
    places: tuple[Source, Source] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Removed:
    """An address to delete, or to stop managing."""

    address: Address
    destroy: bool
    source: Source
