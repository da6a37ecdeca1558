"""Records of interactions: custom data and responses."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from sdx_state.sandbox.conditions import Condition
from sdx_state.sandbox.period import period_of
from sdx_state.sandbox.protocol import (
    ErrorStatus,
    Window,
    form_of,
    item_or_refusal,
    list_answer,
    number_in,
    object_answer,
    window_of,
)
from sdx_state.sandbox.shapes import Row
from sdx_state.sandbox.store import Store

# collection -> parameters of which its list needs one, and further filters
RECORD_FILTERS = {
    "interaction_data": (("survey_id", "interaction_id"), ("custom_key",)),
    "responses": (("survey_id", "question_id", "interaction_id"), ("response",)),
}
# collection -> time field of a period
COMPARED = {"interactions": "created_at", "responses": "submitted_at"}
KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def interaction_in(store: Store, id: str) -> Row:
    """Return the interaction `id`.

    Raises:
        ErrorStatus: 404 or 410 if there is none.
    """
    row = store.record("interactions", id) if id.isdecimal() else None
    item_or_refusal(None if row is None else "", lambda: store.was_deleted("interactions", id), "interaction")
    return row or {}


class Records:
    """`/interaction_data` and `/responses`."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def all_data(self, request: Request) -> Response:
        """List the data of a survey or an interaction, or set one key."""
        if request.method == "POST":
            form = await form_of(request)
            for name in ("interaction_id", "custom_key", "custom_value"):
                if name not in form:
                    raise ErrorStatus(400, f"{name} is required")
            interaction_in(self.store, form["interaction_id"])
            return object_answer(
                self.set_datum(form["interaction_id"], form["custom_key"], form["custom_value"]), 201
            )
        return self.records_of(request, "interaction_data")

    async def data(self, request: Request) -> Response:
        """Answer or delete one datum."""
        id = request.path_params["id"]
        row = self.store.record("interaction_data", id)
        item_or_refusal(
            None if row is None else "", lambda: self.store.was_deleted("interaction_data", id), "interaction data"
        )
        if request.method == "DELETE":
            self.store.delete_record("interaction_data", id)
            return Response(status_code=204)
        return object_answer(row or {})

    async def responses(self, request: Request) -> Response:
        """List responses by survey, question, interaction or period."""
        return self.records_of(request, "responses")

    async def response(self, request: Request) -> Response:
        """Answer one response."""
        row = self.store.record("responses", request.path_params["id"])
        if row is None:
            raise ErrorStatus(404, "no such response")
        return object_answer(row)

    def records_of(self, request: Request, collection: str, given: Mapping[str, str] | None = None) -> Response:
        """List records by one of the required parameters (a path may have `given` it), or by period."""
        window: Window = window_of(request)
        needs, filters = RECORD_FILTERS[collection]
        query = {**request.query_params, **(given or {})}
        for name in needs:
            number_in(query, name)
        dated = COMPARED.get(collection)
        period = period_of(query if dated else {})
        if not period.whole and not any(name in query for name in needs):
            raise ErrorStatus(400, f"one of {', '.join(needs)} is required")
        where: list[Condition] = [
            (name, "=", query[name]) for name in (*needs, *filters) if name in query and name != "survey_id"
        ]
        if collection == "responses" and "response_contains" in query:
            where.append(("response", "contains", query["response_contains"]))
        rows = period.rows(self.store.records(collection, where), dated or "")
        if "survey_id" in query:
            asked = {
                row["id"] for row in self.store.records("interactions", [("survey_id", "=", query["survey_id"])])
            }
            rows = [row for row in rows if row["interaction_id"] in asked]
        if window.descending:
            rows.reverse()
        page = rows[window.offset : window.offset + window.limit]
        return list_answer([json.dumps(row) for row in page], nothing=window.offset > 0 or period.whole)

    def set_datum(self, interaction_id: str, key: str, value: str) -> Row:
        """Set one key of an interaction's data and return the datum.

        Raises:
            ErrorStatus: 400 for an invalid key.
        """
        if not KEY.fullmatch(key):
            raise ErrorStatus(400, "custom_key must be a letter, then letters, digits and _")
        known = self.store.records(
            "interaction_data", [("interaction_id", "=", interaction_id), ("custom_key", "=", key)]
        )
        before: Row = known[0] if known else {"created_at": self.store.machine.stamp()}
        return self.store.put_record(
            "interaction_data",
            {
                **before,
                "interaction_id": int(interaction_id),
                "custom_key": key,
                "custom_value": value,
                "updated_at": self.store.machine.stamp(),
            },
        )
