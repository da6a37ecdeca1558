"""Result of a check: transcript and failed expectations."""

from __future__ import annotations

from typing import Literal

from sdx_state.model.conversation import Check
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.resource import Source
from sdx_state.records import dataclass, replace


@dataclass(frozen=True)
class Line:
    """One line of the transcript."""

    who: Literal["survey", "respondent"]
    text: str


@dataclass(frozen=True)
class Failure:
    """One failed expectation.

    Attributes:
        code: The code of its diagnostic.
        source: Place of the expectation.
        message: The difference.
        expected, found: The two values, if they can be compared.
    """

    code: str
    source: Source
    message: str
    expected: str | None = None
    found: str | None = None

    @property
    def diagnostic(self) -> Diagnostic:
        """The failure as a diagnostic."""
        compared = self.expected is not None and self.found is not None
        values = f": expected {self.expected!r}, found {self.found!r}" if compared else ""
        return Diagnostic(self.code, "error", f"{self.message}{values}", self.source)


@dataclass(frozen=True)
class Played:
    """The result of one check.

    Attributes:
        check: The check.
        failures: The failed expectations.
        transcript: Prompts and answers, up to its end.
        seconds: Its duration.
        left: Data that remains in the tenant, in words.
        held: False if it was stopped before its end.
    """

    check: Check
    failures: tuple[Failure, ...] = ()
    transcript: tuple[Line, ...] = ()
    seconds: float = 0.0
    left: str | None = None
    held: bool = True

    @property
    def passed(self) -> bool:
        """True if all expectations were fulfilled."""
        return self.held and not self.failures

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """The failed expectations as diagnostics of the survey."""
        survey = self.check.survey
        found = tuple(replace(one.diagnostic, address=survey) for one in self.failures)
        if self.held or found:
            return found
        message = f"{self.check.key}: the run was stopped"
        return (Diagnostic("check-interrupted", "warning", message, self.check.source, survey),)
