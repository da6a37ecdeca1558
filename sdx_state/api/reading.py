"""Conversion of rows, in any wire shape, to records."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeGuard, TypeVar

from sdx_state.api.answer import Row
from sdx_state.api.errors import InvalidResponseError
from sdx_state.api.moments import moment_of
from sdx_state.api.records import (
    Interaction,
    InteractionDatum,
    PhoneNumber,
    Prompt,
    Question,
    Response,
    ResponseOption,
    Survey,
    Turn,
    User,
)
from sdx_state.kinds import QUESTION, SURVEY, USER
from sdx_state.kinds.field import FieldType
from sdx_state.kinds.kind import Kind
from sdx_state.kinds.wire import read_field

Record = TypeVar("Record")

_DIGITS = re.compile(r"-?[0-9]{1,19}")
_TEXTS = (
    *("survey_type", "phone_number", "email", "external_ref", "call_type", "agent_id", "status", "uuid"),
    *("respondent_language", "weblink_short", "unsubscribe_link_short"),
)
_MOMENTS = ("scheduled_at", "created_at", "updated_at", "completed_at")


def survey_of(row: Row) -> Survey:
    """Return `row`, in any shape, as a survey."""
    return Survey(int(str(row["id"])), **_values(SURVEY, Survey, row), raw=row)


def question_of(row: Row) -> Question:
    """Return `row`, in any shape, as a question."""
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
    return PhoneNumber(_text(row.get("phone_number")) or "", **texts, raw=row)


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


def interaction_of(row: Row) -> Interaction:
    """Return `row` as an interaction.

    Raises:
        InvalidResponseError: It contains a response or a custom value without an id, or of another interaction.
    """
    moments: dict[str, Any] = {name: moment_of(row.get(name)) for name in _MOMENTS}
    return Interaction(
        int(str(row["id"])),
        survey_id=_integer(row.get("survey_id")),
        **_texts_of(row, _TEXTS),
        **moments,
        restricted=_integer(row.get("restricted")),
        web_link=_text(row.get("web_link") or row.get("weblink")),
        responses=_inner(row, "responses", response_of),
        interaction_data=_inner(row, "interaction_data", datum_of),
        raw=row,
    )


def turn_of(row: Row, request: str) -> Turn:
    """Return `row` as a turn of a running survey.

    Raises:
        InvalidResponseError: `survey_completed` is missing or invalid.
    """
    completed = row.get("survey_completed")
    if completed not in (0, 1, "0", "1", True, False):
        raise InvalidResponseError(request, "`survey_completed` is missing or invalid in the answer", ambiguous=True)
    question = row.get("current_question")
    return Turn(
        _texts(row.get("prompts")),
        _texts(row.get("sound_files")),
        completed in (1, "1", True),
        question_of(question) if _identified(question) else None,
        raw=row,
    )


def _inner(row: Row, name: str, of: Callable[[Row], Record]) -> tuple[Record, ...] | None:
    inner = row.get(name)
    if not isinstance(inner, list):
        return None
    if not all(map(_identified, inner)):
        raise InvalidResponseError(
            "GET /interactions", f"the {name} of an interaction include one without a valid id"
        )
    if any(_integer(one.get("interaction_id")) not in (None, _integer(row["id"])) for one in inner):
        raise InvalidResponseError(
            "GET /interactions", f"the {name} of an interaction include one of another interaction"
        )
    return tuple(map(of, inner))


def _identified(row: object) -> TypeGuard[Row]:
    return isinstance(row, dict) and _integer(row.get("id")) is not None


def _values(kind: Kind, record: type, row: Row) -> dict[str, Any]:
    """Read the fields of `record` that `kind` has, in any shape of `row`."""
    names = record.__dataclass_fields__  # type: ignore[attr-defined]  # every record is a dataclass
    return {one.name: _typed(one.type, read_field(one, row)) for one in kind.fields if one.name in names}


def _typed(type: FieldType, value: object) -> object:
    """Return `value` if it is of `type`, else None."""
    if type is FieldType.OPTIONS:
        if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
            return None
        return tuple(ResponseOption(_text(one.get("label")), _prompt(one.get("text"))) for one in value)
    if type is FieldType.PROMPT:
        return _prompt(value)
    if type is FieldType.BOOLEAN:
        return value if isinstance(value, bool) else None
    return _integer(value) if type is FieldType.INTEGER else _text(value)


def _prompt(value: object) -> Prompt:
    if isinstance(value, Mapping):
        return value if all(isinstance(text, str) for text in value.values()) else None
    return _text(value)


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(one) for one in value if isinstance(one, str | int)) if isinstance(value, list) else ()


def _texts_of(row: Row, names: Sequence[str]) -> dict[str, Any]:
    return {name: _text(row.get(name)) for name in names}


def _text(value: object) -> str | None:
    if isinstance(value, str):
        return value or None
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _integer(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return int(value)
    return value if isinstance(value, int) else None
