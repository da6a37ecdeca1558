"""Addresses: names of resources in configuration, state and plans.

`survey.support-csat`, `question.support-csat.nps`, `user.joe@example.com`, `phone_number.au-sms`.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from sdx_state.model.texts import normalized
from sdx_state.patterns import pattern

# Letters of any script; none that an address, a file's name or a reference gives a meaning. The schemas use it too.
KEY_PATTERN = "^[^\\s.:/\\\\*?\"'`{}\\[\\],#\\x24&!|<>%@~]{1,100}$"
KEY_RULE = "a key is 1 to 100 letters, digits, hyphens and underscores"

_SLUGGED = 1_000  # characters
_NOT_SLUG = re.compile(r"[^a-z0-9]+")
_HYPHENS = pattern(r"-{2,}")


class Address(str):
    """The name of a resource: a frozen value that is also its text.

    It is a string, so that it hashes, sorts and is a key of JSON. Only this module splits it: the type checker
    rejects the string methods that would.

    Attributes:
        kind: The kind's name.
        key: Its key, unique within the parent if it has one.
        parent: The address of its parent, None for most kinds.
    """

    __slots__ = ("key", "kind", "parent")

    kind: str
    key: str
    parent: Address | None

    def __new__(cls, kind: str, key: str, parent: Address | None = None) -> Address:
        """Return the address of `key` of `kind`, below `parent` if it has one."""
        self = _new(cls, f"{kind}.{key}" if parent is None else f"{kind}.{parent.name}.{key}")
        _set_kind(self, kind)
        _set_key(self, key)
        _set_parent(self, parent)
        return self

    def __reduce__(self) -> tuple[type[Address], tuple[str, str, Address | None]]:
        """Return the arguments of a copy."""
        return Address, (self.kind, self.key, self.parent)

    def __setattr__(self, name: str, value: object) -> None:
        """Raise, because an address is immutable."""
        raise AttributeError(f"cannot set {name}: an address is immutable")

    @property
    def name(self) -> str:
        """The part after the kind: `support-csat.nps` of `question.support-csat.nps`."""
        return self.key if self.parent is None else f"{self.parent.name}.{self.key}"

    def under(self, parent: Address) -> Address:
        """Return the address of the same key in `parent`."""
        return Address(self.kind, self.key, parent)

    if TYPE_CHECKING:  # The type checker rejects these methods, because only this module knows where the kind ends.
        partition = rpartition = split = rsplit = startswith = removeprefix = None  # type: ignore[assignment]


# An address is made for every resource of a plan, twice: these are its methods without a look-up by name.
_new = str.__new__
_set_kind, _set_key, _set_parent = (Address.__dict__[name].__set__ for name in ("kind", "key", "parent"))


def is_key(text: str) -> bool:
    """Tell whether a resource that has no identity of its own can be declared under the key `text`."""
    return re.fullmatch(KEY_PATTERN, text) is not None and text.isprintable()


def slug(text: str) -> str:
    """Return the beginning of `text` as a key: lower case, ASCII, single hyphens.

    May be empty.
    """
    plain = normalized("NFKD", text[:_SLUGGED]).encode("ascii", "ignore").decode("ascii").lower()
    return _NOT_SLUG.sub("-", plain).strip("-")


def readable_key(text: str) -> str:
    """Return `text` as a readable key: like `slug`, but with letters that are not Latin."""
    plain = normalized("NFKD", text[:_SLUGGED])
    if all(character.isascii() for character in plain if character.isalpha()):
        return slug(text)
    composed = normalized("NFC", plain).lower()
    # A combining mark is part of its letter: many scripts have vowels as marks.
    kept = (one if one.isalnum() or unicodedata.category(one).startswith("M") else "-" for one in composed)
    return _HYPHENS.sub("-", "".join(kept)).strip("-")
