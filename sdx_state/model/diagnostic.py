"""`Diagnostic`: the one shape of everything that is found, from a YAML error to a change that failed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, get_args

from sdx_state.model.address import Address
from sdx_state.model.resource import Source

Severity = Literal["error", "warning", "info"]  # information changes no exit code
SEVERITIES: tuple[Severity, ...] = get_args(Severity)  # the worst first

# Codes of errors that are no mistake of the configuration, and have an exit code of their own.
LIMITS = frozenset({"blocked", "deletes", "empty", "freeze", "protect", "risk"})
DECISIONS = frozenset({"ambiguous-match", "apply-ambiguous", "id-used-again", "unlisted-resource"})


@dataclass(frozen=True)
class Diagnostic:
    """One thing that was found.

    Attributes:
        code: Its kebab-case rule name, which `sdx-state explain CODE` explains.
        severity: An error forbids applying, a warning and information do not.
        message: The finding, in a sentence without a full stop.
        source: Where it is declared; line 0 for a file as a whole.
        address: The resource that it is about.
        help: The next step for the person who must act.
        excerpt: The line of the source, for a caret; None where it cannot be shown.
        brief: A few words for the summary line, of a limit that names a number. Not part of documents.
    """

    code: str
    severity: Severity
    message: str
    source: Source | None = None
    address: Address | None = None
    help: str | None = None
    excerpt: str | None = None
    brief: str | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"{self.source}: {self.message}" if self.source is not None else self.message

    @property
    def is_limit(self) -> bool:
        """Whether it is a safety limit that a plan breaks, which consent may cover."""
        return self.severity == "error" and self.code in LIMITS

    @property
    def needs_decision(self) -> bool:
        """Whether a person has to choose between candidates."""
        return self.severity == "error" and self.code in DECISIONS


def in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return `diagnostics` by file, line and column, each once; those without a place come last."""
    return tuple(sorted(dict.fromkeys(diagnostics), key=_place))


def _place(one: Diagnostic) -> tuple[bool, str, int, int, str]:
    source = one.source
    if source is None:
        return True, "", 0, 0, one.message
    return False, source.file, source.line, source.column, one.message
