"""The risks of a plan as diagnostics, for formats that know places and severities only."""

from __future__ import annotations

from collections.abc import Mapping

from sdx_state.model.diagnostic import Diagnostic, Severity
from sdx_state.model.plan import Change, Plan, Risk
from sdx_state.model.policy import Level

# A critical or blocked change needs consent, or cannot be applied: `plan` ends with 6.
SEVERITY_OF: Mapping[Level, Severity] = {
    "blocked": "error",
    "critical": "error",
    "high": "warning",
    "medium": "warning",
    "low": "info",
}


def found_in(plan: Plan) -> list[Diagnostic]:
    """Return the diagnostics of `plan`, and after them the risks of its changes."""
    return [*plan.diagnostics, *(_of(change, risk) for change in plan.changes for risk in change.risks)]


def _of(change: Change, risk: Risk) -> Diagnostic:
    message = f"{change.address}: {risk.level}: {risk.message}"
    return Diagnostic(risk.rule, SEVERITY_OF[risk.level], message, risk.source or change.source, change.address)
