"""How a played conversation went: what was said, and what was not as expected."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from sdx_state.model.conversation import Check
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.resource import Source


@dataclass(frozen=True)
class Line:
    """One thing that was said."""

    who: Literal["survey", "respondent"]
    text: str


@dataclass(frozen=True)
class Failure:
    """One expectation that was not met.

    Attributes:
        code: The code of its diagnostic.
        source: Where it stands.
        message: What is wrong.
        expected, found: The two, where they can be set side by side.
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
    """How a check went.

    Attributes:
        check: The check.
        failures: What was not as expected.
        transcript: What was said, as far as it came.
        seconds: How long it took.
        left: What of it stays in the tenant, in words.
        held: False if it was told to stop before its end, or before its beginning.
    """

    check: Check
    failures: tuple[Failure, ...] = ()
    transcript: tuple[Line, ...] = ()
    seconds: float = 0.0
    left: str | None = None
    held: bool = True

    @property
    def passed(self) -> bool:
        """Whether everything was as expected."""
        return self.held and not self.failures

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What was not as expected, as diagnostics of the survey."""
        survey = self.check.survey
        found = tuple(replace(one.diagnostic, address=survey) for one in self.failures)
        if self.held or found:
            return found
        message = f"{self.check.key}: the run was told to stop"
        return (Diagnostic("check-interrupted", "warning", message, self.check.source, survey),)
