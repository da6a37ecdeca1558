"""What stops a command, as findings of its plan: so every form of the plan says it, at its place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sdx_state.apply.outcome import Outcome
from sdx_state.model.plan import Finding, Plan
from sdx_state.model.resource import Source
from sdx_state.report.advice import advice_on
from sdx_state.report.problems import Problem


def stopped(plan: Plan | None, message: str, advice: str, problems: Iterable[Problem] = ()) -> Plan:
    """Return `plan`, or an empty one, with what stopped the command as an error that forbids applying.

    Args:
        plan: What was planned before, None where it did not come to that.
        message: What is wrong.
        advice: What to do next.
        problems: What is wrong with the configuration, each with its place; said instead of `message`.
    """
    plan = plan or Plan("", "")
    found = [
        Finding(
            "error" if problem.severity == "error" else "warning",
            problem.message,
            None,
            Source(problem.file, problem.line, problem.column),
            problem.hint,
        )
        for problem in problems
    ]
    if not found:
        *lines, last = (line.strip() for line in message.split("\n"))
        found = [*(Finding("error", line) for line in lines), Finding("error", last, None, None, advice or None)]
    return replace(plan, findings=(*plan.findings, *found))


def with_outcomes(plan: Plan, outcomes: Iterable[Outcome]) -> Plan:
    """Return `plan`, which was carried out, with every change that did not come about as an error."""
    found = [
        Finding(
            "error",
            f"{one.change.address}: {one.status}{f': {one.message}' if one.message else ''}",
            one.change.address,
            one.change.source,
            advice_on(one) or None,
            decide=one.status == "ambiguous",
        )
        for one in outcomes
        if one.status not in ("done", "handoff")
    ]
    return replace(plan, findings=(*plan.findings, *found))
