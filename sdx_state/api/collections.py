"""Typed collections of the API: the base class, and the read-only collections.

Lists are lazy: a page is requested when its rows are needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from sdx_state.api.answer import Row
from sdx_state.api.endpoint import Endpoint
from sdx_state.api.endpoint import PhoneNumbers as LookUp
from sdx_state.api.errors import GoneError, NotFoundError, SurveyDynamixError
from sdx_state.api.moments import Bound, bound
from sdx_state.api.reading import interaction_of, phone_number_of, question_of, response_of, survey_of, user_of
from sdx_state.api.records import Interaction, InteractionDatum, PhoneNumber, Question, Response, Survey, User

Record = TypeVar("Record")
Filter = str | int | None


class Collection(Generic[Record]):
    """One collection. Every method raises a `SurveyDynamixError`."""

    def __init__(self, endpoint: Endpoint, of: Callable[[Row], Record]) -> None:
        self._endpoint = endpoint
        self._of = of

    def get(self, id: int | str) -> Record:
        """Return the resource `id`.

        Raises:
            NotFoundError, GoneError: There is none.
        """
        return self._of(self._endpoint.get(str(id)))

    def _delete(self, id: int) -> None:
        """Delete the resource `id`, once; if the answer is lost, read to see if it was deleted."""
        try:
            self._endpoint.delete(str(id))
        except SurveyDynamixError as error:
            if not (error.ambiguous and self._is_gone(id)):
                raise

    def _is_gone(self, id: int) -> bool:
        try:
            self._endpoint.get(str(id))
        except SurveyDynamixError as error:
            return isinstance(error, NotFoundError | GoneError)
        return False

    def _list(self, **filters: Filter) -> Iterator[Record]:
        """Yield the resources that match the filters with a value, by ascending id."""
        given = {name: value for name, value in filters.items() if value is not None}
        return map(self._of, self._endpoint.select(given))


def one_of(**ids: Filter) -> None:
    """Raise if none of the filters is given that the API requires for a list.

    Raises:
        ValueError: None of them is given.
    """
    if all(value is None for value in ids.values()):
        raise ValueError(f"the API requires a filter for this list: {' or '.join(ids)}")


def period(start_date: Bound | None, end_date: Bound | None, **ids: Filter) -> dict[str, str]:
    """Return the filters of a period. The API answers a list without one of `ids` only if both ends are given.

    Raises:
        ValueError: An end is not a time, or neither both ends nor one of `ids` is given.
    """
    if start_date is None or end_date is None:
        try:
            one_of(**ids)
        except ValueError as error:
            raise ValueError(f"{error}, or start_date and end_date together") from None
    ends = {"start_date": start_date, "end_date": end_date}
    return {name: bound(end) for name, end in ends.items() if end is not None}


class Questions(Collection[Question]):
    """`/questions`, read only."""

    def __init__(self, endpoint: Endpoint, responses: Responses) -> None:
        super().__init__(endpoint, question_of)
        self._responses = responses

    def list(
        self, *, survey_id: int | None = None, question_type: str | None = None, question_label: str | None = None
    ) -> Iterator[Question]:
        """Yield questions. Order and survey are known only with `survey_id`."""
        return self._list(survey_id=survey_id, question_type=question_type, question_label=question_label)

    def responses(self, id: int) -> Iterator[Response]:
        """Yield the responses to the question `id`."""
        return self._responses.list(question_id=id)


class Responses(Collection[Response]):
    """`/responses`, read only."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(endpoint, response_of)

    def list(
        self,
        *,
        survey_id: int | None = None,
        question_id: int | None = None,
        interaction_id: int | None = None,
        response: str | None = None,
        response_contains: str | None = None,
        start_date: Bound | None = None,
        end_date: Bound | None = None,
    ) -> Iterator[Response]:
        """Yield responses of a survey, a question, an interaction or a period.

        Args:
            survey_id, question_id, interaction_id: Whose responses.
            response, response_contains: The whole response, or a part of it.
            start_date, end_date: Sent as they are. Public clients of the live service send them; the reference does
                not have them. A server may ignore them, and which time it compares is not known: compare
                `submitted_at` yourself.

        Raises:
            ValueError: None of the three ids is given, nor both dates; or a date is invalid.
        """
        ids: dict[str, Filter] = {
            "survey_id": survey_id,
            "question_id": question_id,
            "interaction_id": interaction_id,
        }
        dates = period(start_date, end_date, **ids)
        return self._list(**ids, response=response, response_contains=response_contains, **dates)


class Users(Collection[User]):
    """`/users`, read only; the e-mail address is the identity."""

    def __init__(self, endpoint: Endpoint, interactions: Callable[[str], Iterator[Row]]) -> None:
        super().__init__(endpoint, user_of)
        self._interactions = interactions

    def list(
        self,
        *,
        name: str | None = None,
        name_contains: str | None = None,
        agent_id: str | None = None,
        phone: str | None = None,
        email: str | None = None,
    ) -> Iterator[User]:
        """Yield users."""
        return self._list(name=name, name_contains=name_contains, agent_id=agent_id, phone=phone, email=email)

    def interactions(self, email: str) -> Iterator[Interaction]:
        """Yield the interactions of the user `email`, by that user's `agent_id`."""
        return map(interaction_of, self._interactions(email))


class Surveys(Collection[Survey]):
    """`/surveys`, read only. The sub-lists are the plain lists with `survey_id` (API reference, "Surveys")."""

    def __init__(
        self,
        endpoint: Endpoint,
        questions: Questions,
        responses: Responses,
        interactions: Callable[[int], Iterator[Interaction]],
        data: Callable[[int], Iterator[InteractionDatum]],
    ) -> None:
        super().__init__(endpoint, survey_of)
        self._questions, self._responses = questions, responses
        self._interactions, self._data = interactions, data

    def list(self) -> Iterator[Survey]:
        """Yield every survey."""
        return self._list()

    def questions(self, id: int) -> Iterator[Question]:
        """Yield the questions of the survey `id`, with their order."""
        return self._questions.list(survey_id=id)

    def responses(self, id: int) -> Iterator[Response]:
        """Yield the responses to the survey `id`."""
        return self._responses.list(survey_id=id)

    def interactions(self, id: int) -> Iterator[Interaction]:
        """Yield the interactions of the survey `id`."""
        return self._interactions(id)

    def interaction_data(self, id: int) -> Iterator[InteractionDatum]:
        """Yield the custom values of the interactions of the survey `id`."""
        return self._data(id)


class PhoneNumbers:
    """`/phone_numbers/{number}`: a paid look-up, so store the result."""

    def __init__(self, endpoint: LookUp) -> None:
        self._endpoint = endpoint

    def lookup(self, number: str, country_code: str = "") -> PhoneNumber:
        """Return the look-up of `number` by the carrier service: E.164, or national with `country_code`.

        Raises:
            NotFoundError: It is not a valid number.
        """
        try:
            return phone_number_of(self._endpoint.lookup(number, country_code))
        except NotFoundError as error:
            error.advice = (
                "Pass the number in E.164, such as +61491570156, or in national format with `country_code`."
            )
            raise
