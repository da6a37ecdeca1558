"""Unicode normalization, in bounded work."""

from __future__ import annotations

import unicodedata
from itertools import groupby
from typing import Literal

SHORT = 4_096  # Texts up to this length are normalized without a check.
MARKS = 256  # Combining marks in a row; the stream-safe format of Unicode has 30.


def normalized(form: Literal["NFC", "NFKD"], text: str) -> str:
    """Return `text` in `form`.

    A text with more combining marks in a row than any script has is unchanged, because sorting them is quadratic.
    """
    if text.isascii():
        return text
    if len(text) > SHORT and any(
        marks and sum(1 for _ in run) > MARKS
        for marks, run in groupby(text, lambda one: unicodedata.combining(one) > 0)
    ):
        return text
    return unicodedata.normalize(form, text)


def normalise_text(value: object) -> object:
    """Return text as NFC with LF line ends; numbers become their digits, other values are unchanged."""
    if isinstance(value, str):
        if "\r" in value:
            value = value.replace("\r\n", "\n").replace("\r", "\n")
        return normalized("NFC", value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value


def counted(number: int, noun: str) -> str:
    """Return `number` and `noun`, with a plural s unless the number is 1."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
