"""Comparison of two texts word by word, and its shortening to the changes with their surroundings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Literal
from zlib import crc32

from sdx_state.model.alike import WORK, Opcode, opcodes
from sdx_state.patterns import pattern

Mark = Literal["same", "removed", "added", "elided"]
Piece = tuple[Mark, str]

# Ideographs and kana are written without blanks between words: each is a word.
_WORD = r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+|[^\w\s]"
_TOKEN = pattern(rf"(?:{_WORD})\s*|\s+")
KEPT = 48  # characters shown on either side of a change
LEAST = 20  # characters that must be saved for a stretch to be left out
NEAR = 20  # characters more that are shown to end at the end of a word
MOST = 400  # characters shown of one removed or added stretch
CHANGES = 25  # changes shown of one text
TOTAL = 3000  # characters shown of one text, and of what the change that passes them needs
ALIKE = 0.35  # below this likeness a comparison by words is harder to read than the two texts
WORDS = 20_000  # words of both texts beyond which passages are compared first
PASSAGE = 16  # words of a passage, on average


def word_diff(before: str, after: str) -> list[Piece]:
    """Return the pieces that lead from `before` to `after`.

    Joined without the added ones they are `before`, joined without the removed ones `after`. The beginning and the
    end that both have in common are never compared. Texts that are too large to be compared by words are compared
    passage by passage, and by words within changed passages; where even that costs too much, the rest is one change.
    """
    return _tidy(_compared(_TOKEN.findall(before), _TOKEN.findall(after)))


def two_versions(before: str, after: str) -> list[Piece]:
    """Return the pieces of a comparison that only cuts off what both texts begin and end with."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    start, end = _common(old, new)
    return _tidy(
        [
            ("same", "".join(old[:start])),
            ("removed", "".join(old[start : len(old) - end])),
            ("added", "".join(new[start : len(new) - end])),
            ("same", "".join(old[len(old) - end :])),
        ]
    )


def likeness(pieces: Sequence[Piece]) -> float:
    """Return how much of both texts is the same, from 0 to 1."""
    total = sum(len(text) * (2 if mark == "same" else 1) for mark, text in pieces)
    return sum(2 * len(text) for mark, text in pieces if mark == "same") / total if total else 1.0


def compared(before: str, after: str) -> list[Piece]:
    """Return the pieces of the comparison that reads best: by words where texts are alike, else as two versions."""
    pieces = word_diff(before, after)
    return pieces if likeness(pieces) >= ALIKE else two_versions(before, after)


