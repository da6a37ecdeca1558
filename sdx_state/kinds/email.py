"""E-mail addresses: which text is one, which of them a request can name, and when two are the same.

The definition is that of the library `email-validator`, without look-ups, in the strict lengths of RFC 5321. Two
things differ, each for a reason:

- Names that are reserved (`.local`, `.invalid`, `.test`) count as domains. Whether mail arrives there is not a
  question of form, and tenants hold such users.
- An address with `/` before the `@` is well formed, and no user can be managed under it. Web servers refuse or split
  a path with `%2F` (Apache answers 404 by default), and a 404 is the proof that a user does not exist.
"""

from __future__ import annotations

import re

from sdx_state.kinds.complaint import Complaint
from sdx_state.model.texts import normalized

LONGEST = 254  # RFC 5321, section 4.5.3.1.3, less the angle brackets
_DOMAIN_LENGTH = 253

# Nearly every address. It says yes to nothing that the library refuses, which a property test holds it to: an ASCII
# local part, and a domain without labels that begin like an encoded one ("xn--") and with letters at its end.
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
    """Return why no request can be about the user `text`, None if one can."""
    complaint = malformed(text)
    if complaint is None and "/" in text:
        return "an address with `/` cannot stand in the path of a request"
    return complaint


def check_email(text: str) -> Complaint | None:
    """Return why `text` is not an e-mail address."""
    reason = malformed(text)
    return Complaint("invalid-email", f"`{text[:80]}` is not an e-mail address: {reason}") if reason else None


def check_user(text: str) -> Complaint | None:
    """Return why `text` is not an e-mail address under which a user can be managed."""
    reason = unaddressable(text)
    if reason is None:
        return None
    hint = "manage this user in the admin UI, and remove it here"
    return check_email(text) or Complaint("unmanageable-user", f"`{text[:80]}` cannot be managed: {reason}", hint)


def identity_of(text: str) -> str:
    """Return the form in which addresses are compared: equal for the same mailbox, whatever `text` is.

    ASCII letters have no case, others do: `straße@` and `strasse@` are two people. Texts are NFC. A domain is in its
    IDNA form, so `münchen.example` and `xn--mnchen-3ya.example` are one.
    """
    if text.isascii():
        return text.lower()
    plain = normalized("NFC", normalized("NFC", text).translate(_UPPER))
    local, at, domain = plain.rpartition("@")
    return f"{local}@{_ascii_domain(domain)}" if at else plain


def _ascii_domain(domain: str) -> str:
    """Return the IDNA form of `domain`, or itself where it has none."""
    if domain.isascii() or len(domain) > _DOMAIN_LENGTH:
        return domain
    import idna

    try:
        return idna.encode(domain, uts46=True, std3_rules=False, transitional=False).decode("ascii").lower()
    except UnicodeError:  # and with it IDNAError
        return domain


def _verdict(text: str) -> str | None:
    """Return the verdict of the library, in its own words as a part of a sentence."""
    if len(text) > LONGEST:
        return f"it has {len(text)} characters, and an address at most {LONGEST}"
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
