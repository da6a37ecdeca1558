"""Limits that stop a plan before it is applied. Each violation says how to proceed.

`plan` reports the violations in every output; `apply` checks them again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.plan import Action, Plan
from sdx_state.model.policy import Freeze
from sdx_state.model.whereabouts import CHECK
from sdx_state.records import replace


def with_limits(plan: Plan, found: Sequence[Diagnostic]) -> Plan:
    """Return `plan` with the violations `found`, so that every output reports them."""
    return replace(plan, diagnostics=(*plan.diagnostics, *found)) if found else plan


def frozen(plan: Plan, freezes: Sequence[Freeze], now: datetime) -> list[Diagnostic]:
    """Return a violation for each freeze that is in effect at `now`, if `plan` writes anything."""
    if not any(change.writes for change in plan.changes):
        return []
    return [
        Diagnostic(
            "freeze",
            "error",
            f"the freeze allows no writes until {freeze.ends:%Y-%m-%d %H:%M %Z}: {freeze.reason}",
            source=freeze.source,
            help="Wait until the freeze ends, or change it in sdx.yaml",
        )
        for freeze in freezes
        if freeze.begins <= now < freeze.ends
    ]


def broken(
    plan: Plan,
    *,
    managed: int,
    declared: int,
    deletes: int,
    deletes_percent: int,
    consented: int | None,
    destroying: bool,
) -> list[Diagnostic]:
    """Return the limits that `plan` violates.

    Args:
        plan: The plan to check.
        managed: Number of managed resources in the state.
        declared: Number of resources that the configuration declares.
        deletes: Deletes allowed without consent.
        deletes_percent: Share of managed resources that may be deleted without consent, in percent.
        consented: The exact number of deletes that the user agreed to, if any. Without it, more deletes than either
            limit allows are a violation: with `deletes_percent` 10, every delete of fewer than ten resources.
        destroying: For `destroy` and `undo`, where the configuration does not decide which resources are deleted.
    """
    leaving = [change for change in plan.changes if change.action is Action.DELETE]
    found = [
        Diagnostic(
            "protect",
            "error",
            f"{change.address} is protected, but the plan deletes it",
            source=change.source,
            address=change.address,
            help="To delete it, set `protect: false` on it and apply that first. To keep it, "
            + (f"stop managing it: sdx-state state rm {change.address}" if destroying else "declare it again"),
        )
        for change in leaving
        if change.protected
    ]
    found += [
        Diagnostic(
            "blocked",
            "error",
            f"{change.address}: {risk.message}",
            source=change.source,
            address=change.address,
            help="No option allows this. To keep it, "
            + (
                f"stop managing it: sdx-state state rm {change.address}"
                if destroying
                else f"declare it again, or exclude it: --exclude {change.address}"
            ),
        )
        for change in plan.changes
        for risk in change.risks
        if risk.level == "blocked"
    ]
    if not leaving:
        return found
    count = len(leaving)
    if declared == 0 and not destroying:
        found.append(
            Diagnostic(
                "empty",
                "error",
                f"the configuration declares no resources, so the plan deletes {count} managed resources",
                help=f"{CHECK}, and the directory (-C). To delete all managed resources: sdx-state destroy",
            )
        )
    elif consented is not None and consented != count:
        found.append(
            Diagnostic(
                "deletes",
                "error",
                f"--allow-deletes is {consented}, but the plan deletes {count} resources",
                help=f"Review the plan again. To allow it: --allow-deletes {count}",
            )
        )
    elif consented is None and (over := _over(count, managed, deletes, deletes_percent)):
        found.append(
            Diagnostic(
                "deletes",
                "error",
                f"the plan deletes {count} of {managed} managed resources: {over}",
                help=f"To allow it: --allow-deletes {count}, or raise `limits:` in sdx.yaml",
                brief=f"over the limit of {deletes} deletes"
                if count > deletes
                else f"over the limit of {deletes_percent} % of deletes",
            )
        )
    return found


def _over(count: int, managed: int, deletes: int, percent: int) -> str:
    """Return the limits that `count` deletes exceed, and by how much; empty if none."""
    broken = [f"{count} is over the limit of {deletes}"] if count > deletes else []
    if count * 100 > percent * managed:
        share = f"{_percent(count, managed, percent)} %" if managed else "more than all"
        broken.append(f"{count} of {managed} is {share}, over the limit of {percent} %")
    return "; ".join(broken)


def _percent(count: int, managed: int, limit: int) -> str:
    """Return the share in percent, with enough digits to show that it is above `limit`."""
    share = count * 100 / managed
    return next((text for digits in range(6) if float(text := f"{share:.{digits}f}") > limit), f"more than {limit}")
