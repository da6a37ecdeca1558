"""Consent to a plan: given beforehand with options, or by a person at the terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from sdx_state.cli.failure import Stop
from sdx_state.cli.planning import limits_of, stop_if

if TYPE_CHECKING:
    from sdx_state.app.saved import SavedPlan
    from sdx_state.app.workspace import Planned
    from sdx_state.config import Project
    from sdx_state.model.plan import Plan
    from sdx_state.model.policy import Level
    from sdx_state.state.backend import Backend

UNATTENDED: Level = "high"  # the highest risk that needs no consent to a change by its address


def stop_without_consent(
    planned: Planned,
    project: Project,
    *,
    approved: Level | None,
    allowed: tuple[str, ...],
    consented: int | None,
    question: str | None,
    destroying: bool = False,
    name_always: bool = False,
) -> None:
    """End the command unless somebody consents to all that the plan does.

    A person at a terminal may consent to deletes beyond the limits, and to critical changes, by typing the name of
    the tenant.

    Args:
        planned: What would be done.
        project: Its limits and freezes.
        approved: The highest risk that was approved beforehand, None for none.
        allowed: Globs of addresses that were allowed beforehand, whatever their risk.
        consented: The exact number of deletes that was agreed to beforehand, None for none.
        question: Asked at the terminal where nothing was approved beforehand; None for a plan that was reviewed.
        destroying: The configuration is not what decides which resources are deleted.
        name_always: The name of the tenant has to be typed instead of `yes`, whatever the plan does.
    """
    from sdx_state.cli.console import confirmed, typed
    from sdx_state.risk.consent import beyond_consent

    plan = planned.plan
    present = approved is None and sys.stdin.isatty()
    limits = limits_of(planned, project, consented=consented, destroying=destroying)
    unattended = question is None or approved is not None
    risks = beyond_consent(plan, approved or UNATTENDED, allowed) if unattended or present else []
    if not present:
        stop_if([*limits, *risks])
        if unattended or not plan.changes:
            return
        raise _not_approved()
    by_name = [one for one in limits if one.rule == "deletes" and consented is None]
    stop_if([one for one in limits if one not in by_name])
    by_name += risks
    if not plan.changes:
        return
    if name_always or by_name:
        reasons = [f"{one.rule}: {one.message}" for one in by_name]
        if not typed(question or "Do you want to apply this plan?", reasons, plan.tenant):
            stop_if(by_name)
            raise _not_approved()
    elif question is not None and not confirmed(question):
        raise _not_approved()


def _not_approved() -> Stop:
    return Stop("not approved", "Nothing was written. Without a terminal, --auto-approve says yes.")


def say_criticals(plan: Plan, allowed: tuple[str, ...]) -> None:
    """Say which changes `apply PLANFILE` will not make without consent."""
    from sdx_state.cli.console import say
    from sdx_state.cli.planning import refusal_line
    from sdx_state.report.escape import escape
    from sdx_state.risk.consent import beyond_consent

    for one in beyond_consent(plan, UNATTENDED, allowed):
        say(f"\n{escape(refusal_line(one))}\n    {escape(one.advice)}, here or with `apply`")


def remember_saved(store: Backend, hash: str) -> None:
    """Remember that this machine saved the plan with `hash`; where that fails, its consent needs `--expect`."""
    from sdx_state.cli.console import say
    from sdx_state.state.errors import StateError

    try:
        store.remember_plan(hash)
    except StateError as error:
        say(f"warning: {str(error).splitlines()[0]}: consent in the saved plan counts only with --expect")


def proven_by_store(saved: SavedPlan, store: Backend) -> SavedPlan:
    """Return `saved` as proven if this machine saved it; say so if its consent does not count."""
    from dataclasses import replace

    from sdx_state.cli.console import say

    if saved.proven or saved.hash in store.saved_plans():
        return replace(saved, proven=True)
    if saved.plan.consented is not None or saved.plan.allowed:
        say(
            "The consent in this plan file does not count: the plan was not saved on this machine. "
            "Give --expect with the hash that `plan --out` printed, or the consent itself."
        )
    return saved
