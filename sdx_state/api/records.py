"""Records: answers of the API as typed values.

Fields have the names of the API, in both wire shapes. A field that only the nested shape has is None if the tenant
uses the flat one. Empty, null and absent are None, and so is a value of a
type that the field does not have: `raw` has the unchanged answer. Texts of surveys, questions and
users are normalized: lines end in LF, characters are composed (NFC), numbers have no punctuation.

Web links and UUIDs open without a login: no `repr` shows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime

from sdx_state.api.answer import Row
from sdx_state.records import dataclass

Prompt = str | Mapping[str, str] | None  # the default language, or a map of languages


@dataclass(frozen=True)
class Survey:
    """A survey. Source: API reference, "Surveys"; the fields after `sms_number`: nested answers of 2020."""

    id: int
    name: str | None = None
    description: str | None = None
    greeting_text: Prompt = None
    instructions_text: Prompt = None
    closing_text: Prompt = None
    greeting_sound_file: Prompt = None
    instructions_sound_file: Prompt = None
    closing_sound_file: Prompt = None
    email_subject: Prompt = None
    email_from_address: str | None = None
    email_from_name: str | None = None
    inbound_number: str | None = None
    outbound_number: str | None = None
    sms_number: str | None = None
    invalid_response_text: Prompt = None
    invalid_response_sound_file: Prompt = None
    logo_text: str | None = None
    redirect_text: str | None = None
    redirect_timeout: int | None = None
    raw: Row = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class ResponseOption:
    """One of the answers that a question offers. Source: nested answers of 2020."""

    label: str | None = None
    text: Prompt = None


@dataclass(frozen=True)
class Question:
    """A question. `survey_id` and `order` come only with the questions of a survey (API reference, "Questions").

    Source of the fields after `order`: nested answers of 2020.
    """

    id: int
    question_text: Prompt = None
    question_type: str | None = None
    question_label: str | None = None
    max_response: int | None = None
    question_sound_file: Prompt = None
    survey_id: int | None = None
    order: int | None = None
    agent_score: bool | None = None
    compulsory: bool | None = None
    disabled: bool | None = None
    transcribe: bool | None = None
    timeout: int | None = None
    response_options: tuple[ResponseOption, ...] | None = None
    scale_label_min_text: Prompt = None
    scale_label_mid_text: Prompt = None
    scale_label_max_text: Prompt = None
    raw: Row = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class User:
    """A user; the e-mail address is the identity. Source: API reference, "Users"."""

    email: str
    name: str | None = None
    agent_id: str | None = None
    phone: str | None = None
    timezone: str | None = None
    raw: Row = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class PhoneNumber:
    """A look-up of the carrier service. Source: API reference, "Phone numbers"."""

    phone_number: str
    country_code: str | None = None
    national_format: str | None = None
    phone_type: str | None = None
    raw: Row = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class Response:
    """A response to a question. Source: API reference, "Responses"."""

    id: int
    interaction_id: int | None = None
    question_id: int | None = None
    response: str | None = None
    submitted_at: datetime | None = None
    response_type: str | None = None
    question_label: str | None = None
    recording_url: str | None = field(default=None, repr=False)
    raw: Row = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class InteractionDatum:
    """A custom value of an interaction. Source: API reference, "Interaction data"."""

    id: int
    interaction_id: int | None = None
    custom_key: str | None = None
    custom_value: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    raw: Row = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class Interaction:
    """One conversation with one respondent. Source: API reference, "Interactions".

    `status` is free text that changes with time: never compare it. `web_link` is also read where a server spells it
    `weblink`. `completed_at`, `respondent_language`, `restricted` and the short links were seen in live answers of
    2020; the meaning of `restricted` is unknown.
    """

    id: int
    survey_id: int | None = None
    survey_type: str | None = None
    phone_number: str | None = None
    email: str | None = None
    scheduled_at: datetime | None = None
    external_ref: str | None = None
    call_type: str | None = None
    agent_id: str | None = None
    status: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    completed_at: datetime | None = None
    respondent_language: str | None = None
    restricted: int | None = None
    uuid: str | None = field(default=None, repr=False)
    web_link: str | None = field(default=None, repr=False)
    weblink_short: str | None = field(default=None, repr=False)
    unsubscribe_link_short: str | None = field(default=None, repr=False)
    responses: tuple[Response, ...] | None = None
    interaction_data: tuple[InteractionDatum, ...] | None = None
    raw: Row = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class Turn:
    """The next prompts of a running survey. Source: API reference, "Interactions", start_survey and submit_response.

    Attributes:
        prompts: The texts that the respondent sees or hears.
        sound_files: Their recordings.
        survey_completed: True if the survey is completed.
        current_question: The open question, if any.
    """

    prompts: tuple[str, ...]
    sound_files: tuple[str, ...]
    survey_completed: bool
    current_question: Question | None
    raw: Row = field(default_factory=dict, repr=False, compare=False)
