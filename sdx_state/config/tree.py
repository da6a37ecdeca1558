"""Plain values that know their places: the builder makes them from a YAML document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from sdx_state.config.scalars import Scalar
from sdx_state.model.resource import Elsewhere

MERGE = "<<"  # the key of a mapping whose entries are those of others too

Place = tuple[int, int]
Mark = tuple[int, int, int, int]  # line and column, from 1, of a key, then of its value


class BlockMarks(dict[str, Mark]):
    """The marks of a mapping in a block: each key is further down than the one before, in the same column."""

    __slots__ = ()


class Table(dict[str, "Node"]):
    """A mapping, and the places of it, its keys and its values.

    Args:
        place: Line and column, from 1, of the mapping.
        entries: Its entries.
        row: The places of its keys, if it is a row.

    Attributes:
        place: See Args.
    """

    __slots__ = ("_marks", "place")

    def __init__(self, place: Place, entries: Iterable[tuple[str, Node]] = (), row: RowPlaces | None = None) -> None:
        super().__init__(entries)
        self.place = place
        self._marks: dict[str, Mark] | RowPlaces = {} if row is None else row

    @property
    def marks(self) -> dict[str, Mark]:
        """For each key, its place and that of its value."""
        marks = self._marks
        if isinstance(marks, RowPlaces):  # most are never needed
            marks = self._marks = marks.marks()
        return marks

    @marks.setter
    def marks(self, marks: dict[str, Mark]) -> None:
        self._marks = marks

    @property
    def row(self) -> RowPlaces | None:
        """The places of its keys, if it was made as a row and its marks were not needed yet."""
        return self._marks if isinstance(self._marks, RowPlaces) else None

    def key_place(self, key: str) -> Place:
        """Return the place of `key`, or of the mapping if it has no such key."""
        mark = self.marks.get(key)
        return mark[:2] if mark else self.place

    def value_place(self, key: str) -> Place:
        """Return the place of the value of `key`, or of the mapping if it has no such key."""
        mark = self.marks.get(key)
        return mark[2:] if mark else self.place


class Merged(Table):
    """A mapping with merge keys (`<<`).

    Attributes:
        merged: The keys whose values are written in another mapping of the file. Their marks are of that place.
    """

    __slots__ = ("merged",)

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.merged: set[str] = set()


class Items(list["Node"]):
    """A sequence, and the places of it and its items.

    Attributes:
        place: Line and column, from 1, of the sequence.
        places: Line and column of each item.
    """

    __slots__ = ("place", "places")

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.places: list[Place] = []


Node = Table | Items | Scalar


class Laid(Table):
    """A mapping whose entries are written in several places, as those of a survey and of its template are.

    Attributes:
        file: The file that its entries are written in; None for that of the declaration itself.
        files: The file of an entry, where it is another one.
    """

    __slots__ = ("file", "files")

    place: Place

    def __init__(self, place: Place, file: str | None) -> None:
        super().__init__(place)
        self.file = file
        self.files: dict[str, str | None] = {}

    def key_place(self, key: str) -> Place:
        """Return the place of `key`, or of the mapping if it has no such key."""
        mark = self.marks.get(key)
        return self._in_file(key, mark[:2]) if mark else self.place

    def value_place(self, key: str) -> Place:
        """Return the place of the value of `key`, or of the mapping if it has no such key."""
        mark = self.marks.get(key)
        return self._in_file(key, mark[2:]) if mark else self.place

    def _in_file(self, key: str, place: Place) -> Place:
        return in_file(place, self.files.get(key, self.file))


def in_file(place: Place, file: str | None) -> Place:
    """Return `place`, which is in `file`; None is the file of the declaration."""
    return place if file is None else Elsewhere(*place, file)


class KeyPlaces(Mapping[str, Place]):
    """The place of each key of a table, read from its marks on demand: most are never needed.

    The key of a table within it is asked for by both, with a dot between: `greeting_text.de-default`.
    """

    __slots__ = ("_inner", "_marks")

    def __init__(self, table: Table) -> None:
        # Not the table itself, whose values would stay in memory as long as the places.
        self._marks = table.marks
        inner = {key: value.marks for key, value in table.items() if isinstance(value, Table)}
        self._inner: Mapping[str, Mapping[str, Mark]] | None = inner or None

    def __getitem__(self, key: str) -> Place:
        marks: Mapping[str, Mark] = self._marks
        if key not in marks and self._inner is not None:
            outer, _, key = key.partition(".")
            marks = self._inner.get(outer, {})
        return marks[key][:2]

    def __iter__(self) -> Iterator[str]:
        return iter(self._marks)

    def __len__(self) -> int:
        return len(self._marks)

    def __repr__(self) -> str:
        return repr(dict(self))


class RowPlaces(Mapping[str, Place]):
    """The place of each key of a table whose keys are one below the other, in a tenth of the memory of its marks.

    Args:
        keys: The keys, in their order; one object for all tables with the same keys.
        line: Line of the first key, from 1; the others are on those that follow.
        column: Their column, from 1.
    """

    __slots__ = ("_column", "_keys", "_line")

    def __init__(self, keys: tuple[str, ...], line: int, column: int) -> None:
        self._keys, self._line, self._column = keys, line, column

    def marks(self) -> BlockMarks:
        """Return the marks of the keys, each with a scalar behind it."""
        at = self._column
        return BlockMarks({key: (n, at, n, at + len(key) + 2) for n, key in enumerate(self._keys, self._line)})

    def __getitem__(self, key: str) -> Place:
        try:
            return self._line + self._keys.index(key), self._column
        except ValueError:
            raise KeyError(key) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def __repr__(self) -> str:
        return repr(dict(self))


@lru_cache(maxsize=1000)
def _shared(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Return `keys`, the same object for equal ones."""
    return keys


