"""The application: which path leads where, and what every request goes through."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sdx_state.sandbox.configuration import QUESTIONS, SURVEYS, USERS, Configuration
from sdx_state.sandbox.interactions import Interactions
from sdx_state.sandbox.numbers import PhoneNumbers
from sdx_state.sandbox.options import SandboxOptions
from sdx_state.sandbox.protocol import READ, Refusal, authenticate, refusal_answer
from sdx_state.sandbox.store import Store
from sdx_state.sandbox.upload import UserUpload

Endpoint = Callable[[Request], Awaitable[Response]]
VERBS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]
ORIGIN = "https://sandbox.invalid"


def create_app(store: Store, options: SandboxOptions) -> Starlette:
    """Return the tenant in `store` as an application; the API hangs off `/api`."""
    surveys, questions, users = (Configuration(one, store, options) for one in (SURVEYS, QUESTIONS, USERS))
    numbers, interactions = PhoneNumbers(store), Interactions(store, ORIGIN)

    async def of_survey(request: Request) -> Response:
        id, what = request.path_params["id"], request.path_params["what"]
        _only_read(request)
        if store.item("surveys", id, "flat") is None:
            raise Refusal(404, "no such survey")
        if what == "questions":
            return questions.questions_of(request, id)
        if what == "interactions":
            return interactions.interactions_of(request, id)
        needs = ("survey_id",)
        if what in ("interaction_data", "responses"):
            return interactions.records_of(request, what, needs, ("custom_key", "response"), {"survey_id": id})
        raise Refusal(404, "no such resource")

    async def responses_of_question(request: Request) -> Response:
        _only_read(request)
        given = {"question_id": request.path_params["id"]}
        return interactions.records_of(request, "responses", ("question_id",), ("response",), given)

    async def interactions_of_user(request: Request) -> Response:
        _only_read(request)
        found = [
            row
            for row in store.rows("users")
            if str(row["email"]).casefold() == request.path_params["email"].casefold()
        ]
        if not found:
            raise Refusal(404, "no such user")
        return interactions.interactions_of(request, request.query_params.get("survey_id"), str(found[0]["agent_id"]))

    def route(path: str, endpoint: Endpoint) -> Route:
        return Route(f"/api{path}", _guarded(endpoint, options), methods=VERBS)

    routes = [
        route("/surveys", surveys.collection),
        route("/surveys/{identity}", surveys.item),
        route("/surveys/{id}/{what}", of_survey),
        route("/questions", questions.collection),
        route("/questions/{identity}", questions.item),
        route("/questions/{id}/responses", responses_of_question),
        route("/users", users.collection),
        route("/users/{identity}", users.item),
        route("/users/{email}/interactions", interactions_of_user),
        route("/phone_numbers/{number}", numbers.item),
        route("/interactions", interactions.interactions),
        route("/interactions/{id}", interactions.interaction),
        route("/interactions/{id}/{action}", interactions.action),
        route("/interaction_data", interactions.all_data),
        route("/interaction_data/{id}", interactions.data),
        route("/responses", interactions.responses),
        route("/responses/{id}", interactions.response),
    ]

    # The admin UI hangs off the host, not off the API.
    routes.append(Route("/manage_users/upload", _guarded(UserUpload(store).page, options), methods=VERBS))

    async def refused(_request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        return refusal_answer(Refusal(status, "no such resource" if status == 404 else "failed"))

    return Starlette(routes=routes, exception_handlers={HTTPException: refused})


def _guarded(endpoint: Endpoint, options: SandboxOptions) -> Endpoint:
    async def guarded(request: Request) -> Response:
        if options.latency:
            await asyncio.sleep(options.latency)
        try:
            authenticate(request, options)
            return await endpoint(request)
        except Refusal as refusal:
            return refusal_answer(refusal)

    return guarded


def _only_read(request: Request) -> None:
    if request.method not in READ:
        raise Refusal(405, f"{request.method} is not allowed here", READ)
