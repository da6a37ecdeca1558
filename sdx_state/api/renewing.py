"""Credentials that are exchanged for others once the API refuses them."""

from __future__ import annotations

import threading
from collections.abc import Callable

from sdx_state.api.credentials import Credentials
from sdx_state.api.exchange import Answer, Request
from sdx_state.api.sign_in_errors import SignInError
from sdx_state.api.transport import HttpTransport


class Renewing:
    """Sends requests, and those that are refused with 401 once more with other credentials. Thread-safe.

    What was refused had no effect, so that a write may be sent again as well.

    Args:
        transport: Sends them.
        credentials: Those that `transport` begins with.
        renew: Returns others for those that were refused, None if there are none. Called by one thread at a time,
            and again only after what it returned was accepted.
    """

    def __init__(
        self,
        transport: HttpTransport,
        credentials: Credentials,
        renew: Callable[[Credentials], Credentials | None],
    ) -> None:
        self._transport = transport
        self._renew = renew
        self._lock = threading.Lock()
        self._all = [credentials]
        self._may_renew = True
        self._failure: SignInError | None = None

    def send(self, request: Request) -> Answer:
        """Send `request` and return the complete answer. See `Transport`.

        Raises:
            SignInError: The credentials are over, and there are no others.
        """
        if self._failure is not None:
            raise self._failure  # what ends one thread ends all: many wrong tokens could lock the account
        used = self._all[-1]
        answer = self._transport.send(request)
        if answer.status == 401 and request.probe:
            return answer  # the credentials were good a moment ago: this one resource is refused
        if answer.status != 401:
            if used is self._all[-1]:
                self._may_renew = True
            return answer
        return self._transport.send(request) if self._renewed(used) else answer

    def redact(self, text: str) -> str:
        """Return `text` without any of the tokens."""
        for credentials in self._all:
            text = credentials.redact(text)
        return text

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    def _renewed(self, refused: Credentials) -> bool:
        with self._lock:
            if self._all[-1] is not refused:
                return True  # by another thread, meanwhile
            if self._failure is not None:
                raise self._failure
            if not self._may_renew:
                return False
            self._may_renew = False
            try:
                fresh = self._renew(refused)
            except SignInError as error:
                self._failure = error
                raise
            if fresh is None or fresh.token == refused.token:
                return False
            self._transport.use(fresh)
            self._all.append(fresh)
            return True
