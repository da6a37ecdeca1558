"""Colours, or none: what each meaning looks like."""

from __future__ import annotations

from sdx_state.records import dataclass

_CODES = {
    "add": "32",
    "change": "33",
    "delete": "31",
    "import": "36",
    "handoff": "35",
    "removed": "31;9",
    "added": "32",
    "strong": "1",
    "faint": "2",
    "elided": "2",
    "low": "2",
    "medium": "33",
    "high": "31",
    "critical": "1;31",
    "blocked": "1;31",
    "error": "1;31",
    "warning": "33",
    "info": "36",
}


@dataclass(frozen=True)
class Theme:
    """Paints text by meaning.

    Attributes:
        colour: Whether the terminal takes colours.
    """

    colour: bool

    def paint(self, meaning: str, text: str) -> str:
        """Return `text` as `meaning` looks; unknown meanings look plain."""
        code = _CODES.get(meaning)
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and code and text else text
