"""Grade a plan: each change gets the risks that its rules name, with the evidence for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from fnmatch import fnmatchcase

from sdx_state.kinds.address import Address
from sdx_state.kinds.policy import Policy
from sdx_state.plan.model import Change, Finding, Plan, Risk
from sdx_state.risk.rules import RULES, Rule

MANY = 1000  # responses are counted up to here


def needs_evidence(plan: Plan) -> dict[Address, tuple[str, str]]:
    """Return address -> kind and live id of each change whose risk depends on the responses it has."""
    return {
        change.address: (change.kind, change.id)
        for change in plan.changes
        if change.id is not None and any(rule.calm is not None and rule.applies(change) for rule in RULES)
    }


def grade(
    plan: Plan, responses: Mapping[Address, int | None], policies: Sequence[Policy] = (), today: date = date.min
) -> Plan:
    """Return `plan` with the risks of each change that writes.

    Args:
        plan: What would be done.
        responses: Address -> how many responses were collected, None where that is not known.
        policies: Exceptions, of which the first that fits holds.
        today: Decides which policies are over; these are named in a warning.
    """
    valid = [policy for policy in policies if policy.expires >= today]
    over = [
        Finding("warning", f"the policy on {policy.rule} expired on {policy.expires}", None, policy.source)
        for policy in policies
        if policy.expires < today
    ]
    changes = tuple(_graded(change, responses.get(change.address), valid) for change in plan.changes)
    return replace(plan, changes=changes, findings=(*plan.findings, *over))


def _graded(change: Change, responses: int | None, policies: Sequence[Policy]) -> Change:
    if not change.writes:
        return change
    found = [_risk(rule, responses) for rule in RULES if rule.applies(change)]
    risks = tuple(risk for one in found if (risk := _after_policy(change, one, policies)) is not None)
    return replace(change, risks=risks) if risks else change


def _after_policy(change: Change, risk: Risk, policies: Sequence[Policy]) -> Risk | None:
    """Return `risk` as the first policy about it has it; None if that waives it."""
    for policy in policies:
        if fnmatchcase(risk.rule, policy.rule) and fnmatchcase(change.address, policy.address):
            if policy.level is None:
                return None
            return replace(risk, level=policy.level, message=f"{risk.message} (by policy: {policy.reason})")
    return risk


def _risk(rule: Rule, responses: int | None) -> Risk:
    if rule.calm is None:
        return Risk(rule.id, rule.level, rule.reason)
    if responses is None:
        return Risk(rule.id, rule.level, f"{rule.reason} (how many responses there are could not be found out)")
    if responses == 0:
        return Risk(rule.id, rule.calm, f"no response was collected yet; otherwise: {rule.reason}")
    count = f"{responses} or more" if responses >= MANY else str(responses)
    return Risk(rule.id, rule.level, f"{count} response{'s' if responses != 1 else ''} collected: {rule.reason}")
