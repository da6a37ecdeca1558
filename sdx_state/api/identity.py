"""What may stand in a request: identities in a path, and texts in a query or a form; and what a row must carry."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sdx_state.api.errors import InvalidIdError, InvalidValueError
from sdx_state.kinds import KINDS, cached_by_table
from sdx_state.kinds.email import identity_of, unaddressable
from sdx_state.kinds.phone import is_written
from sdx_state.model.urls import segment

_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
_UNSENDABLE = re.compile("[\0\ud800-\udfff]")
_COUNTRY = re.compile(r"[A-Za-z]{2}")  # ISO 3166 alpha-2


@cached_by_table
def _email_fields() -> frozenset[str]:
    return frozenset(kind.identity for kind in KINDS.values() if kind.named_by_email)


@dataclass(frozen=True)
class Identity:
    """How resources of one collection are told apart.

    Attributes:
        field: The wire field that identifies a row.
        email: It is an e-mail address, compared as `identity_of` has it; otherwise it is a number.
    """

    field: str

    @property
    def email(self) -> bool:
        return self.field in _email_fields()

    def of(self, row: Mapping[str, object]) -> str | None:
        """Return the form in which identities are compared, None if `row` has no valid one.

        Any text will do for an e-mail address here: a list must be readable whatever its users are called. What goes
        into a path is checked by `segment`.
        """
        value = row.get(self.field)
        if self.email:
            return identity_of(value) if isinstance(value, str) and value.strip() else None
        if type(value) is int:
            return str(value) if 0 <= value < 10**19 else None
        return value if isinstance(value, str) and _NUMBER.fullmatch(value) else None

    def segment(self, id: str, request: str) -> str:
        """Return `id` as one percent-encoded segment of a path.

        Raises:
            InvalidIdError: It cannot be an id of this collection; `request` is what it was for.
        """
        if self.email and (reason := unaddressable(id)):
            raise InvalidIdError(request, f"{id[:80]!a} cannot name a user: {ascii(reason)[1:-1]}")
        if not self.email and not _NUMBER.fullmatch(id):
            raise InvalidIdError(request, f"{id[:80]!a} is not a numeric id")
        return segment(id)


def telephone_segment(number: str, request: str) -> str:
    """Return a telephone number as one percent-encoded segment of a path.

    Raises:
        InvalidIdError: It holds something else than digits and the punctuation of telephone numbers.
    """
    if not is_written(number):
        raise InvalidIdError(request, f"{number[:80]!a} is not a telephone number")
    return segment(number)


def check_country(country_code: str, request: str) -> str:
    """Return `country_code` if it could be one of ISO 3166 alpha-2.

    Raises:
        InvalidIdError: It could not.
    """
    if not _COUNTRY.fullmatch(country_code):
        raise InvalidIdError(request, f"{country_code[:80]!a} is not a country code of two letters")
    return country_code


def check_texts(texts: Mapping[str, object], request: str) -> None:
    """Return if every text, by its name, arrives as it is.

    Raises:
        InvalidValueError: One holds NUL, at which servers cut texts short, or half of a surrogate pair, no character.
    """
    for name, text in texts.items():
        for part in (name, text):
            if isinstance(part, str) and _UNSENDABLE.search(part):
                raise InvalidValueError(request, f"the text of {name[:80]!a} holds NUL or half of a surrogate pair")
