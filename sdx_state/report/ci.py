"""The plan for CI systems: GitLab's merge-request widget, and GitHub's annotations."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sdx_state.kinds.resource import Source
from sdx_state.plan.model import Plan
from sdx_state.report.escape import escape

_COMMANDS = {"blocked": "error", "critical": "error", "high": "warning", "medium": "notice"}


def plan_gitlab(plan: Plan) -> str:
    """Return the counts that GitLab's report of infrastructure changes shows."""
    summary = plan.summary
    counts = {"create": summary.add, "update": summary.change, "delete": summary.destroy}
    return json.dumps(counts) + "\n"


def plan_github(plan: Plan) -> str:
    """Return workflow commands that put each finding and each risk at its line."""
    return "".join(f"{line}\n" for line in _annotations(plan))


def _annotations(plan: Plan) -> Iterator[str]:
    for finding in plan.findings:
        hint = f" {finding.hint}" if finding.hint else ""
        yield _annotation(finding.severity, finding.message + hint, finding.source)
    for change in plan.changes:
        for risk in change.risks:
            if risk.level in _COMMANDS:
                message = f"{change.address}: {risk.level}: {risk.message}"
                yield _annotation(_COMMANDS[risk.level], message, change.source)


def _annotation(command: str, message: str, source: Source | None) -> str:
    place = ""
    if source is not None and source.line:
        place = f" file={_property(source.file)},line={source.line},col={max(1, source.column)}"
    return f"::{command}{place}::{_data(escape(message))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(escape(text)).replace(":", "%3A").replace(",", "%2C")
