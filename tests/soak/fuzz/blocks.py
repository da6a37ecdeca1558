"""Damaged YAML before the fast way of the reader: the same values, types and places as the builder, or handed over.

    python -m tests.soak.fuzz.blocks --seed 1 --count 200000

Prints the seed, the counts, and each text that is read otherwise.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter

from sdx_state.config.plain_blocks import plain_document
from tests.config.layout_texts import TEXTS
from tests.config.plain_texts import PLAIN, Reported, built, same
from tests.soak.fuzz.mutations import damaged

MOST = 2_000  # characters of a text
# Plain texts stay plain after few changes; the others have all that is not.
SHARE = 4


def run(seed: int, count: int) -> tuple[Counter[str], list[str]]:
    """Damage `count` texts; return how many were read, handed over or no text, and those that were read otherwise."""
    chance = random.Random(seed)
    texts = [text.encode() for text in (*PLAIN * SHARE, *TEXTS) if len(text) <= MOST]
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    for _ in range(count):
        _, data = damaged(chance, texts)
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            counts["no text"] += 1
            continue
        found = plain_document(text)
        if found is None:
            counts["handed over"] += 1
            continue
        counts["read"] += 1
        try:
            agreed = same(found, built(text))
        except Reported:
            agreed = False
        if not agreed:
            wrong.append(text)
    return counts, wrong


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=200_000)
    chosen = parser.parse_args()
    found, said = run(chosen.seed, chosen.count)
    print(f"seed {chosen.seed}: {dict(found)}")
    for one in said:
        print(repr(one))
    raise SystemExit(bool(said))
