"""The terminal: data on stdout, everything else on stderr, colours and progress only where someone looks."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

import click

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

    from sdx_state.api.retry import Wait
    from sdx_state.model.whereabouts import Whereabouts

NARROWEST, WIDEST = 60, 140


def out_colour() -> bool:
    """Tell whether stdout takes colours."""
    return _colour(sys.stdout)


def err_colour() -> bool:
    """Tell whether stderr takes colours."""
    return _colour(sys.stderr)


def watched() -> bool:
    """Tell whether a user sees stderr, and so progress."""
    return sys.stderr.isatty() and not _variable("CI")


def width() -> int:
    """Return how wide what is printed may be, in columns."""
    return max(NARROWEST, min(WIDEST, shutil.get_terminal_size((100, 24)).columns))


def say(text: str = "") -> None:
    """Print `text` to stderr."""
    click.echo(text, err=True)


def print_document(text: str) -> None:
    """Print `text`, a document that is UTF-8 by itself, to stdout: on a terminal in the encoding of that."""
    from sdx_state.cli.redaction import redacted, stdout_bytes

    binary = stdout_bytes()
    if binary is None or sys.stdout.isatty():
        click.echo(text, nl=False)
        return
    sys.stdout.flush()
    binary.write(redacted(text).encode("utf-8", "replace"))
    binary.flush()


def say_waiting(seconds: float) -> None:
    """Say that what an earlier run sent is waited for."""
    say(f"Changes of an earlier run may not be visible yet: waiting up to {seconds:.0f} s.")


def say_server_busy(wait: Wait) -> None:
    """Say until when the server asks to wait, and when the request is retried."""
    from sdx_state.report.waits import wait_line

    say(wait_line(wait))


class ReadingProgress:
    """A progress bar of requests on a terminal; nothing elsewhere. Thread-safe."""

    def __init__(self, bar: RichProgress | None, task: TaskID | None) -> None:
        self._bar, self._task, self._total = bar, task, 0
        self._lock = threading.Lock()

    def expect(self, count: int) -> None:
        """Count `count` more requests."""
        with self._lock:
            self._total += count
            if self._bar is not None and self._task is not None:
                self._bar.update(self._task, total=self._total)

    def advance(self) -> None:
        """Count one request as done."""
        if self._bar is not None and self._task is not None:
            self._bar.advance(self._task)


@contextmanager
def ticking(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show a progress bar of `total` steps on a terminal; the block tells it how many are left."""
    if not sys.stderr.isatty():
        yield lambda _left: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=Console(stderr=True)
    ) as bar:
        task = bar.add_task(what, total=total)
        yield lambda left: bar.update(task, completed=max(0, total - left))


@contextmanager
def reading(what: str, *, visible: bool = True) -> Iterator[ReadingProgress]:
    """Show a progress bar titled `what` on stderr while the block runs, if that is a terminal."""
    if not visible or not watched():
        yield ReadingProgress(None, None)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield ReadingProgress(bar, bar.add_task(what, total=None))


def say_where(where: Whereabouts) -> None:
    """Print environment, host and tenant."""
    from sdx_state.report.whereabouts import where_line

    say(where_line(where))


def confirmed(where: Whereabouts, question: str) -> bool:
    """Ask on the terminal about the tenant of `where`; only `yes` is yes. Without a terminal the answer is no."""
    if not sys.stdin.isatty():
        return False
    say()
    say_where(where)
    say(f"{question}\n  Only 'yes' will be accepted to approve.\n")
    click.echo("  Enter a value: ", err=True, nl=False)
    return sys.stdin.readline().strip() == "yes"


def typed(where: Whereabouts, question: str, reasons: Sequence[str], tenant: str) -> bool:
    """Ask on the terminal for the name of the tenant: its host, its customer, or both as they are printed."""
    from sdx_state.model.urls import authority_of
    from sdx_state.report.escape import escape

    origin, _, customer = tenant.partition("#")
    host = authority_of(origin)
    say()
    say_where(where)
    say(question)
    for reason in reasons:
        say(f"  {escape(reason)}")
    also = f" (or {escape(customer)})" if customer else ""
    say(f"  Type the name of the tenant to approve: {escape(host)}{also}\n")
    click.echo("  Enter a value: ", err=True, nl=False)
    value = sys.stdin.readline().strip()
    return bool(value) and value in {host, host.partition(":")[0], customer, origin, tenant}


def typed_address(where: Whereabouts, reason: str, address: str) -> bool:
    """Ask on the terminal for the address of a critical change."""
    from sdx_state.report.escape import escape

    say()
    say_where(where)
    say(f"{escape(reason)}\n  Type the address to approve this change: {escape(address)}\n")
    click.echo("  Enter a value: ", err=True, nl=False)
    return sys.stdin.readline().strip() == address


def _variable(name: str) -> str:
    return os.environ.get(name, "")  # noqa: TID251 - it describes the terminal, which this process has one of


def _colour(stream: TextIO) -> bool:
    if _variable("NO_COLOR"):
        return False
    forced = _variable("FORCE_COLOR")  # as CI systems set it for their logs: 0 and false are no
    if forced:
        return forced.lower() not in ("0", "false")
    return stream.isatty() and _variable("TERM") != "dumb"
