"""YAML text -> plain values with their places: by lines where the text is plain, else by the parser's events."""

from __future__ import annotations

from collections.abc import Callable

from sdx_state.config.plain_blocks import plain_document
from sdx_state.config.source_text import SourceText
from sdx_state.config.tree import Items, Table
from sdx_state.model.diagnostic import Diagnostic


def build(source: SourceText, report: Callable[[Diagnostic], None]) -> Table | Items | None:
    """Return the document in `source`; None for an empty one, and for one that cannot be read.

    Text is NFC in keys and unchanged in values. Everything that is wrong goes to `report`.
    """
    plain = plain_document(source.text)
    if plain is not None:
        return plain
    from sdx_state.config.builder import from_events  # with the parser, which plain projects do not need

    return from_events(source, report)
