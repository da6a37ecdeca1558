"""Interactions: the documented API can create, update, delete and run them.

A write is retried only if the server certainly did not process it (no connection, 429). If an answer is lost,
reading resolves it: a create is found by its mark in `external_ref`, an update by the fields that it set,
a delete by 404. The exception is `start_survey`, which is safe to repeat.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import get_args

from sdx_state.api.collections import Collection, period
from sdx_state.api.creating import Creating, OnAmbiguous
from sdx_state.api.endpoint import Endpoint
from sdx_state.api.errors import ConflictError, SurveyDynamixError
from sdx_state.api.identity import check_texts
from sdx_state.api.interaction_data import is_key
from sdx_state.api.moments import Bound, written
from sdx_state.api.reading import interaction_of, turn_of
from sdx_state.api.records import Interaction, Turn
from sdx_state.kinds.interaction import NAMES, SurveyType
from sdx_state.programs.machine import Machine

STARTS = (0.0, 1.0)  # Seconds before each further attempt to read the answer of start_survey.


class Interactions(Collection[Interaction]):
    """`/interactions`. Every method raises a `SurveyDynamixError`."""

    def __init__(self, endpoint: Endpoint, machine: Machine) -> None:
        super().__init__(endpoint, interaction_of)
        self._machine = machine
        self._creating = Creating(endpoint, machine)

    def list(
        self,
        survey_id: int | None = None,
        *,
        start_date: Bound | None = None,
        end_date: Bound | None = None,
        email: str | None = None,
        survey_type: SurveyType | None = None,
        scheduled_at: datetime | None = None,
        external_ref: str | None = None,
        call_type: str | None = None,
        agent_id: str | None = None,
        started: bool | None = None,
        completed: bool | None = None,
        survey_ended: bool | None = None,
        include_responses: bool = False,
        include_data: bool = False,
    ) -> Iterator[Interaction]:
        """Yield the interactions of a survey, or of a period, by ascending id.

        Args:
            survey_id: The survey. May be omitted if both dates are given.
            start_date, end_date: Sent as they are. Public clients of the live service send them; the reference does
                not have them. A server may ignore them, and which time it compares is not known.
            email, survey_type, scheduled_at, external_ref, call_type, agent_id: As they were created.
            started, completed, survey_ended: How far they are. The reference does not say how these are spelled: 0
                and 1 is our reading.
            include_responses, include_data: Fill `responses`, `interaction_data`.

        Raises:
            ValueError: Neither the survey nor both dates are given; or a date is invalid.
        """
        dates = period(start_date, end_date, survey_id=survey_id)
        flags = {"started": started, "completed": completed, "survey_ended": survey_ended}
        filters = {
            "survey_id": survey_id,
            **dates,
            "email": email,
            "survey_type": survey_type,
            "scheduled_at": None if scheduled_at is None else written(scheduled_at),
            "external_ref": external_ref,
            "call_type": call_type,
            "agent_id": agent_id,
            **{name: None if flag is None else str(int(flag)) for name, flag in flags.items()},
        }
        given: dict[str, str | int | None] = {name: value for name, value in filters.items() if value is not None}
        parts = [name for name, wanted in (("responses", include_responses), ("data", include_data)) if wanted]
        return map(interaction_of, self._endpoint.select(given, including=parts))

    def create(
        self,
        *,
        survey_id: int,
        survey_type: SurveyType = "web",
        phone_number: str | None = None,
        email: str | None = None,
        scheduled_at: datetime | None = None,
        external_ref: str | None = None,
        call_type: str | None = None,
        agent_id: str | None = None,
        phone_connection_id: int | str | None = None,
        respondent_language: str | None = None,
        data: Mapping[str, str] | None = None,
        force_new: bool = False,
        shorten_urls: bool = False,
        on_ambiguous: OnAmbiguous = "resolve",
    ) -> Interaction:
        """Create an interaction, once, and return it.

        Args:
            survey_id: The survey.
            survey_type: How the respondent is asked. Anything but `web` reaches a person.
            phone_number: For `outbound`, `sms` and the like.
            email: For `email`.
            scheduled_at: When the respondent is asked, with a time zone; default now. Sent as absolute time in UTC.
            external_ref: Your own mark; omit it to generate one. If the answer is lost, the interaction is found by
                it: no two creates in one survey may share a mark at the same time. After a crash, `list` with your
                mark tells whether the interaction exists.
            call_type, agent_id: For reports.
            phone_connection_id: The phone connection to call or text from.
            respondent_language: The language of the survey.
            data: Custom values, by key.
            force_new: Create it although one is pending with this number and survey.
            shorten_urls: Request short links. This and the two above are in the vendor's help pages, not in the
                reference: a server that does not know them keeps them as custom values.
            on_ambiguous: What to do if the answer is lost or says that one is pending. `resolve` looks for the
                interaction by its mark, for up to half a minute, and returns it. `raise` does not look: it
                raises the error immediately and sends no request but the create.

        Raises:
            ConflictError: One is pending with this number and survey, and `force_new` is not set.
            InvalidValueError: A text that a request cannot carry unchanged.
            ValueError: A time without a zone, an unknown type, an empty mark, an invalid key, or an unknown
                `on_ambiguous`.
            SurveyDynamixError: If it is `ambiguous`, the interaction may exist; the advice names the mark to look
                for.
        """
        _check_type(survey_type)
        if external_ref == "":
            raise ValueError("external_ref must not be empty; omit it to generate one")
        if on_ambiguous not in get_args(OnAmbiguous):
            raise ValueError(f"on_ambiguous must be one of {', '.join(get_args(OnAmbiguous))}, not {on_ambiguous!r}")
        for key in data or {}:
            if not is_key(key) or key in NAMES:
                raise ValueError(f"{key!r} is not a valid key for a custom value")
        fields = {
            "survey_type": survey_type,
            "phone_number": phone_number,
            "email": email,
            "scheduled_at": written(scheduled_at or self._machine.moment()),
            "call_type": call_type,
            "agent_id": agent_id,
            "phone_connection_id": None if phone_connection_id is None else str(phone_connection_id),
            "respondent_language": respondent_language,
            "_force_new": "true" if force_new else None,
            "_shorten_urls": "true" if shorten_urls else None,
            **(data or {}),
        }
        given = {name: value for name, value in fields.items() if value is not None}
        return self._creating.create(survey_id, given, external_ref, on_ambiguous)

    def update(
        self,
        id: int,
        *,
        scheduled_at: datetime | None = None,
        phone_number: str | None = None,
        email: str | None = None,
        survey_type: SurveyType | None = None,
        external_ref: str | None = None,
        call_type: str | None = None,
        agent_id: str | None = None,
    ) -> Interaction:
        """Read the interaction `id`, set the given fields, write it back, and return it.

        Raises:
            InvalidValueError: A text that a request cannot carry unchanged.
            ValueError: A time without a zone, or an unknown type.
            SurveyDynamixError: If it is `ambiguous`, the answer was lost, and the given fields do not show yet.
        """
        if survey_type is not None:
            _check_type(survey_type)
        changes = {
            "scheduled_at": None if scheduled_at is None else written(scheduled_at),
            "phone_number": phone_number,
            "email": email,
            "survey_type": survey_type,
            "external_ref": external_ref,
            "call_type": call_type,
            "agent_id": agent_id,
        }
        given = {name: value for name, value in changes.items() if value is not None}
        check_texts(given, f"PUT /interactions/{id}")
        whole = {**self._endpoint.get(str(id)), **given}
        try:
            return interaction_of(self._endpoint.replace(str(id), whole))
        except SurveyDynamixError as error:
            if error.ambiguous:
                with suppress(SurveyDynamixError):
                    row = self._endpoint.get(str(id))
                    if all((row.get(name) or "") == value for name, value in given.items()):
                        return interaction_of(row)
            raise

    def delete(self, id: int) -> None:
        """Delete the interaction `id`.

        Raises:
            ConflictError: It has started.
            SurveyDynamixError: If it is `ambiguous`, the answer was lost, and it still exists or cannot be read.
        """
        self._delete(id)

    def start_survey(self, id: int) -> Turn:
        """Start the survey of the interaction `id` and return its first prompts.

        A started survey answers its current prompts: public clients of the live service rely on it; the reference
            does
        not document it. So a lost answer is read by repeating the request, which does not start the survey again.

        Raises:
            ConflictError: It has ended; or it was started before, and this server answers 409 to that.
            SurveyDynamixError: If it is `ambiguous`, the answer was lost and could not be read again.
        """
        try:
            return self._turn(id, "start_survey", {})
        except SurveyDynamixError as error:
            if not error.ambiguous:
                raise
            for pause in STARTS:
                self._machine.sleep(pause)
                try:
                    return self._turn(id, "start_survey", {})
                except ConflictError:
                    break
                except SurveyDynamixError:
                    continue
            raise

    def submit_response(self, id: int, response: str) -> Turn:
        """Answer the current question and return the next prompts.

        Raises:
            ConflictError: No question is open.
            RedirectError: The survey was not started: call `start_survey` first. The redirect is not followed.
            SurveyDynamixError: If it is `ambiguous`, `client.responses.list(interaction_id=id)` tells if it was
                recorded.
        """
        return self._turn(id, "submit_response", {"response": response})

    def abandon_survey(self, id: int) -> Turn:
        """End the survey at the current question."""
        return self._turn(id, "abandon_survey", {})

    def _turn(self, id: int, action: str, form: Mapping[str, str]) -> Turn:
        return turn_of(self._endpoint.act(str(id), action, form), f"POST /interactions/{id}/{action}")


def _check_type(survey_type: str) -> None:
    if survey_type not in get_args(SurveyType):
        raise ValueError(f"survey_type must be one of {', '.join(get_args(SurveyType))}, not {survey_type!r}")
