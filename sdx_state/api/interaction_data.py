"""Custom values of interactions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress

from sdx_state.api.collections import Collection, one_of
from sdx_state.api.endpoint import Endpoint
from sdx_state.api.errors import SurveyDynamixError
from sdx_state.api.reading import datum_of
from sdx_state.api.records import InteractionDatum

KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*")  # API reference, "Interaction data"


class InteractionData(Collection[InteractionDatum]):
    """`/interaction_data`. Every method raises a `SurveyDynamixError`."""

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
        """Create or replace a custom value and return it.

        If the answer is lost, reading tells if it is set. Setting it again is safe.

        Raises:
            ValueError: `key` is not valid.
        """
        if not is_key(key):
            raise ValueError(f"{key!r} is not a valid key for a custom value")
        form = {"interaction_id": str(interaction_id), "custom_key": key, "custom_value": value}
        try:
            return datum_of(self._endpoint.create(form))
        except SurveyDynamixError as error:
            if error.ambiguous:
                with suppress(SurveyDynamixError):
                    for one in self.list(interaction_id=interaction_id, custom_key=key):
                        if one.custom_key == key and (one.custom_value or "") == value:
                            return one
            raise

    def delete(self, id: int) -> None:
        """Delete the custom value `id`.

        Raises:
            SurveyDynamixError: If it is `ambiguous`, the answer was lost, and the value still exists or cannot be
                read.
        """
        self._delete(id)


def is_key(text: str) -> bool:
    """Return True if `text` is a valid key for a custom value."""
    return KEY.fullmatch(text) is not None
