"""Outcomes of the changes of a run."""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from sdx_state.api.errors import SurveyDynamixError
from sdx_state.model.ledger import Ledger
from sdx_state.model.plan import Action, Change
from sdx_state.records import dataclass

Status = Literal["done", "failed", "ambiguous", "stale", "handoff", "not started"]
LOOK = "nothing was written to it. Run plan to see the current changes"


@dataclass(frozen=True)
class Outcome:
    """Outcome of one change.

    Attributes:
        change: The change.
        status: `done`; `failed`; `ambiguous` (whether it was done is unknown); `stale` (the tenant changed after
            the plan, nothing was written); `handoff` (the server does not support it); `not started`.
        message: The reason, if it is not done.
        advice: The next step for the user.
        id: The live id, if known.
        error: The API error, for which the renderer has advice.
    """

    change: Change
    status: Status
    message: str = ""
    advice: str = ""
    id: str | None = None
    error: SurveyDynamixError | None = field(default=None, compare=False)


class Withheld(Exception):
    """A write was not sent, because a check right before it (or before its retry) failed.

    Attributes:
        message: The reason.
        advice: The next step for the user.
        status: Status of the change.
    """

    def __init__(self, message: str, advice: str = LOOK, status: Literal["stale", "failed"] = "stale") -> None:
        super().__init__(message)
        self.message, self.advice, self.status = message, advice, status

    def outcome(self, change: Change) -> Outcome:
        """Return the outcome of `change`."""
        return Outcome(change, self.status, self.message, self.advice, change.id)


@dataclass(frozen=True)
class ApplyResult:
    """Result of a run.

    Attributes:
        outcomes: One for each change of the plan, in its order.
        ledger: The saved ledger.
        interrupted: A signal stopped the run.
    """

    outcomes: tuple[Outcome, ...]
    ledger: Ledger
    interrupted: bool = False

    def of(self, status: Status) -> tuple[Outcome, ...]:
        """Return the outcomes with `status`."""
        return tuple(outcome for outcome in self.outcomes if outcome.status == status)

    def count(self, action: Action) -> int:
        """Return the number of done changes of `action`."""
        return sum(outcome.status == "done" and outcome.change.action is action for outcome in self.outcomes)

    @property
    def imported(self) -> int:
        """Number of imported resources."""
        return sum(outcome.status == "done" and outcome.change.importing for outcome in self.outcomes)


def not_started(change: Change, because: str | None = None) -> Outcome:
    """Return the outcome of a change that was not started."""
    return Outcome(change, "not started", f"requires {because}, which was not applied" if because else "")


def handed_off(change: Change) -> Outcome:
    """Return the outcome of a change that is in the hand-off."""
    return Outcome(change, "handoff", "the server does not support this write: it is in the hand-off", "", change.id)


def stale(change: Change, message: str, advice: str = LOOK) -> Outcome:
    """Return the outcome of a change that no longer fits the tenant: nothing was written."""
    return Outcome(change, "stale", message, advice, change.id)
