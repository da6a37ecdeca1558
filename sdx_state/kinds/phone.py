"""Telephone numbers as texts: what people write between the digits, and when two texts are one number.

Whether a number exists is not decided here.
"""

from __future__ import annotations

import re

SEPARATORS = " -().\u00a0\u2011"  # the last two: a blank and a hyphen at which no line ends

_REMOVED = str.maketrans("", "", SEPARATORS)
_E164 = re.compile(r"\+([1-9][0-9]{6,14})")
_BETWEEN = f"[0-9{re.escape(SEPARATORS)}]"
_WRITTEN = re.compile(rf"\+?[0-9(]{_BETWEEN}{{1,38}}")
IN_TEXT = re.compile(rf"\+?[0-9]{_BETWEEN}{{5,}}[0-9]")  # what may be a number in the middle of a text


def without_separators(text: str) -> str:
    """Return `text` without the characters that are written between the digits of a number."""
    return text.translate(_REMOVED)


def e164_digits(text: str) -> str | None:
    """Return the digits of `text` if it has the form of E.164, without separators; None if it does not."""
    found = _E164.fullmatch(text)
    return found[1] if found is not None else None


def is_written(text: str) -> bool:
    """Tell whether `text` holds nothing but digits and separators in ASCII, and so can be sent as a number."""
    return text.isascii() and _WRITTEN.fullmatch(text) is not None


def may_be_the_same(one: str, other: str) -> bool:
    """Compare numbers of which one may be national and the other international."""
    mine, theirs = ("".join(filter(str.isdecimal, text)).lstrip("0") for text in (one, other))
    return (mine.endswith(theirs) or theirs.endswith(mine)) if mine and theirs else mine == theirs
