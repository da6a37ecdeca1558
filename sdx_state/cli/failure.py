"""Failures as messages and exit codes, in one table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from sdx_state.cli.streams import OutputLost
from sdx_state.programs.interrupts import Terminated
from sdx_state.records import dataclass

if TYPE_CHECKING:
    from sdx_state.api.errors import SurveyDynamixError
    from sdx_state.apply.approval import PlanStale, Refused
    from sdx_state.model.diagnostic import Diagnostic
    from sdx_state.model.plan import Plan
    from sdx_state.state.errors import StateError

STALE, LOCKED, DECIDE, LIMIT, STATE, HANDOFF, INTERRUPTED, TERMINATED = 3, 4, 5, 6, 7, 8, 130, 143
STOPPED = "command-stopped"  # says no more than the message, and is not shown


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
        limits: tuple[Diagnostic, ...] = (),
    ) -> None:
        super().__init__(message)
        self.advice = advice
        self.code = code
        self.told = told
        self.limits = limits


def report_failure(error: BaseException) -> int | None:
    """Print what `error` means for the person who must act, and return the exit code; None if it is a bug."""
    if _ended_by(error, click.exceptions.Abort, KeyboardInterrupt):
        click.echo("\nInterrupted. Nothing more was sent.", err=True)
        return TERMINATED if _ended_by(error, Terminated) else INTERRUPTED
    if isinstance(error, click.ClickException):
        error.show()
        return error.exit_code
    if isinstance(error, BrokenPipeError):
        return 1  # the reader of the output closed the pipe
    failure = foreseen(error)
    if failure is None:
        return None
    if failure.diagnostics:
        from sdx_state.cli.console import err_colour
        from sdx_state.report.diagnostics import diagnostics_text

        click.echo(diagnostics_text(failure.diagnostics, colour=err_colour()), err=True)
        return failure.exit_code
    return _say(failure)


def _ended_by(error: BaseException | None, *kinds: type[BaseException]) -> bool:
    """Tell whether one of `kinds` ended it: click and Python raise something else for Ctrl-C."""
    while error is not None:
        if isinstance(error, kinds):
            return True
        error = error.__cause__ or (error.__context__ if isinstance(error, click.exceptions.Abort) else None)
    return False


@dataclass(frozen=True)
class Failure:
    """The reason why a command stopped.

    Attributes:
        code: The code of its diagnostic.
        message: What is wrong.
        advice: What to do next.
        exit_code: The exit code.
        diagnostics: What is wrong with the configuration, each with its place, if it was that.
        told: The plan says it already.
        limits: The limits that stopped it, if it was those.
    """

    code: str
    message: str
    advice: str
    exit_code: int
    diagnostics: tuple[Diagnostic, ...] = ()
    told: bool = False
    limits: tuple[Diagnostic, ...] = ()

    @property
    def found(self) -> tuple[Diagnostic, ...]:
        """The reason as diagnostics; each line of a message is one, and the last has the advice."""
        from sdx_state.model.diagnostic import Diagnostic

        if self.diagnostics or self.limits:
            return self.diagnostics or self.limits
        *lines, last = (line.strip() for line in self.message.split("\n"))
        told = [Diagnostic(self.code, "error", line) for line in lines]
        return (*told, Diagnostic(self.code, "error", last, help=self.advice or None))


def foreseen(error: BaseException) -> Failure | None:
    """Return what `error` means for the person who must act, None if it was not foreseen."""
    if isinstance(error, Stop):
        return Failure(STOPPED, str(error), error.advice, error.code, told=error.told, limits=error.limits)
    if isinstance(error, OutputLost):
        advice = "Part of the output is missing. Redirect it to a writable file, then check with: sdx-state plan"
        return Failure("output-lost", f"cannot write to stdout ({error})", advice, 1)

    from sdx_state.api.errors import SurveyDynamixError
    from sdx_state.app.extension import ExtensionFailed
    from sdx_state.app.extensions import FAILED
    from sdx_state.app.opening import SandboxUnusable
    from sdx_state.app.pull_conditions import NotPulled
    from sdx_state.app.rehearsal import SnapshotUnreadable
    from sdx_state.app.resolution import NotImportable
    from sdx_state.app.tenant import UnprovenTenant, WrongTenant
    from sdx_state.apply.approval import PlanStale, Refused
    from sdx_state.config.errors import ConfigurationError
    from sdx_state.live import TooMuchMissing
    from sdx_state.plan.codec import PlanUnreadable
    from sdx_state.report.advice import advice_for
    from sdx_state.state.errors import StateError
    from sdx_state.translations.errors import TranslationError

    if isinstance(error, ConfigurationError):
        return Failure("invalid-configuration", "the configuration is invalid", "", 1, error.diagnostics)
    if isinstance(error, SurveyDynamixError):
        return Failure(_api_code(error), str(error), advice_for(error), 1)
    if isinstance(error, NotPulled):
        return Failure("not-pulled", str(error), error.advice, DECIDE if error.decide else 1)
    if isinstance(error, Refused | PlanStale):
        return _not_approved(error)
    if isinstance(error, StateError):
        return _of_state(error)
    if isinstance(error, TooMuchMissing):
        message, _, advice = str(error).partition("\n")
        return Failure("absence", f"absence: {message}", advice, LIMIT)
    if isinstance(error, UnprovenTenant | NotImportable | WrongTenant | SandboxUnusable | ExtensionFailed):
        codes: dict[type[Exception], str] = {
            NotImportable: "not-importable",
            SandboxUnusable: "sandbox-unusable",
            ExtensionFailed: FAILED,
        }
        code = codes.get(type(error), "wrong-tenant")
        return Failure(code, str(error), error.advice, STALE if isinstance(error, UnprovenTenant) else 1)
    if isinstance(error, SnapshotUnreadable | TranslationError):
        code = "not-translated" if isinstance(error, TranslationError) else "unreadable-snapshot"
        return Failure(code, str(error), error.advice, 1)
    if isinstance(error, PlanUnreadable):
        return Failure("unreadable-plan", str(error), "Make a new one: sdx-state plan --out FILE", 1)
    if isinstance(error, OSError) and error.filename is not None:
        return Failure("system-error", f"{error.filename}: {error.strerror}", "", 1)
    return None


def _of_state(error: StateError) -> Failure:
    from sdx_state.state.errors import StateLocked, StateUnusable
    from sdx_state.state.store import StoreError

    message, _, advice = str(error).partition("\n")
    if isinstance(error, StateLocked):
        return Failure("state-locked", message, advice, LOCKED)
    if isinstance(error, StateUnusable | StoreError):
        return Failure("state-unusable", message, advice, STATE)
    return Failure("state-error", message, advice, 1)


def _api_code(error: SurveyDynamixError) -> str:
    from sdx_state.api import errors as e
    from sdx_state.api.sign_in_errors import SignInError

    if isinstance(error, e.AuthenticationError | e.CredentialsError | SignInError):
        return "authentication-failed"
    if isinstance(error, e.PermissionDeniedError):
        return "permission-denied"
    if isinstance(error, e.InvalidURLError):
        return "invalid-url"
    if isinstance(error, e.APIConnectionError | e.RetryBudgetExhaustedError):
        return "api-unreachable"
    return "api-error"


def _not_approved(error: Refused | PlanStale) -> Failure:
    """Return why a plan was not approved: it is another one, it has errors, or it does more than was agreed to."""
    from sdx_state.apply.approval import PlanStale

    if isinstance(error, PlanStale):
        return Failure("stale-plan", str(error), error.advice, STALE)
    if error.plan is None:
        exit_code = LIMIT if error.violations else 1
        return Failure("not-approved", str(error), error.advice, exit_code, limits=error.violations)
    count = len(error.errors)
    message = f"the plan has {count} error{'s' if count > 1 else ''}, shown above"
    return Failure("not-approved", message, error.advice, error_code(error.plan), told=True)


def error_code(plan: Plan) -> int:
    """Return the exit code of a plan with errors: 5 where a person has to choose between candidates."""
    return DECIDE if any(one.needs_decision for one in plan.errors) else 1


def report_bug(error: BaseException, environ: Mapping[str, str]) -> int:
    """Print where the program went wrong, without values and without credentials, and return the exit code."""
    import traceback

    from sdx_state.model.redaction import forms_in, redact
    from sdx_state.report.escape import escape_lines

    text = "".join(traceback.format_exception(error))
    click.echo(escape_lines(redact(text, forms_in(environ, shortest=1))), err=True)
    click.echo(
        "This is a bug in sdx-state. Nothing is lost: the journal contains the writes in progress, and the next "
        "run resolves them. Please report the lines above.",
        err=True,
    )
    return 1


def _say(failure: Failure) -> int:
    from sdx_state.cli.console import err_colour
    from sdx_state.report.escape import escape_lines

    title = "Error" if failure.code == STOPPED else f"Error[{failure.code}]"
    head = click.style(f"{title}: ", fg="red", bold=True) if err_colour() else f"{title}: "
    click.echo(head + escape_lines(failure.message), err=True)
    if failure.advice:
        click.echo(escape_lines(failure.advice), err=True)
    return failure.exit_code
