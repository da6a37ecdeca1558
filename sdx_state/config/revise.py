"""The text of a YAML file with declarations changed and added, as few of its lines as can be."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sdx_state.config.emit import STEP, block, body_of
from sdx_state.config.layout import (
    LINES,
    Layout,
    Span,
    cut,
    end_of_section,
    has_shared_parts,
    is_flow,
    put_back,
    with_ends_like,
    with_line_feeds,
)
from sdx_state.config.tree import Items, Table, items, table
from sdx_state.config.update import Update, changed_fields
from sdx_state.kinds import KINDS

if TYPE_CHECKING:
    from sdx_state.config.edit import Change

# An anchor or an alias, or what looks like one in a text.
REFERS = re.compile(r"(?<![^\s\[{,])[&*][^\s&*]")

Path = tuple[str | int, ...]


class _Entangled(Exception):
    """A part cannot be changed in lines of its own."""


def changed_text(text: str, root: Table, updates: Sequence[Update]) -> str:
    """Return `text`, which says `root`, changed as `updates` say.

    Each field is changed in its own lines; where it shares them, as inside brackets, its resource in its lines; and
    where that does, or an anchor ties it to others, the round-trip writer writes the file again.
    """
    from sdx_state.config.edit import edit, whole_change

    lines = _lines(text)
    layout = Layout(lines, root)
    try:
        if has_shared_parts(root):
            raise _Entangled
        pieces = [piece for update in updates for piece in _Revision(layout, update).pieces()]
    except _Entangled:
        changes = [(_path(update), whole_change(update)) for update in updates]
        return with_ends_like(edit(with_line_feeds(text), changes), text)
    # From the last to the first, so that what is still to be changed stays where it was.
    for span, new in sorted(pieces, key=lambda piece: (piece[0].start, piece[0].end), reverse=True):
        lines[span.start : span.end] = [with_ends_like(line, text) for line in new]
    return "".join(lines)


def extended_text(text: str, root: Table, section: str, entries: Mapping[str, object]) -> str:
    """Return `text`, which says `root`, with `entries` added at the end of `section`."""
    lines = _lines(text)
    body = root.get(section)
    if section not in root.marks and not is_flow(lines, root):
        at = end_of_section(lines)
        new = [f"{section}:", *block(entries, STEP)]
    else:
        last = next(reversed(body.marks), None) if isinstance(body, Table) else None
        span = Layout(lines, root).span_of((section, last)) if last is not None else None
        if span is None:
            from sdx_state.config.edit import add

            return with_ends_like(add(with_line_feeds(text), section, entries), text)
        at = span.end
        new = list(block(entries, span.indent))
    lines[at:at] = [with_ends_like(line + "\n", text) for line in new]
    return "".join(lines)


class _Revision:
    """One update as lines that are replaced."""

    def __init__(self, layout: Layout, update: Update) -> None:
        self.layout = layout
        self.update = update
        self.path: Path = _path(update)
        self.body = table(table(layout.root.get(str(self.path[0]))).get(str(self.path[1])))

    def pieces(self) -> list[tuple[Span, list[str]]]:
        """Return the lines that are replaced, and what replaces them.

        Raises:
            _Entangled: The resource is not in lines of its own.
        """
        try:
            return self._fields() + self._children()
        except _Entangled:
            from sdx_state.config.edit import at, whole_change

            return [self._piece(self.path, at(self.path[-1:], whole_change(self.update)))]

    def _fields(self) -> list[tuple[Span, list[str]]]:
        from sdx_state.config.edit import fields_change

        if self.update.wanted is None:
            return []
        current, wanted = self.update.current, self.update.wanted
        changed = changed_fields(current, wanted)
        pieces = [
            self._piece((*self.path, name), fields_change(current, wanted, {name: value}, self.update.references))
            for name, value in changed.items()
            if name in self.body.marks
        ]
        return pieces + self._added(self.path, self.body, changed)

    def _children(self) -> list[tuple[Span, list[str]]]:
        from sdx_state.config.edit import children_change, fields_change

        section = self.update.section
        listed = items(self.body.get(section))
        if self.update.arranges:
            if listed:
                return [self._piece((*self.path, section), children_change(self.update))]
            bodies = [body_of(child) for _, child in self.update.children]
            if section in self.body.marks:
                raise _Entangled
            return self._added(self.path, self.body, {section: bodies})
        pieces = []
        for was, wanted in self.update.children:
            if was is None or not isinstance(listed, Items):
                continue
            changed = changed_fields(was, wanted)
            path = (*self.path, section, was.position)
            body = table(listed[was.position])
            for name, value in changed.items():
                if name in body.marks:
                    pieces.append(
                        self._piece((*path, name), fields_change(was, wanted, {name: value}, self.update.references))
                    )
            pieces += self._added(path, body, changed)
        return pieces

    def _piece(self, path: Path, change: Change) -> tuple[Span, list[str]]:
        from sdx_state.config.edit import edit

        span = self.layout.span_of(path)
        if span is None:
            raise _Entangled
        text = cut(self.layout.lines, span)
        if REFERS.search(text):
            raise _Entangled
        return span, put_back(self.layout.lines, span, edit(text, [((), change)]))

    def _added(self, path: Path, body: Table, changed: Mapping[str, object]) -> list[tuple[Span, list[str]]]:
        """Fields that are not there yet come behind the last one."""
        new = {name: value for name, value in changed.items() if name not in body.marks}
        if not new:
            return []
        last = next(reversed(body.marks), None)
        span = self.layout.span_of((*path, last)) if last is not None else None
        if span is None:
            raise _Entangled
        return [(Span(span.end, span.end, span.indent), [line + "\n" for line in block(new, span.indent)])]


def _path(update: Update) -> tuple[str, str]:
    return KINDS[update.current.kind].collection, update.current.key


def _lines(text: str) -> list[str]:
    lines: list[str] = LINES.findall(text)
    if lines and not lines[-1].endswith(("\n", "\r")):
        lines[-1] += with_ends_like("\n", text)
    return lines
