"""The application: routes and middleware."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from functools import partial

from starlette.applications import Starlette
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from sdx_state.sandbox.admin import AdminPages
from sdx_state.sandbox.configuration import QUESTIONS, SURVEYS, USERS, Configuration
from sdx_state.sandbox.contract import contract
from sdx_state.sandbox.interactions import Interactions
from sdx_state.sandbox.numbers import PhoneNumbers
from sdx_state.sandbox.oauth import OAuth
from sdx_state.sandbox.options import SandboxOptions
from sdx_state.sandbox.protocol import READ, ErrorStatus, authenticate, error_answer
from sdx_state.sandbox.records import Records
from sdx_state.sandbox.store import Store
from sdx_state.sandbox.upload import UserUpload


class _Id(Convertor[str]):
    """The part of a path that identifies a resource; other paths are 404."""

    regex = "0|[1-9][0-9]{0,18}"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


class _Email(_Id):
    regex = r"[^@\s/]+@[^@\s/]+"


register_url_convertor("id", _Id())
register_url_convertor("email", _Email())
Endpoint = Callable[[Request], Awaitable[Response]]
_LOOPBACK_NAME = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?", re.IGNORECASE)
ORIGIN = "https://sandbox.invalid"


def create_app(store: Store, options: SandboxOptions) -> Starlette:
    """Return the application of the tenant in `store`; the API is below `/api`."""
    surveys, questions, users = (Configuration(one, store, options) for one in (SURVEYS, QUESTIONS, USERS))
    numbers, oauth, records = PhoneNumbers(store), OAuth(options), Records(store)
    interactions = Interactions(store, records, options.shape, ORIGIN)

    async def of_survey(what: str, request: Request) -> Response:
        id = request.path_params["id"]
        surveys.found(id)
        if what == "questions":
            return questions.questions_of(request, id)
        if what == "interactions":
            return interactions.interactions_of(request, id)
        return records.records_of(request, what, {"survey_id": id})

    async def responses_of_question(request: Request) -> Response:
        id = request.path_params["id"]
        questions.found(id)
        return records.records_of(request, "responses", {"question_id": id})

    async def interactions_of_user(request: Request) -> Response:
        user = json.loads(users.found(request.path_params["email"]))
        return interactions.interactions_of(request, request.query_params.get("survey_id"), str(user["agent_id"]))

    def route(path: str, endpoint: Endpoint, *writes: str, read: bool = True) -> Route:
        allowed = (*(READ if read else ("OPTIONS",)), *writes)
        return Route(f"/api{path}", _Guarded(_allowing(endpoint, allowed), options, oauth))

    create, change = ((), ()) if options.documented else (("POST",), ("PUT", "DELETE"))
    routes = [
        route("/surveys", surveys.collection, *create),
        route("/surveys/{identity:id}", surveys.item, *change),
        *(
            route(f"/surveys/{{id:id}}/{what}", partial(of_survey, what))
            for what in ("questions", "interactions", "interaction_data", "responses")
        ),
        route("/questions", questions.collection, *create),
        route("/questions/{identity:id}", questions.item, *change),
        route("/questions/{id:id}/responses", responses_of_question),
        route("/users", users.collection, *create),
        route("/users/{identity:email}", users.item, *change),
        route("/users/{email:email}/interactions", interactions_of_user),
        route("/phone_numbers/{number}", numbers.item),
        route("/interactions", interactions.interactions, "POST"),
        route("/interactions/{id:id}", interactions.interaction, "PUT", "DELETE"),
        *(
            route(f"/interactions/{{id:id}}/{action}", partial(interactions.action, action), "POST", read=False)
            for action in ("start_survey", "submit_response", "abandon_survey")
        ),
        route("/interaction_data", records.all_data, "POST"),
        route("/interaction_data/{id:id}", records.data, "DELETE"),
        route("/responses", records.responses),
        route("/responses/{id:id}", records.response),
        # The contract needs no credentials: it contains no data of the tenant.
        Route("/api/openapi.yaml", contract, methods=["GET"]),
        # The admin UI is on the host, not below the API.
        Route("/manage_users/upload", _Guarded(UserUpload(store).page, options, oauth)),
        *(
            Route(path, _Guarded(endpoint, options, oauth))
            for path, endpoint in AdminPages(store, surveys, questions, users).endpoints().items()
        ),
        Route("/oauth/authorize", oauth.authorize, methods=["GET", "POST"]),
        Route("/oauth/token", oauth.token, methods=["POST"]),
    ]

    async def refused(_request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        return error_answer(ErrorStatus(status, "no such resource" if status == 404 else "failed"))

    app = Starlette(
        routes=routes, exception_handlers={HTTPException: refused}, middleware=[Middleware(_LoopbackNames)]
    )
    app.router.redirect_slashes = False
    return app


class _LoopbackNames:
    """Rejects requests to host names other than loopback: a web page could point its own name here."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        if len(hosts) == 1 and _LOOPBACK_NAME.fullmatch(hosts[0]):
            await self.app(scope, receive, send)
        else:
            await error_answer(ErrorStatus(421, "this tenant has loopback names only"))(scope, receive, send)


class _Guarded:
    """An endpoint that requires credentials. It gets requests of any method, unlike a function."""

    def __init__(self, endpoint: Endpoint, options: SandboxOptions, oauth: OAuth) -> None:
        self.endpoint, self.options, self.oauth = endpoint, options, oauth

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)
        if self.options.latency:
            await asyncio.sleep(self.options.latency)
        try:
            authenticate(request, self.options, self.oauth.accepts)
            answer = await self.endpoint(request)
        except ErrorStatus as refusal:
            answer = error_answer(refusal)
        await answer(scope, receive, send)


def _allowing(endpoint: Endpoint, allowed: tuple[str, ...]) -> Endpoint:
    """Pass `allowed` methods to `endpoint`, and answer OPTIONS and 405 with them."""

    async def allowing(request: Request) -> Response:
        if request.method not in allowed:
            raise ErrorStatus(405, f"{request.method} is not allowed here", allowed)
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": ", ".join(allowed)})
        return await endpoint(request)

    return allowing
