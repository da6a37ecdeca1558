"""Credentials that are renewed after a 401."""

from __future__ import annotations

import threading
from collections.abc import Callable

from sdx_state.api.credentials import Credentials
from sdx_state.api.exchange import Answer, Request
from sdx_state.api.sign_in_errors import SignInError
from sdx_state.api.transport import HttpTransport


class Renewing:
    """Sends requests, and repeats those with a 401 with new credentials. Thread-safe.

    A rejected request had no effect, so writes are repeated too.

    Args:
        transport: Sends them.
        credentials: The first credentials of `transport`.
        renew: Returns new credentials for the rejected ones, None if there are none. Called by one thread at a
            time, and again only after its last result was accepted.
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
            SignInError: The credentials have expired and cannot be renewed.
        """
        if self._failure is not None:
            raise self._failure  # A failure ends all threads, because many wrong tokens could lock the account.
        used = self._all[-1]
        answer = self._transport.send(request)
        if answer.status == 401 and request.probe:
            return answer  # The credentials were valid a moment ago, so the 401 concerns this resource.
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
                return True  # another thread has renewed them
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
