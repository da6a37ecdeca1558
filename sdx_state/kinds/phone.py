"""Phone numbers as texts: separators and equality. This module does not check that a number exists."""

from __future__ import annotations

import re

from sdx_state.patterns import pattern

SEPARATORS = " -().\u00a0\u2011"  # the last two: no-break space and no-break hyphen

_REMOVED = str.maketrans("", "", SEPARATORS)
_E164 = re.compile(r"\+([1-9][0-9]{6,14})")
_BETWEEN = f"[0-9{re.escape(SEPARATORS)}]"
_WRITTEN = pattern(rf"\+?[0-9(]{_BETWEEN}{{1,38}}")
IN_TEXT = pattern(rf"\+?[0-9]{_BETWEEN}{{5,}}[0-9]")  # a possible number inside a text


def without_separators(text: str) -> str:
    """Return `text` without the separators between the digits of a number."""
    return text.translate(_REMOVED)


def e164_digits(text: str) -> str | None:
    """Return the digits of `text` without separators if it has the form of E.164, else None."""
    found = _E164.fullmatch(text)
    return found[1] if found is not None else None


def is_written(text: str) -> bool:
    """Return True if `text` has only ASCII digits and separators, so that it can be sent as a number."""
    return text.isascii() and _WRITTEN.fullmatch(text) is not None


def may_be_the_same(one: str, other: str) -> bool:
    """Compare two numbers; one may be national and the other international."""
    mine, theirs = ("".join(filter(str.isdecimal, text)).lstrip("0") for text in (one, other))
    return (mine.endswith(theirs) or theirs.endswith(mine)) if mine and theirs else mine == theirs
