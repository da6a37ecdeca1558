"""References inside the texts of a block, for one of its items."""

from __future__ import annotations

import re

from sdx_state.config.placeholders import Item, spelled
from sdx_state.config.references import References
from sdx_state.config.tree import Items, Table
from sdx_state.model.address import Address
from sdx_state.records import dataclass

_INDEXED = re.compile(r"phone_numbers\[\s*each\.([^\]]*)\]")


@dataclass(frozen=True)
class ItemReferences(References):
    """Targets of references in texts, `${each.NAME}` included.

    Attributes:
        item: The item, None without `for_each`.
    """

    item: Item | None = None

    @staticmethod
    def of(references: References, item: Item | None) -> ItemReferences:
        """Return `references` with the values of `item`."""
        return ItemReferences(references.variables, references.numbers, references.complete, references.room, item)

    def _look_up(self, name: str) -> tuple[str | None, Address | None, tuple[str, str | None] | None]:
        section, dot, key = name.partition(".")
        indexed = _INDEXED.fullmatch(name)
        if self.item is not None and indexed is not None:
            return self._look_up_number(self._value(indexed[1].strip()))
        if self.item is not None and section == "each" and dot:
            return self._value(key.strip()), None, None
        return super()._look_up(name)

    def _value(self, name: str) -> str:
        """Return the value `name` of the item as text; empty for one that is not a text."""
        value = self.item.values.get(name) if self.item is not None else None
        if value is None or isinstance(value, Table | Items):
            return ""
        text = spelled(value)
        return text if self.item is not None and self.item.literal else super().expand(text).text
