"""Strict JSON: what two readers could understand differently is refused."""

from __future__ import annotations

import json
import math
from itertools import chain
from typing import Any, NoReturn

MAX_DEPTH = 64
_CONTAINERS = frozenset({dict, list})
OWN_DEPTH = MAX_DEPTH + 16  # of our own documents, which contain answers of the API


class DecodingError(ValueError):
    """A document cannot be used. The text says why, without quoting the document."""


class NotJson(DecodingError):
    """The bytes are no JSON document at all."""


class Questionable(DecodingError):
    """JSON, but with a duplicate key, a number without a value, half a character, or nested too deeply."""


def parse(body: bytes | str, max_depth: int = MAX_DEPTH) -> object:
    """Return the JSON document in `body`.

    Args:
        body: The document.
        max_depth: How many containers may be nested in each other.

    Raises:
        NotJson: It is not UTF-8 or not JSON.
        Questionable: It is JSON that must not be relied upon.
    """
    try:
        text = body if isinstance(body, str) else body.decode("utf-8")
        document = _DECODER.decode(text)
    except (UnicodeError, json.JSONDecodeError) as error:
        raise NotJson("it is not JSON") from error
    except Questionable:
        raise
    except ValueError as error:
        # The interpreter's own limit on the digits of an integer.
        raise Questionable("it holds a number with too many digits") from error
    except RecursionError:
        raise Questionable(_too_deep(max_depth)) from None
    _check_depth(document, text, max_depth)
    if isinstance(body, str) or "\\ud" in text or "\\uD" in text:
        _check_characters(document)
    return document


def _too_deep(max_depth: int) -> str:
    return f"it is nested more than {max_depth} deep"


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise Questionable("it holds a key twice")
    return result


def _refuse_constant(_: str) -> NoReturn:
    raise Questionable("it holds a number that JSON does not have (NaN or Infinity)")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise Questionable("it holds a number that is too large")
    return number


_DECODER = json.JSONDecoder(object_pairs_hook=_distinct, parse_constant=_refuse_constant, parse_float=_finite)


def _check_depth(document: object, text: str, max_depth: int) -> None:
    # A bare list of flat objects, the shape of nearly every page, has no more brackets than rows and its own.
    if isinstance(document, list) and text.count("{") + text.count("[") <= len(document) + 1:
        return
    level: list[Any] = [document] if type(document) in _CONTAINERS else []
    for _ in range(max_depth):
        inside = [outer.values() if type(outer) is dict else outer for outer in level]
        level = [inner for inner in chain.from_iterable(inside) if type(inner) in _CONTAINERS]
        if not level:
            return
    raise Questionable(_too_deep(max_depth))


def _check_characters(document: object) -> None:
    try:
        json.dumps(document, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise Questionable("it holds half a character (a lone surrogate)") from None
