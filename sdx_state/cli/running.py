"""Carrying a plan out, on the command line: what is shown meanwhile, signals, and the end."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Protocol

import click

from sdx_state.cli.console import say
from sdx_state.cli.failure import DECIDE, HANDOFF, INTERRUPTED, STALE, TERMINATED
from sdx_state.cli.streams import STDERR

if TYPE_CHECKING:
    from sdx_state.api.endpoints import Endpoints
    from sdx_state.app.workspace import Workspace
    from sdx_state.apply.approval import ApprovedPlan
    from sdx_state.apply.outcome import ApplyResult, Outcome
    from sdx_state.cli.reports import Reports
    from sdx_state.handoff.pack import Pack
    from sdx_state.model.plan import Change
    from sdx_state.state.journal import Journal

_BEGUN = {"create": "creating", "update": "changing", "delete": "deleting"}
_DONE = {"create": "created", "update": "changed", "delete": "deleted"}


STEPS = 10  # times that a run of many changes says how long the rest takes


class Narrator:
    """Says on stderr what is begun and what became of it, and how long the rest takes. Thread-safe.

    Args:
        total: Number of changes.
        clock: Seconds of a monotonic clock.
    """

    def __init__(self, total: int, clock: Callable[[], float]) -> None:
        self._total, self._ended = total, 0
        self._clock, self._begun = clock, clock()
        self._lock = threading.Lock()

    def started(self, change: Change) -> None:
        """Say nothing: an end follows within a second, or the deadline says why not."""

    def waiting(self, address: str, seconds: float) -> None:
        """Say that a write does not show yet."""
        from sdx_state.report.escape import escape

        with self._lock:
            say(f"  {escape(address)}: does not show yet, waiting up to {seconds:.0f} s")

    def ended(self, outcome: Outcome) -> None:
        """Say what became of a change that writes."""
        from sdx_state.report.escape import escape
        from sdx_state.report.text import MANY, duration

        with self._lock:
            self._ended += 1
            if not outcome.change.writes or outcome.status == "handoff":
                return
            action = outcome.change.action.value
            if outcome.status == "done":
                what = _DONE[action] + (f" (id {escape(outcome.id)})" if action == "create" and outcome.id else "")
                what += f"; {escape(outcome.message)}" if outcome.message else ""
            else:
                what = f"{_BEGUN[action]}: {outcome.status}: {escape(outcome.message)}"
            say(f"  [{self._ended}/{self._total}] {escape(outcome.change.address)}: {what}")
            left = self._total - self._ended
            if left and self._total >= MANY and self._ended % (self._total // STEPS) == 0:
                rest = (self._clock() - self._begun) / self._ended * left
                say(f"  {self._ended:,} of {self._total:,} changes; about {duration(rest)} left")


def say_at_once(text: str) -> None:
    """Write `text` past the buffer of stderr, which the code that a signal interrupts may be writing to."""
    with suppress(OSError):
        os.write(STDERR, text.encode())


class Stoppable(Protocol):
    """Work that ends in good order after `stop` is set."""

    stop: bool


class Signals:
    """The first SIGINT or SIGTERM ends a run in good order, the second at once.

    Attributes:
        received: The number of the first signal, None if there was none.
    """

    def __init__(self) -> None:
        self.received: int | None = None

    @contextmanager
    def ending(self, run: Stoppable, client: Endpoints, then: str = "then the state is saved") -> Iterator[None]:
        """Listen while the block runs, say what comes of a signal, and end what `client` waits for."""

        def end(number: int, _frame: FrameType | None) -> None:
            if self.received is not None:
                if os.isatty(STDERR):
                    say_at_once("\x1b[?25h")  # a progress bar may have hidden the cursor
                os._exit(128 + number)
            self.received = number
            run.stop = True
            client.stop_waiting()
            say_at_once(f"\nStopping: requests in flight end first, {then}. Press Ctrl-C again to quit now.\n")

        before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def carried_out(
    workspace: Workspace,
    journal: Journal,
    approved: ApprovedPlan,
    command: str,
    folder: Path,
    links: Mapping[str, str],
    reports: Reports,
) -> int:
    """Carry `approved` out, say what becomes of it, write what is left to a person, and return the exit code.

    Args:
        workspace: The tenant and its state.
        journal: Of this run.
        approved: What to do.
        command: Its name, for the journal.
        folder: Where the hand-off goes.
        links: Kind -> path of its page in the admin UI.
        reports: Told how it ended; unless people read stdout, the last line leaves it to them.
    """
    from sdx_state.app.handoff import hand_off_of, left_to_do
    from sdx_state.handoff.pack import write_pack
    from sdx_state.report.handoff import pack_texts

    plan = approved.plan
    run = workspace.run(journal, Narrator(len(plan.changes), workspace.machine.monotonic), command)
    signals = Signals()
    with signals.ending(run, workspace.client):
        result = run.apply(approved)
    pack = None
    if result.of("handoff"):  # before anything is printed, which can fail
        left = hand_off_of(workspace, left_to_do(plan, result), approved.review, links)
        pack = write_pack(folder, pack_texts(left))
    reports.ended(result)
    if plan.changes:
        aside = not reports.text_on_stdout
        click.echo(err=aside)
        print_result(result, aside=aside)
    if pack is not None:
        say_pack(pack)
    return exit_code_of(result, signals.received)


def say_pack(pack: Pack) -> None:
    """Say where the hand-off is, and what was moved out of its way."""
    for old, new in pack.moved_aside.items():
        say(f"{old} was not as we left it: it is kept as {new.name}")
    say(f"\nThe hand-off is in {pack.folder}: open {pack.folder / 'handoff.html'}")


def print_result(result: ApplyResult, *, aside: bool = False) -> None:
    """Print what was not done and why on stderr, and the last line on stdout, or `aside` on stderr too."""
    from sdx_state.model.plan import Action
    from sdx_state.report.advice import advice_on
    from sdx_state.report.escape import escape
    from sdx_state.report.outcome import apply_line

    for outcome in result.outcomes:
        if outcome.status in ("done", "handoff"):
            continue
        because = f": {escape(outcome.message)}" if outcome.message else ""
        say(f"{escape(outcome.change.address)}: {outcome.status}{because}")
        if advice := advice_on(outcome):
            say(f"    {escape(advice)}")
    click.echo(
        apply_line(
            added=result.count(Action.CREATE),
            changed=result.count(Action.UPDATE),
            destroyed=result.count(Action.DELETE),
            imported=result.imported,
            failed=len(result.of("failed")) + len(result.of("ambiguous")) + len(result.of("stale")),
            not_started=len(result.of("not started")),
            handed_off=len(result.of("handoff")),
        ),
        err=aside,
    )


def signal_code(received: int | None) -> int:
    """Return the exit code that tells of a signal."""
    return TERMINATED if received == signal.SIGTERM else INTERRUPTED


def exit_code_of(result: ApplyResult, received: int | None) -> int:
    """Return the exit code that tells how a run ended."""
    if result.interrupted:
        return signal_code(received)
    if result.of("ambiguous"):
        return DECIDE
    if result.of("failed") or result.of("not started"):
        return 1
    if result.of("stale"):
        return STALE
    return HANDOFF if result.of("handoff") else 0
