"""The plan as Markdown, for a comment on a pull request: what endangers most comes first, and no more than fits."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sdx_state.model.plan import Action, Attribution, Change, Plan
from sdx_state.model.policy import LEVELS
from sdx_state.report.escape import escape
from sdx_state.report.personal import without_personal
from sdx_state.report.places import place_of
from sdx_state.report.stored import stored_line
from sdx_state.report.text import change_text, licences, no_changes, summary_line

MARKER = "<!-- sdx-state plan -->"
GITHUB = 65_536  # bytes that a comment may have there
WIDTH = 100

SECTIONS: dict[Attribution | None, str] = {
    "branch": "From this branch",
    "both": "From this branch, and changed elsewhere too",
    "pending": "Pending on the base already",
    "drift": "Changed in the tenant alone",
    None: "",
}
_COUNTED = {
    "branch": "from this branch",
    "both": "from this branch and elsewhere",
    "pending": "pending on the base already",
    "drift": "changed in the tenant alone",
}
_MEANS = {
    "blocked": "apply refuses, and nobody can allow it",
    "critical": "each must be allowed by its address",
    "high": "look twice",
}
_WHAT = {
    Action.CREATE: "to add",
    Action.UPDATE: "to change",
    Action.DELETE: "to destroy",
    Action.NO_OP: "to rename",
    Action.FORGET: "to forget",
}
BY_HAND = "not through the API: a person does this by hand or by CSV upload"
_BACKTICKS = re.compile(r"`+")
_PLAIN = re.compile(r"[A-Za-z0-9:/.#_-]{1,120}")


@dataclass(frozen=True)
class _Block:
    """One thing to be shown.

    Attributes:
        section: Whose change it is; None for diagnostics, and where nobody asked.
        text: All of it.
        line: Its first line alone, for where all of it does not fit.
        what: What becomes of it, in words to be counted.
        deletes: Whether something is deleted.
        grave: Whether its risk is high or worse.
    """

    section: Attribution | None
    text: str
    line: str
    what: str = "to be said"
    deletes: bool = False
    grave: bool = False


def plan_markdown(
    plan: Plan,
    *,
    budget: int = GITHUB,
    personal: bool = False,
    environment: str | None = None,
    hash: str = "",
) -> str:
    """Return `plan` as Markdown of at most `budget` bytes.

    Everything that comes from the tenant or the files stands inside fences that are longer than any run of backticks
    in it. Deletes and what is critical take their place first; of what does not fit whole, the first line is shown,
    and what does not fit at all is counted.

    Args:
        plan: What to show.
        budget: Bytes, in UTF-8; at least 1,000.
        personal: Show names, telephone numbers and e-mail addresses that stand in the tenant alone.
        environment: Named in the hidden marker, so that each environment has a comment of its own.
        hash: Hash of the plan as a file, empty if it is none.
    """
    blocks = _blocks(plan, personal)
    head = [marker(environment), "", f"**{_headline(plan)}**", ""]
    head += [*counts, ""] if (counts := [*_counts(plan)]) else []
    if plan.stored is not None:
        named = f"`{plan.stored.tenant}`" if _PLAIN.fullmatch(plan.stored.tenant) else "a tenant with an unusual name"
        head += [stored_line(plan, named) or "", ""]
    elif _PLAIN.fullmatch(plan.tenant):
        head += [f"Tenant: `{plan.tenant}`", ""]
    if _PLAIN.fullmatch(hash):
        head += [f"Hash of the saved plan: `{hash}`. `sdx-state apply PLANFILE --expect HASH` applies no other.", ""]
    fence = fence_for([block.text for block in blocks])
    sections = [section for section in (None, *SECTIONS) if any(block.section == section for block in blocks)]
    frames = sum(len(SECTIONS[section]) + 2 * len(fence) + 20 for section in dict.fromkeys(sections))
    room = budget - len("\n".join(head).encode()) - frames - 500  # for the line that says what was left out
    shown, shortened, left_out = _fitting(blocks, room)
    lines = list(head)
    for section in dict.fromkeys(sections):
        texts = [text for block, text in shown if block.section == section]
        if texts:
            lines += [f"#### {SECTIONS[section]}", ""] if section else []
            lines += [f"{fence}diff", *texts, fence, ""]
    lines += _omitted(shortened, left_out)
    return "\n".join(lines)


def marker(environment: str | None) -> str:
    """Return the hidden line by which a comment is found again."""
    if environment is None or not _PLAIN.fullmatch(environment) or "--" in environment:
        return MARKER
    return f"<!-- sdx-state plan {environment} -->"


def fence_for(texts: Sequence[str]) -> str:
    """Return a fence that is longer than any run of backticks in `texts`."""
    longest = max((len(run) for text in texts for run in _BACKTICKS.findall(text)), default=0)
    return "`" * max(3, longest + 1)


def _blocks(plan: Plan, personal: bool) -> list[_Block]:
    """Return what there is to show, the most important first."""
    blocks = []
    for diagnostic in plan.diagnostics:
        place = place_of(diagnostic.source)
        severity = f"{diagnostic.severity}[{escape(diagnostic.code)}]"
        line = f"! {f'{place}: ' if place else ''}{severity}: {escape(diagnostic.message)}"
        hint = f"\n    {escape(diagnostic.help)}" if diagnostic.help else ""
        blocks.append(_Block(None, line + hint, line))
    for change in sorted(plan.changes, key=_importance):
        text = change_text(change if personal else without_personal(change), WIDTH)
        line = text.partition("\n")[0]
        what = "to import" if change.importing and not change.writes else _WHAT[change.action]
        grave = any(risk.level in _MEANS for risk in change.risks)
        blocks.append(_Block(change.attribution, text, line, what, change.action is Action.DELETE, grave))
    return blocks


def _fitting(blocks: Sequence[_Block], room: int) -> tuple[list[tuple[_Block, str]], int, list[_Block]]:
    """Return what fits, how many of them by their first line only, and what does not fit."""
    shown: list[tuple[_Block, str]] = []
    left_out: list[_Block] = []
    shortened = 0
    # Before anything is shown at length, there is room for a line of every delete.
    reserved = sum(_size(block.line) for block in blocks if block.deletes)
    for block in blocks:
        if block.deletes:
            reserved -= _size(block.line)
        if _size(block.text) <= room - reserved:
            text = block.text
        elif _size(block.line) <= room - reserved:
            text = block.line
            shortened += 1
        else:
            left_out.append(block)
            continue
        shown.append((block, text))
        room -= _size(text)
    return shown, shortened, left_out


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace")) + 1


def _omitted(shortened: int, left_out: Sequence[_Block]) -> list[str]:
    deletes = sum(block.deletes for block in left_out)
    said = []
    if deletes:
        said.append(f"**{deletes} of the deletes did not fit here: do not approve by this comment alone.**")
    if left_out:
        counts = Counter(block.what for block in left_out)
        kinds = ", ".join(f"{count} {what}" for what, count in counts.items())
        said.append(f"**{len(left_out)} more did not fit here: {kinds}.**")
    grave = sum(block.grave and not block.deletes for block in left_out)
    if grave:
        said.append(f"**{grave} of them are at high risk or worse: do not approve by this comment alone.**")
    if shortened:
        said.append(f"{shortened} are shown by their first line.")
    return [" ".join([*said, "`sdx-state plan` shows all of them."]), ""] if said else []


def _headline(plan: Plan) -> str:
    if plan.errors:
        return "The plan has errors. Nothing can be applied."
    return summary_line(plan.summary) if plan.changes else no_changes(plan)


def at_level(level: str, count: int) -> str:
    """Return what it means that `count` changes are at `level`."""
    return f"{count} {level if level == 'blocked' else f'at {level} risk'}: {_MEANS[level]}"


def stopping(plan: Plan) -> str | None:
    """Return which limits apply would stop at, None if there is none; their names are ours."""
    names = dict.fromkeys(one.code for one in plan.limits)
    return f"apply stops at a limit: {', '.join(names)}" if names else None


def _counts(plan: Plan) -> Iterator[str]:
    """Yield what a reviewer must not miss, in computed numbers and our own words only."""
    if limits := stopping(plan):
        yield f"- {limits}"
    levels = [max((risk.level for risk in change.risks), key=LEVELS.index) for change in plan.changes if change.risks]
    for level in _MEANS:
        if level in levels:
            yield f"- {at_level(level, levels.count(level))}"
    for whose, words in _COUNTED.items():
        count = sum(change.attribution == whose for change in plan.changes)
        if count:
            yield f"- {count} {words}"
    deletes = sum(change.action is Action.DELETE for change in plan.changes)
    if deletes:
        yield f"- {deletes} to be deleted"
    if cost := licences(plan):
        yield f"- {cost}"
    if plan.summary.handoff:
        yield f"- {plan.summary.handoff} {BY_HAND}"
    if plan.drift:
        yield f"- {len(plan.drift)} changed in the tenant since the last apply"


def _importance(change: Change) -> tuple[int, int, str]:
    """Order deletes first, then by the worst risk, then changes, creates and the rest."""
    order = {Action.DELETE: 0, Action.UPDATE: 2, Action.CREATE: 3}.get(change.action, 4)
    worst = max((LEVELS.index(risk.level) for risk in change.risks), default=0)
    return (1 if worst >= LEVELS.index("high") and order else order, -worst, change.address)
