"""What became of each change of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from sdx_state.api.errors import SurveyDynamixError
from sdx_state.model.ledger import Ledger
from sdx_state.model.plan import Action, Change

Status = Literal["done", "failed", "ambiguous", "stale", "handoff", "not started"]
LOOK = "nothing was written to it; run plan to see what is there"


@dataclass(frozen=True)
class Outcome:
    """What became of one change.

    Attributes:
        change: The change.
        status: `done`; `failed`; `ambiguous` (whether it was done is unknown); `stale` (the tenant changed under
            us, nothing was written); `handoff` (the server does not take it: a person must); `not started`.
        message: What went wrong, or why it was not started.
        advice: What to do next.
        id: The live id, where known.
        error: The API error that it ended in, which whoever shows it has advice for.
    """

    change: Change
    status: Status
    message: str = ""
    advice: str = ""
    id: str | None = None
    error: SurveyDynamixError | None = field(default=None, compare=False)


class Withheld(Exception):
    """A look right before a write is sent, or sent once more, says that it must not be: it was not.

    Attributes:
        message: Why.
        advice: What to do next.
        status: What that makes of the change.
    """

    def __init__(self, message: str, advice: str = LOOK, status: Literal["stale", "failed"] = "stale") -> None:
        super().__init__(message)
        self.message, self.advice, self.status = message, advice, status

    def outcome(self, change: Change) -> Outcome:
        """Return what that makes of `change`."""
        return Outcome(change, self.status, self.message, self.advice, change.id)


@dataclass(frozen=True)
class ApplyResult:
    """The end of a run.

    Attributes:
        outcomes: One for each change of the plan, in its order.
        ledger: As saved.
        interrupted: A signal stopped the run before its end.
    """

    outcomes: tuple[Outcome, ...]
    ledger: Ledger
    interrupted: bool = False

    def of(self, status: Status) -> tuple[Outcome, ...]:
        """Return the outcomes with `status`."""
        return tuple(outcome for outcome in self.outcomes if outcome.status == status)

    def count(self, action: Action) -> int:
        """Return how many changes of `action` were done."""
        return sum(outcome.status == "done" and outcome.change.action is action for outcome in self.outcomes)

    @property
    def imported(self) -> int:
        """How many resources were adopted."""
        return sum(outcome.status == "done" and outcome.change.importing for outcome in self.outcomes)


def not_started(change: Change, because: str | None = None) -> Outcome:
    """Return the outcome of `change` that was never begun."""
    return Outcome(change, "not started", f"needs {because}, which was not done" if because else "")


def handed_off(change: Change) -> Outcome:
    """Return the outcome of `change` that a person must make."""
    return Outcome(change, "handoff", "the server does not take this write: it is in the hand-off", "", change.id)


def stale(change: Change, message: str, advice: str = LOOK) -> Outcome:
    """Return the outcome of `change` that the tenant is not ready for any more: nothing was written."""
    return Outcome(change, "stale", message, advice, change.id)
