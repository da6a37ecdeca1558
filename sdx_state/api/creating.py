"""Creation of one interaction, once: if the answer is lost, reading resolves it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Literal

from sdx_state.api.endpoint import Endpoint
from sdx_state.api.errors import ConflictError, SurveyDynamixError
from sdx_state.api.reading import interaction_of
from sdx_state.api.records import Interaction
from sdx_state.programs.machine import Machine

OnAmbiguous = Literal["resolve", "raise"]

SETTLE = 30.0  # Seconds in which a request without an answer may still arrive.
LOOKS = (
    0.0,
    1.0,
    2.0,
    4.0,
    8.0,
    15.0,
)  # Seconds before each look for a create without an answer; their sum is SETTLE.


class Creating:
    """Creates interactions, each once. Each has a mark in `external_ref`, which identifies it."""

    def __init__(self, endpoint: Endpoint, machine: Machine) -> None:
        self._endpoint = endpoint
        self._machine = machine

    def create(
        self, survey_id: int, fields: Mapping[str, str], external_ref: str | None, on_ambiguous: OnAmbiguous
    ) -> Interaction:
        """Create an interaction and return it.

        Args:
            survey_id: The survey.
            fields: All other form fields but `external_ref`.
            external_ref: The mark; None to generate one.
            on_ambiguous: `resolve` looks for the interaction if the answer is ambiguous; `raise` does not.

        Raises:
            ConflictError: One is pending with this number and survey.
            SurveyDynamixError: If it is `ambiguous`, the interaction may exist; the advice names its mark.
        """
        resolve = on_ambiguous == "resolve"
        known: set[int] = set()
        if external_ref is not None and resolve:  # The caller may have used it before.
            known = {one.id for one in self._marked(survey_id, external_ref)}
        mark = external_ref if external_ref is not None else f"sdx-{self._machine.uuid()}"
        try:
            row = self._endpoint.create({"survey_id": str(survey_id), "external_ref": mark, **fields})
        except SurveyDynamixError as error:
            # A proxy may send a request twice: then the pending interaction is the created one.
            if not error.ambiguous and not isinstance(error, ConflictError):
                raise
            found = self._look_for(survey_id, mark, known, once=not error.ambiguous) if resolve else ()
            if found is not None and len(found) == 1:
                return found[0]
            error.ambiguous = error.ambiguous or found is None
            error.advice = _advice(error, survey_id, mark, [one.id for one in found or ()])
            raise
        return interaction_of(row)

    def _marked(self, survey_id: int, mark: str) -> Iterator[Interaction]:
        # A server that ignores this filter answers other interactions too; these are skipped here.
        filters: dict[str, str | int | None] = {"survey_id": survey_id, "external_ref": mark}
        rows = self._endpoint.select(filters, compared_by_caller=("external_ref",))
        return (one for one in map(interaction_of, rows) if one.external_ref == mark)

    def _look_for(self, survey_id: int, mark: str, known: set[int], *, once: bool) -> tuple[Interaction, ...] | None:
        """Return the interactions with `mark` that were not `known`; None if every look failed."""
        found = None
        for pause in LOOKS:
            self._machine.sleep(pause)
            with suppress(SurveyDynamixError):
                found = tuple(one for one in self._marked(survey_id, mark) if one.id not in known)
                if found or once:
                    break
        return found


def _advice(error: SurveyDynamixError, survey_id: int, mark: str, found: Sequence[int]) -> str:
    if found:
        ids = ", ".join(map(str, found))
        return (
            f"Several interactions have the external_ref {mark!r}: {ids}. Keep one, and delete the others before "
            "they start."
        )
    if not error.ambiguous:
        return (
            "An interaction with this phone number is pending in this survey: use that one, delete it, or pass "
            "force_new=True to contact the person twice."
        )
    return (
        f"It may still be processed. Before you create it again, look for external_ref {mark!r} among the "
        f"interactions of survey {survey_id}."
    )
