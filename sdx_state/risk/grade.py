"""Grade a plan: each change gets the risks that its rules name, with the evidence for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sdx_state.kinds.address import Address
from sdx_state.plan.model import Change, Plan, Risk
from sdx_state.risk.rules import RULES, Rule

MANY = 1000  # responses are counted up to here


def needs_evidence(plan: Plan) -> dict[Address, tuple[str, str]]:
    """Return address -> kind and live id of each change whose risk depends on the responses it has."""
    return {
        change.address: (change.kind, change.id)
        for change in plan.changes
        if change.id is not None and any(rule.calm is not None and rule.applies(change) for rule in RULES)
    }


def grade(plan: Plan, responses: Mapping[Address, int | None]) -> Plan:
    """Return `plan` with the risks of each change that writes.

    Args:
        plan: What would be done.
        responses: Address -> how many responses were collected, None where that is not known.
    """
    return replace(plan, changes=tuple(_graded(change, responses.get(change.address)) for change in plan.changes))


def _graded(change: Change, responses: int | None) -> Change:
    if not change.writes:
        return change
    risks = tuple(_risk(rule, responses) for rule in RULES if rule.applies(change))
    return replace(change, risks=risks) if risks else change


def _risk(rule: Rule, responses: int | None) -> Risk:
    if rule.calm is None:
        return Risk(rule.id, rule.level, rule.reason)
    if responses is None:
        return Risk(rule.id, rule.level, f"{rule.reason} (how many responses there are could not be found out)")
    if responses == 0:
        return Risk(rule.id, rule.calm, f"no response was collected yet; otherwise: {rule.reason}")
    count = f"{responses} or more" if responses >= MANY else str(responses)
    return Risk(rule.id, rule.level, f"{count} response{'s' if responses != 1 else ''} collected: {rule.reason}")
