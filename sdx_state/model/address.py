"""Addresses: the names by which configuration, state and plans speak of a resource.

`survey.support-csat`, `question.support-csat.nps`, `user.joe@example.com`, `phone_number.au-sms`.
"""

from __future__ import annotations

import re
import unicodedata

from sdx_state.model.texts import normalized

Address = str

_SLUGGED = 1_000  # characters
_NOT_SLUG = re.compile(r"[^a-z0-9]+")
_HYPHENS = re.compile(r"-{2,}")


def address_of(kind: str, key: str, parent_key: str | None = None) -> Address:
    """Return the address of the resource `key` of `kind`, under the resource `parent_key` if it has one."""
    return f"{kind}.{key}" if parent_key is None else f"{kind}.{parent_key}.{key}"


def kind_of(address: Address) -> str:
    """Return the kind's name, the part before the first dot."""
    return address.partition(".")[0]


def name_of(address: Address) -> str:
    """Return what follows the kind: `support-csat.nps` of `question.support-csat.nps`."""
    return address.partition(".")[2]


def slug(text: str) -> str:
    """Return `text`, of which no more than the beginning counts, as a key: lower case, ASCII, single hyphens.

    May be empty.
    """
    plain = normalized("NFKD", text[:_SLUGGED]).encode("ascii", "ignore").decode("ascii").lower()
    return _NOT_SLUG.sub("-", plain).strip("-")


def readable_key(text: str) -> str:
    """Return `text` as a key that a person who wrote it can read: `slug`, and letters that are not Latin kept."""
    plain = normalized("NFKD", text[:_SLUGGED])
    if all(character.isascii() for character in plain if character.isalpha()):
        return slug(text)
    composed = normalized("NFC", plain).lower()
    # A combining mark is a part of its letter: many scripts write vowels so.
    kept = (one if one.isalnum() or unicodedata.category(one).startswith("M") else "-" for one in composed)
    return _HYPHENS.sub("-", "".join(kept)).strip("-")
