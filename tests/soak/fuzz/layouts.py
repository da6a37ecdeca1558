"""Damaged YAML before the quick look of `fmt`: it says yes only if formatting changes and reports nothing.

    python -m tests.soak.fuzz.layouts --seed 1 --count 200000

Prints the seed, the counts, and each text that is wrongly called formatted.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter

from sdx_state.config.format import formatted
from sdx_state.config.plain_layout import is_formatted
from sdx_state.config.source_text import SourceText, character_diagnostic
from sdx_state.model.diagnostic import Diagnostic
from tests.config.layout_texts import TEXTS
from tests.soak.fuzz.mutations import damaged

MOST = 2_000  # characters of a text: longer ones take the full way long, and say nothing more


def run(seed: int, count: int) -> tuple[Counter[str], list[str]]:
    """Damage `count` texts; return how many were formatted, handed over or no text, and those that wrongly passed."""
    chance = random.Random(seed)
    texts = [text.encode() for text in TEXTS if len(text) <= MOST]
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    for _ in range(count):
        _, data = damaged(chance, texts)
        try:
            source = SourceText("a.yaml", data.decode("utf-8-sig"))
        except UnicodeDecodeError:
            counts["no text"] += 1
            continue
        if not is_formatted(source.text):
            counts["handed over"] += 1
            continue
        counts["formatted"] += 1
        diagnostics: list[Diagnostic] = []
        new = formatted(source, diagnostics.append)
        if new != source.text or diagnostics or character_diagnostic(source):
            wrong.append(source.text)
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
