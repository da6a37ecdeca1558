"""Texts with conditions: what a respondent gets of `%if a%One%else%Two%endif%` is one of its branches."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import product

from sdx_state.kinds.interaction import BLOCK_WORDS
from sdx_state.patterns import pattern
from sdx_state.records import dataclass

MOST = 16  # different branches
DEEPEST = 20  # conditions inside conditions
_WORD = pattern(rf"%({'|'.join(sorted(BLOCK_WORDS))})\b([^%]*)%", re.IGNORECASE)
_OTHERWISE = "else"


@dataclass(frozen=True)
class Branch:
    """One branch of a text.

    Attributes:
        when: Its conditions, as they are written; empty for a text without conditions.
        text: What a respondent gets, placeholders in it.
    """

    when: str
    text: str


Parts = list["str | Choice"]


@dataclass(frozen=True)
class Choice:
    """The parts of a text of which one is taken, each with its condition."""

    options: tuple[tuple[str, Parts], ...]


class _Unbalanced(Exception):
    """The conditions of a text do not close, or are too deep."""


def branches(text: str) -> tuple[Branch, ...]:
    """Return the branches of `text`; the text as it is if it has no conditions, or if they cannot be followed.

    Of more than `MOST` branches, the longest is returned alone.
    """
    if "%" not in text or _WORD.search(text) is None:
        return (Branch("", text),)
    try:
        parts, rest = _parts([*_WORD.finditer(text)], 0, text, 0)
    except _Unbalanced:
        return (Branch("", text),)
    if rest is not None or not any(isinstance(one, Choice) for one in parts):
        return (Branch("", text),)
    if _count(parts) > MOST:
        return (Branch("at most", _longest(parts)),)
    found: dict[str, str] = {}
    for when, said in _branches(parts):
        found.setdefault(said, ", ".join(when))
    return tuple(Branch(when, said) for said, when in found.items())


def _parts(
    words: Sequence[re.Match[str]], index: int, text: str, start: int, depth: int = 0
) -> tuple[Parts, int | None]:
    """Return the parts of `text` from `start`, and which of `words` ends them; None for the end of the text."""
    parts: Parts = []
    if depth > DEEPEST:
        raise _Unbalanced
    while index < len(words):
        word = words[index]
        parts.append(text[start : word.start()])
        if word[1].lower() != "if":
            return parts, index
        options: list[tuple[str, Parts]] = []
        while word[1].lower() != "endif":
            if options and options[-1][0] == _OTHERWISE:
                raise _Unbalanced
            inner, end = _parts(words, index + 1, text, word.end(), depth + 1)
            if end is None:
                raise _Unbalanced
            options.append((_named(word), inner))
            index, word = end, words[end]
        if options[-1][0] != _OTHERWISE:
            options.append((_OTHERWISE, []))
        parts.append(Choice(tuple(options)))
        index, start = index + 1, word.end()
    return [*parts, text[start:]], None


def _named(word: re.Match[str]) -> str:
    name = word[1].lower()
    return _OTHERWISE if name == _OTHERWISE else f"{name} {word[2].strip()}".strip()


def _count(parts: Parts) -> int:
    total = 1
    for one in parts:
        if isinstance(one, Choice):
            total *= sum(_count(inner) for _, inner in one.options)
    return total


def _longest(parts: Parts) -> str:
    return "".join(
        max((_longest(inner) for _, inner in one.options), key=len) if isinstance(one, Choice) else one
        for one in parts
    )


def _branches(parts: Parts) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the conditions and the text of each branch."""
    ways = [
        [((name, *when), said) for name, inner in one.options for when, said in _branches(inner)]
        if isinstance(one, Choice)
        else [((), one)]
        for one in parts
    ]
    for way in product(*ways):
        yield tuple(name for when, _ in way for name in when), "".join(said for _, said in way)
