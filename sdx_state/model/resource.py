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
class Use:
    """The declaration that uses a value of a template, or of a block with `for_each`.

    Attributes:
        file: Its file, relative to the project directory.
        line: Its line, from 1.
        column: Its column, from 1.
        key: The key of the survey, or of the item.
        others: How many other declarations use the value in the same way, where they are reported as one.
    """

    file: str
    line: int
    column: int
    key: str
    others: int = 0

    def __str__(self) -> str:
        more = f" and {self.others} more" if self.others else ""
        return f"{self.file}:{self.line} {self.key}{more}"


@dataclass(frozen=True, slots=True)
class Source:
    """Place of a declaration: file (relative to the project directory), line and column from 1.

    `use` is the declaration that uses it, if that is another one.
    """

    file: str
    line: int
    column: int
    use: Use | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Elsewhere(tuple[int, int]):
    """Line and column, from 1, in a file that is not the one of the declaration.

    Attributes:
        file: The file, relative to the project directory.
    """

    file: str

    def __new__(cls, line: int, column: int, file: str) -> Elsewhere:
        """Return the place `line`, `column` of `file`."""
        self = super().__new__(cls, (line, column))
        self.file = file
        return self


@dataclass(frozen=True, slots=True)
class Desired:
    """One resource as YAML declares it, references resolved.

    Attributes:
        address: Its address.
        kind: The kind's name.
        key: Its key in YAML (a question's within its survey).
        values: Declared fields, by YAML name, in the inner form. Other fields are not managed.
        source: Where it is declared.
        positions: Line and column (from 1) of each declared field, in `source.file` unless it is `Elsewhere`.
        id: The pinned live id, if any.
        ignore: Names of declared fields that a diff ignores.
        protect: Never delete it.
        parent: Address of the survey of a question.
        position: Position among its siblings, from 0.
        depends_on: Addresses that it refers to.
        upload: Columns that only the CSV upload has; never compared.
        use: The declaration that this one is made for, if values are written elsewhere.
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
    use: Use | None = None

    def source_of(self, name: str) -> Source:
        """Return the place of the field `name`, or of the resource if that is unknown.

        `name` may include a part of the field after a dot; its place comes before that of the field.
        """
        place = self.positions.get(name) or self.positions.get(FieldPath(name).field)
        if isinstance(place, Elsewhere):
            return Source(place.file, *place, use=self.use)
        return Source(self.source.file, *place) if place else self.source


@dataclass(frozen=True, slots=True)
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
