"""Strict JSON: a document that two readers could understand differently is an error."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, NoReturn

MAX_DEPTH = 64
_CONTAINERS = frozenset({dict, list})
_SPACES = " \t\n\r"  # JSON allows them between a key and its colon
_SPACED_MEMBER = re.compile(rf'"[{_SPACES}]+:')
OWN_DEPTH = MAX_DEPTH + 16  # For documents of this program, which contain answers of the API.


class DecodingError(ValueError):
    """A document cannot be used. The text says why, without quoting the document."""


class NotJson(DecodingError):
    """The bytes are not a JSON document."""


class Questionable(DecodingError):
    """JSON with a duplicate key, a number without a value, a lone surrogate, or too many levels."""


def parse(body: bytes | str, max_depth: int = MAX_DEPTH) -> object:
    """Return the JSON document in `body`.

    Args:
        body: The document.
        max_depth: Most levels of nested containers.

    Raises:
        NotJson: It is not UTF-8 or not JSON.
        Questionable: It is JSON that must not be relied upon.
    """
    try:
        text = body if isinstance(body, str) else body.decode("utf-8")
        document = _checked(text, max_depth)
    except (UnicodeError, json.JSONDecodeError) as error:
        raise NotJson("it is not JSON") from error
    except Questionable:
        raise
    except ValueError as error:
        # The interpreter limits the digits of an integer.
        raise Questionable("it contains a number with too many digits") from error
    except RecursionError:
        raise Questionable(_too_deep(max_depth)) from None
    if isinstance(body, str) or ("\\" in text and ("\\ud" in text or "\\uD" in text)):
        _check_characters(document)
    return document


def _too_deep(max_depth: int) -> str:
    return f"it is nested deeper than {max_depth} levels"


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise Questionable("it contains a duplicate key")
    return result


def _refuse_constant(_: str) -> NoReturn:
    raise Questionable("it contains NaN or Infinity, which JSON does not allow")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise Questionable("it contains a number that is too large")
    return number


def _decoder(**hooks: Any) -> json.JSONDecoder:
    return json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite, **hooks)


_DECODER = _decoder(object_pairs_hook=_distinct)
_FAST_DECODER = _decoder()  # keeps the last of duplicate keys


def _checked(text: str, max_depth: int) -> object:
    """Return the document in `text` without duplicate keys, nested at most `max_depth` levels.

    Raises:
        Questionable: It has a duplicate key, or is nested deeper.
        ValueError, RecursionError: As the decoder of the standard library.
    """
    try:
        document = _FAST_DECODER.decode(text)
        if _is_proven(document, text, max_depth):
            return document
    except (ValueError, RecursionError):
        pass  # the thorough way reports the first error, which may be a duplicate key before this one
    document = _DECODER.decode(text)
    if any(depth == max_depth for depth, _ in enumerate(_levels(document))):
        raise Questionable(_too_deep(max_depth))
    return document


def _is_proven(document: object, text: str, max_depth: int) -> bool:
    """Tell whether `document` certainly has every member of `text`, and at most `max_depth` levels.

    Colons and brackets in strings are counted too, so the counts are never too low.
    """
    members, containers = _most_members(text), text.count("{") + text.count("[")
    for depth, level in enumerate(_levels(document)):
        if depth == max_depth:
            return False
        members -= sum(len(outer) for outer in level if type(outer) is dict)
        containers -= len(level)
        if not containers:
            break  # nothing below is a container, so it needs no look at each value
    return not members


def _levels(document: object) -> Iterator[list[Any]]:
    """Yield the containers at each level of nesting, the outermost first."""
    level: list[Any] = [document] if type(document) in _CONTAINERS else []
    while level:
        yield level
        inside: Iterable[Any] = (outer.values() if type(outer) is dict else outer for outer in level)
        level = [inner for inner in chain.from_iterable(inside) if type(inner) in _CONTAINERS]


def _most_members(text: str) -> int:
    """Return the number of members of all objects in `text`, or more: each has a quote, spaces and a colon."""
    members = text.count('":')
    if any(space in text and f"{space}:" in text for space in _SPACES):
        members += len(_SPACED_MEMBER.findall(text))
    return members


def _check_characters(document: object) -> None:
    try:
        json.dumps(document, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise Questionable("it contains a lone surrogate (half a character)") from None
