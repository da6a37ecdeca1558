"""Diagnostics for CI systems: GitLab's reports, and GitHub's annotations."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from sdx_state.config.sift import PROJECT_FILE
from sdx_state.model.diagnostic import Diagnostic, once_for_all_uses
from sdx_state.model.plan import Action, Plan
from sdx_state.model.resource import Source
from sdx_state.report.escape import escape
from sdx_state.report.places import with_use
from sdx_state.report.risks import SEVERITY_OF, found_in

_COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}
_LEVELS = {"blocked": "error", "critical": "error", "high": "warning", "medium": "notice"}  # low is not annotated
_QUALITY = {"error": "critical", "warning": "minor", "info": "info"}


def plan_gitlab(plan: Plan) -> str:
    """Return the counts that GitLab's report of infrastructure changes shows.

    It cannot show a hand-off: a change by hand is counted as its effect on the tenant, for a report of
    nothing would say that nothing changes.
    """
    actions = {"create": Action.CREATE, "update": Action.UPDATE, "delete": Action.DELETE}
    counts = {key: sum(change.action is action for change in plan.changes) for key, action in actions.items()}
    return json.dumps(counts) + "\n"


def plan_code_quality(plan: Plan, folder: str = "") -> str:
    """Return the diagnostics of `plan` and its risks as `code_quality` has them."""
    return code_quality(found_in(plan), folder)


def code_quality(found: Iterable[Diagnostic], folder: str = "") -> str:
    """Return `found` as GitLab's code quality report, whose `check_name` is the code.

    Args:
        found: The diagnostics.
        folder: Path of the project in the repository, with a slash at the end.
    """
    documents = []
    for one in found:
        source = one.source if one.source is not None and one.source.file else Source(PROJECT_FILE, 1, 1)
        same = json.dumps([one.code, source.file, one.message, one.address])
        documents.append(
            {
                "check_name": escape(one.code),
                "description": escape(with_use(one.message, one.source) + (f" ({one.help})" if one.help else "")),
                "fingerprint": hashlib.sha256(same.encode()).hexdigest(),
                "severity": _QUALITY[one.severity],
                "location": {"path": escape(folder + source.file), "lines": {"begin": max(1, source.line)}},
            }
        )
    return json.dumps(documents, ensure_ascii=True, indent=2) + "\n"


def plan_github(plan: Plan, folder: str = "") -> str:
    """Return workflow commands that put each diagnostic and each risk at its line, as `github` does.

    Args:
        plan: What to show.
        folder: Path of the project in the repository, with a slash at the end.
    """
    diagnostics = once_for_all_uses(plan.diagnostics)
    found = [(_rank(one.severity, 0), _annotation(_COMMANDS[one.severity], one, folder)) for one in diagnostics]
    risks = [risk for change in plan.changes for risk in change.risks]
    for risk, one in zip(risks, found_in(plan)[len(plan.diagnostics) :], strict=True):
        if risk.level in _LEVELS:
            rank = _rank(SEVERITY_OF[risk.level], 1 + [*_LEVELS].index(risk.level))
            found.append((rank, _annotation(_LEVELS[risk.level], one, folder)))
    return _worst_first(found)


def github(found: Iterable[Diagnostic], folder: str = "") -> str:
    """Return workflow commands that put each of `found` at its line, with its code as the title.

    GitHub shows ten errors, ten warnings and ten notices of a step: the worst come first.
    """
    return _worst_first(
        [(_rank(one.severity, 0), _annotation(_COMMANDS[one.severity], one, folder)) for one in found]
    )


def _rank(severity: str, within: int) -> tuple[int, int]:
    return [*_COMMANDS].index(severity), within


def _worst_first(found: list[tuple[tuple[int, int], str]]) -> str:
    return "".join(f"{line}\n" for _, line in sorted(found, key=lambda one: one[0]))


def _annotation(command: str, one: Diagnostic, folder: str) -> str:
    place, source = "", one.source
    if source is not None and source.file:
        place = f"file={_property(folder + source.file)},"
        place += f"line={source.line},col={max(1, source.column)}," if source.line else ""
    message = with_use(one.message, source) + (f". {one.help}" if one.help else "")
    return f"::{command} {place}title={_property(one.code)}::{_data(escape(message))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(escape(text)).replace(":", "%3A").replace(",", "%2C")
