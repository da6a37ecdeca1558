"""Aliases of a YAML document: copies while the document is changed, and aliases again where they are still equal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.mergevalue import merge_attrib

_Container = CommentedMap | CommentedSeq


class Unshared:
    """A document in which nothing that is changed at one place changes at another.

    Args:
        document: Its mappings and lists that are at several places are replaced by copies at all but the first.
    """

    def __init__(self, document: Any) -> None:
        self._document = document
        self._inherited: list[tuple[CommentedMap, dict[Any, Any]]] = []  # what merge keys gave each mapping
        self._seen: set[int] = set()
        self._originals: dict[int, tuple[_Container, _Container]] = {}  # by the copy, which is kept alive with it
        self._separate(document)

    def share_again(self) -> None:
        """Make each copy an alias again that says what its original says; so it is with what merge keys give."""
        self._restore(self._document)
        for node, before in self._inherited:
            own = dict(node.non_merged_items())
            if any(key not in before and key not in own for one in node.merge for key in one):
                _write_out(node, {**before, **own})  # it would be given more than it had
                continue
            for key, value in before.items():
                given = next(one[key] for one in node.merge if key in one)
                if key in own:
                    if _alike(node[key], given):
                        del node[key]
                elif not _alike(given, value):
                    node[key] = value

    def _separate(self, node: Any) -> None:
        if isinstance(node, CommentedMap) and node.merge:
            own = dict(node.non_merged_items())
            given = {key: value for key, value in node.items() if key not in own}
            self._inherited.append((node, {key: self._copied(value, flow=False) for key, value in given.items()}))
            for value in given.values():
                if isinstance(value, _Container):
                    self._seen.add(id(value))  # a copy in any case: it is written in another mapping
        for key, child in list(_children(node)):
            if id(child) in self._seen:
                node[key] = self._copied(child, flow=bool(node.fa.flow_style()))
            else:
                self._seen.add(id(child))
                self._separate(child)

    def _copied(self, node: Any, *, flow: bool) -> Any:
        if not isinstance(node, _Container):
            return node  # a text is replaced when it changes, and never written into
        flow = flow or bool(node.fa.flow_style())  # what is in brackets is written in brackets
        copy: Any = CommentedMap() if isinstance(node, CommentedMap) else CommentedSeq()
        if isinstance(node, CommentedMap):
            for key, value in node.items():
                copy[key] = self._copied(value, flow=flow)
        else:
            copy.extend(self._copied(value, flow=flow) for value in node)
        if flow:
            copy.fa.set_flow_style()
        original = self._originals[id(node)][0] if id(node) in self._originals else node
        self._originals[id(copy)] = original, copy
        return copy

    def _restore(self, node: Any) -> None:
        for key, child in list(_children(node)):
            original = self._originals[id(child)][0] if id(child) in self._originals else None
            if original is not None and original.yaml_anchor() is not None and _alike(child, original):
                node[key] = original
            else:
                self._restore(child)


def _write_out(node: CommentedMap, entries: Mapping[Any, Any]) -> None:
    """Make `entries` all that `node` has, without its merge keys."""
    delattr(node, merge_attrib)
    for key in [key for key in node if key not in entries]:
        del node[key]
    for key, value in entries.items():
        node[key] = value


def _children(node: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the mappings and lists in `node`, each with its key or index."""
    pairs = (
        node.items() if isinstance(node, CommentedMap) else enumerate(node) if isinstance(node, CommentedSeq) else ()
    )
    for key, child in pairs:
        if isinstance(child, _Container):
            yield key, child


def _alike(one: Any, other: Any) -> bool:
    """Tell whether two values are written alike; `true` and "true" are not."""
    if isinstance(one, CommentedMap) and isinstance(other, CommentedMap):
        return list(one) == list(other) and all(_alike(one[key], other[key]) for key in one)
    if isinstance(one, CommentedSeq) and isinstance(other, CommentedSeq):
        return len(one) == len(other) and all(map(_alike, one, other))
    return type(one) is type(other) and bool(one == other)
