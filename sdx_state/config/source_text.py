"""The text of one file of a project, and the diagnostics that point into it."""

from __future__ import annotations

import codecs
import re
from functools import cached_property

from sdx_state.model.diagnostic import Diagnostic, Severity
from sdx_state.model.resource import Source
from sdx_state.patterns import pattern
from sdx_state.records import dataclass

MAX_LINE_SHOWN = 1_000
MARKS = {"utf-8": codecs.BOM_UTF8, "utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}

# C0 and C1 controls, DEL, and what YAML 1.1 readers, but no editor, take for the end of a line.
_CONTROL = pattern("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
_LINE_END = pattern("\r\n|\r|\n")


@dataclass(frozen=True)
class SourceText:
    """The text of one file, and the diagnostics that point into it.

    Attributes:
        name: The file, relative to the project's folder, with forward slashes.
        text: Its text, without a byte-order mark.
        encoding: The encoding it is in, as codecs name it.
    """

    name: str
    text: str
    encoding: str = "utf-8"

    def encoded(self, marked: bool = True) -> bytes:
        """Return the text in its encoding, with a byte-order mark if `marked`."""
        return (MARKS.get(self.encoding, b"") if marked else b"") + self.text.encode(self.encoding)

    @cached_property
    def lines(self) -> list[str]:
        """The lines, without their ends."""
        return _LINE_END.split(self.text)

    def line(self, number: int) -> str | None:
        """Return line `number`, from 1, or None where there is none."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else None

    def diagnostic(
        self,
        code: str,
        place: tuple[int, int],
        message: str,
        help: str | None = None,
        severity: Severity = "error",
    ) -> Diagnostic:
        """Return a diagnostic at `place`, a line and a column from 1."""
        text = self.line_at(place)
        if text is not None and len(text) > MAX_LINE_SHOWN:
            text = text[:MAX_LINE_SHOWN] if place[1] <= MAX_LINE_SHOWN else None
        return Diagnostic(code, severity, message, self.at(place), help=help, excerpt=text)

    def at(self, place: tuple[int, int]) -> Source:
        """Return `place`, a line and a column from 1, with its file."""
        return Source(self.name, *place)

    def line_at(self, place: tuple[int, int]) -> str | None:
        """Return the line of `place`, or None where there is none."""
        return self.line(place[0])

    def place_of(self, index: int) -> tuple[int, int]:
        """Return line and column, from 1, of the character at `index`."""
        before = self.text[:index]
        ends = list(_LINE_END.finditer(before))
        return len(ends) + 1, index - (ends[-1].end() if ends else 0) + 1


def character_diagnostic(source: SourceText) -> Diagnostic | None:
    """Return the first character in `source` that no text file has, as a diagnostic."""
    if source.text.replace("\n", "").isprintable():
        return None  # as nearly every text
    found = _CONTROL.search(source.text)
    return _control_diagnostic(source, found) if found else None


def _control_diagnostic(source: SourceText, found: re.Match[str]) -> Diagnostic:
    character = found[0]
    place = source.place_of(found.start())
    if character == "\0":
        return source.diagnostic("invalid-character", place, "a NUL character: this is not a text file")
    if character in "\x85\u2028\u2029":
        hint = f'write "\\u{ord(character):04x}" in double quotes if it is meant'
        return source.diagnostic(
            "invalid-character", place, f"the line separator U+{ord(character):04X} is not a line end here", hint
        )
    hint = f'remove it, or write "\\u{ord(character):04x}" in double quotes if it is meant'
    return source.diagnostic(
        "invalid-character", place, f"the control character U+{ord(character):04X} is not allowed", hint
    )
