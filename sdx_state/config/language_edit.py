"""Texts of other languages written into YAML files, beside the text of the default language or in place of another.

The text is found by its path in the file, wherever it is declared: in a resource, or in what several are made of.
"""

from __future__ import annotations

from collections.abc import Sequence

from sdx_state.config.edit import Change, edit_shared, language_change
from sdx_state.config.layout import (
    LINES,
    Layout,
    Span,
    cut,
    has_shared_parts,
    put_back,
    with_ends_like,
    with_line_feeds,
)
from sdx_state.config.revise import REFERS
from sdx_state.config.tree import Table
from sdx_state.model.value import DEFAULT_LANGUAGE
from sdx_state.records import dataclass

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class LanguageEdit:
    """A text of a language to write.

    Attributes:
        path: The path of the field in the document: its value is a text, or a map of languages.
        language: The key of the language.
        text: The text, as YAML says it, references in it.
    """

    path: Path
    language: str
    text: str


def edit_of(slot: Path, language: str, text: str) -> LanguageEdit:
    """Return the edit that writes `text` for `language` to the field that has its text, or one of them, at `slot`."""
    path = slot[:-1] if slot[-1] in (DEFAULT_LANGUAGE, language) else slot
    return LanguageEdit(path, language, text)


def translated_text(text: str, root: Table, edits: Sequence[LanguageEdit]) -> str:
    """Return the YAML `text`, which says `root`, with `edits` made in it.

    Each field is changed in its own lines, comments kept. Where it shares them with others, as inside brackets, the
    smallest part around it that has lines of its own is written again; where the file has aliases, the whole file.
    """
    lines: list[str] = LINES.findall(text)
    if lines and not lines[-1].endswith(("\n", "\r")):
        lines[-1] += with_ends_like("\n", text)
    layout = Layout(lines, root)
    parts = [] if has_shared_parts(root) else _parts(layout, edits)
    if not parts:
        changes = [(one.path[:-1], _change(one)) for one in edits]
        return with_ends_like(edit_shared(with_line_feeds(text), changes), text)
    # From the last to the first, so that what is still to be changed stays where it was.
    for span, changes in sorted(parts, key=lambda part: part[0].start, reverse=True):
        new = put_back(lines, span, edit_shared(cut(lines, span), changes))
        lines[span.start : span.end] = [with_ends_like(line, text) for line in new]
    return "".join(lines)


Changes = list[tuple[Path, Change]]


def _change(one: LanguageEdit) -> Change:
    return language_change(str(one.path[-1]), one.language, one.text)


def _parts(layout: Layout, edits: Sequence[LanguageEdit]) -> list[tuple[Span, Changes]]:
    """Return the lines that are written again, each with its changes; nothing if a field is in none of its own."""
    spans: dict[Path, Span] = {}
    for one in edits:
        found = _own_lines(layout, one.path)
        if found is None:
            return []
        spans[found[0]] = found[1]
    # A field inside another part that is written again is changed there.
    changes: dict[Path, Changes] = {}
    for one in edits:
        part = next(one.path[:depth] for depth in range(1, len(one.path) + 1) if one.path[:depth] in spans)
        changes.setdefault(part, []).append((one.path[len(part) - 1 : -1], _change(one)))
    return [(spans[part], inside) for part, inside in changes.items()]


def _own_lines(layout: Layout, path: Path) -> tuple[Path, Span] | None:
    """Return the smallest part around the field at `path` that shares its lines with nothing, and these lines."""
    for depth in range(len(path), 0, -1):
        span = layout.span_of(path[:depth]) if isinstance(path[depth - 1], str) else None
        if span is not None and not REFERS.search(cut(layout.lines, span)):
            return path[:depth], span
    return None
