"""The plan as Markdown, for a comment on a pull request: what endangers most comes first, and no more than fits."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sdx_state.plan.model import Action, Change, Plan
from sdx_state.report.escape import escape
from sdx_state.report.text import NO_CHANGES, change_text, summary_line

MARKER = "<!-- sdx-state plan -->"
GITHUB = 65_536  # bytes that a comment may have
_WHOSE = {
    "branch": "from this branch",
    "both": "from this branch and elsewhere",
    "pending": "pending on the base already",
    "drift": "changed in the tenant alone",
}
_LEVELS = {"low": 0, "medium": 1, "high": 2, "critical": 3}
_BACKTICKS = re.compile(r"`+")
WIDTH = 100


def plan_markdown(plan: Plan, *, budget: int = GITHUB) -> str:
    """Return `plan` as Markdown of at most `budget` bytes.

    Everything that comes from the tenant or the files stands inside one fence that is longer than any run of
    backticks in it. What does not fit is left out from the least important end, and counted.

    Args:
        plan: What to show.
        budget: Bytes, in UTF-8.
    """
    head = [MARKER, "", f"**{_headline(plan)}**", ""]
    counts = list(_counts(plan))
    if counts:
        head += [*counts, ""]
    blocks = [*_findings(plan), *(change_text(change, WIDTH) for change in sorted(plan.changes, key=_importance))]
    if not blocks:
        return "\n".join(head)
    longest = max((len(run) for block in blocks for run in _BACKTICKS.findall(block)), default=0)
    fence = "`" * max(3, longest + 1)
    # Room for the fences and for the line that says what was left out.
    room = budget - len("\n".join(head).encode()) - 2 * len(fence) - 200
    shown: list[str] = []
    for block in blocks:
        size = len(block.encode()) + 1
        if size > room:
            break
        shown.append(block)
        room -= size
    left_out = blocks[len(shown) :]
    lines = [*head, f"{fence}diff", *shown, fence, ""]
    if left_out:
        lines += [f"**{len(left_out)} more did not fit here.** `sdx-state plan` shows all of them.", ""]
    return "\n".join(lines)


def _headline(plan: Plan) -> str:
    if plan.errors:
        return "The plan has errors. Nothing can be applied."
    return summary_line(plan.summary) if plan.changes else NO_CHANGES


def _counts(plan: Plan) -> Iterator[str]:
    """Yield what a reviewer must not miss, in computed numbers only."""
    levels = [
        max((risk.level for risk in change.risks), key=_LEVELS.__getitem__) for change in plan.changes if change.risks
    ]
    for level in ("critical", "high"):
        if level in levels:
            yield f"- {levels.count(level)} {level}"
    for whose, words in _WHOSE.items():
        count = sum(change.attribution == whose for change in plan.changes)
        if count:
            yield f"- {count} {words}"
    deletes = sum(change.action is Action.DELETE for change in plan.changes)
    if deletes:
        yield f"- {deletes} to be deleted"
    if plan.drift:
        yield f"- {len(plan.drift)} changed in the tenant since the last apply"


def _importance(change: Change) -> tuple[int, int, str]:
    """Order deletes first, then by the worst risk, then changes, creates and the rest."""
    order = {Action.DELETE: 0, Action.UPDATE: 2, Action.CREATE: 3}.get(change.action, 4)
    worst = max((_LEVELS[risk.level] for risk in change.risks), default=0)
    return (1 if worst >= _LEVELS["high"] and order else order, -worst, change.address)


def _findings(plan: Plan) -> Iterator[str]:
    for finding in plan.findings:
        place = f"{finding.source.file}:{finding.source.line}: " if finding.source and finding.source.line else ""
        hint = f"\n    {escape(finding.hint)}" if finding.hint else ""
        yield f"! {escape(place)}{finding.severity}: {escape(finding.message)}{hint}"
