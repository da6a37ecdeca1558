"""Consent to risks: the changes that need it and do not have it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fnmatch import fnmatchcase

from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.plan import Change, Plan
from sdx_state.model.policy import LEVELS, Level

SHOWN = 5  # lines of advice; the plan has all


def beyond_consent(plan: Plan, approved: Level, allowed: Collection[str]) -> list[Diagnostic]:
    """Return a violation for each change that is riskier than `approved` and not allowed by its address.

    Args:
        plan: The plan to check.
        approved: The highest level that is approved.
        allowed: Globs of addresses that are allowed at any level.
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
    """Return a violation for each change of `now` that is riskier than in the reviewed plan.

    Args:
        reviewed: The plan that was reviewed.
        now: The current plan.
        allowed: Globs of addresses that are allowed at any level.
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
                    f"{change.address} was {was} in the reviewed plan and is {after} in the current plan: {reasons}",
                    source=change.source,
                    address=change.address,
                    help=f"Run plan again and review it, or allow this change: --allow {change.address}",
                )
            )
    return found


def advice_on(violations: Sequence[Diagnostic]) -> str:
    """Return what allows `violations`, a line each; of many, the first lines and the pattern that allows the rest."""
    found = list(dict.fromkeys(one.help for one in violations if one.help))
    if len(found) <= SHOWN:
        return "\n".join(found)
    kinds = sorted({one.address.kind for one in violations if one.address is not None and one.code == "risk"})
    patterns = "".join(f" --allow '{kind}.*'" for kind in kinds)
    rest = f"{len(found) - SHOWN} more are shown in the plan"
    return "\n".join([*found[:SHOWN], f"{rest}. Patterns allow many at once:{patterns}" if patterns else f"{rest}."])


def worst_of(change: Change) -> Level | None:
    """Return the highest level among the risks of `change`."""
    return max((risk.level for risk in change.risks), key=LEVELS.index, default=None)
