"""Pseudonyms: replacements of personal data in a stored tenant, the same each time.

The salt is in the same file, so a reader can check a guess at a name or an e-mail address: plans need this to compare
declared values with stored ones. A telephone number cannot be found by trying all of them, because many numbers have
the same pseudonym.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sdx_state.kinds import KINDS, USER, veils_of
from sdx_state.kinds.field import Sort
from sdx_state.kinds.phone import IN_TEXT

_PHONES = 10**6  # pseudonyms of telephone numbers
# Broad, and bounded, so that a text without an `@` is read once: which part of it is an address is found out below.
_EMAIL = re.compile(r"[^\s<>()\[\]\",;:\\@]{1,64}@[^\s<>()\[\]{}\"'`,;:|/\\%@]{1,253}")
_WORD = re.compile(r"[^\s.,;:!?()\[\]{}<>\"“”]+")
_LONGEST = 4  # words of a name that is looked for inside of other texts; the shortest is two


class Pseudonyms:
    """The pseudonyms that one salt makes.

    Attributes:
        salt: In hexadecimal digits; empty to replace nothing.
        known: Pseudonyms of the names, addresses and numbers of the tenant's users: these are replaced in all other
            texts too.
    """

    def __init__(self, salt: str, users: Iterable[Mapping[str, Any]]) -> None:
        """Take `users` under their pseudonyms."""
        self.salt = salt
        self.known = {str(row[name]) for row in users for name in USER.personal if salt and row.get(name)}

    def resource(self, kind: str, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return `row` of a live resource with pseudonyms.

        Undocumented fields may contain personal data too, and are omitted.
        """
        if not self.salt:
            return dict(row)
        one = KINDS[kind]
        names = {one.identity, one.parent_field, one.order_field}
        names |= {key for field in one.fields for key in (field.name, *field.nested[:1])}
        known = {name: value for name, value in row.items() if name in names}
        return self.values(kind, known)

    def values(self, kind: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return `values`, the fields of a resource of `kind`, with pseudonyms."""
        veils = veils_of(kind)
        return {
            name: self.of(veils[name], value) if name in veils else self.elsewhere(value)
            for name, value in values.items()
        }

    def of(self, sort: Sort, value: Any) -> Any:
        """Return the replacement of `value`, which is a user's e-mail address, name, agent id or telephone number."""
        if not self.salt or not sort:
            return value
        normalised = USER.by_name[sort].normalise(value)
        if normalised is None:
            return value
        text = f"{sort}\0{normalised}".encode("utf-8", "surrogatepass")
        digest = hmac.new(bytes.fromhex(self.salt), text, hashlib.sha256).hexdigest()
        return {
            "email": f"user-{digest[:16]}@pseudonym.invalid",
            "name": f"User {digest[:12]}",
            "agent_id": f"agent-{digest[:12]}",
            "phone": f"+999{int(digest[:12], 16) % _PHONES:06d}",
        }[sort]

    def elsewhere(self, value: Any) -> Any:
        """Return `value`, of any shape, with what is known of users replaced in its texts."""
        if not self.known:
            return value
        if isinstance(value, str):
            if self.of("name", value) in self.known:
                return self.of("name", value)
            return self._names(IN_TEXT.sub(self._known("phone"), _EMAIL.sub(self._address, value)))
        if isinstance(value, Mapping):
            return {key: self.elsewhere(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.elsewhere(inner) for inner in value]
        return value

    def _known(self, sort: Sort) -> Callable[[re.Match[str]], str]:
        def replacement(found: re.Match[str]) -> str:
            pseudonym = str(self.of(sort, found[0]))
            return pseudonym if pseudonym in self.known else found[0]

        return replacement

    def _address(self, found: re.Match[str]) -> str:
        """Return the text found, with the longest known address in it replaced; punctuation may surround it."""
        text = found[0]
        whole = text.rstrip(".!?")
        for start in range(text.index("@")):
            if start and (text[start - 1].isalnum() or text[start - 1] in "._"):
                continue  # in the middle of a word
            for candidate in (text[start:], whole[start:]):
                pseudonym = str(self.of("email", candidate))
                if pseudonym in self.known:
                    return text[:start] + pseudonym + text[start + len(candidate) :]
        return text

    def _names(self, text: str) -> str:
        """Return `text` without the full names in it; the longest of several is taken."""
        words = list(_WORD.finditer(text))
        parts, done, first = [], 0, 0
        while first < len(words) - 1:
            for last in range(min(first + _LONGEST, len(words)) - 1, first, -1):
                start, end = words[first].start(), words[last].end()
                pseudonym = self.of("name", text[start:end])
                if pseudonym in self.known:
                    parts += [text[done:start], pseudonym]
                    done, first = end, last
                    break
            first += 1
        return "".join([*parts, text[done:]])
