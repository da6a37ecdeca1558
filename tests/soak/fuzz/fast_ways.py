"""Damaged texts before a fast way of the product, which does the same as the slow one or hands over."""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Callable, Sequence

from tests.soak.fuzz.mutations import damaged

MOST = 2_000  # characters of a text: longer ones take the slow way long, and prove nothing more
HANDED_OVER = "handed over"

# Receives a text; returns what the fast way did with it, and whether that is as the slow way does it.
Judge = Callable[[str], tuple[str, bool]]
Found = tuple[Counter[str], list[str]]


def judged(texts: Sequence[str], judge: Judge, seed: int, count: int) -> Found:
    """Damage `count` of `texts`; return how often the fast way did what, and the texts where it was wrong."""
    chance = random.Random(seed)
    short = [text.encode() for text in texts if len(text) <= MOST]
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    for _ in range(count):
        _, data = damaged(chance, short)
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            counts["no text"] += 1
            continue
        what, is_right = judge(text)
        counts[what] += 1
        if not is_right:
            wrong.append(text)
    return counts, wrong


def main(run: Callable[[int, int], Found], description: str | None) -> int:
    """Run what the command line asks for: `run` with a seed and a count; return the exit code."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=200_000)
    chosen = parser.parse_args()
    counts, wrong = run(chosen.seed, chosen.count)
    print(f"seed {chosen.seed}: {dict(counts)}")
    for one in wrong:
        print(repr(one))
    return int(bool(wrong))
