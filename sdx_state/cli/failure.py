"""Failures as messages and exit codes, in one table."""

from __future__ import annotations

import os
import sys

import click

STALE, LOCKED, DECIDE, LIMIT, STATE, HANDOFF, INTERRUPTED, TERMINATED = 3, 4, 5, 6, 7, 8, 130, 143


class Stop(Exception):
    """Ends a command with a message and an exit code."""

    def __init__(self, message: str, advice: str = "", code: int = 1) -> None:
        super().__init__(message)
        self.advice = advice
        self.code = code


def report_failure(error: BaseException) -> int | None:
    """Print what `error` means for the person who must act, and return the exit code; None if it is a bug."""
    if _interrupted(error):
        click.echo("\nInterrupted. Nothing more was sent.", err=True)
        return INTERRUPTED
    if isinstance(error, click.ClickException):
        error.show()
        return error.exit_code
    if isinstance(error, BrokenPipeError):
        # Whoever read our output has seen enough; keep the interpreter from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    if isinstance(error, Stop):
        return _say(str(error), error.advice, error.code)
    return _foreseen(error)


def _interrupted(error: BaseException | None) -> bool:
    """Tell whether Ctrl-C ended it; Python wraps that where it comes while a class is made."""
    while error is not None:
        if isinstance(error, click.exceptions.Abort | KeyboardInterrupt):
            return True
        error = error.__cause__
    return False


def _foreseen(error: BaseException) -> int | None:
    from sdx_state.config import ConfigurationError

    if isinstance(error, ConfigurationError):
        from sdx_state.cli.console import err_colour
        from sdx_state.report.problems import problems_text

        click.echo(problems_text(error.problems, colour=err_colour()), err=True)
        return 1
    from sdx_state.api.errors import ApiError
    from sdx_state.apply.rehearsal import SnapshotUnreadable
    from sdx_state.apply.saved import PlanStale
    from sdx_state.apply.workspace import WrongTenant
    from sdx_state.live import TooMuchMissing
    from sdx_state.plan.codec import PlanUnreadable
    from sdx_state.state.errors import StateError, StateLocked, StateUnusable

    if isinstance(error, ApiError):
        return _say(str(error), error.advice, 1)
    if isinstance(error, PlanStale):
        return _say(str(error), "Nothing was written. Plan again, and review that.", STALE)
    if isinstance(error, StateError):
        code = LOCKED if isinstance(error, StateLocked) else STATE if isinstance(error, StateUnusable) else 1
        message, _, advice = str(error).partition("\n")
        return _say(message, advice, code)
    if isinstance(error, TooMuchMissing):
        message, _, advice = str(error).partition("\n")
        return _say(f"absence: {message}", advice, LIMIT)
    if isinstance(error, WrongTenant):
        return _say(str(error), error.advice, 1)
    if isinstance(error, SnapshotUnreadable):
        return _say(str(error), "Make a new one: sdx-state pull --snapshot FILE", 1)
    if isinstance(error, PlanUnreadable):
        return _say(str(error), "Make a new one: sdx-state plan --out FILE", 1)
    if isinstance(error, OSError) and error.filename is not None:
        return _say(f"{error.filename}: {error.strerror}", "", 1)
    return None


def report_bug(error: BaseException) -> int:
    """Print where the program went wrong, without values and without credentials, and return the exit code."""
    import traceback

    from sdx_state.api.credentials import redact_environment
    from sdx_state.report.escape import escape_lines

    text = "".join(traceback.format_exception(error))
    click.echo(escape_lines(redact_environment(text, os.environ)), err=True)
    click.echo(
        "This is a bug of sdx-state. Nothing is lost: what was being written is in the journal, and the next run "
        "finds out what became of it. Please report the lines above.",
        err=True,
    )
    return 1


def _say(message: str, advice: str, code: int) -> int:
    from sdx_state.cli.console import err_colour
    from sdx_state.report.escape import escape_lines

    head = click.style("Error: ", fg="red", bold=True) if err_colour() else "Error: "
    click.echo(head + escape_lines(message), err=True)
    if advice:
        click.echo(escape_lines(advice), err=True)
    return code
