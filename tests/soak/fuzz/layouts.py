"""Damaged YAML before the quick look of `fmt`: it says yes only if formatting changes and reports nothing.

    python -m tests.soak.fuzz.layouts --seed 1 --count 200000

Prints the seed, the counts, and each text that is wrongly called formatted.
"""

from __future__ import annotations

from sdx_state.config.format import formatted
from sdx_state.config.plain_layout import is_formatted
from sdx_state.config.source_text import SourceText, character_diagnostic
from sdx_state.model.diagnostic import Diagnostic
from tests.config.layout_texts import TEXTS
from tests.soak.fuzz.fast_ways import HANDED_OVER, Found, judged, main


def run(seed: int, count: int) -> Found:
    """Damage `count` texts; return how many were formatted, handed over or no text, and those that wrongly passed."""
    return judged(TEXTS, _judge, seed, count)


def _judge(text: str) -> tuple[str, bool]:
    source = SourceText("a.yaml", text)
    if not is_formatted(source.text):
        return HANDED_OVER, True
    diagnostics: list[Diagnostic] = []
    new = formatted(source, diagnostics.append)
    return "formatted", new == source.text and not diagnostics and not character_diagnostic(source)


if __name__ == "__main__":
    raise SystemExit(main(run, __doc__))