def at_column(place: Place, column: int) -> Place:
    """Return the place at `column` of the line of `place`."""
    return in_file((place[0], column), place.file if isinstance(place, Elsewhere) else None)


class LaidPlaces(Mapping[str, Place]):
    """The place of each key of a `Laid` table, as `KeyPlaces` has those of others."""

    __slots__ = ("_table",)

    def __init__(self, table: Laid) -> None:
        # The marks and files are shared by all declarations that are made of the same parts.
        self._table = _emptied(table)

    def __getitem__(self, key: str) -> Place:
        if key not in self._table.marks:
            outer, _, key = key.partition(".")
            inner = self._table[outer]
            if not isinstance(inner, Table) or key not in inner.marks:
                raise KeyError(key)
            return inner.key_place(key)
        return self._table.key_place(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._table.marks)

    def __len__(self) -> int:
        return len(self._table.marks)

    def __repr__(self) -> str:
        return repr(dict(self))


def _emptied(table: Laid) -> Laid:
    """Return `table` with the mappings in it, also without their values, and with nothing else."""
    emptied = Laid(table.place, table.file)
    emptied.marks, emptied.files = table.marks, table.files
    for key, value in table.items():
        if isinstance(value, Laid):
            emptied[key] = _emptied(value)
    return emptied


_NESTED = frozenset({Table, Merged, Laid})


def places_of(table: Table) -> Mapping[str, Place]:
    """Return the place of each key of `table`, without its values."""
    if isinstance(table, Laid):
        return LaidPlaces(table)
    row = table.row
    if row is not None:
        return row
    marks = table.marks
    if type(marks) is BlockMarks and marks and _NESTED.isdisjoint(map(type, table.values())):
        keys = (*marks,)
        line, column, *_ = marks[keys[0]]
        if marks[keys[-1]][0] - line == len(keys) - 1:
            return RowPlaces(_shared(keys), line, column)
    return KeyPlaces(table)


def table(node: object) -> Table:
    """Return `node`, which the schema says is a mapping; an empty one for null."""
    return node if isinstance(node, Table) else Table((1, 1))


def items(node: object) -> Items:
    """Return `node`, which the schema says is a sequence; an empty one for null."""
    return node if isinstance(node, Items) else Items((1, 1))


def copied(node: Laid) -> Laid:
    """Return a copy of `node` that shares no mapping and no list with it."""
    copy = Laid(node.place, node.file)
    copy.marks, copy.files = node.marks, node.files
    copy.update({key: _copied(value) for key, value in node.items()})
    return copy


def _copied(node: Node) -> Node:
    if isinstance(node, Laid):
        return copied(node)
    if not isinstance(node, Items):
        return node
    copy = Items(node.place)
    copy.places = node.places
    copy.extend(map(_copied, node))
    return copy


def prune(root: Table | Items, path: tuple[str | int, ...]) -> None:
    """Take the field that the refused value at `path` belongs to out of `root`, so that the rest can be looked into.

    Its mark stays, which tells a field that was refused from one that is missing.
    """
    node: Node = root
    fields: list[tuple[Table, str]] = []
    for step in path:
        if isinstance(node, Items) and isinstance(step, int):
            node = node[step]
        elif isinstance(node, Table) and step in node:
            fields.append((node, str(step)))
            node = node[str(step)]
        else:
            return  # what it lies in has been taken out already
    # An item of a list goes with its list, unless it is a mapping that the fault lies inside of.
    owner, field = fields[-1]
    owner.pop(field, None)
