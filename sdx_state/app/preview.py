"""A survey as respondents will see and hear it, as the files declare it: no tenant is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Literal, get_args

from sdx_state.config.configuration import Configuration
from sdx_state.kinds import SURVEY
from sdx_state.model.address import Address
from sdx_state.model.advised import AdvisedError
from sdx_state.model.alike import did_you_mean
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.resource import Desired, Source
from sdx_state.model.value import DEFAULT_LANGUAGE, LanguageMap, Value
from sdx_state.records import dataclass

Channel = Literal["email", "web", "sms", "voice"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)
_ROLES = ("greeting", "instructions", "question", "invalid_response", "closing")
_NUMBERS = ("inbound_number", "outbound_number", "sms_number")


class NoPreview(AdvisedError):
    """The survey, or the language, is not declared."""


@dataclass(frozen=True)
class Option:
    """An answer that the respondent can choose: its label in reports, and its text by language."""

    label: str
    texts: LanguageMap


@dataclass(frozen=True)
class Question:
    """The answers that a question accepts.

    Attributes:
        type: Type of answer.
        most: The highest number that is accepted, None if that is not declared.
        options: The answers that the respondent can choose from.
        scale: The labels of the lowest, the middle and the highest response, by language.
        compulsory: An answer is required.
        disabled: It is not asked.
        transcribe: Spoken answers are transcribed.
        timeout: Seconds to wait for an answer.
    """

    type: str
    most: int | None = None
    options: tuple[Option, ...] = ()
    scale: tuple[LanguageMap, LanguageMap, LanguageMap] = ({}, {}, {})
    compulsory: bool = False
    disabled: bool = False
    transcribe: bool = False
    timeout: int | None = None


@dataclass(frozen=True)
class Prompt:
    """One text of a survey.

    Attributes:
        role: Its place in the conversation.
        label: The label of a question, empty for other texts.
        source: Where it is declared; None if it is not, and the tenant's text is not managed.
        texts: The text, by language.
        recordings: URL of the recording that is played instead, by language.
        question: What it accepts, for a question.
    """

    role: str
    label: str
    source: Source | None
    texts: LanguageMap
    recordings: LanguageMap = field(default_factory=dict)
    question: Question | None = None


@dataclass(frozen=True)
class Preview:
    """One survey.

    Attributes:
        address: Its address.
        name: Its name.
        description: Its purpose, which respondents do not see.
        source: Where it is declared.
        prompts: Its texts, in the order of the conversation.
        languages: The languages that are shown, the default first.
        channels: The channels that are shown.
        numbers: The declared phone numbers, each with its label.
        sender: Name and address that invitations come from, as far as they are declared.
        subject: The subject of invitations, by language.
        sms_segments: Text messages that one prompt may take before there is a warning.
        diagnostics: What was found in the survey.
    """

    address: Address
    name: str
    description: str
    source: Source
    prompts: tuple[Prompt, ...]
    languages: tuple[str, ...]
    channels: tuple[Channel, ...]
    numbers: tuple[tuple[str, str], ...]
    sender: tuple[str, str]
    subject: LanguageMap
    sms_segments: int
    diagnostics: tuple[Diagnostic, ...] = ()


def preview_of(
    configuration: Configuration, survey: str, language: str | None = None, channel: Channel | None = None
) -> Preview:
    """Return the preview of `survey`, an address or a key.

    Args:
        configuration: What is declared.
        survey: The survey.
        language: Show this language alone: `default`, `de-default`, or `de` for all that begin with it.
        channel: Show this channel alone.

    Raises:
        NoPreview: The survey or the language is not declared.
    """
    resources = configuration.resources
    address = Address(SURVEY.name, survey.removeprefix(f"{SURVEY.name}."))
    declared = resources.get(address)
    if declared is None:
        known = [one.key for one in resources if one.kind == SURVEY.name]
        hint = did_you_mean(address.key, known) or "Declare it in a file below `surveys:`."
        raise NoPreview(f"{address} is not declared", f"{hint[0].upper()}{hint[1:]}")
    questions = [one for one in resources.values() if one.parent == address]
    questions.sort(key=lambda one: one.position)
    prompts = tuple(_prompts(declared, questions))
    subject = _by_language(declared.values.get("email_subject"))
    languages = _languages([*(one.texts for one in prompts), subject])
    family = {address, *(one.address for one in questions)}
    return Preview(
        address=address,
        name=_text(declared, "name") or address.key,
        description=_text(declared, "description"),
        source=declared.source,
        prompts=prompts,
        languages=_chosen(languages, language, address),
        channels=CHANNELS if channel is None else (channel,),
        numbers=tuple(
            (SURVEY.by_name[name].label, str(number)) for name in _NUMBERS if (number := declared.values.get(name))
        ),
        sender=(_text(declared, "email_from_name"), _text(declared, "email_from_address")),
        subject=subject,
        sms_segments=configuration.project.lint.sms_segments,
        diagnostics=tuple(one for one in configuration.diagnostics if one.address in family),
    )


def _text(declared: Desired, name: str) -> str:
    value = declared.values.get(name)
    return value if isinstance(value, str) else ""


def _prompts(survey: Desired, questions: Sequence[Desired]) -> Iterator[Prompt]:
    for role in _ROLES:
        if role == "question":
            for one in questions:
                label = str(one.values.get("question_label") or one.key)
                yield _prompt(role, one, label, _question(one))
        elif role != "invalid_response" or f"{role}_text" in survey.values or f"{role}_sound_file" in survey.values:
            yield _prompt(role, survey)


def _prompt(role: str, declared: Desired, label: str = "", question: Question | None = None) -> Prompt:
    names = (f"{role}_text", f"{role}_sound_file")
    texts, recordings = (_by_language(declared.values.get(name)) for name in names)
    name = next((name for name in names if name in declared.values), None)
    return Prompt(
        role.replace("_", " "),
        label,
        declared.source_of(name) if name is not None else None,
        texts,
        recordings,
        question,
    )


def _question(one: Desired) -> Question:
    values = one.values
    options = values.get("response_options")
    return Question(
        type=str(values.get("question_type") or ""),
        most=_number(values.get("max_response")),
        options=tuple(
            Option(str(option.get("label") or ""), _by_language(option.get("text")))
            for option in (options if isinstance(options, Sequence) and not isinstance(options, str) else ())
        ),
        scale=(
            _by_language(values.get("scale_label_min_text")),
            _by_language(values.get("scale_label_mid_text")),
            _by_language(values.get("scale_label_max_text")),
        ),
        compulsory=values.get("compulsory") is True,
        disabled=values.get("disabled") is True,
        transcribe=values.get("transcribe") is True,
        timeout=_number(values.get("timeout")),
    )


def _number(value: Value) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _by_language(value: object) -> LanguageMap:
    """Return the texts of a prompt by language, without empty ones."""
    if isinstance(value, Mapping):
        return {str(language): text for language, text in value.items() if isinstance(text, str) and text.strip()}
    return {DEFAULT_LANGUAGE: value} if isinstance(value, str) and value.strip() else {}


def _languages(texts: Iterable[LanguageMap]) -> tuple[str, ...]:
    """Return the languages of a survey, the default first."""
    found = {language: None for one in texts for language in one}
    ordered = sorted(found, key=lambda language: language != DEFAULT_LANGUAGE)
    return tuple(ordered) or (DEFAULT_LANGUAGE,)


def _chosen(languages: Sequence[str], language: str | None, survey: Address) -> tuple[str, ...]:
    if language is None:
        return tuple(languages)
    exact = [one for one in languages if one.casefold() == language.casefold()]
    found = exact or [one for one in languages if one.partition("-")[0].casefold() == language.casefold()]
    if not found:
        hint = did_you_mean(language, languages) or f"Known: {', '.join(languages[:10])}"
        raise NoPreview(f"{survey} has no text in the language {language[:80]}", f"{hint[0].upper()}{hint[1:]}")
    return tuple(found)
