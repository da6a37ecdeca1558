"""Placeholders of `for_each`: `${each.NAME}` and `${phone_numbers[each.NAME]}` in texts, replaced for each item."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from sdx_state.config.layers import size_of
from sdx_state.config.references import OPEN, TOKEN, escape
from sdx_state.config.scalars import Scalar, resolve
from sdx_state.config.tree import Items, Laid, Node, Place, Table, items
from sdx_state.kinds import Kind, children_of
from sdx_state.kinds.field import FieldType
from sdx_state.records import dataclass

PROTECT = "protect"
_EACH = re.compile(r"\$\{\s*(?:[a-z_]+\[\s*)?each\.")
_NAME = re.compile(r"each\.(.+)")
_INDEXED = re.compile(r"(?<![a-z_])([a-z_]+)\[\s*each\.([^\]]*)\]")


class Cell(str):
    """A text of a CSV file that is a whole value, which can be a number where the field is one."""

    __slots__ = ()


class Unfilled(Exception):
    """A text cannot be made for an item.

    Attributes:
        place: The place of the text.
        help: What to do.
    """

    def __init__(self, place: Place, message: str, help: str) -> None:
        super().__init__(message)
        self.place = place
        self.help = help


@dataclass(frozen=True)
class Item:
    """One item of a `for_each`.

    Attributes:
        key: Its key.
        values: Its values by name, `key` included.
        place: Its place.
        literal: The values are cells, which have no references.
    """

    key: str
    values: Mapping[str, Node]
    place: Place
    literal: bool = False


@dataclass(frozen=True)
class Body:
    """Fields with placeholders, which are filled in for each item.

    Attributes:
        node: Its fields, with placeholders.
        names: Each name that they use, with the first place of it.
        varying: The mappings and lists with placeholders, by identity.
        size: How many values it has.
    """

    node: Laid
    names: Mapping[str, Place]
    varying: frozenset[int]
    size: int

    @staticmethod
    def of(node: Laid) -> Body:
        """Return the body whose fields are in `node`."""
        names: dict[str, Place] = {}
        varying: set[int] = set()
        _find(node, names, varying)
        return Body(node, names, frozenset(varying), size_of(node))

    def filled(self, item: Item) -> Laid:
        """Return the fields for `item`. Parts without placeholders are those of the body itself.

        Raises:
            Unfilled: A placeholder cannot be replaced.
        """
        if id(self.node) not in self.varying:
            return self.node
        return _Filling(item, self.varying).table(self.node)


def filled(kind: Kind, body: Body, item: Item) -> Laid:
    """Return the fields of `body`, which are those of `kind`, for `item`.

    Raises:
        Unfilled: A placeholder cannot be replaced.
    """
    made = body.filled(item)
    return typed(kind, made) if item.literal else made


def has_placeholders(text: str) -> bool:
    """Tell whether `text` has a placeholder of an item."""
    return OPEN in text and _EACH.search(text) is not None


def whole_name(text: Node) -> str | None:
    """Return NAME if `text` is `${each.NAME}` and nothing else, else None."""
    whole = TOKEN.fullmatch(text) if isinstance(text, str) else None
    found = _NAME.fullmatch(_inside(whole)) if whole is not None else None
    return found[1].strip() if found is not None else None


def typed(kind: Kind, body: Laid) -> Laid:
    """Return `body`, an item's own, with cells as the numbers and booleans that fields of `kind` have."""
    for key, value in body.items():
        if isinstance(value, Cell):
            field = kind.by_key.get(key)
            numeric = field.type in (FieldType.INTEGER, FieldType.BOOLEAN) if field is not None else key == PROTECT
            body[key] = resolve(_plain(value)) if numeric else str(value)
    for child in children_of(kind.name):
        for one in items(body.get(child.collection)):
            if isinstance(one, Laid):
                typed(child, one)
    return body


def _plain(cell: str) -> str:
    """Return `cell` as YAML spells booleans, which a spreadsheet writes in capitals."""
    return cell.lower() if cell.lower() in ("true", "false") else cell


def names_in(node: Node) -> Mapping[str, Place]:
    """Return each name of `each` that texts in `node` use, with its first place."""
    names: dict[str, Place] = {}
    if isinstance(node, Table | Items):
        _find(node, names, set())
    return names


def _find(node: Table | Items, names: dict[str, Place], varying: set[int]) -> bool:
    """Add the names that texts in `node` use, and the mappings and lists that contain such texts."""
    varies = False
    for place, value in _placed(node):
        if isinstance(value, str):
            if has_placeholders(value):
                varies = True
                for token in TOKEN.finditer(value):
                    name = _name_of(token)
                    if name is not None:
                        names.setdefault(name, place)
        elif isinstance(value, Table | Items) and _find(value, names, varying):
            varies = True
    if varies:
        varying.add(id(node))
    return varies


def _placed(node: Table | Items) -> Iterator[tuple[Place, Node]]:
    if isinstance(node, Table):
        for key, value in node.items():
            yield node.value_place(key), value
    else:
        yield from zip(node.places, node, strict=True)


