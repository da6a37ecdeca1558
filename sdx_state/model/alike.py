"""How alike two texts are, in bounded work: `difflib` takes cubic time on some, and anyone may write them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from difflib import Match, SequenceMatcher
from itertools import islice
from typing import TypeVar

WORK = 2_000_000  # pairs of elements that one comparison may look at: well below a second
CANDIDATES = 5_000  # words that a hint is looked for among
WORD = 100  # characters of a word that are compared for a hint
MAX_LISTED = 20  # known words that a hint lists

T = TypeVar("T", bound=Hashable)
Opcode = tuple[str, int, int, int, int]


class _TooMuchWork(Exception):
    """The budget is spent."""


class _Bounded(SequenceMatcher[T]):
    """A matcher that stops once it has looked at `work` pairs."""

    work = WORK

    def find_longest_match(self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None) -> Match:
        ours: Sequence[T] = self.a  # type: ignore[attr-defined]  # both are documented, and not in the stubs
        places: dict[T, list[int]] = self.b2j  # type: ignore[attr-defined, assignment, unused-ignore]
        self.work -= sum([1 + len(places.get(one, ())) for one in islice(ours, alo, ahi)])
        if self.work < 0:
            raise _TooMuchWork
        return super().find_longest_match(alo, ahi, blo, bhi)


def opcodes(old: Sequence[T], new: Sequence[T], work: int = WORK) -> list[Opcode] | None:
    """Return the steps that lead from `old` to `new`, as `difflib` has them; None where it is too much work."""
    matcher = _Bounded(None, old, new, autojunk=False)
    matcher.work = work
    try:
        return [(*one,) for one in matcher.get_opcodes()]
    except _TooMuchWork:
        return None


def is_alike(one: Sequence[T], other: Sequence[T], least: float, work: int = WORK) -> bool | None:
    """Tell whether the likeness of the two is `least` or more, from 0 to 1; None where it is too much work."""
    matcher = _Bounded(None, one, other, autojunk=False)
    matcher.work = work
    if matcher.real_quick_ratio() < least or matcher.quick_ratio() < least:
        return False
    try:
        return matcher.ratio() >= least
    except _TooMuchWork:
        return None


def nearest(word: str, known: Iterable[str], least: float = 0.6) -> str | None:
    """Return the one of `known` that `word` looks like most, None where none does or it is too much work."""
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
    """Return the hint that names the one of `known` that `word` looks like, if there is one."""
    folded = {candidate.casefold(): candidate for candidate in sorted(known)}
    near = nearest(word[:WORD].casefold(), folded)
    return f"did you mean `{folded[near]}`?" if near is not None else None


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Return the hint that names the one of `known` that `word` looks like, or lists them when they are few."""
    candidates = sorted(known)
    hint = closest(word, candidates)
    if hint is None and 0 < len(candidates) <= MAX_LISTED:
        return "known: " + ", ".join(f"`{candidate}`" for candidate in candidates)
    return hint
