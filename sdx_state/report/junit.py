"""The plan as a JUnit report: a test a resource; errors, and risks that are critical or blocked, fail."""

from __future__ import annotations

from xml.sax.saxutils import escape as escape_xml
from xml.sax.saxutils import quoteattr

from sdx_state.plan.model import Plan
from sdx_state.report.escape import escape
from sdx_state.report.text import change_text

WIDTH = 100


def plan_junit(plan: Plan) -> str:
    """Return `plan` as XML: failures are what forbids applying, or endangers data most."""
    cases = []
    failures = 0
    for finding in (*plan.errors, *plan.limits):
        failures += 1
        name = escape(finding.address or "configuration")
        cases.append(_case(name, "error", escape(finding.message), escape(finding.hint or "")))
    for change in plan.changes:
        critical = [risk for risk in change.risks if risk.level in ("critical", "blocked")]
        failures += bool(critical)
        message = escape("; ".join(f"{risk.rule}: {risk.message}" for risk in critical)) if critical else ""
        cases.append(_case(escape(change.address), change.action.value, message, change_text(change, WIDTH)))
    head = f'<testsuite name="sdx-state plan" tests="{len(cases)}" failures="{failures}" errors="0" skipped="0">'
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', head, *cases, "</testsuite>", ""])


def _case(name: str, kind: str, failure: str, text: str) -> str:
    inner = f"<failure message={quoteattr(failure)}>{escape_xml(text)}</failure>" if failure else ""
    output = f"<system-out>{escape_xml(text)}</system-out>" if text and not failure else ""
    return f"  <testcase classname={quoteattr(kind)} name={quoteattr(name)}>{inner}{output}</testcase>"