def _inside(token: re.Match[str]) -> str:
    """Return what is inside the braces of the reference `token`; nothing for one that is not closed."""
    return token[1].strip() if token[1] is not None and token[0].endswith("}") else ""


def _name_of(token: re.Match[str]) -> str | None:
    """Return the name of `each` in the reference `token`, None if it is another reference."""
    found = _NAME.fullmatch(_inside(token)) or _INDEXED.fullmatch(_inside(token))
    return found[found.re.groups].strip() if found is not None else None


class _Filling:
    """One item filled in."""

    def __init__(self, item: Item, varying: frozenset[int]) -> None:
        self.item = item
        self.varying = varying

    def table(self, node: Laid) -> Laid:
        filled = Laid(node.place, node.file)
        filled.marks, filled.files = node.marks, node.files
        empty = []
        for key, value in node.items():
            new = self._value(value, node, key)
            if isinstance(new, Cell) and not new:
                empty.append(key)
            else:
                filled[key] = new
        if empty:  # an empty cell declares nothing
            filled.marks = {key: mark for key, mark in node.marks.items() if key not in empty}
        return filled

    def _value(self, value: Node, node: Laid, key: str) -> Node:
        if isinstance(value, str):
            return self._text(value, node.value_place(key)) if has_placeholders(value) else value
        if not isinstance(value, Table | Items) or id(value) not in self.varying:
            return value
        if isinstance(value, Laid):
            return self.table(value)
        return self._items(value) if isinstance(value, Items) else value

    def _items(self, node: Items) -> Items:
        filled = Items(node.place)
        for place, value in zip(node.places, node, strict=True):
            if isinstance(value, Laid):
                new: Node = self.table(value) if id(value) in self.varying else value
            elif isinstance(value, str) and has_placeholders(value):
                new = self._text(value, place)
            else:
                new = value
            if not (isinstance(new, Cell) and not new):
                filled.append(new)
                filled.places.append(place)
        return filled

    def _text(self, text: str, place: Place) -> Node:
        name = whole_name(text)
        if name is not None:
            value = self._looked_up(name, place)
            if not self.item.literal:
                return value
            return Cell(escape(str(value)))
        return _joined([*self._parts(text, place)], place)

    def _parts(self, text: str, place: Place) -> Iterator[tuple[bool, str]]:
        """Yield the parts of `text`: references as they are, and literal text."""
        end = 0
        for token in TOKEN.finditer(text):
            yield False, text[end : token.start()]
            end = token.end()
            if token[1] is None:
                yield False, OPEN
                continue
            indexed, named = _INDEXED.fullmatch(_inside(token)), _NAME.fullmatch(_inside(token))
            if indexed is not None:
                value = str(self._scalar(indexed[2].strip(), place))
                if not value or re.search(r"[{}\n\[\]]", value):
                    message = f"item `{self.item.key[:80]}`: `{value[:80]}` is not a key of {indexed[1]}"
                    raise Unfilled(place, message, f"name one of {indexed[1]} in `{indexed[2].strip()[:80]}`")
                yield True, f"${{{indexed[1]}.{value}}}"
            elif named is not None:
                value = spelled(self._scalar(named[1].strip(), place))
                if self.item.literal:
                    yield False, value
                else:
                    yield from _references_in(value)
            else:
                yield True, token[0]
        yield False, text[end:]

    def _scalar(self, name: str, place: Place) -> Scalar:
        value = self._looked_up(name, place)
        if isinstance(value, Table | Items):
            message = f"`${{each.{name[:80]}}}` is not a text for item `{self.item.key[:80]}`"
            raise Unfilled(place, message, "a mapping or a list must be the whole value of a field")
        return value

    def _looked_up(self, name: str, place: Place) -> Node:
        if name not in self.item.values:
            message = f"item `{self.item.key[:80]}` has no `{name[:80]}`"
            raise Unfilled(place, message, f"add `{name[:80]}:` to the item")
        return self.item.values[name]


def _references_in(text: str) -> Iterator[tuple[bool, str]]:
    """Yield the parts of the value of an item, which may refer to variables and phone numbers."""
    end = 0
    for token in TOKEN.finditer(text):
        yield False, text[end : token.start()]
        end = token.end()
        yield (False, OPEN) if token[1] is None else (True, token[0])
    yield False, text[end:]


def _joined(parts: list[tuple[bool, str]], place: Place) -> str:
    """Return `parts` as one text, in which everything that is literal stays so."""
    text = ""
    literal = ""
    for is_reference, part in parts:
        if not is_reference:
            literal += part
            continue
        text += escape(literal)
        if literal.endswith("$"):
            raise Unfilled(place, "a `$` cannot come directly before a reference", "put a space between them")
        text += part
        literal = ""
    return text + escape(literal)


def spelled(value: Scalar) -> str:
    """Return `value` as YAML spells it inside of a text, empty for null."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
