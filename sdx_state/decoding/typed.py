"""Decoders that check types. An error names the path of the wrong value and never quotes the value."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, TypeVar, overload

from sdx_state.decoding.strict import DecodingError
from sdx_state.patterns import pattern

T = TypeVar("T")
K = TypeVar("K", bound=str)
Decode = Callable[[object], T]
Record = dict[str, Any]

LATEST = 253_402_300_799  # 9999-12-31T23:59:59Z, the last second that `datetime` has
LARGEST = 2**53  # integers beyond this differ between readers of JSON
_HEXADECIMAL = pattern(r"(?:[0-9a-f]{2})*")


class Malformed(DecodingError):
    """A value that is not of the required type.

    Attributes:
        path: Keys and indices from the document to the value, the innermost first.
    """

    def __init__(self, required: str, found: object) -> None:
        super().__init__(required)
        self._required = required
        self._found = found
        self.path: list[str] = []

    def inside(self, step: str | int) -> Malformed:
        """Return this error for the container that has the value at `step`."""
        self.path.append(f"[{step}]" if isinstance(step, int) else f".{step[:60]}")
        return self

    def __str__(self) -> str:
        place = "".join(reversed(self.path)).removeprefix(".")
        return f"{f'`{place}`' if place else 'it'} must be {self._required}, got {kind_of_json(self._found)}"


class Missing(Malformed):
    """A required key is missing."""

    def __str__(self) -> str:
        place = "".join(reversed(self.path)).removeprefix(".")
        return f"required key `{place}` is missing"


def kind_of_json(value: object) -> str:
    """Return the JSON type of `value`, in words."""
    names = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")


def text(value: object) -> str:
    """Return a string, which may be empty."""
    if type(value) is not str:
        raise Malformed("a string", value)
    return value


def filled(value: object) -> str:
    """Return a string that is not empty."""
    if type(value) is not str or not value:
        raise Malformed("a string that is not empty", value)
    return value


def hexadecimal(value: object) -> str:
    """Return whole bytes as lower-case hexadecimal digits; may be empty."""
    if type(value) is not str or not _HEXADECIMAL.fullmatch(value):
        raise Malformed("hexadecimal digits", value)
    return value


def flag(value: object) -> bool:
    """Return a boolean."""
    if type(value) is not bool:
        raise Malformed("true or false", value)
    return value


def natural(value: object) -> int:
    """Return an integer from 0."""
    if type(value) is not int or not 0 <= value <= LARGEST:
        raise Malformed("an integer from 0 to 2^53", value)
    return value


def number(value: object) -> float:
    """Return a number from 0, which may have a fraction."""
    if type(value) not in (int, float) or not 0 <= value <= LARGEST:  # type: ignore[operator] # the types are tested
        raise Malformed("a number from 0 to 2^53", value)
    return float(value)  # type: ignore[arg-type] # as above


def natural_in_text(value: object) -> int:
    """Return an integer from 0 that may be written as its digits in a string."""
    digits = type(value) is str and value.isascii() and value.isdecimal() and len(value) < 20
    return natural(int(str(value)) if digits else value)


def record(value: object) -> Record:
    """Return an object."""
    if type(value) is not dict:
        raise Malformed("an object", value)
    return value


def anything(value: object) -> Any:
    """Return any value unchanged."""
    return value


def optional(decode: Decode[T]) -> Decode[T | None]:
    """Return a decoder that also accepts null."""
    return lambda value: None if value is None else decode(value)


def one_of(words: Collection[K]) -> Decode[K]:
    """Return a decoder that accepts one of `words`."""
    known = {str(word): word for word in words}

    def decode(value: object) -> K:
        if type(value) is not str or value not in known:
            raise Malformed(f"one of {', '.join(known)}", value)
        return known[value]

    return decode


def list_of(decode: Decode[T]) -> Decode[tuple[T, ...]]:
    """Return a decoder of an array."""

    def decode_all(value: object) -> tuple[T, ...]:
        if type(value) is not list:
            raise Malformed("an array", value)
        found = []
        for index, item in enumerate(value):
            try:
                found.append(decode(item))
            except Malformed as error:
                raise error.inside(index) from None
        return tuple(found)

    return decode_all


@overload
def mapping_of(decode: Decode[T]) -> Decode[dict[str, T]]: ...


@overload
def mapping_of(decode: Decode[T], key: Decode[K]) -> Decode[dict[K, T]]: ...


def mapping_of(decode: Decode[T], key: Decode[Any] = text) -> Decode[dict[Any, T]]:
    """Return a decoder of an object whose keys all have one type, and whose values all have one type."""

    def decode_all(value: object) -> dict[Any, T]:
        found = {}
        for name, item in record(value).items():
            try:
                found[key(name)] = decode(item)
            except Malformed as error:
                raise error.inside(name) from None
        return found

    return decode_all


def member(document: Record, key: str, decode: Decode[T]) -> T:
    """Return the value of `key` in `document`.

    Raises:
        Malformed: It is missing, or not of the required type.
    """
    if key not in document:
        raise Missing("", None).inside(key)
    try:
        return decode(document[key])
    except Malformed as error:
        raise error.inside(key) from None


def member_or(document: Record, key: str, decode: Decode[T], default: T) -> T:
    """Return the value of `key` in `document`, or `default` if the key is missing."""
    return member(document, key, decode) if key in document else default
