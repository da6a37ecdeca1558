"""The reason why a command stopped, as diagnostics of its plan: so every format of the plan has it at its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sdx_state.apply.outcome import Outcome, Status
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.plan import Plan
from sdx_state.records import replace
from sdx_state.report.advice import advice_on

_CODES: Mapping[Status, str] = {
    "failed": "apply-failed",
    "ambiguous": "apply-ambiguous",
    "stale": "apply-stale",
    "not started": "apply-not-started",
}


def stopped(plan: Plan | None, found: Iterable[Diagnostic]) -> Plan:
    """Return `plan`, or an empty one where it did not come to that, with what stopped the command."""
    plan = plan or Plan("", "")
    return replace(plan, diagnostics=(*plan.diagnostics, *found))


def with_outcomes(plan: Plan, outcomes: Iterable[Outcome]) -> Plan:
    """Return `plan`, which was carried out, with every change that did not come about as an error."""
    found = [
        Diagnostic(
            _CODES[one.status],
            "error",
            f"{one.change.address}: {one.status}{f': {one.message}' if one.message else ''}",
            one.change.source,
            one.change.address,
            advice_on(one) or None,
        )
        for one in outcomes
        if one.status in _CODES
    ]
    return replace(plan, diagnostics=(*plan.diagnostics, *found))
