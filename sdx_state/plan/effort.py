"""Estimate of the requests and the time that `apply` takes for a plan."""

from __future__ import annotations

from collections.abc import Iterable

from sdx_state.kinds import KINDS
from sdx_state.model.plan import Action, Change, Effort


def effort_of(changes: Iterable[Change], read: int, seconds: float) -> Effort:
    """Return what `apply` will send for `changes`.

    Args:
        changes: The changes of the plan.
        read: Number of requests that the plan was made from, which `apply` repeats.
        seconds: Time that they took.
    """
    requests = read + sum(map(_requests_of, changes))
    return Effort(requests, requests * seconds / read if read else 0.0)


def _requests_of(change: Change) -> int:
    """Return how many requests one change takes: reading before, the write, and reading after it."""
    if change.via != "api" or not change.writes:
        return 0
    if change.action is Action.CREATE and KINDS[change.kind].keyed_by_identity:
        return 2  # the server itself rejects a second one, so that nothing is read before
    return 3
