"""The look-up of telephone numbers, which wraps a paid carrier service in the real API."""

from __future__ import annotations

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType
from starlette.requests import Request
from starlette.responses import Response

from sdx_state.sandbox.protocol import READ, Refusal, object_answer
from sdx_state.sandbox.store import Store

DEFAULT_COUNTRY = "US"
_TYPES = {
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "mobile",
    PhoneNumberType.VOIP: "voip",
}


class PhoneNumbers:
    """The one endpoint: an item, looked up; there is no list and nothing to create."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def item(self, request: Request) -> Response:
        """Answer what is known of a number; `country_code` says how to read a national format."""
        if request.method not in READ:
            raise Refusal(405, f"{request.method} is not allowed here", READ)
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": ", ".join(READ)})
        self.store.count("lookups")
        country = request.query_params.get("country_code", DEFAULT_COUNTRY).upper()
        try:
            number = phonenumbers.parse(request.path_params["number"], country)
        except phonenumbers.NumberParseException as error:
            raise Refusal(404, "not a valid number") from error
        if not phonenumbers.is_valid_number(number):
            raise Refusal(404, "not a valid number")
        return object_answer(
            {
                "phone_number": phonenumbers.format_number(number, PhoneNumberFormat.E164),
                "country_code": phonenumbers.region_code_for_number(number),
                "national_format": phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL),
                "phone_type": _TYPES.get(phonenumbers.number_type(number), "landline"),
            }
        )
