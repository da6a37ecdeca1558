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
    changes = [change for change in changes if change.via == "api" and change.writes]
    looked_into = {change.parent for change in changes if change.parent is not None and _is_create(change)}
    requests = read + sum(map(_requests_of, changes)) + len(looked_into)
    return Effort(requests, requests * seconds / read if read else 0.0)


def _requests_of(change: Change) -> int:
    """Return how many requests one change takes: reading before, the write, and reading after it.

    The server itself rejects a second user. The read after the create of a child is the one before the next one.
    """
    return 2 if _is_create(change) and (change.parent is not None or KINDS[change.kind].keyed_by_identity) else 3


def _is_create(change: Change) -> bool:
    return change.action is Action.CREATE
