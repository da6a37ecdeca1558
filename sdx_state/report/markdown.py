"""The plan as Markdown, for a comment on a pull request: where, what stops apply, risks, then change by change."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from textwrap import wrap

from sdx_state.model.diagnostic import Diagnostic, once_for_all_uses
from sdx_state.model.plan import Action, Attribution, Plan
from sdx_state.model.policy import LEVELS
from sdx_state.model.value import DEFAULT_LANGUAGE
from sdx_state.plan.conversation import Conversation
from sdx_state.records import replace
from sdx_state.report.dialogue import dialogue
from sdx_state.report.escape import disarm, escape
from sdx_state.report.markdown_budget import Entry, Lines, fitted, omitted, size
from sdx_state.report.markdown_changes import Group, groups_of
from sdx_state.report.personal import without_personal
from sdx_state.report.places import place_of, with_use
from sdx_state.report.stored import stored_line
from sdx_state.report.text import effort_line, licences, no_changes, stopping, summary_line

MARKER = "<!-- sdx-state plan -->"
GITHUB = 65_536  # bytes that a comment may have there
WIDTH = 100
NAMED = 3  # addresses named in a row of the table of risks
HEARD = 10  # lines about what respondents will see
SAID = 500  # bytes kept for the lines that count what was omitted

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
    "blocked": "apply refuses it, and no option allows it",
    "critical": "each must be allowed by its address",
    "high": "look twice",
}
BY_HAND = "not through the API: a person does this by hand or by CSV upload"
_BACKTICKS = re.compile(r"`+")
_PLAIN = re.compile(r"[A-Za-z0-9:/.#_-]{1,120}")
_ADDRESS = re.compile(r"[A-Za-z0-9@+:/.#_-]{1,120}")
_LINK = re.compile(r"https?://[A-Za-z0-9:/.?=&%#_~+-]{1,500}")


def plan_markdown(
    plan: Plan,
    told: Sequence[Conversation] = (),
    *,
    budget: int = GITHUB,
    personal: bool = False,
    environment: str | None = None,
    hash: str = "",
    page: str = "",
) -> str:
    """Return `plan` as Markdown of at most `budget` bytes.

    Text of the tenant and of the files is inside fences that are longer than any run of backticks in it. Where the
    budget is too small, deletes and high risks come first; other changes are shown by their first line or counted.

    Args:
        plan: What to show.
        told: The changed surveys as respondents see them, before and after.
        budget: Bytes, in UTF-8; at least 1,000.
        personal: Show names, telephone numbers and e-mail addresses that only the tenant contains.
        environment: Its name; it is in the hidden marker too, so that each environment has its own comment.
        hash: Hash of the plan as a file, empty if it is none.
        page: Address of the plan's page, empty if there is none.
    """
    changes = [change if personal else without_personal(change) for change in plan.changes]
    groups = groups_of(changes, WIDTH)
    heard = _heard(told)
    said = [_diagnostic_lines(one) for one in once_for_all_uses(plan.diagnostics)]
    entries = [Entry(lines, None, 20) for lines in said]
    for number, group in enumerate(groups):
        entries += [Entry(block.lines, (number, "first"), 20, block) for block in group.blocks]
        entries += [Entry((block.head,), (number, "others"), 200, block) for block in group.others]
    fence = fence_for([*heard, *(line for entry in entries for line in entry.lines)])
    entries = [replace(entry, cost=entry.cost + 2 * len(fence)) for entry in entries]
    head, tail = [*_head(plan, environment)], [*_tail(hash, page)]
    room = budget - SAID - size([*head, *tail])
    table = [*_table(plan, min(budget // 4, room))]
    room -= size(table) + sum(len(SECTIONS[section]) + 8 for section in {group.section for group in groups})
    if heard and size(heard) + 100 < min(budget // 8, room):
        heard = ["#### What respondents will see", "", fence, *heard, fence, ""]
        room -= size(heard)
    else:
        heard = []
    shown = fitted(entries, room)
    body = _body(len(said), groups, shown, fence)
    return "\n".join([*head, *table, *body, *heard, *omitted(entries, shown), *tail])


def marker(environment: str | None) -> str:
    """Return the hidden line by which a comment is found again."""
    if environment is None or not _PLAIN.fullmatch(environment) or "--" in environment:
        return MARKER
    return f"<!-- sdx-state plan {environment} -->"


def fence_for(texts: Sequence[str]) -> str:
    """Return a fence that is longer than any run of backticks in `texts`."""
    longest = max((len(run) for text in texts for run in _BACKTICKS.findall(text)), default=0)
    return "`" * max(3, longest + 1)


def at_level(level: str, count: int) -> str:
    """Return what it means that `count` changes are at `level`."""
    return f"{count} {level if level == 'blocked' else f'at {level} risk'}: {_MEANS[level]}"


def _head(plan: Plan, environment: str | None) -> Iterator[str]:
    """Yield where the plan is for, what it comes to, and whether apply would stop."""
    yield marker(environment)
    where = [f"**`{environment}`**"] if environment and marker(environment) != MARKER else []
    if plan.stored is None and plan.tenant:
        where += [f"`{plan.tenant}`" if _PLAIN.fullmatch(plan.tenant) else "a tenant with an unusual name"]
    if where:
        yield f"{' · '.join(where)}"
        yield ""
    if plan.stored is not None:
        named = f"`{plan.stored.tenant}`" if _PLAIN.fullmatch(plan.stored.tenant) else "a tenant with an unusual name"
        yield stored_line(plan, named) or ""
        yield ""
    if plan.errors:
        yield "**The plan has errors. Nothing can be applied.**"
    elif not plan.changes:
        yield f"**{no_changes(plan)}**"
    else:
        stop = stopping(plan)
        yield f"**{summary_line(plan.summary)}** {f'**{stop}.**' if stop else 'No limit stops apply.'}"
    yield ""
    points = [*_points(plan)]
    yield from points
    if points:
        yield ""


def _points(plan: Plan) -> Iterator[str]:
    """Yield what the table of risks does not count, in computed numbers and our own words only."""
    for whose, words in _COUNTED.items():
        if count := sum(change.attribution == whose for change in plan.changes):
            yield f"- {count} {words}"
    deletes = sum(change.action is Action.DELETE for change in plan.changes)
    if deletes:
        yield f"- {deletes} to be deleted"
    if cost := licences(plan):
        yield f"- {cost}"
    if effort := effort_line(plan):
        yield f"- {effort}"
    if plan.summary.handoff:
        yield f"- {plan.summary.handoff} {BY_HAND}"
    if plan.drift:
        yield f"- {len(plan.drift)} changed in the tenant since the last apply"


def _table(plan: Plan, room: int) -> Iterator[str]:
    """Yield the risks as a table, the worst first, in at most `room` bytes; low risks are left to the page."""
    rows: dict[tuple[int, str], list[str]] = {}
    for change in plan.changes:
        for risk in change.risks:
            if risk.level != "low":
                rows.setdefault((-LEVELS.index(risk.level), risk.rule), []).append(change.address)
    lines = ["| risk | rule | changes |", "| --- | --- | --- |"]
    room -= size(lines) + 60
    left_out = 0
    for (rank, rule), addresses in sorted(rows.items(), key=lambda row: row[0]):
        level = LEVELS[-rank]
        named = [f"`{address}`" for address in dict.fromkeys(addresses) if _ADDRESS.fullmatch(address)][:NAMED]
        more = len(dict.fromkeys(addresses)) - len(named)
        cell = ", ".join([*named, *([f"{more} more" if named else f"{more}"] if more else [])])
        meaning = f": {_MEANS[level]}" if level in _MEANS else ""
        line = f"| **{level}**{meaning} | {f'`{rule}`' if _PLAIN.fullmatch(rule) else 'a rule'} | {cell} |"
        if size([line]) > room or left_out:
            left_out += 1
            continue
        room -= size([line])
        lines.append(line)
    if not rows:
        return
    if len(lines) > 2:
        yield from lines
        yield ""
    if left_out:
        yield f"{left_out} more {'risk' if left_out == 1 else 'risks'} are omitted here."
        yield ""


def _tail(hash: str, page: str) -> Iterator[str]:
    if _LINK.fullmatch(page):
        yield f"[The whole plan as a page]({page})"
        yield ""
    if _PLAIN.fullmatch(hash):
        yield f"Hash of the saved plan: `{hash}`. `sdx-state apply PLANFILE --expect HASH` applies no other."
        yield ""


def _heard(told: Sequence[Conversation]) -> list[str]:
    """Return what respondents will see, with one line for all surveys and languages that change alike."""
    alike: dict[str, list[str]] = {}
    for one in told:
        shown = dialogue(one)
        extents = [
            f"{channel}: {after}" if before == after or not one.before else f"{channel}: {before} -> {after}"
            for channel, before, after in shown.channels
            if one.after
        ]
        said = "; ".join([shown.summary or "the same", *extents] if one.after else ["no longer asked"])
        language = "" if one.language == DEFAULT_LANGUAGE else f" in {escape(one.language)}"
        alike.setdefault(said, []).append(f"{escape(one.address)}{language}")
    lines = []
    for said, names in [*alike.items()][:HEARD]:
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED + 1 else ""
        line = f"{', '.join(names[:NAMED] if more else names)}{more}: {said}"
        lines += [disarm(part) for part in wrap(line, WIDTH, subsequent_indent="  ")]
    if len(alike) > HEARD:
        lines.append(f"... and {sum(len(names) for names in [*alike.values()][HEARD:])} more surveys")
    return lines


def _diagnostic_lines(diagnostic: Diagnostic) -> tuple[str, ...]:
    place = place_of(diagnostic.source)
    severity = f"{diagnostic.severity}[{escape(diagnostic.code)}]"
    message = with_use(escape(diagnostic.message), diagnostic.source)
    line = f"! {f'{place}: ' if place else ''}{severity}: {message}"
    return (line, f"    {escape(diagnostic.help)}") if diagnostic.help else (line,)


def _body(diagnostics: int, groups: Sequence[Group], shown: Sequence[Lines], fence: str) -> Iterator[str]:
    """Yield the diagnostics and the groups, in sections by whose changes they are.

    Args:
        diagnostics: How many of `shown` are diagnostics; they come first.
        groups: The groups.
        shown: The lines of each diagnostic, and then of each block of each group.
        fence: The fence.
    """
    rest = iter(shown)
    lines = [line for _ in range(diagnostics) for line in next(rest)]
    if lines:
        yield from (f"{fence}diff", *lines, fence, "")
    section: Attribution | None = None
    for group in groups:
        first = [line for _ in group.blocks for line in next(rest)]
        others = [line for _ in group.others for line in next(rest)]
        if (first or others) and group.section != section:
            section = group.section
            yield from (f"#### {SECTIONS[section]}", "")
        if first:
            yield from (f"{fence}diff", *first, fence, "")
        if others:
            yield from ("<details>", f"<summary>{group.folded}</summary>", "", f"{fence}diff", *others, fence, "")
            yield from ("</details>", "")
