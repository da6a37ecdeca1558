"""Diagnostics as text, with the line and a caret under the place, and as JSON."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator

from sdx_state.model.diagnostic import Diagnostic
from sdx_state.plan.diagnostics import diagnostic_document
from sdx_state.report.escape import escape
from sdx_state.report.places import place_of, with_use
from sdx_state.report.theme import Theme

WINDOW = 100  # columns shown of a long line


def diagnostics_text(diagnostics: Iterable[Diagnostic], *, colour: bool) -> str:
    """Return every diagnostic as `diagnostic_lines` has it, and how many errors and warnings there are."""
    theme = Theme(colour)
    lines: list[str] = []
    errors = warnings = 0
    for one in diagnostics:
        errors += one.severity == "error"
        warnings += one.severity == "warning"
        lines += diagnostic_lines(one, theme)
    counted = [
        f"{count} {what}{'s' if count > 1 else ''}"
        for count, what in ((errors, "error"), (warnings, "warning"))
        if count
    ]
    return "\n".join([*lines, f"{' and '.join(counted)}."] if counted else lines)


def diagnostic_lines(one: Diagnostic, theme: Theme) -> Iterator[str]:
    """Yield `file:line:column: severity[code]: message`, the line with a caret where it is known, and the help."""
    place = place_of(one.source, column=True)
    severity = f"{theme.paint(one.severity, one.severity)}[{escape(one.code)}]:"
    message = with_use(escape(one.message), one.source)
    yield f"{theme.paint('strong', f'{place}:') + ' ' if place else ''}{severity} {message}"
    if one.excerpt is not None and one.source is not None and one.source.line:
        yield from _excerpt(one.excerpt, one.source.column, one.source.line, theme)
    if one.help:
        yield f"    {theme.paint('faint', 'help:')} {escape(one.help)}"


def diagnostics_json(diagnostics: Iterable[Diagnostic]) -> str:
    """Return every diagnostic as one JSON document, pure ASCII, with a line end."""
    documents = [diagnostic_document(one) for one in diagnostics]
    valid = all(document["severity"] != "error" for document in documents)
    return json.dumps({"valid": valid, "diagnostics": documents}, ensure_ascii=True, indent=2) + "\n"


def _excerpt(text: str, column: int, line: int, theme: Theme) -> list[str]:
    start = max(0, column - 1 - WINDOW // 2) if len(text) > WINDOW else 0
    before = escape(text[start : column - 1].replace("\t", " "))
    # The line is escaped in one piece: two halves could join into what a CI system obeys.
    shown = escape(text[start : start + WINDOW].replace("\t", " "))
    number = f"{line:5} | "
    caret = " " * (len(number) - 2) + "| " + " " * _columns(before) + theme.paint("error", "^")
    return [theme.paint("faint", number) + shown, caret]


def _columns(text: str) -> int:
    """Return how many columns of a terminal `text` takes."""
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )
