"""Which risks may be taken without a person who says yes."""

from __future__ import annotations

from collections.abc import Collection
from fnmatch import fnmatchcase

from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.plan import Change, Plan
from sdx_state.model.policy import LEVELS, Level


def beyond_consent(plan: Plan, approved: Level, allowed: Collection[str]) -> list[Diagnostic]:
    """Return a refusal for each change that is riskier than `approved` and that nobody allowed by its address.

    Args:
        plan: What would be done.
        approved: The highest level that needs no person.
        allowed: Globs of addresses that were allowed one by one, whatever their level.
    """
    found = []
    for change in plan.changes:
        worst = worst_of(change)
        if worst is None or worst == "blocked" or LEVELS.index(worst) <= LEVELS.index(approved):
            continue
        if not any(fnmatchcase(change.address, glob) for glob in allowed):
            reasons = "; ".join(risk.message for risk in change.risks if risk.level == worst)
            found.append(
                Diagnostic(
                    "risk",
                    "error",
                    f"{change.address} is {worst}: {reasons}",
                    source=change.source,
                    address=change.address,
                    help=f"To allow it: --allow {change.address}",
                )
            )
    return found


def risen(reviewed: Plan, now: Plan, allowed: Collection[str]) -> list[Diagnostic]:
    """Return a refusal for each change of `now` that is riskier than it was when it was reviewed.

    Args:
        reviewed: The plan as somebody saw it.
        now: What would be done.
        allowed: Globs of addresses that were allowed one by one.
    """
    seen = {change.address: worst_of(change) for change in reviewed.changes}
    found = []
    for change in now.changes:
        before, after = seen.get(change.address), worst_of(change)
        if after is None or after == "blocked" or (before and LEVELS.index(after) <= LEVELS.index(before)):
            continue
        if not any(fnmatchcase(change.address, glob) for glob in allowed):
            reasons = "; ".join(risk.message for risk in change.risks if risk.level == after)
            was = before or "without risk"
            found.append(
                Diagnostic(
                    "risk",
                    "error",
                    f"{change.address} was {was} when it was reviewed, and is {after} now: {reasons}",
                    source=change.source,
                    address=change.address,
                    help=f"Plan again and review that, or allow it: --allow {change.address}",
                )
            )
    return found


def worst_of(change: Change) -> Level | None:
    """Return the highest level among the risks of `change`."""
    return max((risk.level for risk in change.risks), key=LEVELS.index, default=None)
