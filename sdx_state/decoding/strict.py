"""Strict JSON: a document that two readers could understand differently is an error."""

from __future__ import annotations

import json
import math
from itertools import chain
from typing import Any, NoReturn

MAX_DEPTH = 64
_CONTAINERS = frozenset({dict, list})
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
        document = _DECODER.decode(text)
    except (UnicodeError, json.JSONDecodeError) as error:
        raise NotJson("it is not JSON") from error
    except Questionable:
        raise
    except ValueError as error:
        # The interpreter limits the digits of an integer.
        raise Questionable("it contains a number with too many digits") from error
    except RecursionError:
        raise Questionable(_too_deep(max_depth)) from None
    _check_depth(document, text, max_depth)
    if isinstance(body, str) or "\\ud" in text or "\\uD" in text:
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


_DECODER = json.JSONDecoder(object_pairs_hook=_distinct, parse_constant=_refuse_constant, parse_float=_finite)


def _check_depth(document: object, text: str, max_depth: int) -> None:
    # Nearly every page is a list of flat objects: it has one bracket for each row, and its own. It needs no walk.
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
        raise Questionable("it contains a lone surrogate (half a character)") from None
