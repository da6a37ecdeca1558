"""What is wrong with a configuration, and where: every problem of every file, told at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sdx_state.model.alike import WORD, nearest

Severity = Literal["error", "warning"]
MAX_LISTED = 20


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


def closest(word: str, known: Iterable[str]) -> str | None:
    """Return the hint that names the one of `known` that `word` looks like, if there is one."""
    folded = {candidate.casefold(): candidate for candidate in sorted(known)}
    near = nearest(word[:WORD].casefold(), folded)
    return f"did you mean `{folded[near]}`?" if near is not None else None


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Return the hint that names the one of `known` that `word` looks like, or lists them when they are few."""
    candidates = sorted(known)
    hint = closest(word, candidates)
    if hint is None and 0 < len(candidates) <= MAX_LISTED:
        return "known: " + ", ".join(f"`{candidate}`" for candidate in candidates)
    return hint
