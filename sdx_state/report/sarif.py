"""The plan as SARIF 2.1.0: each diagnostic and each risk at the line that asks for it."""

from __future__ import annotations

import json
from typing import Any

from sdx_state.config.sift import PROJECT_FILE
from sdx_state.model.plan import Plan
from sdx_state.model.resource import Source
from sdx_state.model.urls import relative_path
from sdx_state.report.escape import escape
from sdx_state.risk.rules import RULES
from sdx_state.version import __version__

_PLAN = "plan"
_RULES = {rule.id: rule for rule in RULES}
_LEVELS = {"blocked": "error", "critical": "error", "high": "error", "medium": "warning", "low": "note"}
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_SEVERITIES = {"error": "error", "warning": "warning", "info": "note"}


def plan_sarif(plan: Plan, folder: str = "") -> str:
    """Return `plan` as SARIF text, pure ASCII, with a line end.

    Args:
        plan: What to show.
        folder: Where the project stands in the repository, with a slash at the end.
    """
    results: list[dict[str, Any]] = []
    rules: dict[str, dict[str, Any]] = {}
    for diagnostic in plan.diagnostics:
        rules.setdefault(_PLAN, _rule(_PLAN, "What forbids the plan, or is odd about it"))
        hint = f" ({diagnostic.help})" if diagnostic.help else ""
        results.append(
            _result(_PLAN, _SEVERITIES[diagnostic.severity], diagnostic.message + hint, diagnostic.source, folder)
        )
    for change in plan.changes:
        for risk in change.risks:
            if risk.rule not in rules:
                rule = _RULES.get(risk.rule)
                rules[risk.rule] = _rule(risk.rule, rule.reason if rule else risk.message)
            message = f"{change.address}: {risk.level}: {risk.message}"
            source = risk.source or change.source
            results.append(_result(risk.rule, _LEVELS[risk.level], message, source, folder))
    driver = {"name": "sdx-state", "version": __version__, "rules": [*rules.values()]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": not (plan.errors or plan.limits)}],
        "results": results,
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, ensure_ascii=True, indent=2) + "\n"


def _rule(id: str, reason: str) -> dict[str, Any]:
    told = {"id": id, "shortDescription": {"text": escape(reason)}}
    return told if id == _PLAN else {**told, "help": {"text": f"sdx-state explain risk {escape(id)}"}}


def _result(rule: str, level: str, message: str, source: Source | None, folder: str) -> dict[str, Any]:
    """Return one result. What is declared nowhere any more stands at the project file: GitHub takes no result
    without a place, and refuses all the others with it.
    """
    if source is None or not source.file:
        source = Source(PROJECT_FILE, 1, 1)
    region = {"startLine": max(1, source.line), "startColumn": max(1, source.column)}
    location = {"artifactLocation": {"uri": relative_path(folder + source.file)}, "region": region}
    return {
        "ruleId": rule,
        "level": level,
        "message": {"text": escape(message)},
        "locations": [{"physicalLocation": location}],
    }
