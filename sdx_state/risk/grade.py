"""Grade a plan: each change gets the risks that its rules name."""

from __future__ import annotations

from dataclasses import replace

from sdx_state.plan.model import Change, Plan, Risk
from sdx_state.risk.rules import RULES


def grade(plan: Plan) -> Plan:
    """Return `plan` with the risks of each change that writes."""
    return replace(plan, changes=tuple(_graded(change) for change in plan.changes))


def _graded(change: Change) -> Change:
    if not change.writes:
        return change
    risks = tuple(Risk(rule.id, rule.level, rule.reason) for rule in RULES if rule.applies(change))
    return replace(change, risks=risks) if risks else change
