"""Fields written into templates and blocks: in the lines of their part of the file, comments kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from sdx_state.config.blocks import OMIT, OVERRIDES
from sdx_state.config.edit import Change, append_field, at, edit, node_of, replace_field
from sdx_state.config.layout import LINES, Layout, cut, has_shared_parts, put_back, with_ends_like, with_line_feeds
from sdx_state.config.revise import REFERS, Path
from sdx_state.config.tree import Items, Node, Place, Table
from sdx_state.kinds import Kind
from sdx_state.model.address import readable_key
from sdx_state.records import dataclass


@dataclass(frozen=True)
class Field:
    """A field of a declaration.

    Attributes:
        child: The kind and the key of the child that it is of, None for the declaration itself.
        name: Its key in YAML.
        language: The language, None for the whole field.
    """

    child: tuple[Kind, str] | None
    name: str
    language: str | None = None

    def __str__(self) -> str:
        parts = ([self.child[0].collection, self.child[1]] if self.child else []) + [self.name]
        return ".".join([*parts, *([self.language] if self.language else [])])


def path_of(root: Table, place: Place) -> Path | None:
    """Return the path of the value whose key, or whose item of a list, is at `place`; None if there is none."""
    return _found(root, place, (), set())


def _found(node: Node, place: Place, path: Path, seen: set[int]) -> Path | None:
    if not isinstance(node, Table | Items) or id(node) in seen:
        return None
    seen.add(id(node))
    steps: list[tuple[str | int, Place, Node]]
    if isinstance(node, Table):
        steps = [(key, node.key_place(key), value) for key, value in node.items()]
    else:
        steps = [(index, node.places[index], value) for index, value in enumerate(node)]
    for step, at_, value in steps:
        if tuple(at_) == tuple(place):
            return (*path, step)
        found = _found(value, place, (*path, step), seen)
        if found is not None:
            return found
    return None


def value_change(key: str, value: object) -> Change:
    """Return the change of a mapping that sets `key`, which it has."""
    return lambda body: _set(body, key, value)


def field_change(field: Field, value: object, item: str | None = None) -> Change:
    """Return the change of a block that sets `field`, for all items or for `item` alone."""

    def change(body: CommentedMap) -> None:
        target = body if item is None else _inside(_inside(body, OVERRIDES), item)
        if field.child is not None:
            target = _child(target, *field.child)
        if field.language is None:
            _set(target, field.name, value)
        else:
            _set(_inside(target, field.name), field.language, value)

    return change


def placing_change(kind: Kind, entries: Sequence[dict[str, object]], item: str | None) -> Change:
    """Return the change of a block that places children as `entries` say, for all items or for `item` alone."""

    def change(body: CommentedMap) -> None:
        target = body if item is None else _inside(_inside(body, OVERRIDES), item)
        for entry in entries:
            child = _child(target, kind, str(entry["key"]))
            for how in ("after", "before"):
                child.pop(how, None)
            for name, value in entry.items():
                if name != "key" or "key" in child:
                    _set(child, name, value)

    return change


def omit_change(keys: Sequence[str], item: str | None) -> Change:
    """Return the change of a block that leaves out the children of `keys`, for all items or for `item` alone."""

    def change(body: CommentedMap) -> None:
        target = body if item is None else _inside(_inside(body, OVERRIDES), item)
        omitted = [*(target.get(OMIT) or ())]
        _set(target, OMIT, [*omitted, *(key for key in keys if key not in omitted)])

    return change


def _set(body: CommentedMap, key: str, value: object) -> None:
    if key in dict(body.non_merged_items()):
        replace_field(body, key, node_of(value))
    elif len(body):
        append_field(body, key, node_of(value))
    else:
        body[key] = node_of(value)


def _inside(body: CommentedMap, key: str) -> CommentedMap:
    found = body.get(key)
    if not isinstance(found, CommentedMap):
        found = CommentedMap()
        if body.fa.flow_style():
            found.fa.set_flow_style()
        if len(body):
            append_field(body, key, found)
        else:
            body[key] = found
    return found


def _child(body: CommentedMap, kind: Kind, key: str) -> CommentedMap:
    """Return the child of `key` in `body`, which is added if it is missing."""
    children: Any = body.get(kind.collection)
    if not isinstance(children, CommentedSeq):
        children = CommentedSeq()
        if body.fa.flow_style():
            children.fa.set_flow_style()
        if len(body):
            append_field(body, kind.collection, children)
        else:
            body[kind.collection] = children
    for one in children:
        if isinstance(one, CommentedMap) and _key_of(kind, one) == key:
            return one
    new = CommentedMap({"key": node_of(key)})
    children.append(new)
    return new


def _key_of(kind: Kind, child: CommentedMap) -> str:
    return str(child["key"]) if "key" in child else readable_key(str(child.get(kind.natural_key) or ""))


@dataclass(frozen=True)
class Edit:
    """A change of a mapping.

    Attributes:
        path: The path of the mapping.
        change: The change.
        key: The only key of it that changes, and that it has; None for several, or a new one.
    """

    path: Path
    change: Change
    key: str | None = None


def relaid_text(text: str, root: Table, edits: Sequence[Edit]) -> str:
    """Return `text`, which says `root`, with `edits` made.

    Each is made in the lines of the smallest part that has lines of its own; where anchors tie parts to others, the
    file is written again.
    """
    lines: list[str] = LINES.findall(text)
    if lines and not lines[-1].endswith(("\n", "\r")):
        lines[-1] += with_ends_like("\n", text)
    layout = Layout(lines, root)
    parts: dict[Path, list[Change]] = {}
    for one in edits:
        part, inside = _own_part(layout, one)
        parts.setdefault(part, []).append(at(inside, one.change))
    nested = any(one[: len(other)] == other for one in parts for other in parts if one != other)
    if nested or () in parts or has_shared_parts(root) or any(REFERS.search(_cut(layout, part)) for part in parts):
        return with_ends_like(edit(with_line_feeds(text), [(one.path, one.change) for one in edits]), text)
    pieces = []
    for part, changes in parts.items():
        span = layout.span_of(part)
        if span is not None:
            new = edit(cut(lines, span), [((), change) for change in changes])
            pieces.append((span, put_back(lines, span, new)))
    for span, new_lines in sorted(pieces, key=lambda piece: piece[0].start, reverse=True):
        lines[span.start : span.end] = [with_ends_like(line, text) for line in new_lines]
    return "".join(lines)


def _cut(layout: Layout, part: Path) -> str:
    span = layout.span_of(part)
    return cut(layout.lines, span) if span is not None else ""


def _own_part(layout: Layout, one: Edit) -> tuple[Path, Path]:
    """Return the smallest part with lines of its own that `one` changes, and the path of its mapping in these lines.

    The part is empty if there is none.
    """
    if one.key is not None and layout.span_of((*one.path, one.key)) is not None:
        return (*one.path, one.key), ()
    for length in range(len(one.path), 0, -1):
        if layout.span_of(one.path[:length]) is not None:
            # Cut out, the value of a key is a document with this key; an item of a list is one by itself.
            return one.path[:length], one.path[length - isinstance(one.path[length - 1], str) :]
    return (), one.path
