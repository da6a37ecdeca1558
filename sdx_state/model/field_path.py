"""Field paths: places of values in a resource.

`name`, `greeting_text.fr` (a language of a prompt), `response_options[2].text.fr` (a place in a list).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sdx_state.model.value import DEFAULT_LANGUAGE

_ROOT = re.compile(r"[^.\[]*")


class FieldPath(str):
    """The place of a value in a resource: a frozen value that is also its text. Only this module splits it."""

    __slots__ = ()

    @classmethod
    def of(cls, field: str, language: str = "") -> FieldPath:
        """Return the path of `field`, or of its text in `language`."""
        return cls(f"{field}.{language}" if language else field)

    @property
    def field(self) -> str:
        """The name of the field."""
        found = _ROOT.match(self)
        return found[0] if found else ""

    @property
    def inner(self) -> str:
        """The part after the field: a language, or a place such as `[2].text`; empty for the whole field."""
        rest = self[len(self.field) :]
        return rest[1:] if rest[:1] == "." else rest

    @property
    def language(self) -> str:
        """The language of a prompt, empty where none is named. Not for places in a list."""
        return "" if self.in_list else self.inner

    @property
    def in_list(self) -> bool:
        """True for a place in a list."""
        return "[" in self

    @property
    def whole(self) -> bool:
        """True for a whole field, or a whole entry of a list."""
        return "." not in self

    def with_language(self) -> FieldPath:
        """Return the path with a language: a prompt that is a plain text is in the default language."""
        return self if not self.whole else FieldPath(f"{self}.{DEFAULT_LANGUAGE}")

    if TYPE_CHECKING:  # The type checker rejects these methods, because only this module knows where the field ends.
        partition = rpartition = split = rsplit = startswith = removeprefix = None  # type: ignore[assignment]


ORDER_PATH = FieldPath("order")
