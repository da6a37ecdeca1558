"""The HTTP API as it is: transport, credentials, classification of answers, retries, paging, and a typed client."""

from sdx_state.api.address import BaseUrl, base_url, require_trusted
from sdx_state.api.client import Client
from sdx_state.api.credentials import Credentials, credentials_from
from sdx_state.api.endpoints import Connection, Endpoints
from sdx_state.api.errors import (
    ApiError,
    BadRequest,
    Conflict,
    Gone,
    MethodNotAllowed,
    NoAnswer,
    NotFound,
    NotSent,
    NotTheApi,
    ServerError,
    Unauthorised,
    Unavailable,
    Unexpected,
)
from sdx_state.api.records import (
    Interaction,
    InteractionDatum,
    PhoneNumber,
    Prompt,
    Question,
    Response,
    ResponseOption,
    Survey,
    Turn,
    User,
)

__all__ = [
    "ApiError",
    "BadRequest",
    "BaseUrl",
    "Client",
    "Conflict",
    "Connection",
    "Credentials",
    "Endpoints",
    "Gone",
    "Interaction",
    "InteractionDatum",
    "MethodNotAllowed",
    "NoAnswer",
    "NotFound",
    "NotSent",
    "NotTheApi",
    "PhoneNumber",
    "Prompt",
    "Question",
    "Response",
    "ResponseOption",
    "ServerError",
    "Survey",
    "Turn",
    "Unauthorised",
    "Unavailable",
    "Unexpected",
    "User",
    "base_url",
    "credentials_from",
    "require_trusted",
]
