"""What the API answers, as values with names and types.

Fields bear the API's own names; whichever wire shape a tenant speaks, they are the same here. What the reference does
not name is kept in `raw`. Web links and UUIDs open without a login: no `repr` shows them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sdx_state.api.answer import Row
from sdx_state.api.errors import Unexpected
from sdx_state.api.moments import moment_of
from sdx_state.kinds import QUESTION, SURVEY, USER
from sdx_state.kinds.kind import Kind
from sdx_state.kinds.wire import read_field

Prompt = str | Mapping[str, str] | None  # the default language, or a map of languages


@dataclass(frozen=True)
class Survey:
    """A survey. Source: API reference, "Surveys"."""

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
    raw: Row = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class Question:
    """A question. `survey_id` and `order` come only with the questions of a survey (API reference, "Questions")."""

    id: int
    question_text: Prompt = None
    question_type: str | None = None
    question_label: str | None = None
    max_response: int | None = None
    question_sound_file: Prompt = None
    survey_id: int | None = None
    order: int | None = None
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
    """What the carrier service knows of a number. Source: API reference, "Phone numbers"."""

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
    `weblink`.
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
    uuid: str | None = field(default=None, repr=False)
    web_link: str | None = field(default=None, repr=False)
    responses: tuple[Response, ...] | None = None
    interaction_data: tuple[InteractionDatum, ...] | None = None
    raw: Row = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class Turn:
    """What a running survey says next. Source: API reference, "Interactions", start_survey and submit_response.

    Attributes:
        prompts: The texts that a respondent meets now.
        sound_files: Their recordings.
        survey_completed: Whether that was all.
        current_question: The question that waits for an answer, if one does.
    """

    prompts: tuple[str, ...]
    sound_files: tuple[str, ...]
    survey_completed: bool
    current_question: Question | None
    raw: Row = field(default_factory=dict, repr=False, compare=False)


def survey_of(row: Row) -> Survey:
    """Return `row`, in whichever shape, as a survey."""
    return Survey(int(str(row["id"])), **_values(SURVEY, Survey, row), raw=row)


def question_of(row: Row) -> Question:
    """Return `row`, in whichever shape, as a question."""
    values = _values(QUESTION, Question, row)
    values |= {"survey_id": _integer(row.get("survey_id")), "order": _integer(row.get("order"))}
    return Question(int(str(row["id"])), **values, raw=row)


def user_of(row: Row) -> User:
    """Return `row` as a user."""
    values = _values(USER, User, row)
    return User(**{**values, "email": str(row["email"])}, raw=row)


def phone_number_of(row: Row) -> PhoneNumber:
    """Return `row` as a looked-up number."""
    texts = _texts_of(row, ("country_code", "national_format", "phone_type"))
    return PhoneNumber(str(row.get("phone_number") or ""), **texts, raw=row)


def response_of(row: Row) -> Response:
    """Return `row` as a response."""
    return Response(
        int(str(row["id"])),
        interaction_id=_integer(row.get("interaction_id")),
        question_id=_integer(row.get("question_id")),
        submitted_at=moment_of(row.get("submitted_at")),
        **_texts_of(row, ("response", "response_type", "question_label", "recording_url")),
        raw=row,
    )


def datum_of(row: Row) -> InteractionDatum:
    """Return `row` as a custom value."""
    return InteractionDatum(
        int(str(row["id"])),
        interaction_id=_integer(row.get("interaction_id")),
        custom_key=_text(row.get("custom_key")),
        custom_value=_text(row.get("custom_value")),
        created_at=moment_of(row.get("created_at")),
        updated_at=moment_of(row.get("updated_at")),
        raw=row,
    )


_TEXTS = ("survey_type", "phone_number", "email", "external_ref", "call_type", "agent_id", "status", "uuid")
_MOMENTS = ("scheduled_at", "created_at", "updated_at")


def interaction_of(row: Row) -> Interaction:
    """Return `row` as an interaction."""
    responses, data = row.get("responses"), row.get("interaction_data")
    moments: dict[str, Any] = {name: moment_of(row.get(name)) for name in _MOMENTS}
    return Interaction(
        int(str(row["id"])),
        survey_id=_integer(row.get("survey_id")),
        **_texts_of(row, _TEXTS),
        **moments,
        web_link=_text(row.get("web_link") or row.get("weblink")),
        responses=tuple(map(response_of, responses)) if isinstance(responses, list) else None,
        interaction_data=tuple(map(datum_of, data)) if isinstance(data, list) else None,
        raw=row,
    )


def turn_of(row: Row, request: str) -> Turn:
    """Return `row` as a turn of a running survey.

    Raises:
        Unexpected: It does not say whether the survey is completed.
    """
    completed = row.get("survey_completed")
    if completed not in (0, 1, "0", "1", True, False):
        raise Unexpected(request, "the answer does not say whether the survey is completed", ambiguous=True)
    question = row.get("current_question")
    return Turn(
        _texts(row.get("prompts")),
        _texts(row.get("sound_files")),
        completed in (1, "1", True),
        question_of(question) if isinstance(question, dict) and _integer(question.get("id")) is not None else None,
        raw=row,
    )


def _values(kind: Kind, record: type, row: Row) -> dict[str, Any]:
    """Read the fields of `record` that `kind` knows, in whichever shape `row` is."""
    names = record.__dataclass_fields__  # type: ignore[attr-defined]  # every record is a dataclass
    return {one.name: read_field(one, row) for one in kind.fields if one.name in names}


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(one) for one in value) if isinstance(value, list) else ()


def _texts_of(row: Row, names: Sequence[str]) -> dict[str, Any]:
    return {name: _text(row.get(name)) for name in names}


def _text(value: object) -> str | None:
    return None if value in (None, "") else str(value)


def _integer(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    try:
        return int(value) if isinstance(value, int | str) else None
    except ValueError:
        return None
