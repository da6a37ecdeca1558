"""`Diagnostic`: the type of all findings, from a YAML error to a failed change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from typing import Literal, get_args

from sdx_state.model.address import Address
from sdx_state.model.resource import Source
from sdx_state.records import dataclass, replace

Severity = Literal["error", "warning", "info"]  # Information does not change the exit code.
SEVERITIES: tuple[Severity, ...] = get_args(Severity)  # The worst first.

# Codes of errors with an exit code of their own: they are not errors of the configuration.
LIMITS = frozenset({"blocked", "deletes", "empty", "freeze", "protect", "risk"})
DECISIONS = frozenset(
    {"ambiguous-match", "apply-ambiguous", "id-used-again", "live-outside-scope", "unlisted-resource"}
)


@dataclass(frozen=True)
class Diagnostic:
    """One finding.

    Attributes:
        code: Its kebab-case rule name, which `sdx-state explain CODE` explains.
        severity: An error prevents applying, a warning and information do not.
        message: One sentence without a full stop.
        source: Place of the declaration; line 0 for a whole file.
        address: The address of the resource.
        help: The fix or the next step.
        excerpt: The source line, for a caret; None if it cannot be shown.
        brief: A few words for the summary line, for a limit with a number. Not part of documents.
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
        """True for a violation of a safety limit, which consent may cover."""
        return self.severity == "error" and self.code in LIMITS

    @property
    def needs_decision(self) -> bool:
        """True if the user must choose between candidates."""
        return self.severity == "error" and self.code in DECISIONS


def in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return `diagnostics` by file, line and column, each once; those without a place come last."""
    return tuple(sorted(dict.fromkeys(diagnostics), key=_place))


def _place(one: Diagnostic) -> tuple[bool, str, int, int, str]:
    source = one.source
    if source is None:
        return True, "", 0, 0, one.message
    return False, source.file, source.line, source.column, one.message


def once_for_all_uses(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return `diagnostics`; of those that differ only in the declaration that uses a value, the first and a count."""
    found: dict[object, Diagnostic] = {}
    others: dict[tuple[object, ...], int] = {}
    for number, one in enumerate(diagnostics):
        source = one.source
        if source is None or source.use is None:
            found[number] = one
            continue
        message = one.message.removeprefix(f"{one.address}: ") if one.address is not None else one.message
        same = (one.code, one.severity, message, one.help, source.file, source.line, source.column)
        others[same] = others.get(same, -1) + 1
        found.setdefault(same, one)
    for key, count in others.items():
        one = found[key]
        if count and one.source is not None and one.source.use is not None:
            use = replace(one.source.use, others=one.source.use.others + count)
            found[key] = replace(one, source=replace(one.source, use=use))
    return list(found.values())
