"""Failures as messages and exit codes, in one table."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from sdx_state.cli.streams import OutputLost

if TYPE_CHECKING:
    from sdx_state.apply.approval import PlanStale, Refused
    from sdx_state.config import Problem
    from sdx_state.model.plan import Plan
    from sdx_state.risk.limits import Refusal

STALE, LOCKED, DECIDE, LIMIT, STATE, HANDOFF, INTERRUPTED, TERMINATED = 3, 4, 5, 6, 7, 8, 130, 143


class Stop(Exception):
    """Ends a command with a message and an exit code.

    Attributes:
        advice: What to do next.
        code: The exit code.
        told: The plan says it already.
        limits: The limits that stopped it, if it was those.
    """

    def __init__(
        self,
        message: str,
        advice: str = "",
        code: int = 1,
        *,
        told: bool = False,
        limits: tuple[Refusal, ...] = (),
    ) -> None:
        super().__init__(message)
        self.advice = advice
        self.code = code
        self.told = told
        self.limits = limits


def report_failure(error: BaseException) -> int | None:
    """Print what `error` means for the person who must act, and return the exit code; None if it is a bug."""
    if _interrupted(error):
        click.echo("\nInterrupted. Nothing more was sent.", err=True)
        return INTERRUPTED
    if isinstance(error, click.ClickException):
        error.show()
        return error.exit_code
    if isinstance(error, BrokenPipeError):
        return 1  # whoever read our output has seen enough
    failure = foreseen(error)
    if failure is None:
        return None
    if failure.problems:
        from sdx_state.cli.console import err_colour
        from sdx_state.report.problems import problems_text

        click.echo(problems_text(failure.problems, colour=err_colour()), err=True)
        return failure.code
    return _say(failure)


def _interrupted(error: BaseException | None) -> bool:
    """Tell whether Ctrl-C ended it; Python wraps that where it comes while a class is made."""
    while error is not None:
        if isinstance(error, click.exceptions.Abort | KeyboardInterrupt):
            return True
        error = error.__cause__
    return False


@dataclass(frozen=True)
class Failure:
    """What stopped a command.

    Attributes:
        message: What is wrong.
        advice: What to do next.
        code: The exit code.
        problems: What is wrong with the configuration, each with its place, if it was that.
        told: The plan says it already.
        limits: The limits that stopped it, if it was those.
    """

    message: str
    advice: str
    code: int
    problems: tuple[Problem, ...] = ()
    told: bool = False
    limits: tuple[Refusal, ...] = ()


def foreseen(error: BaseException) -> Failure | None:
    """Return what `error` means for the person who must act, None if nobody foresaw it."""
    if isinstance(error, Stop):
        return Failure(str(error), error.advice, error.code, told=error.told, limits=error.limits)
    if isinstance(error, OutputLost):
        advice = "Part of the output is missing. Give it somewhere to go, then see where things are: sdx-state plan"
        return Failure(f"stdout took no more ({error})", advice, 1)

    from sdx_state.api.errors import SurveyDynamixError
    from sdx_state.app.adopt import NotAdoptable
    from sdx_state.app.opening import SandboxUnusable
    from sdx_state.app.pull import NotPulled
    from sdx_state.app.rehearsal import SnapshotUnreadable
    from sdx_state.app.tenant import UnprovenTenant, WrongTenant
    from sdx_state.apply.approval import PlanStale, Refused
    from sdx_state.config import ConfigurationError
    from sdx_state.live import TooMuchMissing
    from sdx_state.plan.codec import PlanUnreadable
    from sdx_state.report.advice import advice_for
    from sdx_state.state.errors import StateError, StateLocked, StateUnusable

    if isinstance(error, ConfigurationError):
        return Failure("the configuration is invalid", "", 1, error.problems)
    if isinstance(error, SurveyDynamixError):
        return Failure(str(error), advice_for(error), 1)
    if isinstance(error, NotPulled):
        return Failure(str(error), error.advice, DECIDE if error.decide else 1)
    if isinstance(error, Refused | PlanStale):
        return _not_approved(error)
    if isinstance(error, StateError):
        code = LOCKED if isinstance(error, StateLocked) else STATE if isinstance(error, StateUnusable) else 1
        message, _, advice = str(error).partition("\n")
        return Failure(message, advice, code)
    if isinstance(error, TooMuchMissing):
        message, _, advice = str(error).partition("\n")
        return Failure(f"absence: {message}", advice, LIMIT)
    if isinstance(error, UnprovenTenant | NotAdoptable | WrongTenant | SandboxUnusable):
        return Failure(str(error), error.advice, STALE if isinstance(error, UnprovenTenant) else 1)
    if isinstance(error, SnapshotUnreadable):
        return Failure(str(error), "Make a new one: sdx-state pull --snapshot FILE", 1)
    if isinstance(error, PlanUnreadable):
        return Failure(str(error), "Make a new one: sdx-state plan --out FILE", 1)
    if isinstance(error, OSError) and error.filename is not None:
        return Failure(f"{error.filename}: {error.strerror}", "", 1)
    return None


def _not_approved(error: Refused | PlanStale) -> Failure:
    """Return why a plan was not approved: it is another one, it has errors, or it does more than was agreed to."""
    from sdx_state.apply.approval import PlanStale

    if isinstance(error, PlanStale):
        return Failure(str(error), "Nothing was written. Plan again, and review that.", STALE)
    if error.plan is None:
        return Failure(str(error), error.advice, LIMIT if error.violations else 1, limits=error.violations)
    count = len(error.errors)
    message = f"the plan has {count} error{'s' if count > 1 else ''}, shown above"
    return Failure(message, error.advice, error_code(error.plan), told=True)


def error_code(plan: Plan) -> int:
    """Return the exit code of a plan with errors: 5 where a person has to choose between candidates."""
    return DECIDE if any(finding.decide for finding in plan.errors) else 1


def report_bug(error: BaseException) -> int:
    """Print where the program went wrong, without values and without credentials, and return the exit code."""
    import traceback

    from sdx_state.model.redaction import forms_in, redact
    from sdx_state.report.escape import escape_lines

    text = "".join(traceback.format_exception(error))
    click.echo(escape_lines(redact(text, forms_in(os.environ, shortest=1))), err=True)
    click.echo(
        "This is a bug of sdx-state. Nothing is lost: what was being written is in the journal, and the next run "
        "finds out what became of it. Please report the lines above.",
        err=True,
    )
    return 1


def _say(failure: Failure) -> int:
    from sdx_state.cli.console import err_colour
    from sdx_state.report.escape import escape_lines

    head = click.style("Error: ", fg="red", bold=True) if err_colour() else "Error: "
    click.echo(head + escape_lines(failure.message), err=True)
    if failure.advice:
        click.echo(escape_lines(failure.advice), err=True)
    return failure.code
