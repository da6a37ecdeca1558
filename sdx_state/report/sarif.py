"""The plan as SARIF 2.1.0: each finding and each risk at the line that asks for it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from sdx_state import __version__
from sdx_state.kinds.resource import Source
from sdx_state.plan.model import Plan
from sdx_state.report.escape import escape

_LEVELS = {"blocked": "error", "critical": "error", "high": "error", "medium": "warning", "low": "note"}
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def plan_sarif(plan: Plan) -> str:
    """Return `plan` as SARIF text, pure ASCII, with a line end."""
    results: list[dict[str, Any]] = []
    rules: dict[str, str] = {}
    for finding in plan.findings:
        rules.setdefault("plan", "What forbids the plan, or is odd about it")
        hint = f" ({finding.hint})" if finding.hint else ""
        results.append(_result("plan", finding.severity, finding.message + hint, finding.source))
    for change in plan.changes:
        for risk in change.risks:
            rules.setdefault(risk.rule, risk.message)
            source = next((field.source for field in change.fields if field.source), None) or change.source
            message = f"{change.address}: {risk.level}: {risk.message}"
            results.append(_result(risk.rule, _LEVELS[risk.level], message, source))
    driver = {
        "name": "sdx-state",
        "version": __version__,
        "rules": [{"id": id, "shortDescription": {"text": escape(text)}} for id, text in rules.items()],
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}
    return json.dumps(document, ensure_ascii=True, indent=2) + "\n"


def _address(file: str) -> str:
    """Return `file` as the relative address that SARIF asks for."""
    return quote(file, safe="/", errors="surrogatepass")


def _result(rule: str, level: str, message: str, source: Source | None) -> dict[str, Any]:
    result: dict[str, Any] = {"ruleId": rule, "level": level, "message": {"text": escape(message)}}
    if source is not None and source.line:
        region = {"startLine": source.line, "startColumn": max(1, source.column)}
        location = {"artifactLocation": {"uri": _address(source.file)}, "region": region}
        result["locations"] = [{"physicalLocation": location}]
    return result
