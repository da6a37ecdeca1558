"""Meaning of unquoted YAML scalars: YAML 1.2 core, and text in case of doubt."""

from __future__ import annotations

import re

from sdx_state.patterns import pattern

SURROGATE = pattern("[\ud800-\udfff]")

Scalar = str | int | float | bool | None


class Unquoted(str):
    """Text that other YAML readers take for a number: `0400000000`, `+61488000001`, `1_000`.

    Digits that are not a number, such as a telephone number, must be quoted.
    """

    __slots__ = ()


_WORDS: dict[str, Scalar] = {"": None, "~": None, "null": None, "true": True, "false": False}
_NUMERIC_START = frozenset("0123456789+-._")
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_FLOAT = pattern(r"-?(0|[1-9][0-9]{0,17})\.[0-9]{1,17}([eE][-+]?[0-9]{1,2})?")
_LIKE_A_NUMBER = pattern(r"[-+._]?[0-9][0-9._:]*|0[xXoO][0-9a-fA-F]+")


def resolve(text: str) -> Scalar:
    """Return what the plain scalar `text` means.

    `true`, `false`, `null`, `~` and nothing are themselves; whole numbers have no leading zero, sign `+` or
    underscore; fractions have digits on both sides. All else is text: `yes`, `010`, `12:30`, `2024-01-01`.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in _NUMERIC_START:
        if _INTEGER.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text):
            return float(text)
        if _LIKE_A_NUMBER.fullmatch(text):
            return Unquoted(text)
    return text


# Booleans and nulls of YAML 1.1, and what it gives a meaning of its own.
_ELSEWHERE = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null", "", "~", "=", "<<"))


def reads_as_text(text: str) -> bool:
    """Tell whether the plain scalar `text` is text to every reader of YAML; no where there is a doubt."""
    return text.lower() not in _ELSEWHERE and text[0] not in _NUMERIC_START
