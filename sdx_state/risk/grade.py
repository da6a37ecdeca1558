"""Grading of a plan: each change gets its risks, with the evidence."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from fnmatch import fnmatchcase

from sdx_state.model.address import Address
from sdx_state.model.alike import nearest
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.evidence import Counts, Question
from sdx_state.model.plan import Change, Plan, Risk
from sdx_state.model.policy import Policy
from sdx_state.model.resource import Source
from sdx_state.records import replace
from sdx_state.risk.facts import Facts
from sdx_state.risk.rules import RULES, Rule

MANY = 1000  # Counts end here.
_NOUNS = {
    "responses": (
        "response collected",
        "responses collected",
        "no responses had been collected",
        "no responses collected yet",
    ),
    "pending": (
        "interaction pending",
        "interactions pending",
        "no interactions were pending",
        "no interactions pending",
    ),
}


def needs_evidence(plan: Plan, policies: Sequence[Policy] = (), today: date = date.min) -> dict[Address, Question]:
    """Return the counts that the risk of each change depends on, unless a policy that is valid `today` waives it."""
    valid = _valid(policies, today)
    asked = {}
    for change in plan.changes:
        sorts = frozenset(
            sort
            for rule in RULES
            if rule.asks and rule.applies(change, Facts()) and not _is_waived(rule, change, valid)
            for sort in rule.asks
        )
        if change.id is not None and sorts:
            asked[change.address] = Question(change.kind, change.id, sorts)
    return asked


def grade(
    plan: Plan,
    facts: Facts,
    policies: Sequence[Policy] = (),
    today: date = date.min,
    others: Collection[str] = (),
) -> Plan:
    """Return `plan` with the risks of each change that writes.

    Args:
        plan: The plan to grade.
        facts: Facts about the tenant.
        policies: Exceptions to the rules. The first match applies.
        today: Decides which policies have expired. These, and policies that match no rule, get a warning.
        others: Names of rules that are not built in, which policies may match too.
    """
    valid = _valid(policies, today)
    over = [
        Diagnostic(
            "expired-policy", "warning", f"the policy on {policy.rule} expired on {policy.expires}", policy.source
        )
        for policy in policies
        if policy.expires < today
    ]
    changes = tuple(_graded(change, facts, valid) for change in plan.changes)
    return replace(plan, changes=changes, diagnostics=(*plan.diagnostics, *over, *_pointless(policies, others)))


def with_risks(
    plan: Plan, found: Mapping[Address, Sequence[Risk]], policies: Sequence[Policy] = (), today: date = date.min
) -> Plan:
    """Return `plan` with the risks that rules of installed packages `found`.

    Args:
        plan: The plan, graded by the built-in rules.
        found: The risks by address. A risk without a source gets that of its change.
        policies: Exceptions to the rules. The first match applies.
        today: Decides which policies have expired.
    """
    valid = _valid(policies, today)

    def graded(change: Change) -> Change:
        placed = (replace(risk, source=risk.source or change.source) for risk in found.get(change.address, ()))
        risks = (_after_policy(change, risk, valid) for risk in placed)
        return replace(change, risks=(*change.risks, *(risk for risk in risks if risk is not None)))

    return replace(plan, changes=tuple(map(graded, plan.changes))) if found else plan


def _valid(policies: Sequence[Policy], today: date) -> list[Policy]:
    return [policy for policy in policies if policy.expires >= today]


def _pointless(policies: Sequence[Policy], others: Collection[str]) -> Iterator[Diagnostic]:
    """Yield a warning for each policy that matches no rule, built in or among `others`."""
    ids = [*(rule.id for rule in RULES), *others]
    for policy in policies:
        if any(fnmatchcase(id, policy.rule) for id in ids):
            continue
        near = nearest(policy.rule, ids)
        hint = f"did you mean {near}?" if near else "`sdx-state explain risk` lists the rules"
        yield Diagnostic(
            "unknown-rule", "warning", f"the policy on {policy.rule} matches no risk rule", policy.source, help=hint
        )


def _graded(change: Change, facts: Facts, policies: Sequence[Policy]) -> Change:
    if not change.writes:
        return change
    counts = facts.counts.get(change.address, Counts())
    found = [
        replace(_risk(rule, counts), source=_place(rule, change, facts))
        for rule in RULES
        if rule.applies(change, facts)
    ]
    risks = tuple(risk for one in found if (risk := _after_policy(change, one, policies)) is not None)
    return replace(change, risks=risks) if risks else change


def _place(rule: Rule, change: Change, facts: Facts) -> Source | None:
    """Return the place of the field that triggers `rule`; the place of the resource if no single field does."""
    if rule.applies(replace(change, fields=()), facts):
        return change.source
    fields = (one for one in change.fields if rule.applies(replace(change, fields=(one,)), facts))
    return next((one.source for one in fields if one.source), change.source)


def _after_policy(change: Change, risk: Risk, policies: Sequence[Policy]) -> Risk | None:
    """Return `risk` after the first matching policy, None if that waives it. A policy never unblocks."""
    if risk.level == "blocked":
        return risk
    policy = _policy_on(risk.rule, change, policies)
    if policy is None:
        return risk
    if policy.level is None:
        return None
    return replace(risk, level=policy.level, message=f"{risk.message} (by policy: {policy.reason})")


def _is_waived(rule: Rule, change: Change, policies: Sequence[Policy]) -> bool:
    policy = _policy_on(rule.id, change, policies)
    return policy is not None and policy.level is None


def _policy_on(rule: str, change: Change, policies: Sequence[Policy]) -> Policy | None:
    """Return the first of `policies` that matches `rule` and `change`."""
    for policy in policies:
        if fnmatchcase(rule, policy.rule) and fnmatchcase(change.address, policy.address):
            return policy
    return None


def _risk(rule: Rule, counts: Counts) -> Risk:
    if not rule.asks or rule.calm is None:
        return Risk(rule.id, rule.level, rule.reason)
    found = [(sort, counts.of(sort)) for sort in rule.asks]
    some = [_counted(sort, count) for sort, count in found if count]
    when = f" by {counts.taken}" if counts.taken else ""
    if some:
        return Risk(rule.id, rule.level, f"{', '.join(some)}{when}: {rule.reason}")
    unknown = [sort for sort, count in found if count is None]
    if unknown:
        what = " and ".join({"responses": "responses", "pending": "pending interactions"}[sort] for sort in unknown)
        return Risk(rule.id, rule.level, f"{rule.reason} (the number of {what} is unknown)")
    nothing = ", ".join(_NOUNS[sort][2 if when else 3] for sort in rule.asks) + when
    return Risk(rule.id, rule.calm, f"{nothing}; otherwise: {rule.reason}")


def _counted(sort: str, count: int) -> str:
    one, several = _NOUNS[sort][:2]
    shown = f"{count} or more" if count >= MANY else str(count)
    return f"{shown} {one if count == 1 else several}"
