"""Surveys, questions and users: lists and items as documented, writes by the convention of the API."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

from sdx_state.sandbox.emails import is_address, same
from sdx_state.sandbox.options import SandboxOptions
from sdx_state.sandbox.protocol import (
    ErrorStatus,
    form_of,
    item_or_refusal,
    json_answer,
    list_answer,
    number_in,
    resource_in,
    window_of,
)
from sdx_state.sandbox.store import Store

LABEL_LENGTH = 30  # API reference: "reporting label, at most 30 characters"


@dataclass(frozen=True)
class Resource:
    """One collection of configuration.

    Attributes:
        collection: Path of the collection.
        singular: The form field of a PUT.
        identity: The field in the path of an item.
        filters: Filter parameter -> field and operator.
        fields: The form fields of a create.
        required: Required fields of a create.
    """

    collection: str
    singular: str
    identity: str
    fields: frozenset[str]
    required: tuple[str, ...]
    filters: Mapping[str, tuple[str, str]] = field(default_factory=dict)


SURVEYS = Resource(
    "surveys",
    "survey",
    "id",
    frozenset(
        {
            "name",
            "description",
            "greeting_text",
            "instructions_text",
            "closing_text",
            "email_subject",
            "email_from_address",
            "email_from_name",
            "greeting_sound_file",
            "instructions_sound_file",
            "closing_sound_file",
            "inbound_number",
            "outbound_number",
            "sms_number",
        }
    ),
    ("name",),
)
QUESTIONS = Resource(
    "questions",
    "question",
    "id",
    frozenset(
        {
            "survey_id",
            "order",
            "question_text",
            "question_type",
            "max_response",
            "question_label",
            "question_sound_file",
        }
    ),
    ("survey_id",),
    {"question_type": ("question_type", "="), "question_label": ("question_label", "=")},
)
USERS = Resource(
    "users",
    "user",
    "email",
    frozenset({"email", "name", "agent_id", "phone", "timezone"}),
    ("email", "name"),
    {
        "name": ("name", "="),
        "name_contains": ("name", "contains"),
        "agent_id": ("agent_id", "="),
        "phone": ("phone", "="),
        "email": ("email", "same"),
    },
)


class Configuration:
    """The endpoints of one collection."""

    def __init__(self, resource: Resource, store: Store, options: SandboxOptions) -> None:
        self.resource, self.store, self.options = resource, store, options

    async def collection(self, request: Request) -> Response:
        """Answer a list, or create a resource."""
        if request.method == "POST":
            return await self._create(request)
        survey_id = request.query_params.get("survey_id")
        if self.resource is QUESTIONS and survey_id is not None:
            number_in(request.query_params, "survey_id")
            return self.questions_of(request, survey_id)
        window = window_of(request)
        where = [
            (name, operator, request.query_params[parameter])
            for parameter, (name, operator) in self.resource.filters.items()
            if parameter in request.query_params
        ]
        texts = self.store.page(
            self.resource.collection,
            self.options.shape,
            limit=window.limit,
            offset=window.offset,
            descending=window.descending,
            where=where,
        )
        return list_answer(texts, nothing=window.offset > 0)

    async def item(self, request: Request) -> Response:
        """Answer, replace or delete one resource."""
        identity = request.path_params["identity"]
        text = self.found(identity)
        if request.method == "PUT":
            return await self._replace(request, identity)
        if request.method == "DELETE":
            return self.delete(identity)
        return json_answer(text)

    def found(self, identity: str) -> str:
        """Return the JSON text of one resource.

        Raises:
            ErrorStatus: 410 if it was deleted, 404 if it never existed.
        """
        return item_or_refusal(
            self.store.item(self.resource.collection, identity, self.options.shape),
            lambda: self.store.was_deleted(self.resource.collection, identity),
            self.resource.singular,
        )

    def questions_of(self, request: Request, survey_id: str) -> Response:
        """Answer a survey's questions; only this list shows `survey_id` and `order`."""
        window = window_of(request)
        if not survey_id.isdecimal() or self.store.item("surveys", survey_id, "flat") is None:
            raise ErrorStatus(404, "no such survey")
        filters = {
            name: request.query_params[name]
            for name in ("question_type", "question_label")
            if name in request.query_params
        }
        if not filters:
            texts = self.store.questions_of(
                int(survey_id),
                self.options.shape,
                limit=window.limit,
                offset=window.offset,
                descending=window.descending,
            )
            return list_answer(texts, nothing=window.offset > 0)
        every = self.store.questions_of(
            int(survey_id), self.options.shape, limit=-1, offset=0, descending=window.descending
        )
        rows = [(text, json.loads(text)) for text in every]
        chosen = [text for text, row in rows if all(str(row.get(name)) == value for name, value in filters.items())]
        return list_answer(chosen[window.offset : window.offset + window.limit], nothing=window.offset > 0)

    async def _create(self, request: Request) -> Response:
        form = await form_of(request)
        fields: dict[str, object] = {name: value for name, value in form.items() if name in self.resource.fields}
        self.accept_new(fields)
        identity = self.store.create(self.resource.collection, _typed(fields))
        if self.resource is QUESTIONS:
            survey_id = int(str(fields["survey_id"]))
            listed = self.store.questions_of(survey_id, self.options.shape, limit=-1, offset=0, descending=True)
            return json_answer(next(text for text in listed if json.loads(text)["id"] == int(identity)), 201)
        return json_answer(self.found(identity), 201)

    async def _replace(self, request: Request, identity: str) -> Response:
        alike = same if self.resource is USERS else str
        resource = resource_in(
            await form_of(request), self.resource.singular, self.resource.identity, identity, alike
        )
        self.accept(resource)
        self.store.replace(self.resource.collection, identity, resource, self.options.shape)
        return json_answer(self.found(identity))

    def delete(self, identity: str) -> Response:
        """Delete one resource.

        Raises:
            ErrorStatus: 409 where something else still needs it.
        """
        if self.resource is not USERS:
            key = "survey_id" if self.resource is SURVEYS else "question_id"
            collection = "interactions" if self.resource is SURVEYS else "responses"
            if self.store.records(collection, [(key, "=", identity)]):
                raise ErrorStatus(409, f"this {self.resource.singular} has {collection}")
        self.store.delete(self.resource.collection, identity)
        return Response(status_code=204)

    def accept_new(self, fields: Mapping[str, object]) -> None:
        """Reject fields of a create that no tenant accepts.

        Raises:
            ErrorStatus: 400, 409 for a user that exists, or 404 for a survey that does not exist.
        """
        for name in self.resource.required:
            if not fields.get(name):
                raise ErrorStatus(400, f"{name} is required")
        self.accept(fields)
        if self.resource is USERS and self.store.item("users", str(fields["email"]), "flat") is not None:
            raise ErrorStatus(409, "a user with this email exists")

    def accept(self, fields: Mapping[str, object]) -> None:
        """Reject fields that no tenant accepts.

        Raises:
            ErrorStatus: 400, or 404 for a survey that does not exist.
        """
        label = fields.get("question_label")
        if isinstance(label, str) and len(label) > LABEL_LENGTH:
            raise ErrorStatus(400, f"question_label has more than {LABEL_LENGTH} characters")
        email = fields.get("email")
        if self.resource is USERS and not (isinstance(email, str) and is_address(email)):
            raise ErrorStatus(400, "email is not an e-mail address")
        for name in ("survey_id", "order", "max_response"):
            value = fields.get(name)
            if value not in (None, "") and not re.fullmatch(r"-?[0-9]{1,18}", str(value)):
                raise ErrorStatus(400, f"{name} is not a number")
        survey_id = fields.get("survey_id")
        if survey_id not in (None, "") and self.store.item("surveys", str(survey_id), "flat") is None:
            raise ErrorStatus(404, "no such survey")


def _typed(fields: Mapping[str, object]) -> dict[str, object]:
    """Return form fields, with numbers for the fields that are numbers in the API."""
    numbers = ("survey_id", "order", "max_response")
    return {name: int(str(value)) if name in numbers and value != "" else value for name, value in fields.items()}
