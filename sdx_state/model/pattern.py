"""Patterns of a project, matched in linear time and bounded memory by RE2.

Python's own engine takes exponential time on patterns as small as `(a+)+$`. `google-re2` has no wheel for musl
(Alpine), where building it needs a C++ compiler and abseil; so it is an extra, and only patterns need it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

LONGEST = 1_000  # Characters of a pattern.
MEMORY = 256 * 1024  # Bytes for a compiled pattern and its search.
INSTALL_PATTERNS = "pip install 'sdx-state[patterns]'"
SEARCHED = 20_000  # Characters of a searched text: no prompt is longer.

_UNSUPPORTED = {
    **dict.fromkeys(("(?=", "(?!", "(?<=", "(?<!"), "look-ahead and look-behind are not supported"),
    **dict.fromkeys(
        ("(?P=", "\\1", "\\2", "\\3", "\\4", "\\5", "\\6", "\\7", "\\8", "\\9"), "back-references are not supported"
    ),
    **dict.fromkeys(("(?>", "*+", "++", "?+"), "atomic groups and possessive repetition are not supported"),
    "\\Z": "`\\Z` is not supported: write `\\z`",
}


class NoPattern(ValueError):
    """A text is not a usable pattern; the message says why."""


class PatternsMissing(Exception):
    """The library for patterns is not installed."""

    def __init__(self) -> None:
        super().__init__("patterns need google-re2, which is not installed")


def check_pattern(text: str) -> None:
    """Return if `text` is a usable pattern.

    Raises:
        NoPattern: It is not usable.
        PatternsMissing: The library is not installed.
    """
    if len(text) > LONGEST:
        raise NoPattern(f"it has {len(text)} characters, over the limit of {LONGEST}")
    _compiled(text)


def is_found(pattern: str, text: str) -> bool:
    """Return True if `pattern` is found in `text`.

    Raises:
        NoPattern: The text is too long; or as `check_pattern`.
        PatternsMissing: As `check_pattern`.
    """
    check_pattern(pattern)
    if len(text) > SEARCHED:
        raise NoPattern(f"the text has {len(text)} characters, over the limit of {SEARCHED}")
    return _compiled(pattern).search(text) is not None


@lru_cache(maxsize=256)
def _compiled(text: str) -> Any:
    try:
        import re2
    except ImportError:
        raise PatternsMissing from None
    options = re2.Options()
    options.max_mem, options.log_errors = MEMORY, False
    try:
        return re2.compile(text, options)
    except UnicodeEncodeError:
        raise NoPattern("it contains half of a surrogate pair, which is not a character") from None
    except re2.error as error:
        raise NoPattern(_reason(error.args[0], text)) from None


def _reason(said: object, pattern: str) -> str:
    """Return the reason of the library, in plain words for features of other engines."""
    reason = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    if reason.startswith(("invalid perl operator", "invalid escape", "bad repetition", "invalid named capture")):
        for token, words in _UNSUPPORTED.items():
            if token in pattern:
                return words
    if "too large" in reason:
        return "it is too large: use fewer repetitions, or match a smaller part of the text"
    return reason
