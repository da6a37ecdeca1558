"""Addresses: the names by which configuration, state and plans speak of a resource.

`survey.support-csat`, `question.support-csat.nps`, `user.joe@example.com`, `phone_number.au-sms`.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from sdx_state.model.texts import normalized

_SLUGGED = 1_000  # characters
_NOT_SLUG = re.compile(r"[^a-z0-9]+")
_HYPHENS = re.compile(r"-{2,}")


class Address(str):
    """The name of a resource: a frozen value, and what it is written as.

    It is a text, so that it hashes and sorts as one and is a key of JSON. Nobody else takes it apart: the type
    checker refuses the methods of texts that would.

    Attributes:
        kind: The kind's name.
        key: Its key, within its parent if it has one.
        parent: The address of the resource that it lives in, None for most kinds.
    """

    __slots__ = ("key", "kind", "parent")

    kind: str
    key: str
    parent: Address | None

    def __new__(cls, kind: str, key: str, parent: Address | None = None) -> Address:
        """Return the address of `key` of `kind`, in the resource `parent` if it has one."""
        self = super().__new__(cls, f"{kind}.{key}" if parent is None else f"{kind}.{parent.name}.{key}")
        for name, value in (("kind", kind), ("key", key), ("parent", parent)):
            object.__setattr__(self, name, value)
        return self

    def __reduce__(self) -> tuple[type[Address], tuple[str, str, Address | None]]:
        """Return what a copy is made of."""
        return Address, (self.kind, self.key, self.parent)

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse: an address never changes."""
        raise AttributeError(f"an address has no {name} that could be set")

    @property
    def name(self) -> str:
        """What follows the kind: `support-csat.nps` of `question.support-csat.nps`."""
        return self.key if self.parent is None else f"{self.parent.name}.{self.key}"

    def under(self, parent: Address) -> Address:
        """Return the address of the same key in `parent`."""
        return Address(self.kind, self.key, parent)

    if TYPE_CHECKING:  # the type checker refuses them: each is a second opinion of where the kind ends
        partition = rpartition = split = rsplit = startswith = removeprefix = None  # type: ignore[assignment]


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
