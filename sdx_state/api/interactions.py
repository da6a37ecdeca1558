"""Interactions and their custom values: what the documented API lets a client write.

A create whose answer is lost is never sent again: each carries a mark of its own in `external_ref`, by which reading
tells what became of it.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import get_args

from sdx_state.api.collections import Collection, one_of
from sdx_state.api.endpoint import Endpoint
from sdx_state.api.errors import ApiError
from sdx_state.api.moments import written
from sdx_state.api.records import (
    Interaction,
    InteractionDatum,
    Turn,
    datum_of,
    interaction_of,
    turn_of,
)
from sdx_state.api.retry import Clock
from sdx_state.kinds.interaction import NAMES, SurveyType

SETTLE = 30.0  # seconds in which a request that was given up may still arrive
LOOKS = (0.0, 1.0, 2.0, 4.0, 8.0, 15.0)  # seconds between two looks for what became of a create; SETTLE together
KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*")  # API reference, "Interaction data"


class Interactions(Collection[Interaction]):
    """`/interactions`. Every method raises an `ApiError`."""

    def __init__(self, endpoint: Endpoint, clock: Clock) -> None:
        super().__init__(endpoint, interaction_of)
        self._clock = clock

    def list(
        self,
        survey_id: int,
        *,
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
        """Yield the interactions of a survey, by ascending id.

        Args:
            survey_id: The survey; the API lists interactions of one only.
            email, survey_type, scheduled_at, external_ref, call_type, agent_id: As they were created.
            started, completed, survey_ended: How far they are. The reference does not say how these are spelled: 0
                and 1 is our reading.
            include_responses, include_data: Fill `responses`, `interaction_data`.
        """
        flags = {"started": started, "completed": completed, "survey_ended": survey_ended}
        filters = {
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
        return map(interaction_of, self._endpoint.select({"survey_id": survey_id, **given}, including=parts))

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
        data: Mapping[str, str] | None = None,
        force_new: bool = False,
    ) -> Interaction:
        """Create an interaction, once, and return it.

        Args:
            survey_id: The survey.
            survey_type: How it is held. Anything but `web` reaches a person.
            phone_number: For `outbound`, `sms` and the like.
            email: For `email`.
            scheduled_at: When it is held, with its time zone; now unless given. Sent as an absolute time in UTC.
            external_ref: Your own mark; one is made up unless given. A lost answer is looked for by it.
            call_type, agent_id: For reports.
            data: Custom values, by key.
            force_new: Create it although one is pending with this number and survey.

        Raises:
            Conflict: One is pending with this number and survey, and `force_new` is not set.
            ValueError: A time without a zone, an unknown type, or a key that is no key.
            ApiError: If it is `ambiguous`, nothing bearing the mark was seen within half a minute.
        """
        if survey_type not in get_args(SurveyType):
            raise ValueError(f"{survey_type!r} is none of {', '.join(get_args(SurveyType))}")
        known: set[int] = set()
        if external_ref is not None:  # yours may have been used before
            known = {one.id for one in self._marked(survey_id, external_ref)}
        mark = external_ref if external_ref is not None else f"sdx-{uuid.uuid4()}"
        now = datetime.fromtimestamp(self._clock.now(), timezone.utc)
        fields = {
            "survey_id": str(survey_id),
            "survey_type": survey_type,
            "phone_number": phone_number,
            "email": email,
            "scheduled_at": written(scheduled_at or now),
            "external_ref": mark,
            "call_type": call_type,
            "agent_id": agent_id,
            "_force_new": "true" if force_new else None,
            **_checked(data or {}),
        }
        try:
            row = self._endpoint.create({name: value for name, value in fields.items() if value is not None})
        except ApiError as error:
            if not error.ambiguous:
                raise
            found = self._look_for(survey_id, mark, known)
            if found is None:
                raise
            return found
        return interaction_of(row)

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
        """Read the interaction `id`, lay over it what is given, write all of it back, and return it."""
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
        return interaction_of(self._endpoint.replace(str(id), {**self._endpoint.get(str(id)), **given}))

    def delete(self, id: int) -> None:
        """Delete the interaction `id`.

        Raises:
            Conflict: It has started.
        """
        self._endpoint.delete(str(id))

    def start_survey(self, id: int) -> Turn:
        """Begin the survey of the interaction `id` and return what it says first."""
        return self._turn(id, "start_survey", {})

    def submit_response(self, id: int, response: str) -> Turn:
        """Answer the question that waits and return what comes next."""
        return self._turn(id, "submit_response", {"response": response})

    def abandon_survey(self, id: int) -> Turn:
        """End the survey where it is."""
        return self._turn(id, "abandon_survey", {})

    def _turn(self, id: int, action: str, form: Mapping[str, str]) -> Turn:
        return turn_of(self._endpoint.act(str(id), action, form), f"POST /interactions/{id}/{action}")

    def _marked(self, survey_id: int, mark: str) -> Iterator[Interaction]:
        # A server that ignores the filter answers others too.
        return (one for one in self.list(survey_id, external_ref=mark) if one.external_ref == mark)

    def _look_for(self, survey_id: int, mark: str, known: set[int]) -> Interaction | None:
        for pause in LOOKS:
            self._clock.sleep(pause)
            for one in self._marked(survey_id, mark):
                if one.id not in known:
                    return one
        return None


class InteractionData(Collection[InteractionDatum]):
    """`/interaction_data`. Every method raises an `ApiError`."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(endpoint, datum_of)

    def list(
        self, *, survey_id: int | None = None, interaction_id: int | None = None, custom_key: str | None = None
    ) -> Iterator[InteractionDatum]:
        """Yield the custom values of a survey's interactions, or of one.

        Raises:
            ValueError: Neither is given.
        """
        one_of(survey_id=survey_id, interaction_id=interaction_id)
        return self._list(survey_id=survey_id, interaction_id=interaction_id, custom_key=custom_key)

    def set(self, interaction_id: int, key: str, value: str) -> InteractionDatum:
        """Set a custom value, whether or not it was there, and return it.

        If the answer is lost, reading tells whether it is set.

        Raises:
            ValueError: `key` is no key.
        """
        _checked({key: value})
        form = {"interaction_id": str(interaction_id), "custom_key": key, "custom_value": value}
        try:
            return datum_of(self._endpoint.create(form))
        except ApiError as error:
            if not error.ambiguous:
                raise
            for one in self.list(interaction_id=interaction_id, custom_key=key):
                if one.custom_key == key and (one.custom_value or "") == value:
                    return one
            raise

    def delete(self, id: int) -> None:
        """Delete the custom value `id`."""
        self._endpoint.delete(str(id))


def _checked(data: Mapping[str, str]) -> Mapping[str, str]:
    for key in data:
        if not KEY.fullmatch(key) or key in NAMES:
            raise ValueError(f"{key!r} cannot be the key of a custom value")
    return data
