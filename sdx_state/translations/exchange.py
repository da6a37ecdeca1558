"""The content of translation files, the same in every format."""

from __future__ import annotations

from collections.abc import Iterable

from sdx_state.model.texts import counted
from sdx_state.records import dataclass
from sdx_state.translations.placeholders import kept_parts
from sdx_state.translations.text import Status, Text

MOST_PLACES = 10  # Places of a text that a file names.


@dataclass(frozen=True)
class Row:
    """A text for a translator.

    Attributes:
        id: Identifies the text in its present wording.
        source: The text.
        target: Its translation so far, None if there is none.
        status: Whether it is translated.
        context: What respondents see it for, and what is asked before.
        places: The places that it is used in.
        limit: How long the translation may be, empty for no limit.
        keep: The parts that the translation must keep.
    """

    id: str
    source: str
    target: str | None
    status: Status
    context: str
    places: str
    limit: str
    keep: tuple[str, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes for the translator, one sentence each."""
        kept = f"Keep: {' '.join(self.keep)}" if self.keep else ""
        outdated = "The text changed after it was translated." if self.status == "outdated" else ""
        used = f"Used in: {self.places}"
        return tuple(filter(None, (self.context, self.limit, kept, outdated, used)))


@dataclass(frozen=True)
class Exchange:
    """The content of a file for translators.

    Attributes:
        project: Identifies the project.
        language: The key of the language that is translated into.
        source_tag: The language tag of the texts.
        rows: The texts.
    """

    project: str
    language: str
    source_tag: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Answer:
    """The answer of a translator.

    Attributes:
        id: The text.
        target: Its translation.
        name: The places of the text as the file names them, for messages.
        line: Where it is in the file, 0 if that has no lines.
        is_fuzzy: The file says that it is not a translation yet.
        is_confirmed: The file says that it is finished.
    """

    id: str
    target: str
    name: str
    line: int = 0
    is_fuzzy: bool = False
    is_confirmed: bool = False


@dataclass(frozen=True)
class Answers:
    """The content of a file from translators.

    Attributes:
        project: Identifies the project that it was exported from.
        language: The key of its language, as it is written.
        answers: The answers, in the order of the file.
    """

    project: str
    language: str
    answers: tuple[Answer, ...]


def rows_of(texts: Iterable[Text]) -> tuple[Row, ...]:
    """Return the rows that say `texts`."""
    return tuple(_row(text) for text in texts)


def _row(text: Text) -> Row:
    places = [f"{one.address} {one.field}" for one in text.occurrences]
    more = f", and {len(places) - MOST_PLACES} more" if len(places) > MOST_PLACES else ""
    return Row(
        text.id,
        text.source,
        text.target,
        text.status,
        text.occurrences[0].context,
        ", ".join(places[:MOST_PLACES]) + more,
        limit_words(text.segments) if text.segments is not None else "",
        kept_parts(text.source),
    )


def limit_words(segments: int) -> str:
    """Return in words how long a text may be that takes at most `segments` text messages."""
    plain, wide = (160, 70) if segments == 1 else (153 * segments, 67 * segments)
    most = counted(segments, "text message")
    return f"At most {most}: {plain} characters, or {wide} with letters such as ł, ş, я or emoji"
