"""Telephone numbers, checked without asking anybody: the tenant's look-up is paid for."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from sdx_state.config.number_plans import is_in_plan
from sdx_state.kinds.complaint import Complaint
from sdx_state.kinds.phone import e164_digits, without_separators
from sdx_state.patterns import pattern

# Marks of direction and blanks without width, which address books put around numbers.
_MARKS = pattern("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_SCHEME = pattern(r"(?:tel|callto):(?://)?", re.IGNORECASE)
_ROUNDED = pattern(r"\+?[0-9]{1,30}(?:[.,][0-9]{1,30})?E\+?[0-9]{1,4}", re.IGNORECASE)


def canonical(text: str, country_code: str | None = None) -> str | Complaint:
    """Return the number `text` in E.164, or why it is none.

    Args:
        text: The number; punctuation is allowed. Without a leading `+` it is read as dialled in its country.
        country_code: ISO 3166 alpha-2 code of that country.
    """
    if _is_plainly_valid(text):  # as programs write it
        return text
    plain = without_separators(text)
    return plain if _is_plainly_valid(plain) else _thorough(text, country_code)


def bare_number(text: str) -> str:
    """Return the number in a cell without what spreadsheets and address books put around and between: `'`, `tel:`.

    Full-width characters become their plain forms, and blanks of any width a space.
    """
    plain = unicodedata.normalize("NFKC", _MARKS.sub("", text)).strip().lstrip("'\u2018\u2019").strip()
    return " ".join(_SCHEME.sub("", plain, count=1).split())


def line_type(number: str) -> str | None:
    """Return `mobile`, `landline` or `voip` for the E.164 `number`, or None where numbers do not tell."""
    import phonenumbers

    kind = phonenumbers.PhoneNumberType
    names = {kind.MOBILE: "mobile", kind.FIXED_LINE: "landline", kind.VOIP: "voip"}
    return names.get(phonenumbers.number_type(phonenumbers.parse(number)))


def _is_plainly_valid(text: str) -> bool:
    """Tell whether `text` is in E.164 and has a number of its country's plan, in a thirtieth of the library's time.

    A no is not the last word.
    """
    digits = e164_digits(text)
    return digits is not None and is_in_plan(digits)


@lru_cache(maxsize=4096)
def _thorough(text: str, country_code: str | None) -> str | Complaint:
    import phonenumbers

    if country_code is not None and country_code not in phonenumbers.SUPPORTED_REGIONS:
        # Any two letters are near to those of another country: only the usual mistake is named.
        hint = "did you mean `GB`?" if country_code == "UK" else "write its ISO 3166 code, such as AU"
        return Complaint("invalid-number", f"`{country_code[:10]}` is not the code of a country", hint)
    international = text.lstrip().startswith("+")
    if _ROUNDED.fullmatch(text):
        hint = "in the spreadsheet, format the column as text and enter the numbers again"
        return Complaint(
            "invalid-number", f"`{text[:40]}` is not a number any more: the spreadsheet has lost digits", hint
        )
    if not international and country_code is None:
        hint = "write it with its country's code, such as +61488888888"
        return Complaint("invalid-number", f"`{text[:40]}` does not say its country", hint)
    try:
        number = phonenumbers.parse(text[:100], None if international else country_code)
    except phonenumbers.NumberParseException:
        return Complaint("invalid-number", f"`{text[:40]}` is not a telephone number")
    if number.extension:
        return Complaint("invalid-number", f"`{text[:40]}` has an extension, which cannot be dialled from here")
    found: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if not phonenumbers.is_valid_number(number):
        where = f" in {country_code}" if country_code and not international else ""
        return Complaint("invalid-number", f"`{text[:40]}` is not a valid telephone number{where}")
    if international and found != without_separators(text):
        return Complaint("invalid-number", f"`{text[:40]}` is not in E.164", f"write {found}")
    return found
