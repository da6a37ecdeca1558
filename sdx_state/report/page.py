"""The plan as one self-contained page: what changes, what that endangers, and the survey as a respondent meets it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from sdx_state.kinds.policy import LEVELS
from sdx_state.plan.conversation import Conversation, Line
from sdx_state.plan.model import Change, Plan
from sdx_state.plan.order import moves
from sdx_state.report.escape import escape, escape_lines
from sdx_state.report.markdown import SECTIONS
from sdx_state.report.segments import message_segments, reading_seconds
from sdx_state.report.text import NO_CHANGES, change_text, summary_line
from sdx_state.report.words import Piece, word_diff

WIDTH = 96
NO_RISK = "no risk"
_ACTIONS = (
    ("create", "create"),
    ("update", "update"),
    ("delete", "delete"),
    ("no-op", "import"),
    ("forget", "forget"),
)


@dataclass(frozen=True)
class Bubble:
    """One thing that is said, as it is shown.

    Attributes:
        role: Its place in the conversation.
        pieces: The text, with what differs from the other side marked.
        answer: How it is answered.
        extent: How much it is as a text message, and read aloud.
        segments, seconds: The same as numbers.
        changed: Whether it differs from the other side, or is on this side alone.
    """

    role: str
    pieces: tuple[Piece, ...]
    answer: str
    extent: str
    segments: int
    seconds: int
    changed: bool


def plan_html(plan: Plan, conversations: Sequence[Conversation]) -> str:
    """Return `plan` as one HTML page that loads nothing."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("sdx_state.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters.update(line=escape, lines=escape_lines)
    script = environment.loader.get_source(environment, "plan.js")[0] if environment.loader else ""
    return environment.get_template("plan.html").render(
        plan=plan,
        headline=_headline(plan),
        changes=plan.changes,
        sections=_sections(plan.changes),
        actions=[
            (action, name) for action, name in _ACTIONS if any(one.action.value == action for one in plan.changes)
        ],
        levels=[level for level in (*reversed(LEVELS), NO_RISK) if any(_level(one) == level for one in plan.changes)],
        risks=sorted(
            ((number, change, risk) for number, change in enumerate(plan.changes) for risk in change.risks),
            key=lambda row: -LEVELS.index(row[2].level),
        ),
        extent_of=_extent_of,
        conversations=[(one, *_sides(one)) for one in conversations],
        script=script,
        script_digest=b64encode(sha256(script.encode()).digest()).decode(),
    )


def _sections(changes: Sequence[Change]) -> list[tuple[str, list[tuple[int, Change, str, str]]]]:
    """Return the changes by whose they are: title, and number, change, text and worst risk of each."""
    found: dict[str, list[tuple[int, Change, str, str]]] = {title: [] for title in SECTIONS.values()}
    for number, change in enumerate(changes):
        row = (number, change, change_text(change, WIDTH), _level(change))
        found[SECTIONS[change.attribution]].append(row)
    return [(title, members) for title, members in found.items() if members]


def _level(change: Change) -> str:
    return max((risk.level for risk in change.risks), key=LEVELS.index, default=NO_RISK)


def _extent_of(side: Sequence[Bubble]) -> str:
    """Return how much one side is as a whole, in each channel."""
    if not side:
        return ""
    segments, seconds = sum(bubble.segments for bubble in side), sum(bubble.seconds for bubble in side)
    messages = "1 message" if len(side) == 1 else f"{len(side)} messages"
    return f"{messages} · {segments} SMS · {seconds} s aloud"


def _headline(plan: Plan) -> str:
    if plan.errors:
        return "The plan has errors. Nothing can be applied."
    return summary_line(plan.summary) if plan.changes else NO_CHANGES


def _sides(one: Conversation) -> tuple[list[Bubble], list[Bubble]]:
    now = {line.key: line for line in one.before}
    then = {line.key: line for line in one.after}
    before, after = [key for key in now if key in then], [key for key in then if key in now]
    moved = {move.key for move in moves(before, after)}
    return (
        [_bubble(line, then.get(line.key), "removed", line.key in moved) for line in one.before],
        [_bubble(line, now.get(line.key), "added", line.key in moved) for line in one.after],
    )


def _bubble(line: Line, other: Line | None, mark: str, moved: bool) -> Bubble:
    if other is None:
        pieces: tuple[Piece, ...] = (("removed" if mark == "removed" else "added", escape_lines(line.text)),)
    else:
        ours, theirs = (line.text, other.text) if mark == "removed" else (other.text, line.text)
        pieces = tuple((kind, escape_lines(text)) for kind, text in word_diff(ours, theirs) if kind in ("same", mark))
    segments, alphabet = message_segments(line.text)
    seconds = reading_seconds(line.text)
    extent = f"{segments} SMS ({alphabet}) · {seconds} s aloud"
    changed = other is None or other.text != line.text or other.answer != line.answer or moved
    return Bubble(line.role, pieces, line.answer, extent, segments, seconds, changed)
