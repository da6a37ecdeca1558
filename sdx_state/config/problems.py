"""What is wrong with a configuration, and where: every problem of every file, told at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, or looks it.

    Attributes:
        file: The file, relative to the project's folder.
        line: Line, from 1.
        column: Column, from 1, in characters.
        message: What is wrong, in a sentence without a full stop.
        severity: An error stops everything, a warning is shown.
        hint: What to do about it.
        text: The line of the file as it stands there, for a caret; None where it cannot be shown.
    """

    file: str
    line: int
    column: int
    message: str
    severity: Severity = "error"
    hint: str | None = None
    text: str | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class ConfigurationError(Exception):
    """The configuration is invalid.

    Attributes:
        problems: All problems of all files, by file, line and column; at least one is an error.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = in_order(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return `problems` by file, line and column, each once."""
    return tuple(sorted(dict.fromkeys(problems), key=lambda one: (one.file, one.line, one.column, one.message)))
