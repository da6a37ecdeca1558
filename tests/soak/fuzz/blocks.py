"""Damaged YAML before the fast way of the reader: the same values, types and places as the builder, or handed over.

    python -m tests.soak.fuzz.blocks --seed 1 --count 200000

Prints the seed, the counts, and each text that is read otherwise.
"""

from __future__ import annotations

from sdx_state.config.plain_blocks import plain_document
from tests.config.layout_texts import TEXTS
from tests.config.plain_texts import FEW_ROWS, PLAIN, ROWS, Reported, built, same
from tests.soak.fuzz.fast_ways import HANDED_OVER, Found, judged, main

# Plain texts stay plain after few changes; the others have all that is not.
SHARE = 4


def run(seed: int, count: int) -> Found:
    """Damage `count` texts; return how many were read, handed over or no text, and those that were read otherwise."""
    return judged((*PLAIN * SHARE, *ROWS, *TEXTS), _judge, seed, count)


def _judge(text: str) -> tuple[str, bool]:
    found = plain_document(text, FEW_ROWS)
    if found is None:
        return HANDED_OVER, True
    try:
        return "read", same(found, built(text))
    except Reported:
        return "read", False


if __name__ == "__main__":
    raise SystemExit(main(run, __doc__))
