"""Values that are to be declared, and the edits that declare them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sdx_state.config.edit_block import Edit, Field
from sdx_state.config.spreadsheet import Sheet
from sdx_state.config.update import Update
from sdx_state.model.address import Address
from sdx_state.model.resource import Desired
from sdx_state.model.value import Value
from sdx_state.records import dataclass


@dataclass(frozen=True)
class CellChange:
    """A change of one cell of a CSV file.

    Attributes:
        sheet: The file.
        line: The line that the row starts at.
        index: The index of the cell.
        text: Its new text.
    """

    sheet: Sheet
    line: int
    index: int
    text: str


@dataclass(frozen=True)
class Written:
    """An edit of a file.

    Attributes:
        file: The file.
        edit: The edit.
        what: What is written where, for people.
    """

    file: str
    edit: Edit | CellChange
    what: str


@dataclass(frozen=True)
class WantedValue:
    """A value that is to be declared.

    Attributes:
        owner: The address of the resource, or of the parent of the child, that a block makes.
        of: The declaration that has the value.
        name: The field, by its name on the wire.
        field: The field.
        wanted: The value, as it is stored.
    """

    owner: Address
    of: Desired
    name: str
    field: Field
    wanted: Value

    @property
    def current(self) -> Value:
        """The value as it is declared."""
        value = self.of.values.get(self.name)
        if self.field.language is None:
            return value
        return value.get(self.field.language) if isinstance(value, Mapping) else None


def known_children(update: Update) -> Iterator[tuple[Desired, Desired]]:
    """Yield the children that are declared, each as it is and as it is to be."""
    for was, wanted in update.children:
        if was is not None:
            yield was, wanted
