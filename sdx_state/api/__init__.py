"""The HTTP API as it is: transport, credentials, classification of answers, retries, paging and endpoints."""

from sdx_state.api.address import BaseUrl, base_url, require_trusted
from sdx_state.api.client import Client, Connection
from sdx_state.api.credentials import Credentials, credentials_from

__all__ = ["BaseUrl", "Client", "Connection", "Credentials", "base_url", "credentials_from", "require_trusted"]
