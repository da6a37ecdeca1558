"""Declarations laid over one another: the block wins over its template, languages and children merge by key.

A layer is a mapping as it is written, wrapped so that each of its places names its file. Layers are not changed:
laying one over another makes a new mapping, whose parts are those of the two wherever they can be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sdx_state.config.blocks import AFTER, BEFORE, OMIT
from sdx_state.config.tree import Items, Laid, Mark, Node, Place, Table, in_file, items
from sdx_state.kinds import Kind, children_of
from sdx_state.kinds.field import FieldType
from sdx_state.model.address import readable_key
from sdx_state.model.alike import did_you_mean
from sdx_state.model.value import DEFAULT_LANGUAGE
from sdx_state.records import dataclass

IDENTITY = "id"

Complain = Callable[[str, Place, str, str | None], None]  # code, place, message and help


def layer_of(table: Table, file: str | None, without: tuple[str, ...] = ()) -> Laid:
    """Return `table`, which is written in `file`, as a layer; None for the file of the declaration itself."""
    laid = Laid(in_file(table.place, file), file)
    laid.marks = table.marks if not any(key in table.marks for key in without) else _left(table, without)
    for key, value in table.items():
        if key not in without:
            laid[key] = wrapped(value, file)
    return laid


def _left(table: Table, without: tuple[str, ...]) -> dict[str, tuple[int, int, int, int]]:
    return {key: mark for key, mark in table.marks.items() if key not in without}


def wrapped(value: Node, file: str | None) -> Node:
    """Return `value`, which is written in `file`, so that its places name the file."""
    if isinstance(value, Table):
        return layer_of(value, file)
    if not isinstance(value, Items):
        return value
    laid = Items(in_file(value.place, file))
    laid.places = [in_file(place, file) for place in value.places]
    laid.extend(wrapped(one, file) for one in value)
    return laid


@dataclass(frozen=True)
class Laying:
    """Layers of one kind laid over one another.

    Attributes:
        kind: The kind.
        complain: Told what is wrong.
    """

    kind: Kind
    complain: Complain

    def over(self, base: Laid, layer: Laid, omit: Items | None = None) -> Laid:
        """Return `layer` laid over `base`, of whose children those that `omit` names are left out."""
        laid = _copied(base)
        for child in children_of(self.kind.name):
            children = _Children(child, self.complain)
            children.start(items(base.get(child.collection)))
            if omit is not None:
                children.omit(omit)
            children.lay(items(layer.get(child.collection)))
            if child.collection in base or child.collection in layer:
                _put(laid, child.collection, children.result(base, layer), base, layer)
        collections = {child.collection for child in children_of(self.kind.name)}
        _lay_fields(self.kind, laid, layer, collections)
        return laid


def _copied(base: Laid) -> Laid:
    laid = Laid(base.place, base.file)
    laid.marks, laid.files = dict(base.marks), dict(base.files)
    laid.update(base)
    return laid


def _put(laid: Laid, key: str, value: Node, base: Laid, layer: Laid) -> None:
    """Set `key`, which `layer` or else `base` names first."""
    laid[key] = value
    owner = layer if key in layer.marks else base
    laid.marks[key] = owner.marks[key]
    laid.files[key] = owner.files.get(key, owner.file)


def _lay_fields(kind: Kind, laid: Laid, layer: Laid, besides: set[str]) -> None:
    for key, mark in layer.marks.items():
        if key in besides:
            continue
        before, written = laid.get(key), (laid.marks.get(key), laid.files.get(key, laid.file))
        laid.marks[key] = mark
        laid.files[key] = layer.files.get(key, layer.file)
        if key not in layer:  # the schema refuses its value
            laid.pop(key, None)
            continue
        value = layer[key]
        laid[key] = _merged(kind, key, before, value, written)


def _merged(kind: Kind, key: str, before: Node, value: Node, written: tuple[Mark | None, str | None]) -> Node:
    """Return `value` over `before`, whose key is `written` there: languages, and columns, are those of both."""
    if not isinstance(value, Laid):
        return value
    field = kind.by_key.get(key)
    if isinstance(before, str) and field is not None and field.type is FieldType.PROMPT:
        merged = Laid(value.place, value.file)
        if DEFAULT_LANGUAGE not in value.marks:
            return _with_default(merged, before, value, written)
        return value
    if not isinstance(before, Laid):
        return value
    merged = _copied(before)
    merged.place = value.place
    for name, mark in value.marks.items():
        merged.marks[name], merged.files[name] = mark, value.files.get(name, value.file)
        if name in value:
            merged[name] = value[name]
        else:
            merged.pop(name, None)
    return merged


def _with_default(merged: Laid, text: str, value: Laid, written: tuple[Mark | None, str | None]) -> Laid:
    """Return the languages of `value` with `text`, `written` without a language elsewhere, as the default one."""
    mark, file = written
    merged[DEFAULT_LANGUAGE] = text
    merged.marks[DEFAULT_LANGUAGE] = mark if mark is not None else (*value.place, *value.place)
    merged.files[DEFAULT_LANGUAGE] = file if mark is not None else value.file
    merged.update(value)
    merged.marks.update(value.marks)
    merged.files.update({name: value.files.get(name, value.file) for name in value.marks})
    return merged


def key_of_child(kind: Kind, child: Node) -> str:
    """Return the key of `child`: as it says, or as its label makes it; empty if there is none."""
    if not isinstance(child, Table):
        return ""
    if "key" in child:
        return str(child["key"])
    return readable_key(str(child.get(kind.natural_key) or ""))


class _Children:
    """The children of a resource while layers are laid over them."""

    def __init__(self, kind: Kind, complain: Complain) -> None:
        self.kind = kind
        self.complain = complain
        self.children: list[Node] = []
        self.places: list[Place] = []
        self.keys: list[str] = []

    def start(self, children: Items) -> None:
        self.children, self.places = list(children), list(children.places)
        self.keys = [key_of_child(self.kind, one) for one in children]

    def omit(self, omitted: Items) -> None:
        """Leave out the children that `omitted` names."""
        for key, place in zip(map(str, omitted), omitted.places, strict=True):
            if key not in self.keys:
                self._unknown(OMIT, key, place)
                continue
            self._remove(self.keys.index(key))

    def _remove(self, at: int) -> None:
        del self.children[at], self.places[at], self.keys[at]

    def lay(self, children: Items) -> None:
        """Lay `children` over those that are there, by their keys."""
        last: dict[tuple[str, str], str] = {}  # what was placed behind a child, for the next one there
        known = {key for key in self.keys if key}
        for child, written in zip(children, children.places, strict=True):
            place, key = written, key_of_child(self.kind, child)
            placing = self._placing(child) if isinstance(child, Laid) else None
            new = _without(child, AFTER, BEFORE) if placing is not None and isinstance(child, Laid) else child
            if key in known and isinstance(new, Laid):
                known.discard(key)  # a second child with this key is a duplicate, which is reported later
                at = self.keys.index(key)
                below = self.children[at]
                if isinstance(below, Laid):
                    new = self._over(below, new, key)
                    place = self.places[at]
                if placing is None:
                    self.children[at] = new
                    continue
                self._remove(at)
            self._insert(new, place, key, placing, last)

    def _over(self, below: Laid, new: Laid, key: str) -> Laid:
        laid = Laying(self.kind, self.complain).over(below, new)
        if "key" not in laid.marks and key_of_child(self.kind, laid) != key:
            # Another label would make another key, which is another child.
            laid["key"] = key
            label = self.kind.natural_key
            laid.marks["key"], laid.files["key"] = laid.marks[label], laid.files[label]
        return laid

    def _placing(self, child: Laid) -> tuple[str, str, Place] | None:
        """Return how `child` is placed, the key of the one that it is placed at, and the place of that."""
        said = [how for how in (AFTER, BEFORE) if how in child.marks]
        if not said:
            return None
        how = said[0]
        if len(said) == 2:
            message = f"a {self.kind.noun} is placed by `{AFTER}` or by `{BEFORE}`"
            self.complain("conflicting-settings", child.key_place(BEFORE), message, "remove one of the two")
        return how, str(child.get(how)), child.value_place(how)

    def _insert(
        self,
        child: Node,
        place: Place,
        key: str,
        placing: tuple[str, str, Place] | None,
        last: dict[tuple[str, str], str],
    ) -> None:
        at = len(self.children)
        if placing is not None:
            how, anchor, said_at = placing
            behind = last.get((how, anchor), anchor) if how == AFTER else anchor
            if behind in self.keys:
                at = self.keys.index(behind) + (how == AFTER)
                last[how, anchor] = key
            else:
                self._unknown(how, anchor, said_at)
        self.children.insert(at, child)
        self.places.insert(at, place)
        self.keys.insert(at, key)

    def _unknown(self, what: str, key: str, place: Place) -> None:
        message = f"`{what}` names no {self.kind.noun}: there is no `{key[:80]}`"
        self.complain("unresolved-reference", place, message, did_you_mean(key, filter(None, self.keys)))

    def result(self, base: Laid, layer: Laid) -> Items:
        """Return the children as a list."""
        of = layer if self.kind.collection in layer else base
        found = of.get(self.kind.collection)
        result = Items(found.place if isinstance(found, Items) else of.place)
        result.extend(self.children)
        result.places = self.places
        return result


def _without(laid: Laid, *keys: str) -> Laid:
    left = Laid(laid.place, laid.file)
    left.marks = {key: mark for key, mark in laid.marks.items() if key not in keys}
    left.files = laid.files
    left.update({key: value for key, value in laid.items() if key not in keys})
    return left


def without_identities(kind: Kind, laid: Laid) -> Laid:
    """Return `laid` without the live ids that it and its children are pinned to, which nothing else has."""
    left = _without(laid, IDENTITY)
    for child in children_of(kind.name):
        children = left.get(child.collection)
        if isinstance(children, Items):
            bare = Items(children.place)
            bare.places = children.places
            bare.extend(_without(one, IDENTITY) if isinstance(one, Laid) else one for one in children)
            left[child.collection] = bare
    return left


def size_of(node: Node) -> int:
    """Return how many values are in `node`."""
    if isinstance(node, Mapping):
        return 1 + sum(map(size_of, node.values()))
    return 1 + sum(map(size_of, node)) if isinstance(node, list) else 1
