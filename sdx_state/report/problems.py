"""Problems of configuration files, with the line and a caret under the place."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable
from typing import Protocol

from sdx_state.report.escape import escape
from sdx_state.report.theme import Theme

WINDOW = 100  # columns shown of a long line


class Problem(Protocol):
    """Something that is wrong with a file, or odd."""

    @property
    def file(self) -> str: ...
    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...
    @property
    def message(self) -> str: ...
    @property
    def severity(self) -> str: ...
    @property
    def hint(self) -> str | None: ...
    @property
    def text(self) -> str | None: ...


def problems_text(problems: Iterable[Problem], *, colour: bool) -> str:
    """Return every problem as `file:line:column: severity: message`, its line, a caret, and a hint."""
    theme = Theme(colour)
    lines = []
    errors = warnings = 0
    for problem in problems:
        errors += problem.severity == "error"
        warnings += problem.severity != "error"
        place = (
            f"{escape(problem.file)}:{problem.line}:{problem.column}:" if problem.line else f"{escape(problem.file)}:"
        )
        severity = theme.paint(problem.severity, f"{problem.severity}:")
        lines.append(f"{theme.paint('strong', place)} {severity} {escape(problem.message)}")
        if problem.text is not None and problem.line:
            lines += _excerpt(problem.text, problem.column, problem.line, theme)
        if problem.hint:
            lines.append(f"    {theme.paint('faint', 'hint:')} {escape(problem.hint)}")
    counted = [
        f"{count} {what}{'s' if count > 1 else ''}"
        for count, what in ((errors, "error"), (warnings, "warning"))
        if count
    ]
    return "\n".join([*lines, f"{' and '.join(counted)}."] if counted else lines)


def problems_json(problems: Iterable[Problem]) -> str:
    """Return every problem as one JSON document, pure ASCII, with a line end."""
    documents = [
        {
            "file": problem.file,
            "line": problem.line,
            "column": problem.column,
            "severity": problem.severity,
            "message": problem.message,
            "hint": problem.hint,
        }
        for problem in problems
    ]
    errors = [document for document in documents if document["severity"] == "error"]
    warnings = [document for document in documents if document["severity"] != "error"]
    report = {"valid": not errors, "errors": errors, "warnings": warnings}
    return json.dumps(report, ensure_ascii=True, indent=2) + "\n"


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
