"""The preview of a survey as one self-contained page: what respondents see and hear on each channel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field
from typing import Literal

from sdx_state.app.preview import Channel, Preview, Prompt, Question
from sdx_state.kinds.branches import branches
from sdx_state.kinds.segments import message_segments, reading_seconds, word_count
from sdx_state.model.diagnostic import SEVERITIES, Diagnostic
from sdx_state.model.texts import counted
from sdx_state.model.value import DEFAULT_LANGUAGE
from sdx_state.plan.conversation import Line, Role
from sdx_state.records import dataclass
from sdx_state.report.dialogue import DEFAULT, browser_language, lasting, placeholders, whole
from sdx_state.report.escape import escape, escape_lines
from sdx_state.report.template import page

TITLES: dict[Channel, str] = {"email": "E-mail", "web": "Web", "sms": "SMS", "voice": "Voice"}
NPS_SCALE = 10
_ROLES: dict[str, Role] = {"greeting": "greeting", "instructions": "instructions", "question": "question"}
_UNMANAGED = "not declared: the tenant's own text stays"
_SPOKEN: tuple[Channel, ...] = ("web", "sms", "voice")

Part = tuple[Literal["text", "placeholder"], str]
State = Literal["said", "recording", "missing", "unmanaged", "disabled"]


@dataclass(frozen=True)
class Answer:
    """How a question is answered, as a channel shows it.

    Attributes:
        words: In words.
        choices: What the respondent chooses from.
        scale: The labels of the lowest, the middle and the highest response.
        remarks: What else is to be known.
    """

    words: str
    choices: tuple[str, ...] = ()
    scale: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Item:
    """One text in one language on one channel.

    Attributes:
        row: Its row: the same text is in the same row on each channel.
        prompt: The text of all languages.
        state: What respondents get.
        parts: The text, with placeholders apart.
        note: The words in place of a text, or of a recording.
        extent: How long it is.
        over: It is over the limit of the project.
        answer: How it is answered, for a question.
    """

    row: int
    prompt: Prompt
    state: State
    parts: tuple[Part, ...] = ()
    note: str = ""
    extent: str = ""
    over: bool = False
    answer: Answer | None = None


@dataclass(frozen=True)
class Column:
    """One channel in one language: its texts in order, and how long they are together."""

    channel: Channel
    title: str
    total: str
    items: tuple[Item, ...]
    over: int = 0


@dataclass(frozen=True)
class Scene:
    """One language of a survey.

    Attributes:
        language: As it is declared.
        title: In words.
        lang: For the browser, empty where it is not known.
        subject: The subject of the invitation, None without the channel.
        subject_extent: How long that is.
        columns: The channels.
        placeholders: The placeholders in it.
    """

    language: str
    title: str
    lang: str
    subject: tuple[Part, ...] | None
    subject_extent: str
    columns: tuple[Column, ...]
    placeholders: tuple[str, ...] = field(default=())


def preview_html(preview: Preview, version: str | None = None) -> str:
    """Return `preview` as one HTML page that loads nothing.

    Args:
        preview: The survey.
        version: For a page that is served: it reloads when the server has another version.
    """
    scenes = [_scene(preview, language) for language in preview.languages]
    values = {
        "preview": preview,
        "scenes": scenes,
        "channels": [(channel, TITLES[channel]) for channel in preview.channels],
        "rows": len(preview.prompts),
        "questions": sum(one.question is not None for one in preview.prompts),
        "unmanaged": _UNMANAGED,
    }
    return _page(preview.diagnostics, version, values)


def diagnostics_html(headline: str, diagnostics: Sequence[Diagnostic], version: str | None = None) -> str:
    """Return the page of a survey that cannot be shown: `diagnostics`, the worst first.

    Args:
        headline: Why there is no preview.
        diagnostics: What is wrong.
        version: As for `preview_html`.
    """
    return _page(diagnostics, version, {"preview": None, "headline": headline})


def _page(diagnostics: Sequence[Diagnostic], version: str | None, values: dict[str, object]) -> str:
    worst_first = sorted(diagnostics, key=lambda one: SEVERITIES.index(one.severity))
    shown = {"diagnostics": worst_first, "version": version, **values}
    rows = values.get("rows")
    # Style attributes would ask for a weaker policy.
    rules = "".join(f".r{row}{{--row:{row}}}" for row in range(1, 1 + (rows if isinstance(rows, int) else 0)))
    return page("preview.html", shown, style=("plan.css", "preview.css"), rules=rules, script="preview.js")


def _scene(preview: Preview, language: str) -> Scene:
    texts = [one.texts[language] for one in preview.prompts if language in one.texts]
    columns = [_column(preview, channel, language) for channel in _SPOKEN if channel in preview.channels]
    subject = preview.subject.get(language, "") if "email" in preview.channels else None
    said = dict.fromkeys(found[0] for text in [*texts, subject or ""] for found in placeholders(text))
    return Scene(
        language,
        DEFAULT.capitalize() if language == DEFAULT_LANGUAGE else language,
        browser_language(language),
        None if subject is None else tuple(_parts(subject)),
        counted(len(subject or ""), "character"),
        tuple(columns),
        tuple(said),
    )


def _column(preview: Preview, channel: Channel, language: str) -> Column:
    items = [
        _item(row, prompt, channel, language, preview.sms_segments)
        for row, prompt in enumerate(preview.prompts, start=1)
    ]
    said = [
        Line(str(item.row), _ROLES.get(item.prompt.role, "closing"), item.prompt.texts[language])
        for item in items
        if item.state == "said"
    ]
    total = whole(said)[_SPOKEN.index(channel)]
    recordings = sum(item.state == "recording" for item in items)
    if recordings:
        played = counted(recordings, "recording")
        total = f"{total}, and {played}" if said else played
    return Column(channel, TITLES[channel], total, tuple(items), sum(item.over for item in items))


def _item(row: int, prompt: Prompt, channel: Channel, language: str, limit: int) -> Item:
    question = prompt.question
    answer = _answer(question, channel, language) if question is not None else None
    text, recording = prompt.texts.get(language, ""), prompt.recordings.get(language, "")
    if question is not None and question.disabled:
        return Item(row, prompt, "disabled", tuple(_parts(text)), "disabled: not asked")
    if channel == "voice" and recording:
        return Item(row, prompt, "recording", tuple(_parts(text)), recording, "recording", answer=answer)
    if not text:
        if prompt.source is None:
            return Item(row, prompt, "unmanaged", note=_UNMANAGED)
        return Item(row, prompt, "missing", note="no text in this language", answer=answer)
    extent, over = _extent(text, channel, limit)
    return Item(row, prompt, "said", tuple(_parts(text)), "", extent, over, answer)


def _extent(text: str, channel: Channel, limit: int) -> tuple[str, bool]:
    """Return how long `text` is on `channel`, and whether that is over the `limit` of text messages.

    Of a text with conditions, each branch is counted.
    """
    found = [(one.when, *_extent_of(one.text, channel, limit)) for one in branches(text)]
    over = any(one[2] for one in found)
    if len({extent for _, extent, _ in found}) == 1 and not found[0][0].startswith("at most"):
        return found[0][1], over
    return "; ".join(f"{escape(when)}: {extent}" for when, extent, _ in found), over


def _extent_of(text: str, channel: Channel, limit: int) -> tuple[str, bool]:
    if not text.strip():
        return "nothing", False
    if channel == "sms":
        segments, alphabet = message_segments(text)
        most = f", over the limit of {limit}" if segments > limit else ""
        return f"{counted(segments, 'segment')} {alphabet}, {counted(len(text), 'character')}{most}", bool(most)
    if channel == "voice":
        return f"read aloud, about {lasting(reading_seconds(text))}", False
    return f"{counted(word_count(text), 'word')}, {counted(len(text), 'character')}", False


def _parts(text: str) -> Iterator[Part]:
    """Yield `text`, safe to show, with its placeholders apart."""
    end = 0
    for found in placeholders(text):
        if found.start() > end:
            yield "text", escape_lines(text[end : found.start()])
        yield "placeholder", escape_lines(found[0])
        end = found.end()
    if end < len(text):
        yield "text", escape_lines(text[end:])


def _answer(question: Question, channel: Channel, language: str) -> Answer:
    kind, most = question.type or "type not declared", question.most
    words, choices = kind, tuple[str, ...]()
    if question.options:
        words = "one of the options"
        choices = tuple(_option(one.texts, one.label, language) for one in question.options)
    elif kind == "nps":
        words, choices = f"0 to {NPS_SCALE}", tuple(str(number) for number in range(NPS_SCALE + 1))
    elif kind == "number":
        words = "a number" if most is None else f"a number up to {most}"
    elif kind == "yesno":
        words, choices = "yes or no", ("yes", "no")
    elif kind == "text":
        words = "free text" if channel != "voice" else "a spoken answer"
    places = ("lowest", "middle", "highest")
    scale = tuple(
        f"{place}: {texts.get(language) or texts[DEFAULT_LANGUAGE]}"
        for place, texts in zip(places, question.scale, strict=True)
        if channel == "web" and (texts.get(language) or texts.get(DEFAULT_LANGUAGE))
    )
    remarks = [("compulsory", question.compulsory)]
    if channel == "voice":
        remarks.append(("transcribed", question.transcribe))
        remarks.append((f"waits {question.timeout} s", question.timeout is not None))
    return Answer(words, choices, scale, tuple(remark for remark, holds in remarks if holds))


def _option(texts: object, label: str, language: str) -> str:
    found = texts if isinstance(texts, dict) else {}
    return str(found.get(language) or found.get(DEFAULT_LANGUAGE) or label)
