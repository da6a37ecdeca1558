"""Rows: mappings with the same keys one below the other, as programs write them, each read by one pattern.

Most lines of a large file are in such mappings. The pattern is made of one of them, and takes those that are written
in the same way: the same keys at the same indent, each with a value of the same form.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sdx_state.config.scalars import Scalar, resolve
from sdx_state.config.tree import Items, RowPlaces, Table
from sdx_state.patterns import pattern

KEY = r"[A-Za-z][A-Za-z0-9_@.+-]{0,99}"

ENOUGH = 64  # mappings on a level before a pattern is made, which takes as long as reading as many
_MOST_KEYS = 50
_WORD = "(?:null|true|false)"
# How a value may be written, its text as the one group, and what makes a value of that text.
_FORMS: tuple[tuple[str, Callable[[str], Scalar] | None], ...] = (
    (f"({_WORD})", resolve),
    (rf"(?!{_WORD}\n)([^\W\d_][^\n:#]*(?<! ))", None),
    (r'"([^"\\\n]*)"', None),
    (r"'([^'\n]*)'", None),
    (r"(0|[1-9][0-9]{0,17})", int),
)
_LINE = pattern(rf"\A( *)(- )?({KEY}):(?: (.+))?")


class Rows:
    """The rows on one level of a file, in a mapping or in a list.

    Args:
        indent: Blanks before the key of a row, or before its dash.
        dash: Whether they are items of a list.
        enough: Rows before a pattern is made of one.
    """

    def __init__(self, indent: int, dash: bool, enough: int = ENOUGH) -> None:
        self._indent, self._dash = indent, dash
        self._begun = 0
        self._seen, self._enough = 0, enough
        self._row: _Row | None = None

    def take(self, text: str, start: int, line: int, parent: Table | Items) -> tuple[int, int]:
        """Add the rows from `start` on to `parent`, as many as there are; return the place behind them.

        Args:
            text: The file.
            start: Index of the line that begins a row, and its number, from 1, as `line`.
            line: See `start`.
            parent: The mapping or list that the row is in.

        Returns:
            Index and number of the line behind the rows, `start` and `line` if there are none.
        """
        if self._seen >= self._enough:
            self._learn(text[self._begun : start])
        if self._row is not None:
            after = self._row.take(text, start, line, parent)
            if after[0] > start:
                self._seen = 0
                return after
        self._seen += 1
        self._begun = start
        return start, line

    def _learn(self, block: str) -> None:
        """Make a pattern of a row, if `block` is one; next time after twice as many other rows."""
        self._seen, self._enough = 0, 2 * self._enough
        row = _row_in(block.rstrip("\n").split("\n"), self._indent, self._dash)
        if row is not None:
            self._row = row


class _Row:
    """Rows with the same keys, written in the same way.

    Args:
        indent: Blanks before their key, or before their dash.
        inner: Blanks before the keys in them.
        keys: These keys.
        forms: How their values are written.
        dash: Whether they are items of a list.
    """

    def __init__(
        self,
        indent: int,
        inner: int,
        keys: tuple[str, ...],
        forms: list[tuple[str, Callable[[str], Scalar] | None]],
        dash: bool,
    ) -> None:
        begin = " " * indent + "- " if dash else rf"{' ' * indent}(?!{_WORD}:)({KEY}):\n{' ' * inner}"
        lines = f"\n{' ' * inner}".join(
            f"{re.escape(key)}: {form}" for key, (form, _) in zip(keys, forms, strict=True)
        )
        # Behind a row, and perhaps a blank line, is something that is not inside it.
        end = rf"\n(\n?)(?! {{{indent + 1}}}| *[#\n])"
        self._match = re.compile(begin + lines + end).match
        self._indent, self._inner, self._keys, self._dash = indent, inner, keys, dash
        first = 0 if dash else 1  # the group of the first value, and its line from that of the row
        self._first = first
        self._made = [
            (key, n, make) for n, (key, (_, make)) in enumerate(zip(keys, forms, strict=True), first) if make
        ]

    def take(self, text: str, start: int, line: int, parent: Table | Items) -> tuple[int, int]:
        """Add the rows from `start` on to `parent`; see `Rows.take`."""
        match, keys, made, first = self._match, self._keys, self._made, self._first
        column = self._inner + 1
        marks = {} if isinstance(parent, Items) else parent.marks
        count = len(keys) + first
        while (found := match(text, start)) is not None:
            values = found.groups()
            place = (line + first, column)
            row = Table(place, zip(keys, values[first:], strict=False), RowPlaces(keys, *place))
            for key, index, make in made:
                row[key] = make(values[index])
            if isinstance(parent, Items):
                parent.append(row)
                parent.places.append(place)
            else:
                name = values[0]
                if name in parent:
                    break
                parent[name] = row
                marks[name] = (line, self._indent + 1, line + 1, column)
            line += count + len(values[-1])
            start = found.end()
        return start, line


def _row_in(lines: list[str], indent: int, dash: bool) -> _Row | None:
    """Return what the row in `lines` is like; None if they are not one row."""
    found = [match for line in lines if (match := _LINE.fullmatch(line)) is not None]
    if len(found) < len(lines) or len(lines) > _MOST_KEYS:
        return None
    begin, pairs = found[0], found if dash else found[1:]
    if begin[1] != " " * indent or bool(begin[2]) is not dash or (begin[4] is None) is dash or not pairs:
        return None
    inner = indent + 2 if dash else len(pairs[0][1])
    below = pairs[1:] if dash else pairs
    if inner <= indent or any(len(pair[1]) != inner or pair[2] for pair in below):
        return None
    forms = [form for pair in pairs if pair[4] and (form := _form_of(pair[4])) is not None]
    if len(forms) < len(pairs):
        return None
    keys = tuple(pair[3] for pair in pairs)
    if len({*keys}) < len(keys) or not all(isinstance(resolve(key), str) for key in keys):
        return None
    return _Row(indent, inner, keys, forms, dash)


def _form_of(written: str) -> tuple[str, Callable[[str], Scalar] | None] | None:
    """Return how the value `written` is written; None for a form that rows do not have."""
    return next((form for form in _FORMS if re.fullmatch(form[0], written) is not None), None)
