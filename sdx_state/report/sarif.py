"""Diagnostics as SARIF 2.1.0: each at its line, under the rule of its code."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sdx_state import __version__
from sdx_state.config.codes import rules
from sdx_state.config.sift import PROJECT_FILE
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.plan import Plan
from sdx_state.model.resource import Source
from sdx_state.model.urls import relative_path
from sdx_state.report.escape import escape
from sdx_state.report.places import with_use
from sdx_state.report.risks import found_in

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def plan_sarif(plan: Plan, folder: str = "") -> str:
    """Return `plan` as `sarif` has it: its diagnostics, and the risks of its changes."""
    return sarif(found_in(plan), folder, successful=not (plan.errors or plan.limits))


def sarif(found: Iterable[Diagnostic], folder: str = "", *, successful: bool) -> str:
    """Return `found` as SARIF text, pure ASCII, with a line end.

    Args:
        found: The diagnostics.
        folder: Path of the project in the repository, with a slash at the end.
        successful: Whether the command was.
    """
    diagnostics = list(found)
    used = {one.code: _rule(one.code) for one in diagnostics}
    driver = {"name": "sdx-state", "version": __version__, "rules": [*used.values()]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": successful}],
        "results": [_result(one, folder) for one in diagnostics],
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, ensure_ascii=True, indent=2) + "\n"


def _rule(code: str) -> dict[str, Any]:
    rule = rules().get(code)
    if rule is None:  # of a package that extends this one
        return {"id": escape(code), "shortDescription": {"text": escape(code)}}
    text = f"{rule.text}\n\nFix: {rule.fix}"
    return {
        "id": code,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.text},
        "help": {"text": text, "markdown": f"{rule.text}\n\n{rule.example}\n\n**Fix:** {rule.fix}"},
    }


def _result(one: Diagnostic, folder: str) -> dict[str, Any]:
    """Return one result. A finding without a place in the files is reported at the project file: GitHub rejects a
    report that has a result without a place.
    """
    source = one.source
    if source is None or not source.file:
        source = Source(PROJECT_FILE, 1, 1)
    region = {"startLine": max(1, source.line), "startColumn": max(1, source.column)}
    location = {"artifactLocation": {"uri": relative_path(folder + source.file)}, "region": region}
    text = escape(with_use(one.message, source) + (f" ({one.help})" if one.help else ""))
    result: dict[str, Any] = {
        "ruleId": escape(one.code),
        "level": _LEVELS[one.severity],
        "message": {"text": text},
        "locations": [{"physicalLocation": location}],
    }
    if source.use is not None:
        use = source.use
        used = {
            "artifactLocation": {"uri": relative_path(folder + use.file)},
            "region": {"startLine": max(1, use.line), "startColumn": max(1, use.column)},
        }
        result["relatedLocations"] = [{"physicalLocation": used, "message": {"text": escape(f"used by {use.key}")}}]
    return result
