"""The text of a file with a declaration that is made of parts of several files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from sdx_state.config.source_text import SourceText
from sdx_state.model.resource import Elsewhere, Source, Use
from sdx_state.records import dataclass


@dataclass(frozen=True)
class UsingText(SourceText):
    """The text of a file with a declaration that is made of parts in several files.

    Attributes:
        texts: The texts of all files, by name.
        use: The declaration.
    """

    texts: Mapping[str, SourceText] = field(default_factory=dict, repr=False)
    use: Use | None = None

    def at(self, place: tuple[int, int]) -> Source:
        """Return `place` with its file, and the declaration where that is another place."""
        if isinstance(place, Elsewhere):
            return Source(place.file, *place, use=self.use)
        return super().at(place)

    def line_at(self, place: tuple[int, int]) -> str | None:
        """Return the line of `place`, or None where there is none."""
        if isinstance(place, Elsewhere):
            text = self.texts.get(place.file)
            return text.line(place[0]) if text is not None else None
        return super().line_at(place)
