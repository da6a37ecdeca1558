"""Plain values that know their places: the builder makes them from a YAML document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sdx_state.config.scalars import Scalar

Place = tuple[int, int]
Mark = tuple[int, int, int, int]  # line and column, from 1, of a key, then of its value


class Table(dict[str, "Node"]):
    """A mapping, and the places of it, its keys and its values.

    Attributes:
        place: Line and column, from 1, of the mapping.
        marks: For each key, its place and that of its value.
    """

    __slots__ = ("marks", "place")

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.marks: dict[str, Mark] = {}

    def key_place(self, key: str) -> Place:
        """Return the place of `key`, or of the mapping if it has no such key."""
        mark = self.marks.get(key)
        return mark[:2] if mark else self.place

    def value_place(self, key: str) -> Place:
        """Return the place of the value of `key`, or of the mapping if it has no such key."""
        mark = self.marks.get(key)
        return mark[2:] if mark else self.place


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


def table(node: object) -> Table:
    """Return `node`, which the schema says is a mapping; an empty one for null."""
    return node if isinstance(node, Table) else Table((1, 1))


def items(node: object) -> Items:
    """Return `node`, which the schema says is a sequence; an empty one for null."""
    return node if isinstance(node, Items) else Items((1, 1))


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
