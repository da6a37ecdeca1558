"""Request and answer, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Protocol

from sdx_state.records import dataclass

READING = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Request:
    """One request.

    Attributes:
        method: HTTP verb.
        path: Path and query under the API's base, percent-encoded.
        label: The path for display, without e-mail addresses and phone numbers.
        form: Form fields of the body, if there is one.
        probe: An error is an expected answer and says nothing about the server or the credentials.
        follows: The next page of a list: it is sent before others, since a list is read one page after another.
    """

    method: str
    path: str = field(repr=False)
    label: str
    form: Mapping[str, str] | None = field(default=None, repr=False)
    probe: bool = False
    follows: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.label}"

    @property
    def writes(self) -> bool:
        """True if the request may change the tenant."""
        return self.method not in READING


@dataclass(frozen=True)
class Answer:
    """One complete answer.

    Attributes:
        status: HTTP status.
        headers: By name; looking one up ignores case.
        body: Decoded content.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    """Sends one request once."""

    def send(self, request: Request) -> Answer:
        """Return the complete answer, with any status.

        Raises:
            ConnectionFailedError: Certainly nothing was sent.
            NoResponseError: Sent, without a complete answer.
            InvalidResponseError: The answer is too large.
        """

    def close(self) -> None:
        """Close all connections."""
