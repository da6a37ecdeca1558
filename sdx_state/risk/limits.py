"""The limits that stop a plan before it is applied, each with the way on.

`plan` says in every output what `apply` would stop at; `apply` looks again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sdx_state.model.address import Address
from sdx_state.model.plan import Action, Finding, Plan
from sdx_state.model.policy import Freeze
from sdx_state.model.resource import Source


@dataclass(frozen=True)
class Refusal:
    """A limit that a plan breaks.

    Attributes:
        rule: The limit's name.
        message: What breaks it.
        advice: How to go on.
        address: What it is about, if that is one resource.
        source: Where the limit, or what breaks it, is declared.
    """

    rule: str
    message: str
    advice: str
    address: Address | None = None
    source: Source | None = None


def with_limits(plan: Plan, found: Sequence[Refusal]) -> Plan:
    """Return `plan` with a finding for each of `found`, so that every output says what `apply` would stop at."""
    findings = [
        Finding(
            "error",
            f"{one.rule}: {one.message}",
            one.address,
            one.source,
            one.advice,
            limit=one.rule,
        )
        for one in found
    ]
    return replace(plan, findings=(*plan.findings, *findings)) if findings else plan


def frozen(plan: Plan, freezes: Sequence[Freeze], now: datetime) -> list[Refusal]:
    """Return a refusal for each freeze that `now` lies in, if `plan` writes anything."""
    if not any(change.writes for change in plan.changes):
        return []
    return [
        Refusal(
            "freeze",
            f"nothing is written until {freeze.ends:%Y-%m-%d %H:%M %Z}: {freeze.reason}",
            "Wait for its end, or change the freeze in sdx.yaml",
            source=freeze.source,
        )
        for freeze in freezes
        if freeze.begins <= now < freeze.ends
    ]


def refusals(
    plan: Plan,
    *,
    owned: int,
    declared: int,
    deletes: int,
    deletes_percent: int,
    consented: int | None,
    destroying: bool,
) -> list[Refusal]:
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
        Refusal(
            "protect",
            f"{change.address} is protected and would be deleted",
            "To let it go, set `protect: false` on it and apply that first; to keep it, "
            + (f"forget it: sdx-state state rm {change.address}" if destroying else "declare it again"),
            change.address,
            change.source,
        )
        for change in leaving
        if change.protected
    ]
    found += [
        Refusal(
            "blocked",
            f"{change.address}: {risk.message}",
            "Nothing allows this. To keep it, "
            + (
                f"forget it: sdx-state state rm {change.address}"
                if destroying
                else f"declare it again, or leave it out: --exclude {change.address}"
            ),
            change.address,
            change.source,
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
            Refusal(
                "empty",
                f"the configuration declares nothing, and {count} owned resources would be deleted",
                "Check the folder (-C) and --env; to delete all that is owned, run `sdx-state destroy`",
            )
        )
    elif consented is not None and consented != count:
        found.append(
            Refusal(
                "deletes",
                f"--allow-deletes {consented} was given, and the plan deletes {count}",
                f"Look at the plan again; if it is right: --allow-deletes {count}",
            )
        )
    elif consented is None and (over := _over(count, owned, deletes, deletes_percent)):
        found.append(
            Refusal(
                "deletes",
                f"the plan deletes {count} of {owned} managed resources: {over}",
                f"If that is right: --allow-deletes {count}, or raise `limits:` in sdx.yaml",
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
