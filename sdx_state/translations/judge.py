"""Judging answers of translators: which are written, and why others are refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import field

from sdx_state.kinds.segments import message_segments
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.resource import Source
from sdx_state.model.texts import counted, normalise_text
from sdx_state.records import dataclass
from sdx_state.translations.exchange import Answer, limit_words
from sdx_state.translations.placeholders import lost_and_added
from sdx_state.translations.text import Text

NAMED = 200  # Characters of the places that a file names.


@dataclass(frozen=True)
class Accepted:
    """An answer that is written.

    Attributes:
        text: The text.
        target: Its translation.
    """

    text: Text
    target: str

    @property
    def changes(self) -> bool:
        """True if it is another translation than before, or one for places that had none."""
        return not is_same(self.target, self.text.target) or self.text.status == "missing"


@dataclass
class Judged:
    """The answers in a file, judged.

    Attributes:
        accepted: Those that are written, or confirm a translation, in the order of the file.
        refused: Why others are refused.
        empty: How many texts have no translation in the file.
        fuzzy: How many translations the file says to be unfinished.
    """

    accepted: list[Accepted] = field(default_factory=list)
    refused: list[Diagnostic] = field(default_factory=list)
    empty: int = 0
    fuzzy: int = 0


def is_same(one: str, other: str | None) -> bool:
    """Tell whether two texts are one to a plan: files give them other line ends and forms of Unicode."""
    return normalise_text(one) == normalise_text(other)


def judge(answers: Sequence[Answer], texts: Sequence[Text], file: str, shown: Callable[[str], str]) -> Judged:
    """Return `answers` judged.

    Args:
        answers: The answers in a file.
        texts: The texts of the project as they are now.
        file: The name of the file, for messages.
        shown: Returns a text as respondents get it, with references replaced.
    """
    known = {text.id: text for text in texts}
    given: dict[str, str] = {}
    repeated: set[str] = set()
    judged = Judged()
    for answer in answers:
        target = answer.target.replace("\r\n", "\n").replace("\r", "\n")
        text = known.get(answer.id)
        if not target.strip():
            judged.empty += 1
        elif text is None:
            judged.refused.append(_changed(answer, file))
        elif given.setdefault(answer.id, target) != target:
            repeated.add(text.id)
            message = f"{text.name}: the file has two translations of this text"
            judged.refused.append(_refused("translation-repeated", message, answer, file, text, "remove one of them"))
        elif _is_untouched(answer, target, text):
            judged.fuzzy += answer.is_fuzzy
        else:
            reasons = list(_reasons(answer, target, text, file, shown))
            judged.refused += reasons
            if not reasons:
                judged.accepted.append(Accepted(text, target))
    # Of two answers to one text, neither is known to be the right one.
    judged.accepted = [one for one in judged.accepted if one.text.id not in repeated]
    return judged


def _is_untouched(answer: Answer, target: str, text: Text) -> bool:
    """Tell whether a translator did not say anything: what was exported as unfinished came back as it was."""
    return answer.is_fuzzy or (is_same(target, text.target) and text.status == "outdated" and not answer.is_confirmed)


def _changed(answer: Answer, file: str) -> Diagnostic:
    name = answer.name if len(answer.name) <= NAMED else f"{answer.name[: NAMED - 3]}..."
    message = f"{name or answer.id}: the text changed after the export, or is not used any more"
    help = "export again, and translate the text as it is now"
    return Diagnostic("translation-outdated", "error", message, _place(file, answer), help=help)


def _place(file: str, answer: Answer) -> Source:
    return Source(file, answer.line, 1 if answer.line else 0)


def _reasons(answer: Answer, target: str, text: Text, file: str, shown: Callable[[str], str]) -> Iterator[Diagnostic]:
    lost, added = lost_and_added(text.source, target)
    if lost or added:
        said = [f"{what} {' '.join(parts)}" for what, parts in (("lost", lost), ("added", added)) if parts]
        message = f"{text.name}: the translation {' and '.join(said)}"
        help = "a translation keeps the placeholders, references and tags of its text, and has no others"
        yield _refused("translation-placeholder", message, answer, file, text, help)
    if text.segments is not None:
        segments, alphabet = message_segments(shown(target))
        if segments > text.segments:
            needed = counted(segments, "text message")
            message = f"{text.name}: the translation needs {needed} ({alphabet}), over the limit of {text.segments}"
            help = limit_words(text.segments)
            yield _refused("translation-too-long", message, answer, file, text, help[0].lower() + help[1:])


def _refused(code: str, message: str, answer: Answer, file: str, text: Text, help: str) -> Diagnostic:
    return Diagnostic(code, "error", message, _place(file, answer), text.occurrences[0].address, help)
