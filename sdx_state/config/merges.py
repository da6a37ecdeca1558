"""Declarations with merge keys (`<<`): the values that they take from other mappings of the file have two places."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sdx_state.config.layers import wrapped
from sdx_state.config.source_text import SourceText
from sdx_state.config.tree import MERGE, Items, Laid, Merged, Node, Place, Table
from sdx_state.config.using_text import UsingText
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.resource import Use
from sdx_state.records import replace

if TYPE_CHECKING:
    from sdx_state.config.explain import Violation


def laid_with_merges(source: SourceText, key: str, place: Place, body: Table) -> tuple[Laid, UsingText] | None:
    """Return the declaration `body` so that merged values name both places; None if it has none.

    Args:
        source: Its file.
        key: Its key.
        place: Its place there.
        body: Its fields.
    """
    if not _has_merges(body):
        return None
    use = Use(source.name, *place, key)
    using = UsingText(source.name, source.text, source.encoding, {source.name: source}, use)
    return _laid(body, source.name), using


def with_uses(violations: Iterable[Violation], root: Table | Items, source: SourceText) -> list[Violation]:
    """Return `violations` of the schema in `root`; those of merged values name the declaration that they are for."""
    if MERGE not in source.text or not isinstance(root, Table):
        return [*violations]
    found = [replace(one, diagnostic=_with_use(one, root, source)) for one in violations]
    # Of those that differ in their use only, the first is shown; the schema has no order.
    return sorted(found, key=lambda one: _line_of_use(one.diagnostic))


def _line_of_use(diagnostic: Diagnostic) -> int:
    use = diagnostic.source.use if diagnostic.source is not None else None
    return use.line if use is not None else 0


def _with_use(violation: Violation, root: Table, source: SourceText) -> Diagnostic:
    found, path = violation.diagnostic, violation.path
    section = root.get(str(path[0])) if len(path) > 2 else None
    if not isinstance(section, Table) or found.source is None:
        return found
    node: Node = section.get(str(path[1]))
    for step in path[2:]:
        if isinstance(node, Merged) and step in node.merged:
            use = Use(source.name, *section.key_place(str(path[1])), str(path[1]))
            return replace(found, source=replace(found.source, use=use))
        if isinstance(node, Table):
            node = node.get(str(step))
        elif isinstance(node, Items) and isinstance(step, int) and step < len(node):
            node = node[step]
        else:
            break
    return found


def _has_merges(node: Node) -> bool:
    if isinstance(node, Table):
        return (isinstance(node, Merged) and bool(node.merged)) or any(map(_has_merges, node.values()))
    return isinstance(node, Items) and any(map(_has_merges, node))


def _laid(table: Table, file: str) -> Laid:
    laid = Laid(table.place, None)
    laid.marks = table.marks
    merged = table.merged if isinstance(table, Merged) else set()
    laid.files = dict.fromkeys(merged, file)
    for key, value in table.items():
        laid[key] = wrapped(value, file) if key in merged else _with_places(value, file)
    return laid


def _with_places(value: Node, file: str) -> Node:
    if isinstance(value, Table):
        return _laid(value, file)
    if not isinstance(value, Items):
        return value
    items = Items(value.place)
    items.places = value.places
    items.extend(_with_places(one, file) for one in value)
    return items
