"""Interactions: past, current and future conversations with respondents."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sdx_state.sandbox.conditions import Condition
from sdx_state.sandbox.conversation import Conversation
from sdx_state.sandbox.machine import stamp_of
from sdx_state.sandbox.numbers import is_landline
from sdx_state.sandbox.options import Shape
from sdx_state.sandbox.period import period_of
from sdx_state.sandbox.protocol import (
    YES,
    ErrorStatus,
    flag_in,
    form_of,
    list_answer,
    number_in,
    object_answer,
    resource_in,
    window_of,
)
from sdx_state.sandbox.records import COMPARED, KEY, Records, interaction_in
from sdx_state.sandbox.shapes import Row
from sdx_state.sandbox.store import Store

SURVEY_TYPES = ("inbound", "outbound", "sms", "web", "email", "websms")
SETTINGS = frozenset(
    {
        "survey_id",
        "survey_type",
        "phone_number",
        "email",
        "scheduled_at",
        "external_ref",
        "call_type",
        "agent_id",
        "phone_connection_id",
        "respondent_language",
        "_force_new",
        "_shorten_urls",
    }
)
FILTERS = ("email", "survey_type", "scheduled_at", "external_ref", "call_type", "agent_id")
NOT_STARTED = "Not Started"
# Stored fields that the API does not answer.
HIDDEN = ("started", "completed", "ended", "question", "phone_connection_id")
LINKS = ("web_link", "weblink", "weblink_short", "unsubscribe_link_short")
# If a form body does not escape the plus sign of `Now + 5 minutes`, a space arrives.
_RELATIVE = re.compile(r"now(?:(?: *\+ *| +)(\d{1,6}) +(minute|hour|day)s?)?", re.IGNORECASE)


def _scheduled(text: str, now: datetime) -> str:
    """Return `text` as a time in UTC.

    Raises:
        ErrorStatus: 400 if it is not a time.
    """
    relative = _RELATIVE.fullmatch(text.strip())
    if relative:
        step = timedelta(**{f"{relative[2]}s".lower(): int(relative[1])}) if relative[1] else timedelta()
        return stamp_of(now + step)
    try:
        datetime.strptime(text, "%Y-%m-%d %H:%M:%S")
    except ValueError as error:
        raise ErrorStatus(400, "scheduled_at is not a time") from error
    return text


class Interactions:
    """`/interactions`."""

    def __init__(self, store: Store, records: Records, shape: Shape, origin: str) -> None:
        self.store = store
        self.records = records
        self.shape = shape
        self.origin = origin

    async def interactions(self, request: Request) -> Response:
        """List the interactions of a survey or of a period, or create one."""
        if request.method == "POST":
            return object_answer(self._shown(await self._create(request)), 201)
        return self.interactions_of(request, request.query_params.get("survey_id"))

    def interactions_of(self, request: Request, survey_id: str | None, agent_id: str | None = None) -> Response:
        """List interactions by survey, agent or period."""
        window = window_of(request, known=("_include_responses", "_include_data"))
        query = request.query_params
        period = period_of(query)
        if survey_id is None and agent_id is None and not period.whole:
            raise ErrorStatus(400, "survey_id is required, or start_date and end_date")
        number_in({"survey_id": survey_id}, "survey_id")
        where: list[Condition] = [("survey_id", "=", survey_id)] if survey_id else []
        where += [("agent_id", "=", agent_id)] if agent_id is not None else []
        where += [(name, "=", query[name]) for name in FILTERS if name in query]
        # A user without an agent id has no interactions, not those without an agent id.
        known = [] if agent_id == "" else self.store.records("interactions", where)
        rows = [self._as_of_now(row) for row in period.rows(known, COMPARED["interactions"])]
        for name, field in (("started", "started"), ("completed", "completed"), ("survey_ended", "ended")):
            if name in query:
                wanted = flag_in(query, name)
                rows = [row for row in rows if bool(row.get(field)) == wanted]
        if "_order" in query:
            rows.sort(key=lambda row: int(str(row["id"])), reverse=window.descending)
        else:
            rows.sort(key=lambda row: (str(row["status"]), int(str(row["id"]))))
        shown = [self._shown(row) for row in rows[window.offset : window.offset + window.limit]]
        for parameter, name in (("_include_responses", "responses"), ("_include_data", "interaction_data")):
            if flag_in(query, parameter):
                for row in shown:
                    row[name] = self.store.records(name, [("interaction_id", "=", row["id"])])
        return list_answer([json.dumps(row) for row in shown], nothing=window.offset > 0 or period.whole)

    async def interaction(self, request: Request) -> Response:
        """Answer, replace or delete one interaction."""
        id = request.path_params["id"]
        row = self._found(id)
        if request.method == "PUT":
            resource = resource_in(await form_of(request), "interaction", "id", id)
            kept = {
                name: row.get(name)
                for name in (*HIDDEN, "uuid", "created_at", "completed_at", "restricted", "status")
            }
            survey_id = str(resource.get("survey_id"))
            if not survey_id.isdecimal() or self.store.item("surveys", survey_id, "flat") is None:
                raise ErrorStatus(400, "survey_id is required and must be the id of a survey")
            changed = {name: value for name, value in resource.items() if name not in LINKS}
            row = self.store.put_record(
                "interactions", {**changed, **kept, "id": row["id"], "updated_at": self.store.machine.stamp()}
            )
        if request.method == "DELETE":
            if row.get("started"):
                raise ErrorStatus(409, "this interaction has started")
            for datum in self.store.records("interaction_data", [("interaction_id", "=", id)]):
                self.store.delete_record("interaction_data", str(datum["id"]))
            self.store.delete_record("interactions", id)
            return Response(status_code=204)
        return object_answer(self._shown(row))

    async def action(self, what: str, request: Request) -> Response:
        """Start a survey, answer its current question, or abandon it."""
        row = self._found(request.path_params["id"])
        form = await form_of(request)
        conversation = Conversation(self.store, row, self.shape)
        if what == "start_survey":
            return object_answer(conversation.start())
        if what == "abandon_survey":
            return object_answer(conversation.abandon())
        if "response" not in form:
            raise ErrorStatus(400, "response is required")
        if not row.get("started") and not row.get("ended"):
            # As the service does; 307 keeps the method, so that a client that follows it starts the survey.
            return RedirectResponse(f"/api/interactions/{row['id']}/start_survey", 307)
        return object_answer(conversation.submit(form["response"]))

    async def _create(self, request: Request) -> Row:
        form = await form_of(request)
        survey_id = form.get("survey_id", "")
        if not survey_id.isdecimal() or self.store.item("surveys", survey_id, "flat") is None:
            raise ErrorStatus(400, "survey_id is required and must be the id of a survey")
        kind = form.get("survey_type", "web")
        if kind not in SURVEY_TYPES:
            raise ErrorStatus(400, f"survey_type must be one of {', '.join(SURVEY_TYPES)}")
        phone = form.get("phone_number", "")
        if kind in ("outbound", "sms") and not phone:
            raise ErrorStatus(400, "phone_number is required")
        if kind == "email" and not form.get("email"):
            raise ErrorStatus(400, "email is required")
        for name in form:
            if name not in SETTINGS and not KEY.fullmatch(name):
                raise ErrorStatus(400, f"{name} is not a valid name for custom data")
        if phone and form.get("_force_new", "").lower() not in YES:
            same = self.store.records("interactions", [("survey_id", "=", survey_id), ("phone_number", "=", phone)])
            if any(not row.get("started") and not self._as_of_now(row).get("ended") for row in same):
                raise ErrorStatus(409, "a pending interaction with this phone number and survey exists")
        row = self.store.put_record(
            "interactions",
            {
                "uuid": self.store.machine.uuid(),
                "survey_id": int(survey_id),
                "phone_number": phone,
                "email": form.get("email", ""),
                "survey_type": kind,
                "scheduled_at": _scheduled(form.get("scheduled_at", "Now"), self.store.machine.now()),
                "external_ref": form.get("external_ref", ""),
                "call_type": form.get("call_type", ""),
                "agent_id": form.get("agent_id", ""),
                "phone_connection_id": form.get("phone_connection_id", ""),
                "respondent_language": form.get("respondent_language", ""),
                "status": NOT_STARTED,
                "created_at": self.store.machine.stamp(),
                "updated_at": self.store.machine.stamp(),
            },
        )
        for name, value in form.items():
            if name not in SETTINGS:
                self.records.set_datum(str(row["id"]), name, value)
        return row

    def _found(self, id: str) -> Row:
        return self._as_of_now(interaction_in(self.store, id))

    def _as_of_now(self, row: Row) -> Row:
        """Mark interactions as abandoned that could not start: text messages to a landline."""
        due = row.get("survey_type") == "sms" and str(row["scheduled_at"]) <= self.store.machine.stamp()
        if not due or row.get("started") or row.get("ended") or not is_landline(str(row["phone_number"])):
            return row
        return self.store.put_record(
            "interactions", {**row, "ended": True, "status": "Abandoned", "updated_at": self.store.machine.stamp()}
        )

    def _shown(self, row: Row) -> Row:
        observed: Row = {"completed_at": None, "respondent_language": "", "restricted": 0}
        shown = {**observed, **{name: value for name, value in row.items() if name not in HIDDEN}}
        shown["weblink"] = f"{self.origin}/web_survey/{row['uuid']}"
        shown["weblink_short"] = f"{self.origin}/w/{row['uuid']}"
        shown["unsubscribe_link_short"] = f"{self.origin}/u/{row['uuid']}"
        return shown
