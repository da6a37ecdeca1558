"""E-mail addresses of this tenant: validation and equality.

The rule is that of the reconciler (its README names it), implemented separately, because this room shares no code
with it.
"""

from __future__ import annotations

import contextlib
import re
import unicodedata

import idna
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

_LONGEST = 4_096
_UPPER = re.compile("[A-Z]")


def is_address(text: str) -> bool:
    """Return True if a user can be created under `text`. Reserved domains are accepted, `/` is not."""
    if "/" in text or len(text) > 254:
        return False
    head, dot, last = text.rpartition(".")
    if last.lower() in SPECIAL_USE_DOMAIN_NAMES:
        text = f"{head}{dot}{'z' * len(last)}"
    try:
        validate_email(text, check_deliverability=False, strict=True)
    except EmailNotValidError:
        return False
    return True


def same(text: str) -> str:
    """Return the normalized address: ASCII letters without case, NFC, domain in IDNA."""
    if len(text) > _LONGEST:
        return text  # not an address
    folded = _UPPER.sub(lambda letter: letter[0].lower(), unicodedata.normalize("NFC", text))
    local, at, domain = unicodedata.normalize("NFC", folded).rpartition("@")
    if at and not domain.isascii() and len(domain) < 254:
        with contextlib.suppress(UnicodeError):  # A domain without an IDNA form is unchanged.
            domain = idna.encode(domain, uts46=True).decode("ascii").lower()
    return f"{local}{at}{domain}"
