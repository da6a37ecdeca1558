"""Checks of identities and texts in requests, and of identities in rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sdx_state.api.errors import InvalidIdError, InvalidValueError
from sdx_state.kinds import KINDS, cached_by_table
from sdx_state.kinds.email import identity_of, unaddressable
from sdx_state.kinds.phone import is_written
from sdx_state.model.urls import segment
from sdx_state.patterns import pattern
from sdx_state.records import dataclass

_NUMBER = pattern(r"0|[1-9][0-9]{0,18}")
_UNSENDABLE = pattern("[\0\ud800-\udfff]")
_COUNTRY = pattern(r"[A-Za-z]{2}")  # ISO 3166 alpha-2


@cached_by_table
def _email_fields() -> frozenset[str]:
    return frozenset(kind.identity for kind in KINDS.values() if kind.named_by_email)


@dataclass(frozen=True)
class Identity:
    """The identity of resources in one collection.

    Attributes:
        field: The wire field that identifies a row.
        email: It is an e-mail address, compared by `identity_of`; otherwise it is a number.
    """

    field: str

    @property
    def email(self) -> bool:
        return self.field in _email_fields()

    def of(self, row: Mapping[str, object]) -> str | None:
        """Return the form in which identities are compared, None if `row` has no valid one.

        Any text is accepted as an e-mail address here, so that every list is readable. `segment` checks addresses in
        paths.
        """
        return self.reader()(row)

    def reader(self) -> Callable[[Mapping[str, object]], str | None]:
        """Return `of`, for many rows."""
        return self._email_of if self.email else self._number_of

    def _email_of(self, row: Mapping[str, object]) -> str | None:
        value = row.get(self.field)
        return identity_of(value) if isinstance(value, str) and value.strip() else None

    def _number_of(self, row: Mapping[str, object]) -> str | None:
        value = row.get(self.field)
        if type(value) is int:
            return str(value) if 0 <= value < 10**19 else None
        return value if isinstance(value, str) and _NUMBER.fullmatch(value) else None

    def segment(self, id: str, request: str) -> str:
        """Return `id` as one percent-encoded segment of a path.

        Raises:
            InvalidIdError: It cannot be an id of this collection. `request` is for the message.
        """
        if self.email and (reason := unaddressable(id)):
            raise InvalidIdError(request, f"{id[:80]!a} cannot identify a user: {ascii(reason)[1:-1]}")
        if not self.email and not _NUMBER.fullmatch(id):
            raise InvalidIdError(request, f"{id[:80]!a} is not a numeric id")
        return segment(id)


def telephone_segment(number: str, request: str) -> str:
    """Return a phone number as one percent-encoded segment of a path.

    Raises:
        InvalidIdError: It contains other characters than digits and separators.
    """
    if not is_written(number):
        raise InvalidIdError(request, f"{number[:80]!a} is not a phone number")
    return segment(number)


def check_country(country_code: str, request: str) -> str:
    """Return `country_code` if it has the form of ISO 3166 alpha-2.

    Raises:
        InvalidIdError: It has another form.
    """
    if not _COUNTRY.fullmatch(country_code):
        raise InvalidIdError(request, f"{country_code[:80]!a} is not a two-letter country code")
    return country_code


def check_texts(texts: Mapping[str, object], request: str) -> None:
    """Return if every text, given by name, can be sent unchanged.

    Raises:
        InvalidValueError: One contains NUL, at which servers truncate texts, or half of a surrogate pair.
    """
    for name, text in texts.items():
        for part in (name, text):
            if not isinstance(part, str) or (part.isascii() and "\0" not in part):
                continue
            if _UNSENDABLE.search(part):
                raise InvalidValueError(
                    request, f"the text of {name[:80]!a} contains NUL or half of a surrogate pair"
                )
