"""A fast way for files as programs write them: from lines to the values that the builder makes of its events.

It knows mappings in blocks, lists of such mappings, and on one line: scalars, plain or quoted without escapes, and
mappings of them. It returns the same values, types and places as the builder, or nothing, in which case the builder
decides: for what it does not know, and for everything that is wrong.
"""

from __future__ import annotations

import re

from sdx_state.config.plain_rows import ENOUGH, KEY, Rows
from sdx_state.config.scalars import Scalar, resolve
from sdx_state.config.tree import BlockMarks, Items, Place, Table

_MOST = 2_000_000  # lines: the builder counts the values of larger files
_DEEPEST = 30  # levels: the builder takes 64
_KEPT = 10_000  # different texts whose meaning is remembered

_KEY = re.compile(KEY)
_PAIR = rf"""{KEY}: (?:[A-Za-z0-9][A-Za-z0-9_./@+-]*|"[^"\\]*"|'[^']*')"""
_FLOW = re.compile(rf"\{{{_PAIR}(?:, {_PAIR})*\}}")
_PAIRS = re.compile(rf"""({KEY}): (?:([A-Za-z0-9][^,}}]*)|"([^"]*)"|'([^']*)')""")
_SCALAR = re.compile(r"""([^\W_].*)|"([^"\\]*)"|'([^']*)'""")


class _Unknown(Exception):
    """The builder has to decide."""


def plain_document(text: str, rows: int = ENOUGH) -> Table | None:
    """Return the document in `text`, None if only the builder can tell what it is.

    Args:
        text: The file.
        rows: How many mappings of the same keys are read by lines before the others are read by a pattern.
    """
    if not text.endswith("\n") or text.count("\n") > _MOST or not text.replace("\n", "").isprintable():
        return None
    try:
        return _document(text, rows)
    except _Unknown:
        return None


def _document(text: str, enough: int) -> Table | None:
    """Return the document, None for a file without values."""
    texts: dict[str, Scalar] = {}
    keys: dict[str, str] = {}  # each key is one object, however often it occurs
    levels: list[tuple[int, Table | Items]] = []  # the open ones, with the column of their keys or dashes
    rows: dict[tuple[int, bool], Rows] = {}
    table = Table((1, 1))
    column = -1  # of the keys of `table`
    opened: tuple[str, int, int] | None = None  # the key above without a value, with its place
    start, number = 0, 0
    while start < len(text):
        end = text.index("\n", start)
        line = text[start:end]
        number += 1
        begun, start = start, end + 1
        bare = line.lstrip(" ")
        if not bare or bare[0] == "#":
            continue
        indent, dash = len(line) - len(bare), bare.startswith("- ")
        key, colon, written = _pair(bare[2:] if dash else bare)
        if opened is None and levels and (dash or not written):
            here = rows.get((indent, dash)) or rows.setdefault((indent, dash), Rows(indent, dash, enough))
            after, line_after = here.take(text, begun, number, _parent(levels, indent, dash))
            if after > begun:
                start, number, column = after, line_after - 1, -1
                continue
        key = keys.get(key) or _new_key(key, colon, keys)
        if indent != column or dash or opened is not None:
            table = _enter(levels, indent, dash, opened, number)
            opened = None
            column = indent + 2 if dash else indent
        if key in table:
            raise _Unknown
        if not written:
            opened = _opened(key, colon, number, column)
            continue
        table.marks[key] = (number, column + 1, number, column + len(key) + 3)
        known = texts.get(written)
        table[key] = value = known if known is not None else _value(written, number, column + len(key) + 3)
        if value is not known and len(texts) < _KEPT and not isinstance(value, Table):
            texts[written] = value
    if opened is not None:
        raise _Unknown
    root = levels[0][1] if levels else None
    return root if isinstance(root, Table) else None


def _pair(text: str) -> tuple[str, str, str]:
    """Return a key, its colon with the blank behind it, if there is one, and what is written behind that."""
    key, colon, written = text.partition(": ")
    return (key, colon, written) if colon else (key[:-1], key[-1:], "")


def _opened(key: str, colon: str, number: int, column: int) -> tuple[str, int, int]:
    """Return a key whose value begins on a later line, with its place; a blank behind its colon is unknown."""
    if colon != ":":
        raise _Unknown
    return key, number, column + 1


def _new_key(key: str, colon: str, keys: dict[str, str]) -> str:
    """Return `key` and add it to `keys`; it must be a text, and followed by a colon."""
    if not colon or _KEY.fullmatch(key) is None or not isinstance(resolve(key), str):
        raise _Unknown
    keys[key] = key
    return key


def _value(written: str, number: int, column: int) -> Scalar | Table:
    """Return the value that is written behind a key, at `column` of line `number`."""
    if written[0] == "{":
        return _flow(written, number, column)
    found = _SCALAR.fullmatch(written)
    if found is None:
        raise _Unknown
    plain, double, single = found.groups()
    if plain is None:
        return double if single is None else single
    if ": " in plain or " #" in plain or plain[-1] in " :":
        raise _Unknown
    return resolve(plain)


def _flow(written: str, number: int, column: int) -> Table:
    """Return the mapping that begins at `column` of line `number` and ends there: `{host: x.example, port: 1}`."""
    if _FLOW.fullmatch(written) is None:
        raise _Unknown
    table = Table((number, column))
    for pair in _PAIRS.finditer(written):
        key, plain, double, single = pair.groups()
        if key in table or not isinstance(resolve(key), str):
            raise _Unknown
        table[key] = resolve(plain) if plain is not None else double if single is None else single
        place = column + pair.start()
        table.marks[key] = (number, place, number, place + len(key) + 2)
    return table


def _enter(
    levels: list[tuple[int, Table | Items]], indent: int, dash: bool, opened: tuple[str, int, int] | None, number: int
) -> Table:
    """Return the mapping that a line belongs to, opened or ended as its indent says.

    Args:
        levels: The open mappings and lists, which change.
        indent: Blanks before the key, or before the dash.
        dash: Whether the line begins an item of a list.
        opened: The key of the line above if that has no value yet, with its place.
        number: The line, from 1.
    """
    if opened is not None:
        outer, parent = levels[-1]
        if indent <= outer or len(levels) > _DEEPEST or not isinstance(parent, Table):
            raise _Unknown
        place: Place = (number, indent + 1)
        inner: Table | Items = Items(place) if dash else _block(place)
        name, *where = opened
        parent[name] = inner
        parent.marks[name] = (where[0], where[1], *place)
        levels.append((indent, inner))
    elif not levels:
        if indent or dash:
            raise _Unknown
        levels.append((0, _block((number, 1))))
    current = _parent(levels, indent, dash)
    if isinstance(current, Items):
        item = _block((number, indent + 3))
        current.append(item)
        current.places.append(item.place)
        levels.append((indent + 2, item))
        return item
    return current


def _parent(levels: list[tuple[int, Table | Items]], indent: int, dash: bool) -> Table | Items:
    """Return the mapping, or the list if there is a `dash`, that a line belongs to; what is deeper ends there."""
    while levels[-1][0] > indent:
        levels.pop()
    column, current = levels[-1]
    if column != indent or isinstance(current, Items) is not dash:
        raise _Unknown
    return current


def _block(place: Place) -> Table:
    table = Table(place)
    table.marks = BlockMarks()
    return table
