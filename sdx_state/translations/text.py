"""Texts to translate, and the places that they are used in."""

from __future__ import annotations

import hashlib
from typing import Literal

from sdx_state.model.address import Address
from sdx_state.model.field_path import FieldPath
from sdx_state.model.resource import Source
from sdx_state.model.texts import normalise_text
from sdx_state.records import dataclass

Status = Literal["missing", "outdated", "complete"]


def text_hash(text: str) -> str:
    """Return a short hash of `text`, the same for all its spellings in Unicode and its line ends."""
    return hashlib.sha256(str(normalise_text(text)).encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True)
class Occurrence:
    """One use of a text.

    Attributes:
        address: The resource.
        field: The field, with the place in it for an option: `response_options[0].text`.
        default: The place of the key that has the text in the default language.
        written: The place of the key that has the translation; None if there is none.
        context: What a respondent sees it for, and what is asked before.
        segments: Most text messages that it may take; None for no limit.
    """

    address: Address
    field: FieldPath
    default: Source
    written: Source | None
    context: str
    segments: int | None = None


@dataclass(frozen=True)
class Text:
    """A text in the default language, once for all places that have it and its translation.

    Attributes:
        id: A hash of the text. Of texts that are equal and translated in different ways, the others have it too.
        source: The text as it is written, references in it.
        target: Its translation, None if there is none.
        status: Whether it is translated, and the translation is one of this text.
        occurrences: Its uses, in their order.
    """

    id: str
    source: str
    target: str | None
    status: Status
    occurrences: tuple[Occurrence, ...]

    @property
    def name(self) -> str:
        """The first of its places, in messages."""
        first = self.occurrences[0]
        return f"{first.address} {first.field}"

    @property
    def segments(self) -> int | None:
        """Most text messages that its translation may take, wherever it is used; None for no limit."""
        limits = [one.segments for one in self.occurrences if one.segments is not None]
        return min(limits) if limits else None
