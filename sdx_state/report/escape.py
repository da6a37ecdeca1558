"""The one place that makes text safe to show: every value is hostile until it went through here."""

from __future__ import annotations

import hashlib
import re

from sdx_state.patterns import pattern

LONGEST = 500
_LINE_END = "\u23ce"  # a return sign, so that a value stays on one line

# C0, C1, DEL, line and paragraph separators, bidirectional controls, zero-width and invisible characters, blanks that
# look like others, tags, variation selectors beyond the common one, lone surrogates, non-characters; and what we
# write ourselves for any of these.
_DANGEROUS = pattern(
    "[\x00-\x1f\x7f-\xa0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f"
    "\u205f-\u206f\u23ce\u2800\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff0-\uffff\ud800-\udfff\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]|\\\\(?=u\\{)"
)
# The colons of an IPv6 address in brackets begin no command, because a bracket is in front of them.
_IPV6 = r"\[[0-9A-Fa-f:.]{2,45}\]"
_MARKS = ("\\u{", "::", "#", "section_")  # in each ASCII text that is escaped
_COMMAND = pattern(_IPV6 + r"|:(?=:)|#(?=#\[)|##(?=vso\[|teamcity\[)|section_(?=(?:start|end):)")


def escape(text: str, longest: int = LONGEST) -> str:
    """Return `text` on one line, without anything that a terminal or a CI system would act on.

    Args:
        text: Any text.
        longest: Characters shown; of a longer text the length and a hash tell what is left out.
    """
    if len(text) > longest:
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        text = f"{text[:longest]}\u2026 ({len(text)} characters, {digest})"
    if _is_tame(text):
        return text
    text = _LINE_END.join(_DANGEROUS.sub(_spelled, line) for line in text.replace("\r\n", "\n").split("\n"))
    return _COMMAND.sub(_broken_up, text)


def disarm(line: str) -> str:
    """Return a `line` put together of escaped pieces without what a CI system would obey in the whole of it."""
    return line if _is_tame(line) else _COMMAND.sub(_broken_up, line)


def _is_tame(text: str) -> bool:
    """Tell whether nothing in `text` can be escaped: nearly every text is plain ASCII. A no is not the last word."""
    return text.isascii() and text.isprintable() and not any(mark in text for mark in _MARKS)


def escape_lines(text: str) -> str:
    """Return `text` made safe line by line; its line ends stay."""
    return "\n".join(escape(line, longest=10 * LONGEST) for line in text.split("\n"))


def _spelled(match: re.Match[str]) -> str:
    return f"\\u{{{ord(match[0]):x}}}"


def _broken_up(match: re.Match[str]) -> str:
    """Put a visible gap into what a CI system would take for a command."""
    if match[0].startswith("["):
        return match[0]
    return match[0] + "\u2009" if match[0].strip() else match[0]
