"""Diagnostics of earlier runs: one that is at work still, one that did not finish, and creates that were cut off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.texts import counted
from sdx_state.records import replace
from sdx_state.state.backend import Backend
from sdx_state.state.errors import StateUnusable
from sdx_state.state.holder import Holder
from sdx_state.state.memory import Memory, journal_of
from sdx_state.state.unfinished import Unfinished


def in_progress(running: Holder) -> Diagnostic:
    """Return a warning about a run that holds the lock of the state."""
    who = f"`sdx-state {running.purpose}` (process {running.pid} on {running.host})"
    return Diagnostic(
        "run-in-progress",
        "warning",
        f"{who} is writing since {running.begun:%Y-%m-%d %H:%M:%S} UTC: this plan may be out of date soon",
        help="wait until it ends, then plan again",
    )


def interrupted(store: Backend) -> Iterable[Diagnostic]:
    """Yield a word about the last run if some of its changes were not made."""
    from sdx_state.apply.history import past_of, past_runs, run_kept

    journal = journal_of(store)
    *_, last = [None, *past_runs(journal)]
    if last is None or last.finished:
        return
    try:
        plan = past_of(last.run, run_kept(store, journal, last.run), journal).plan
    except StateUnusable:
        return  # without its record it cannot be resumed
    addresses = [change.address for change in plan.changes if change.writes]
    done = sum(last.outcomes.get(address) == "done" for address in addresses)
    if done == len(addresses):
        return
    yield Diagnostic(
        "run-interrupted",
        "warning",
        f"{last.command} run {last.run} of {last.begun:%Y-%m-%d %H:%M:%S} UTC did not finish: {done} of "
        f"{counted(len(addresses), 'change')} done",
        help="to finish its plan and no more: sdx-state apply --resume",
    )


def cut_off(memory: Memory) -> Iterable[Diagnostic]:
    """Yield a word about a journal that is missing, and about each create that an earlier run was cut off in."""
    if memory.history_lost:
        yield Diagnostic(
            "journal-missing",
            "warning",
            "the journal of earlier runs is missing: they cannot be undone, and what an interrupted one may have "
            "created is found by name alone",
            help="put it back if you have it; otherwise the next apply begins a new one",
        )
    for intent in memory.unfinished.pending:
        yield Diagnostic(
            "create-interrupted",
            "warning",
            f"{intent.address}: an earlier run was cut off while creating it; the next apply finds out by reading",
            address=intent.address,
        )


def left_by_runs(memory: Memory, store: Backend, *, holding: bool) -> Iterator[Diagnostic]:
    """Yield what earlier runs left; what a run at work has not finished is not left.

    Args:
        memory: What is remembered of the tenant.
        store: Where that is kept.
        holding: This run holds the lock, so that no other is at work.
    """
    running = None if holding else store.running()
    if running is not None:
        yield in_progress(running)
        yield from cut_off(replace(memory, unfinished=Unfinished()))
        return
    yield from cut_off(memory)
    if not holding and memory.unfinished.interrupted is not None:
        yield from interrupted(store)
