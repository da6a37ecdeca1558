"""What changed in a text, word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from sdx_state.kinds.alike import opcodes

Mark = Literal["same", "removed", "added"]
Piece = tuple[Mark, str]

_TOKEN = re.compile(r"\s+|\w+|[^\w\s]")
ELIDED = " \u2026 "
KEPT = 6  # tokens shown on either side of what changed
ALIKE = 0.35  # below this likeness a comparison by words is harder to read than the two texts
LONGEST = 4000  # tokens beyond which a comparison by words costs more than it tells


def word_diff(before: str, after: str) -> list[Piece]:
    """Return the pieces that lead from `before` to `after`.

    Joined without the added ones they are `before`, joined without the removed ones `after`.
    """
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    steps = opcodes(old, new) if len(old) + len(new) <= LONGEST else None
    if steps is None:
        return [("removed", before), ("added", after)]
    pieces: list[Piece] = []
    for tag, i1, i2, j1, j2 in steps:
        if tag == "equal":
            pieces.append(("same", "".join(old[i1:i2])))
        else:
            if i2 > i1:
                pieces.append(("removed", "".join(old[i1:i2])))
            if j2 > j1:
                pieces.append(("added", "".join(new[j1:j2])))
    return pieces


def likeness(pieces: list[Piece]) -> float:
    """Return how much of both texts is the same, from 0 to 1."""
    total = sum(len(text) * (2 if mark == "same" else 1) for mark, text in pieces)
    return sum(2 * len(text) for mark, text in pieces if mark == "same") / total if total else 1.0


def elided(pieces: list[Piece]) -> Iterator[Piece]:
    """Yield `pieces` with long stretches that are the same cut short."""
    for place, (mark, text) in enumerate(pieces):
        tokens = _TOKEN.findall(text) if mark == "same" else []
        if len(tokens) <= 2 * KEPT + 2:
            yield mark, text
            continue
        head = "".join(tokens[:KEPT]) if place > 0 else ""
        tail = "".join(tokens[-KEPT:]) if place < len(pieces) - 1 else ""
        yield mark, head + (ELIDED if head or tail else text) + tail
