"""The plan for CI systems: GitLab's merge-request widget, and GitHub's annotations."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sdx_state.model.plan import Action, Plan
from sdx_state.model.resource import Source
from sdx_state.report.escape import escape

_COMMANDS = {"blocked": "error", "critical": "error", "high": "warning", "medium": "notice"}
_FINDINGS = {"error": (0, "error"), "warning": (3, "warning"), "info": (5, "notice")}  # rank and command


def plan_gitlab(plan: Plan) -> str:
    """Return the counts that GitLab's report of infrastructure changes shows.

    It has no place for a hand-off: what a person does is counted as what it does to the tenant, for a report of
    nothing would say that nothing changes.
    """
    actions = {"create": Action.CREATE, "update": Action.UPDATE, "delete": Action.DELETE}
    counts = {key: sum(change.action is action for change in plan.changes) for key, action in actions.items()}
    return json.dumps(counts) + "\n"


def plan_github(plan: Plan, folder: str = "") -> str:
    """Return workflow commands that put each diagnostic and each risk at its line.

    GitHub shows ten errors, ten warnings and ten notices of a step: the worst come first.

    Args:
        plan: What to show.
        folder: Where the project stands in the repository, with a slash at the end.
    """
    found = sorted(_annotations(plan, folder), key=lambda one: one[0])
    return "".join(f"{line}\n" for _, line in found)


def _annotations(plan: Plan, folder: str) -> Iterator[tuple[int, str]]:
    """Yield each annotation with its rank, the worst first."""
    for diagnostic in plan.diagnostics:
        hint = f". {diagnostic.help}" if diagnostic.help else ""
        rank, command = _FINDINGS[diagnostic.severity]
        yield rank, _annotation(command, diagnostic.message + hint, diagnostic.source, folder)
    for change in plan.changes:
        for risk in change.risks:
            if risk.level in _COMMANDS:
                message = f"{change.address}: {risk.level}: {risk.message}"
                yield (
                    [*_COMMANDS].index(risk.level) + 1,
                    _annotation(_COMMANDS[risk.level], message, risk.source or change.source, folder),
                )


def _annotation(command: str, message: str, source: Source | None, folder: str) -> str:
    place = ""
    if source is not None and source.file:
        place = f" file={_property(folder + source.file)}"
        place += f",line={source.line},col={max(1, source.column)}" if source.line else ""
    return f"::{command}{place}::{_data(escape(message))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(escape(text)).replace(":", "%3A").replace(",", "%2C")
