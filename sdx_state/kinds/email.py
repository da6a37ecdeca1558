"""E-mail addresses: validation, use in requests, and equality.

The definition is that of the library `email-validator`, without look-ups, with the strict lengths of RFC 5321. It
differs in two points:

- Reserved names (`.local`, `.invalid`, `.test`) are accepted as domains, because tenants have such users.
- An address with `/` before the `@` is well formed, but such a user cannot be managed. Web servers reject or split
  a path with `%2F` (Apache answers 404 by default), and a 404 would prove that the user does not exist.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sdx_state.kinds.complaint import Complaint
from sdx_state.model.texts import normalized

LONGEST = 254  # RFC 5321, section 4.5.3.1.3, without the angle brackets
_DOMAIN_LENGTH = 253
_WILDCARDS = frozenset("*?[")

# A fast check for nearly every address: an ASCII local part, and a domain that ends with letters and has no label
# that begins like an encoded one ("xn--"). A property test proves that it accepts only addresses that the library
# accepts.
_PLAIN = re.compile(
    r"(?=[^@]{1,64}@)[a-z0-9_!#$%&'*+=?^`{|}~-]+(?:\.[a-z0-9_!#$%&'*+=?^`{|}~-]+)*@"
    r"(?:(?!..--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}",
    re.IGNORECASE | re.ASCII,
)
_UPPER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def malformed(text: str) -> str | None:
    """Return why `text` is not an e-mail address, None if it is one."""
    if len(text) <= LONGEST and _PLAIN.fullmatch(text):
        return None
    return _verdict(text)


def unaddressable(text: str) -> str | None:
    """Return why a request cannot name the user `text`, None if it can."""
    complaint = malformed(text)
    if complaint is None and "/" in text:
        return "the API cannot address a user whose e-mail address contains `/`"
    return complaint


def check_email(text: str) -> Complaint | None:
    """Return a complaint if `text` is not an e-mail address."""
    reason = malformed(text)
    return Complaint("invalid-email", f"`{text[:80]}` is not an e-mail address: {reason}") if reason else None


def check_user(text: str) -> Complaint | None:
    """Return a complaint if `text` is not an e-mail address of a user that can be managed."""
    if len(text) <= LONGEST and "/" not in text and _PLAIN.fullmatch(text):
        return None  # nearly every address, in one call
    reason = unaddressable(text)
    if reason is None:
        return None
    hint = "manage this user in the admin UI, and remove it here"
    return check_email(text) or Complaint("unmanageable-user", f"`{text[:80]}` cannot be managed: {reason}", hint)


def identity_of(text: str) -> str:
    """Return the form in which addresses are compared: equal for the same mailbox. Accepts any text.

    The case of ASCII letters is ignored, that of other letters is not: `straße@` and `strasse@` are two people.
    Texts are NFC. A domain is in its IDNA form, so `münchen.example` and `xn--mnchen-3ya.example` are one.
    """
    if text.isascii():
        return text.lower()
    plain = normalized("NFC", normalized("NFC", text).translate(_UPPER))
    local, at, domain = plain.rpartition("@")
    return f"{local}@{_ascii_domain(domain)}" if at else plain


def identities_of(texts: Sequence[str]) -> list[str]:
    """Return `identity_of` each of `texts`; without a call for each where all are ASCII, as nearly always."""
    return [*map(str.lower, texts)] if all(map(str.isascii, texts)) else [*map(identity_of, texts)]


def glob_of(text: str) -> str:
    """Return the glob `text` in the form in which addresses are compared."""
    local, at, domain = identity_of(text).rpartition("@")
    # A domain with a wildcard has no IDNA form; its other labels have.
    labels = (label if _WILDCARDS & {*label} else _ascii_domain(label) for label in domain.split("."))
    return f"{local}{at}{'.'.join(labels) if at else domain}"


def _ascii_domain(domain: str) -> str:
    """Return the IDNA form of `domain`, or `domain` itself if it has none."""
    if domain.isascii() or len(domain) > _DOMAIN_LENGTH:
        return domain
    import idna

    try:
        return idna.encode(domain, uts46=True, std3_rules=False, transitional=False).decode("ascii").lower()
    except UnicodeError:  # The base of IDNAError.
        return domain


def _verdict(text: str) -> str | None:
    """Return the error message of the library as a part of a sentence, None if the address is valid."""
    if len(text) > LONGEST:
        return f"it has {len(text)} characters, over the limit of {LONGEST}"
    import email_validator

    local, at, domain = text.rpartition("@")
    label = domain.rpartition(".")[2]
    if label.lower() in email_validator.SPECIAL_USE_DOMAIN_NAMES:
        domain = domain[: len(domain) - len(label)] + "a" * len(label)
    try:
        email_validator.validate_email(f"{local}{at}{domain}", check_deliverability=False, strict=True)
    except email_validator.EmailNotValidError as error:
        words = str(error).rstrip(".")
        return words[:1].lower() + words[1:]
    return None
