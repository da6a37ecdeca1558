"""The HTTP API as it is: transport, credentials, classification of answers, retries, paging, and a typed client."""

from sdx_state.api.address import BaseUrl, base_url, require_trusted
from sdx_state.api.client import Client
from sdx_state.api.credentials import Credentials, credentials_from
from sdx_state.api.endpoints import Connection, Endpoints
from sdx_state.api.records import (
    Interaction,
    InteractionDatum,
    PhoneNumber,
    Question,
    Response,
    Survey,
    Turn,
    User,
)

__all__ = [
    "BaseUrl",
    "Client",
    "Connection",
    "Credentials",
    "Endpoints",
    "Interaction",
    "InteractionDatum",
    "PhoneNumber",
    "Question",
    "Response",
    "Survey",
    "Turn",
    "User",
    "base_url",
    "credentials_from",
    "require_trusted",
]
