"""A judge of texts as terminals and CI systems interpret them."""

from __future__ import annotations

import functools
import re
import sys
import unicodedata
from collections.abc import Iterator

# Unicode's Default_Ignorable_Code_Point; the presentation selector of emoji (U+FE0F) is left to them.
_IGNORED = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# Formats that are drawn: signs of Arabic, Syriac and Kaithi in front of a number.
_DRAWN = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
_ACTING = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))


@functools.cache
def _acting() -> re.Pattern[str]:
    """Return what finds a character that acts instead of being seen."""
    found = (chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) in _ACTING)
    return re.compile(f"[{_IGNORED}{''.join(re.escape(one) for one in found if one not in _DRAWN)}]")


_COLOUR = re.compile("\x1b\\[(?:0|1|2|31|32|33|35|36|31;9|1;31)m")
_AT_START = re.compile(r"^\s*::")
_ANYWHERE = re.compile(r"##\[|##vso\[|##teamcity\[|section_(?:start|end):")
_ANNOTATION = re.compile(
    r"::(?:error|warning|notice)(?: (?:file=[^:,]*,(?:line=\d+,col=\d+,)?)?title=[a-z-]+)?::[^\r\n]*"
)
# U+3000 is not among them: it is twice as wide.
_LIKE_A_SPACE = frozenset(
    "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u2800"
)
_SPELLED = re.compile(r"\\u\{([0-9a-f]{1,6})\}")
_SPACE = re.compile(r"\s+")


def controls_in(text: str, allowed: str = "\n") -> str:
    """Return the characters of `text` that act instead of being seen, without those `allowed`."""
    return "".join(one for one in dict.fromkeys(_acting().findall(text)) if one not in allowed)


def uncoloured(text: str) -> str:
    """Return `text` without the colours that the tool itself uses; whatever else begins with ESC stays."""
    return _COLOUR.sub("", text)


def plain_faults(text: str, harmless: str, *, folded: bool = False, coloured: bool = False) -> Iterator[str]:
    """Yield what in `text` would be obeyed, or taken for a line of the tool's own.

    Args:
        text: With a hostile value in it.
        harmless: The same text with a harmless one.
        folded: Long lines are continued in indented ones.
        coloured: The tool paints it.
    """
    if found := controls_in(uncoloured(text) if coloured else text):
        yield f"control characters {found!r}"
    lines, expected = text.split("\n"), harmless.split("\n")
    for line in lines:
        if _AT_START.match(line):
            yield f"a line that begins with a command: {line!r:.200}"
        if command := _ANYWHERE.search(line):
            yield f"a command {command[0]!r} in {line!r:.200}"
    if coloured:
        lines, expected = uncoloured(text).split("\n"), uncoloured(harmless).split("\n")
    if folded:
        lines, expected = [*filter(_unindented, lines)], [*filter(_unindented, expected)]
    if len(lines) > len(expected):
        yield f"{len(lines) - len(expected)} lines too many"


def annotation_faults(text: str, harmless: str) -> Iterator[str]:
    """Yield which of the lines of `text` are not annotations of the tool."""
    if found := controls_in(text):
        yield f"control characters {found!r}"
    lines = text.split("\n")
    for line in lines:
        if line and not _ANNOTATION.fullmatch(line):
            yield f"not an annotation: {line!r:.200}"
        if command := _ANYWHERE.search(line):
            yield f"a command {command[0]!r} in {line!r:.200}"
    if len(lines) != len(harmless.split("\n")):
        yield "another number of annotations"


def letters_of(text: str) -> str:
    """Return what a reader takes `text` for: what is spelled out is put back, and white space is gone."""
    # A fold may be inside a spelled-out character, and a spelled-out character may be a space.
    return squeezed(_SPELLED.sub(_unspelled, squeezed(text).replace("\u23ce", "")))


def squeezed(text: str) -> str:
    """Return `text` without white space: folds and gaps do not matter to what is read."""
    return _SPACE.sub("", text)


def outlook_of(text: str) -> str:
    """Return `text` as the eye has it: what is invisible is gone, and one space is like another."""
    seen = (" " if one in _LIKE_A_SPACE else one for one in text)
    return unicodedata.normalize("NFC", _acting().sub(_as_line_end, "".join(seen)).replace("\ufe0f", ""))


def _as_line_end(match: re.Match[str]) -> str:
    return match[0] if match[0] == "\n" else ""


def _unspelled(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    return chr(code) if code < 0x110000 else match[0]


def _unindented(line: str) -> bool:
    return bool(line) and not line.startswith(" ")
