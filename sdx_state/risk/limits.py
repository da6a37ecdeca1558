"""The limits that stop a plan before it is applied, each with the way on.

`plan` says in every output what `apply` would stop at; `apply` looks again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.plan import Action, Plan
from sdx_state.model.policy import Freeze


def with_limits(plan: Plan, found: Sequence[Diagnostic]) -> Plan:
    """Return `plan` with `found`, so that every output says what `apply` would stop at."""
    return replace(plan, diagnostics=(*plan.diagnostics, *found)) if found else plan


def frozen(plan: Plan, freezes: Sequence[Freeze], now: datetime) -> list[Diagnostic]:
    """Return a refusal for each freeze that `now` lies in, if `plan` writes anything."""
    if not any(change.writes for change in plan.changes):
        return []
    return [
        Diagnostic(
            "freeze",
            "error",
            f"nothing is written until {freeze.ends:%Y-%m-%d %H:%M %Z}: {freeze.reason}",
            source=freeze.source,
            help="Wait for its end, or change the freeze in sdx.yaml",
        )
        for freeze in freezes
        if freeze.begins <= now < freeze.ends
    ]


def broken(
    plan: Plan,
    *,
    owned: int,
    declared: int,
    deletes: int,
    deletes_percent: int,
    consented: int | None,
    destroying: bool,
) -> list[Diagnostic]:
    """Return every limit that `plan` breaks.

    Args:
        plan: What would be done.
        owned: How many resources the state owns.
        declared: How many resources the configuration declares.
        deletes: Deletes allowed without consent.
        deletes_percent: Share of what is owned that may be deleted without consent, in percent.
        consented: The exact number of deletes that the person agreed to, if any. Without one, more deletes than
            either limit allows are refused: of less than ten resources each one, where `deletes_percent` is 10.
        destroying: The configuration is not what decides which resources are deleted: `destroy` and `undo`.
    """
    leaving = [change for change in plan.changes if change.action is Action.DELETE]
    found = [
        Diagnostic(
            "protect",
            "error",
            f"{change.address} is protected and would be deleted",
            source=change.source,
            address=change.address,
            help="To let it go, set `protect: false` on it and apply that first; to keep it, "
            + (f"forget it: sdx-state state rm {change.address}" if destroying else "declare it again"),
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
            help="Nothing allows this. To keep it, "
            + (
                f"forget it: sdx-state state rm {change.address}"
                if destroying
                else f"declare it again, or leave it out: --exclude {change.address}"
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
                f"the configuration declares nothing, and {count} owned resources would be deleted",
                help="Check the folder (-C) and --env; to delete all that is owned, run `sdx-state destroy`",
            )
        )
    elif consented is not None and consented != count:
        found.append(
            Diagnostic(
                "deletes",
                "error",
                f"--allow-deletes {consented} was given, and the plan deletes {count}",
                help=f"Look at the plan again; if it is right: --allow-deletes {count}",
            )
        )
    elif consented is None and (over := _over(count, owned, deletes, deletes_percent)):
        found.append(
            Diagnostic(
                "deletes",
                "error",
                f"the plan deletes {count} of {owned} managed resources: {over}",
                help=f"If that is right: --allow-deletes {count}, or raise `limits:` in sdx.yaml",
            )
        )
    return found


def _over(count: int, owned: int, deletes: int, percent: int) -> str:
    """Return which limits `count` deletes break, and by how much; empty if none."""
    broken = [f"{count} is over the limit of {deletes}"] if count > deletes else []
    if count * 100 > percent * owned:
        share = f"{_percent(count, owned, percent)} %" if owned else "more than there are"
        broken.append(f"{count} of {owned} is {share}, over the limit of {percent} %")
    return "; ".join(broken)


def _percent(count: int, owned: int, limit: int) -> str:
    """Return the share in percent, with as many digits as it takes to be seen to be above `limit`."""
    share = count * 100 / owned
    return next((text for digits in range(6) if float(text := f"{share:.{digits}f}") > limit), f"more than {limit}")
