"""The look-up of phone numbers, which is a paid carrier service in the real API."""

from __future__ import annotations

import re

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType
from starlette.requests import Request
from starlette.responses import Response

from sdx_state.sandbox.protocol import ErrorStatus, object_answer
from sdx_state.sandbox.store import Store

DEFAULT_COUNTRY = "US"
_COUNTRY = re.compile("[A-Z]{2}")
_TYPES = {
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "mobile",
    PhoneNumberType.VOIP: "voip",
}


def is_landline(number: str) -> bool:
    """Return True if `number` (E.164) is a valid landline, which cannot receive text messages."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_number(parsed) and phonenumbers.number_type(parsed) not in _TYPES


class PhoneNumbers:
    """The endpoint: it looks up an item. There is no list and no create."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def item(self, request: Request) -> Response:
        """Answer the look-up of a number; `country_code` is for national formats."""
        country = request.query_params.get("country_code", DEFAULT_COUNTRY).upper()
        if not _COUNTRY.fullmatch(country):
            raise ErrorStatus(400, "country_code must be two letters")
        self.store.count("lookups")
        try:
            number = phonenumbers.parse(request.path_params["number"], country)
        except phonenumbers.NumberParseException as error:
            raise ErrorStatus(404, "not a valid number") from error
        region = phonenumbers.region_code_for_number(number) or ""
        if not phonenumbers.is_valid_number(number) or not _COUNTRY.fullmatch(region):
            raise ErrorStatus(404, "not a valid number")
        return object_answer(
            {
                "phone_number": phonenumbers.format_number(number, PhoneNumberFormat.E164),
                "country_code": region,
                "national_format": phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL),
                "phone_type": _TYPES.get(phonenumbers.number_type(number), "landline"),
            }
        )
