"""Live values that come from one value of an item: written there, in its row of a CSV file or in its block.

A value of an item is changed if everything that it makes then is as it is to be: each declaration of the item is
filled in again, and compared with the one before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from sdx_state.config.blocks import FOR_EACH
from sdx_state.config.configuration import Declared
from sdx_state.config.edit_block import Edit, value_change
from sdx_state.config.expansion import Origin
from sdx_state.config.for_each import KEY
from sdx_state.config.layers import key_of_child
from sdx_state.config.placeholders import Item, Unfilled, filled, spelled, whole_name
from sdx_state.config.source_text import SourceText, character_diagnostic
from sdx_state.config.spreadsheet import BLANKS
from sdx_state.config.tree import Items, Laid, Node, Table
from sdx_state.config.wanted_values import CellChange, WantedValue, Written
from sdx_state.kinds import KINDS, Kind, children_of
from sdx_state.model.address import Address
from sdx_state.model.formulas import is_formula
from sdx_state.records import dataclass, replace

Row = tuple[str, int, int]  # the file of an item, and its place there
Identity = tuple[Address, str, str | None]  # address, field and language of a value
_UNICODE = ("utf-8", "utf-16-le", "utf-16-be")


@dataclass(frozen=True)
class Back:
    """Answers about the values of declarations.

    Attributes:
        written: Returns the text that a value is made of, None if that is not known.
        wanted: Returns what a field of an address, by its name in YAML, or one language of it, is to be.
        comes_out: Tells whether a text, written for a value, means what that is to be.
        kept: Returns a value as it is to be written, with the references of what is written wherever they still fit.
    """

    written: Callable[[WantedValue], Node]
    wanted: Callable[[Address, str, str | None], WantedValue | None]
    comes_out: Callable[[WantedValue, object], bool]
    kept: Callable[[WantedValue, Node], object]


def identity(value: WantedValue) -> Identity:
    """Return what identifies `value`."""
    return value.of.address, value.name, value.field.language


class ItemValues:
    """The values of items that live values are written into.

    Args:
        declared: The project as it is declared.
        back: Answers about its values.
    """

    def __init__(self, declared: Declared, back: Back) -> None:
        self._declared = declared
        self._back = back
        self._new: dict[Row, dict[str, Node]] = {}
        self._rows: dict[Row, list[Address]] = {}
        for address, origin in declared.made.items():
            if origin.item is not None:
                self._rows.setdefault(_row(origin, origin.item), []).append(address)

    def item(self, origin: Origin | None) -> Item | None:
        """Return the item of `origin` with its new values, None without `for_each`."""
        if origin is None or origin.item is None:
            return None
        new = self._new.get(_row(origin, origin.item))
        return _with(origin.item, new) if new is not None else origin.item

    def take(self, values: Iterable[WantedValue]) -> Iterator[tuple[Written, frozenset[Identity]]]:
        """Yield the edits of items that make some of `values`, each with the identities of what it makes."""
        tried: set[tuple[Row, str, str]] = set()
        for value in values:
            origin = self._declared.made.get(value.owner)
            item = self.item(origin)
            name = whole_name(self._back.written(value)) if item is not None else None
            if origin is None or item is None or name is None or name == KEY:
                continue
            new = self._value(origin, item, name, value)
            row = _row(origin, item)
            if new is None or (row, name, repr(new)) in tried:
                continue
            tried.add((row, name, repr(new)))
            made = self._made(row, name, new)
            if made is not None and identity(value) in made:
                self._new.setdefault(row, {})[name] = new
                yield _written(origin, item, name, new), made

    def _value(self, origin: Origin, item: Item, name: str, value: WantedValue) -> Node:
        """Return the value `name` of `item` that makes `value`; None if the item cannot have it."""
        was = item.values.get(name)
        if isinstance(was, Table | Items):
            return None
        if origin.cells is None:
            new = self._back.kept(value, was)
            return new if isinstance(new, str | int | bool) else None
        wanted = value.wanted
        if not isinstance(wanted, str | int | bool):
            return None
        text = spelled(wanted)
        if isinstance(wanted, bool) and isinstance(was, str) and was.isupper():
            text = text.upper()  # as a spreadsheet writes it
        return text if self._has_room(origin, str(was or ""), text) else None

    def _has_room(self, origin: Origin, was: str, text: str) -> bool:
        """Tell whether a cell of the CSV file of `origin` can have `text` in place of `was`."""
        cells = origin.cells
        if cells is None or cells.sheet.separator is None or cells.sheet.source.name in self._declared.users:
            return False  # a workbook, or a file that other changes are made in
        source = cells.sheet.source
        # Without a name, it is the letters of such a file that tell its encoding.
        same_letters = source.encoding in _UNICODE or cells.encoding is not None or (was + text).isascii()
        try:
            text.encode(source.encoding)
        except UnicodeEncodeError:
            return False
        return (
            bool(text)  # an empty cell declares nothing
            and same_letters
            and text == text.strip(BLANKS)
            and "\r" not in text
            and not is_formula(text)
            and character_diagnostic(SourceText(source.name, text)) is None
        )

    def _made(self, row: Row, name: str, new: Node) -> frozenset[Identity] | None:
        """Return what the value `name` of the item at `row` makes once it is `new`; None if any of it is wrong."""
        made: set[Identity] = set()
        for address in self._rows[row]:
            origin = self._declared.made[address]
            item = self.item(origin)
            if item is None or origin.body is None or (origin.cells is not None and origin.cells.key == name):
                return None
            if name not in origin.body.names:
                continue
            kind = KINDS[address.kind]
            try:
                before = filled(kind, origin.body, item)
                after = filled(kind, origin.body, _with(item, {name: new}))
            except Unfilled:
                return None
            for found in _differences(kind, address, before, after):
                value = self._back.wanted(*found[0]) if found is not None else None
                if found is None or value is None or not self._back.comes_out(value, found[1]):
                    return None
                made.add(identity(value))
        return frozenset(made)


def _row(origin: Origin, item: Item) -> Row:
    return (origin.cells.sheet.source.name if origin.cells is not None else origin.file, item.place[0], item.place[1])


def _with(item: Item, new: dict[str, Node]) -> Item:
    return replace(item, values={**item.values, **new})


def _written(origin: Origin, item: Item, name: str, new: Node) -> Written:
    if origin.cells is not None:
        line, file = item.place[0], origin.cells.sheet.source.name
        change = CellChange(origin.cells.sheet, line, origin.cells.columns.index(name), str(new))
        return Written(file, change, f"{file}:{line}: {name}")
    path = (origin.section, origin.block, FOR_EACH, item.key)
    return Written(origin.file, Edit(path, value_change(name, new)), f"{origin.file}: {'.'.join(path)}.{name}")


def _differences(
    kind: Kind, address: Address, before: Laid, after: Laid
) -> Iterator[tuple[tuple[Address, str, str | None], Node] | None]:
    """Yield each value of a declaration at `address` that differs: which it is, and what `after` says.

    None is for one that is not a value of a field, such as a key.
    """
    children = {child.collection: child for child in children_of(kind.name)}
    for key in dict.fromkeys((*before, *after)):
        was, now = before.get(key), after.get(key)
        if was == now:
            continue
        if key in children:
            yield from _of_children(children[key], address, was, now)
        elif key not in kind.by_key or key not in after:
            yield None
        elif isinstance(was, Table) and isinstance(now, Table) and kind.by_key[key].translated:
            for language in dict.fromkeys((*was, *now)):
                if was.get(language) != now.get(language):
                    yield ((address, key, language), now[language]) if language in now else None
        else:
            yield (address, key, None), now


def _of_children(
    kind: Kind, parent: Address, was: Node, now: Node
) -> Iterator[tuple[tuple[Address, str, str | None], Node] | None]:
    if not isinstance(was, Items) or not isinstance(now, Items) or len(was) != len(now):
        yield None
        return
    for before, after in zip(was, now, strict=True):
        key = key_of_child(kind, before)
        if not isinstance(before, Laid) or not isinstance(after, Laid) or key_of_child(kind, after) != key:
            yield None
        else:
            yield from _differences(kind, kind.address(key, parent), before, after)