def elided(pieces: Sequence[Piece], kept: int = KEPT, most: int = MOST) -> Iterator[Piece]:
    """Yield `pieces` with what is the same cut to the surroundings of the changes, and long changes cut inside.

    Each cut says how many characters it leaves out. The changes of one text that would be too many are counted.

    Args:
        pieces: As `word_diff` returns them.
        kept: Characters shown on either side of a change.
        most: Characters shown of a removed or added stretch.
    """
    last = len(pieces) - 1
    changes = total = 0
    cut: list[Piece]
    for place, (mark, text) in enumerate(pieces):
        if mark != "same":
            changes += mark == "removed" or place == 0 or pieces[place - 1][0] != "removed"
            cut = [(mark, part) for _, part in _cut(text, most * 3 // 4, most // 4, "left out")]
        elif last == 0:
            cut = [(mark, text)]
        elif 0 < place < last and (changes >= CHANGES or total >= max(TOTAL, most)):
            rest = pieces[place + 1 :]
            count = sum(same == "same" for same, _ in pieces[place:last])
            more = f"{count} more change{'s' if count > 1 else ''} in {sum(len(one) for _, one in rest)} characters"
            yield from ((mark, part) for mark, part in _cut(text, kept, 0, "unchanged"))
            yield "elided", f" ... {more} ..."
            return
        else:
            cut = [*_cut(text, kept if place else 0, kept if place < last else 0, "unchanged")]
        total += sum(len(part) for _, part in cut)
        yield from cut


def excerpts(before: str, after: str, kept: int, most: int) -> tuple[str, str] | None:
    """Return of both texts the passages that differ, with their surroundings; None if they have nothing in common."""
    found = compared(before, after)
    if all(mark != "same" for mark, _ in found):
        return None
    pieces = [*elided(found, kept, most)]
    return (
        "".join(text for mark, text in pieces if mark != "added"),
        "".join(text for mark, text in pieces if mark != "removed"),
    )


def _cut(text: str, head: int, tail: int, what: str) -> list[Piece]:
    """Return `text` with its middle left out, if that saves enough; words stay whole where they are short."""
    if len(text) <= head + tail + 2 * NEAR + LEAST:
        return [("same", text)]
    start = _boundary(text, head, 1) if head else 0
    end = _boundary(text, len(text) - tail, -1) if tail else len(text)
    lead = " " if start and not text[start - 1].isspace() else ""
    parts: list[Piece] = [
        ("same", text[:start]),
        ("elided", f"{lead}... {end - start} characters {what} ...{' ' if tail else ''}"),
        ("same", text[end:]),
    ]
    return [one for one in parts if one[1]]


def _boundary(text: str, place: int, step: int) -> int:
    """Return the beginning of a word near `place`, in the direction of `step`; `place` where none is near."""
    for near in range(place, place + NEAR * step, step):
        if 0 < near < len(text) and text[near - 1].isspace() and not text[near].isspace():
            return near
    return place


def _compared(old: Sequence[str], new: Sequence[str]) -> Iterator[Piece]:
    """Yield the comparison by words; by passages where that would be too much work."""
    start, end = _common(old, new)
    yield "same", "".join(old[:start])
    gone, come = old[start : len(old) - end], new[start : len(new) - end]
    steps = opcodes(gone, come) if len(gone) + len(come) <= WORDS else None
    yield from _by_passages(gone, come) if steps is None else _by(steps, gone, come)
    yield "same", "".join(old[len(old) - end :])


def _by(steps: Sequence[Opcode], old: Sequence[str], new: Sequence[str]) -> Iterator[Piece]:
    for tag, i1, i2, j1, j2 in steps:
        if tag == "equal":
            yield "same", "".join(old[i1:i2])
        else:
            yield "removed", "".join(old[i1:i2])
            yield "added", "".join(new[j1:j2])


def _by_passages(old: Sequence[str], new: Sequence[str]) -> Iterator[Piece]:
    passages = _passages(old), _passages(new)
    steps = opcodes(*passages)
    if steps is None:
        yield from (("removed", "".join(old)), ("added", "".join(new)))
        return
    for tag, i1, i2, j1, j2 in steps:
        gone = [word for passage in passages[0][i1:i2] for word in passage]
        come = [word for passage in passages[1][j1:j2] for word in passage]
        if tag == "equal":
            yield "same", "".join(gone)
            continue
        start, end = _common(gone, come)
        yield "same", "".join(gone[:start])
        tail = gone[len(gone) - end :]
        gone, come = gone[start : len(gone) - end], come[start : len(come) - end]
        within = opcodes(gone, come, WORK // len(steps))
        yield from _by(within or [("replace", 0, len(gone), 0, len(come))], gone, come)
        yield "same", "".join(tail)


def _passages(words: Sequence[str]) -> list[tuple[str, ...]]:
    """Return `words` in passages that end at the same words in every text, so that a change moves no other one."""
    found: list[tuple[str, ...]] = []
    begun: list[str] = []
    for word in words:
        begun.append(word)
        if crc32(word.encode("utf-8", "surrogatepass")) % PASSAGE == 0:
            found.append(tuple(begun))
            begun = []
    return [*found, tuple(begun)] if begun else found


def _common(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """Return how many tokens both begin with, and how many of the rest they end with."""
    shorter = min(len(old), len(new))
    start = next((place for place in range(shorter) if old[place] != new[place]), shorter)
    rest = shorter - start
    return start, next((place for place in range(rest) if old[-1 - place] != new[-1 - place]), rest)


def _tidy(pieces: Iterator[Piece] | Sequence[Piece]) -> list[Piece]:
    """Return `pieces` without empty ones, neighbors joined, and the blanks that two versions end with as the same."""
    found: list[Piece] = []
    for changes, run in groupby((one for one in pieces if one[1]), key=lambda one: one[0] != "same"):
        texts = list(run)
        if not changes:
            found.append(("same", "".join(text for _, text in texts)))
            continue
        gone = "".join(text for mark, text in texts if mark == "removed")
        come = "".join(text for mark, text in texts if mark == "added")
        blanks = _trailing(gone, come)
        gone, come, rest = gone[: len(gone) - blanks], come[: len(come) - blanks], gone[len(gone) - blanks :]
        found += [one for one in (("removed", gone), ("added", come), ("same", rest)) if one[1]]
    joined: list[Piece] = []
    for mark, text in found:
        if joined and joined[-1][0] == mark:
            joined[-1] = (mark, joined[-1][1] + text)
        else:
            joined.append((mark, text))
    return joined


def _trailing(one: str, other: str) -> int:
    """Return how many blanks both end with."""
    count = 0
    while count < min(len(one), len(other)) and one[-1 - count] == other[-1 - count] and one[-1 - count].isspace():
        count += 1
    return count
