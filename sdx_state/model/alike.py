"""Similarity of texts, in bounded time: `difflib` takes cubic time on some texts."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from difflib import Match, SequenceMatcher
from itertools import islice
from typing import TypeVar

WORK = 2_000_000  # Pairs of elements in one comparison: well below a second.
CANDIDATES = 5_000  # Candidates for a hint.
WORD = 100  # Characters of a word that are compared.
MAX_LISTED = 20  # Known words that a hint lists.

T = TypeVar("T", bound=Hashable)
Opcode = tuple[str, int, int, int, int]


class _TooMuchWork(Exception):
    """The comparison exceeds its budget."""


class _Bounded(SequenceMatcher[T]):
    """A matcher that stops after `work` pairs."""

    work = WORK

    def find_longest_match(self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None) -> Match:
        ours: Sequence[T] = self.a  # type: ignore[attr-defined]  # Both are documented but not in the stubs.
        places: dict[T, list[int]] = self.b2j  # type: ignore[attr-defined, assignment, unused-ignore]
        self.work -= sum([1 + len(places.get(one, ())) for one in islice(ours, alo, ahi)])
        if self.work < 0:
            raise _TooMuchWork
        return super().find_longest_match(alo, ahi, blo, bhi)


def opcodes(old: Sequence[T], new: Sequence[T], work: int = WORK) -> list[Opcode] | None:
    """Return the opcodes of `difflib` from `old` to `new`, None if the comparison is too expensive."""
    matcher = _Bounded(None, old, new, autojunk=False)
    matcher.work = work
    try:
        return [(*one,) for one in matcher.get_opcodes()]
    except _TooMuchWork:
        return None


def is_alike(one: Sequence[T], other: Sequence[T], least: float, work: int = WORK) -> bool | None:
    """Return True if the similarity (0 to 1) is at least `least`, None if the comparison is too expensive."""
    matcher = _Bounded(None, one, other, autojunk=False)
    matcher.work = work
    if matcher.real_quick_ratio() < least or matcher.quick_ratio() < least:
        return False
    try:
        return matcher.ratio() >= least
    except _TooMuchWork:
        return None


def likeness(one: Sequence[T], other: Sequence[T], work: int = WORK) -> float | None:
    """Return the similarity (0 to 1), None if the comparison is too expensive."""
    matcher = _Bounded(None, one, other, autojunk=False)
    matcher.work = work
    try:
        return matcher.ratio()
    except _TooMuchWork:
        return None


def nearest(word: str, known: Iterable[str], least: float = 0.6) -> str | None:
    """Return the most similar one of `known`, None if none is similar or the comparison is too expensive."""
    matcher: _Bounded[str] = _Bounded(None, "", word[:WORD])
    best: tuple[float, str] | None = None
    for candidate in islice(known, CANDIDATES):
        matcher.set_seq1(candidate[: 3 * WORD])
        if matcher.real_quick_ratio() < least or matcher.quick_ratio() < least:
            continue
        try:
            found = matcher.ratio(), candidate
        except _TooMuchWork:
            break
        if found[0] >= least and (best is None or found > best):
            best = found
    return best[1] if best else None


def closest(word: str, known: Iterable[str]) -> str | None:
    """Return a hint with the one of `known` that is similar to `word`, if any."""
    folded = {candidate.casefold(): candidate for candidate in sorted(known)}
    near = nearest(word[:WORD].casefold(), folded)
    return f"did you mean `{folded[near]}`?" if near is not None else None


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Return a hint with the one of `known` that is similar to `word`, or with all if they are few."""
    candidates = sorted(known)
    hint = closest(word, candidates)
    if hint is None and 0 < len(candidates) <= MAX_LISTED:
        return "known: " + ", ".join(f"`{candidate}`" for candidate in candidates)
    return hint
