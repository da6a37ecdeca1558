"""One conversation as it is shown: two sides, row by row, with what differs marked and what it is in each channel."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from typing import Literal

from sdx_state.kinds.interaction import BLOCK_WORDS
from sdx_state.kinds.segments import message_segments, reading_seconds, word_count
from sdx_state.model.address import Address
from sdx_state.model.value import DEFAULT_LANGUAGE
from sdx_state.plan.conversation import Conversation, Line
from sdx_state.plan.order import moves
from sdx_state.records import dataclass
from sdx_state.report.escape import escape, escape_lines
from sdx_state.report.words import Piece, compared, elided

# The words of a condition are skipped as a whole: the end of `%if a%` begins no placeholder.
_MARK = re.compile(rf"%(?:{'|'.join(sorted(BLOCK_WORDS))})\b[^%]*%|(%\w+%)", re.IGNORECASE)
_LANGUAGE = re.compile(r"[a-z]{2,3}(?=-|$)")
DEFAULT = "default language"
AROUND = 400  # characters shown on either side of a change in a long text
MOST_CHANGED = 2000  # characters shown of a stretch that changes
_NAMED = 5  # characters named that make a text message longer

State = Literal["same", "changed", "moved", "moved and changed", "removed", "new"]


@dataclass(frozen=True)
class Bubble:
    """One prompt of a conversation, as it is shown.

    Attributes:
        row: Its row, the same on both sides for what is the same thing; rows count from 1.
        role: Its place in the conversation.
        pieces: The text, with what differs from the other side marked.
        answer: How it is answered.
        answer_differs: Whether it is answered otherwise on the other side.
        extents: How much it is in each channel, and whether that differs from the other side.
        state: What becomes of it.
    """

    row: int
    role: str
    pieces: tuple[Piece, ...]
    answer: str
    answer_differs: bool
    extents: tuple[tuple[str, bool], ...]
    state: State


@dataclass(frozen=True)
class Dialogue:
    """One survey in one language, before and after.

    Attributes:
        address: The survey.
        name: What people call it.
        language: Its language in words.
        lang: Its language for the browser, empty where it is not known.
        sides: The prompts before and after the plan.
        rows: How many rows both sides take together.
        channels: What it is as a whole: channel, now, then.
        placeholders: The placeholders in it, which make the real texts longer or shorter.
    """

    address: Address
    name: str
    language: str
    lang: str
    sides: tuple[tuple[str, tuple[Bubble, ...]], ...]
    rows: int
    channels: tuple[tuple[str, str, str], ...]
    placeholders: tuple[str, ...] = field(default=())

    @property
    def summary(self) -> str:
        """The changes, counted."""
        before, after = (side for _, side in self.sides)
        states = [line.state for line in before if line.state == "removed"] + [line.state for line in after]
        counts = {state: states.count(state) for state in dict.fromkeys(states) if state != "same"}
        return ", ".join(f"{count} {state}" for state, count in counts.items())


def dialogue(one: Conversation) -> Dialogue:
    """Return `one` as it is shown."""
    now = {line.key: line for line in one.before}
    then = {line.key: line for line in one.after}
    shared = [key for key in now if key in then], [key for key in then if key in now]
    moved = {move.key for move in moves(*shared)}
    rows, count = _rows(one, {key for key in shared[0] if key not in moved})
    before = tuple(
        _bubble(line, then.get(line.key), "removed", row, line.key in moved)
        for line, row in zip(one.before, rows[0], strict=True)
    )
    after = tuple(
        _bubble(line, now.get(line.key), "added", row, line.key in moved)
        for line, row in zip(one.after, rows[1], strict=True)
    )
    said = dict.fromkeys(found[0] for line in (*one.before, *one.after) for found in placeholders(line.text))
    return Dialogue(
        one.address,
        one.name,
        DEFAULT if one.language == DEFAULT_LANGUAGE else one.language,
        browser_language(one.language),
        (("before", before), ("after", after)),
        count,
        tuple(zip(("Web", "SMS", "Voice"), whole(one.before), whole(one.after), strict=True)),
        tuple(said),
    )


def placeholders(text: str) -> Iterator[re.Match[str]]:
    """Yield the placeholders in `text`, in their order."""
    return (found for found in _MARK.finditer(text) if found[1] is not None)


def browser_language(language: str) -> str:
    """Return `language` as browsers know it, empty for the default and for what they do not know."""
    lang = _LANGUAGE.match(language)
    return lang[0] if lang and language != DEFAULT_LANGUAGE else ""


def pair(before: str, after: str, kept: int) -> tuple[list[Piece], list[Piece]]:
    """Return both texts, safe to show, with what differs marked: by words where they are alike, as a whole where not.

    Args:
        before, after: The texts as they are.
        kept: Characters shown on either side of a change, where what is the same is long.
    """
    pieces: list[Piece] = [
        (mark, escape_lines(text)) for mark, text in elided(compared(before, after), kept, MOST_CHANGED)
    ]
    return [one for one in pieces if one[0] != "added"], [one for one in pieces if one[0] != "removed"]


def _rows(one: Conversation, staying: set[str]) -> tuple[tuple[list[int], list[int]], int]:
    """Return the row of each line, side by side: lines that stay are level, the others are in between."""
    left, right = [line.key for line in one.before], [line.key for line in one.after]
    rows: tuple[list[int], list[int]] = ([], [])
    next_row = 1
    for left_run, right_run in zip(_runs(left, staying), _runs(right, staying), strict=True):
        gap = max(len(left_run), len(right_run)) - 1
        for side, run in zip(rows, (left_run, right_run), strict=True):
            side.extend([next_row + place for place in range(len(run) - 1)] + [next_row + gap])
        next_row += gap + 1
    rows[0].pop()
    rows[1].pop()
    return rows, next_row - 2


def _runs(keys: Sequence[str], staying: set[str]) -> Iterator[list[str]]:
    """Yield `keys` in runs, each with what stays at its end; an end that is none closes the last one."""
    run: list[str] = []
    for key in keys:
        run.append(key)
        if key in staying:
            yield run
            run = []
    yield [*run, ""]


def _bubble(line: Line, other: Line | None, mark: Literal["removed", "added"], row: int, moved: bool) -> Bubble:
    if other is None:
        pieces: Sequence[Piece] = [(mark, escape_lines(line.text))]
        state: State = "removed" if mark == "removed" else "new"
    else:
        ours, theirs = line.text, other.text
        pieces = pair(ours, theirs, AROUND)[0] if mark == "removed" else pair(theirs, ours, AROUND)[1]
        differs = other.text != line.text or other.answer != line.answer
        state = "moved and changed" if moved and differs else "moved" if moved else "changed" if differs else "same"
    extents, others = _extents(line.text), _extents(other.text) if other else None
    return Bubble(
        row,
        line.role,
        tuple(pieces),
        line.answer,
        other is not None and other.answer != line.answer,
        tuple((extent, others is not None and extent != others[place]) for place, extent in enumerate(extents)),
        state,
    )


def _extents(text: str) -> tuple[str, str, str]:
    segments, alphabet = message_segments(text)
    return (
        f"Web {_counted(word_count(text), 'word')}",
        f"SMS {_counted(segments, 'segment')} {alphabet}",
        f"Voice {lasting(reading_seconds(text))}",
    )


def whole(lines: Sequence[Line]) -> tuple[str, str, str]:
    """Return what all of `lines` are on the web, as text messages and read aloud."""
    if not lines:
        return "nothing", "nothing", "nothing"
    questions = sum(line.role == "question" for line in lines)
    words = sum(word_count(line.text) for line in lines)
    segments = [message_segments(line.text) for line in lines]
    messages = f"{_counted(sum(count for count, _ in segments), 'segment')}, GSM-7"
    wide = sum(alphabet == "UCS-2" for _, alphabet in segments)
    if wide:
        causes = _causes(line.text for line in lines)
        messages = f"{messages[:-7]}, {wide} of {_counted(len(lines), 'text')} in UCS-2 because of {causes}"
    seconds = sum(reading_seconds(line.text) for line in lines)
    return (
        f"{_counted(questions, 'question')}, {_counted(words, 'word')}",
        messages,
        f"{lasting(seconds)} read aloud",
    )


def _causes(texts: Iterable[str]) -> str:
    """Name the characters that do not fit into GSM-7."""
    found = [one for one in dict.fromkeys("".join(texts)) if message_segments(one)[1] == "UCS-2"]
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return " ".join(f"“{escape(one)}”" for one in found[:_NAMED]) + more


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def lasting(seconds: int) -> str:
    """Return `seconds` in words, in minutes from one on."""
    return f"{seconds} s" if seconds < 60 else f"{seconds // 60} min {seconds % 60} s"
