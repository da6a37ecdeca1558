"""Strict JSON: what two readers could understand differently is refused."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import NoReturn

MAX_DEPTH = 64


class NotJson(ValueError):
    """The bytes are no JSON document at all."""


class Questionable(ValueError):
    """JSON, but with a duplicate key, a number without a value, half a character, or nested too deeply."""


def parse(body: bytes) -> object:
    """Return the JSON document in `body`.

    Raises:
        NotJson: It is not UTF-8 or not JSON.
        Questionable: It is JSON that must not be relied upon.
    """
    try:
        text = body.decode("utf-8")
        document = _DECODER.decode(text)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise NotJson("it is not JSON") from error
    except Questionable:
        raise
    except ValueError as error:
        # The interpreter's own limit on the digits of an integer.
        raise Questionable("it holds a number with too many digits") from error
    except RecursionError:
        raise Questionable(_TOO_DEEP) from None
    _check_depth(document, text)
    if "\\ud" in text or "\\uD" in text:
        _check_characters(document)
    return document


_TOO_DEEP = f"it is nested more than {MAX_DEPTH} deep"


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


def _check_depth(document: object, text: str) -> None:
    # A bare list of flat objects, the shape of nearly every page, has no more brackets than rows and its own.
    if isinstance(document, list) and text.count("{") + text.count("[") <= len(document) + 1:
        return
    level: list[object] = [document]
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level for inner in _inside(outer) if type(inner) in (dict, list)]
        if not level:
            return
    raise Questionable(_TOO_DEEP)


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _check_characters(document: object) -> None:
    try:
        json.dumps(document, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise Questionable("it holds half a character (a lone surrogate)") from None
