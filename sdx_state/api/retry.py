"""Retry policy for API requests.

Reads are retried. A write is retried only if it was certainly not processed; what an ambiguous answer to it means is
up to the caller.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timezone
from email.utils import parsedate_to_datetime
from typing import TypeVar

from sdx_state.api.answer import check
from sdx_state.api.errors import (
    AuthenticationError,
    CertificateError,
    ConnectionFailedError,
    InternalServerError,
    InvalidResponseError,
    NonAPIResponseError,
    NoResponseError,
    RateLimitError,
    RedirectError,
    RetryBudgetExhaustedError,
    ServiceUnavailableError,
    SurveyDynamixError,
)
from sdx_state.api.exchange import Answer, Request, Transport
from sdx_state.programs.machine import Machine

Result = TypeVar("Result")

# Retries at most, by error; None leaves it to `max_retries`. The entry of the nearest class counts.
RETRIES: dict[type[SurveyDynamixError], int | None] = {
    ConnectionFailedError: None,
    CertificateError: 0,
    NoResponseError: None,
    InternalServerError: None,
    RateLimitError: None,
    ServiceUnavailableError: None,
    NonAPIResponseError: 2,
    RedirectError: 0,
    InvalidResponseError: 2,
}
BUSY = (RateLimitError, ServiceUnavailableError)  # says nothing about the request itself
BASE, CAP = 0.5, 20.0  # seconds; full jitter between none and these
LONGEST_WAIT = 60.0  # seconds of a Retry-After
BUDGET, BUDGET_SHARE = 20, 0.1  # retries of a run: so many, and this share of its requests
BREAKER, COOL_DOWN = 5, 20.0  # failures in a row; seconds without a request after them


class Sender:
    """Sends requests, those that read again where that may help, and none once it is hopeless. Thread-safe.

    Attributes:
        requests: HTTP requests begun so far, retries among them.
        server_ahead: Seconds by which the server's clock is ahead of this machine's, by the first `Date` of an answer
            (RFC 9110, section 6.6.1); None before.
    """

    def __init__(
        self,
        transport: Transport,
        redact: Callable[[str], str],
        machine: Machine,
        *,
        max_retries: int = 4,
        one_run: bool = False,
    ) -> None:
        self.requests = 0
        self.server_ahead: float | None = None
        self._transport = transport
        self._redact = redact
        self._machine = machine
        self._max_retries = max_retries
        self._one_run = one_run
        self._lock = threading.Lock()
        self._retries = 0
        self._refused_by: str | None = None
        self._failures = _Failures()

    def send(
        self,
        request: Request,
        read: Callable[[Request, Answer], Result],
        before_again: Callable[[], object] = lambda: None,
    ) -> Result:
        """Return what `read` makes of the answer to `request`. A write is sent again only if it surely was not done.

        Args:
            request: What to send.
            read: Makes a result of the answer.
            before_again: Called right before each further try.

        Raises:
            SurveyDynamixError: What the last try ended in.
            RetryBudgetExhaustedError: In one run, too much failed before: nothing was sent, or nothing more.
            AuthenticationError: In one run, also if an earlier request was refused with 401: nothing was sent.
        """
        tries = 0
        while True:
            turn = self._begin(request)
            tries += 1
            answer: Answer | None = None
            try:
                answer = self._transport.send(request)
                self._compare_clocks(answer)
                check(request, answer, self._redact)
                result = read(request, answer)
            except SurveyDynamixError as error:
                # A server that does not know OPTIONS may answer anything to it, and is none the worse.
                if request.method == "OPTIONS" and error.status is not None:
                    raise
                if request.probe and error.status is not None and not isinstance(error, BUSY):
                    raise
                self._failed(request, error, turn)
                if (request.writes and not _surely_not_done(error)) or tries > self._retries_of(error):
                    raise
                self._spend(request, error)
                pause = self._pause(tries, answer)
            else:
                self._answered()
                return result
            self._machine.sleep(pause)
            before_again()

    def _begin(self, request: Request) -> int:
        with self._lock:
            if self._refused_by is not None:
                raise AuthenticationError(
                    str(request), f"not sent: the credentials were refused at {self._refused_by}", status=401
                )
            if self._one_run and self._failures.blocked(self._machine.now()):
                raise RetryBudgetExhaustedError(
                    str(request),
                    f"not sent: {BREAKER} requests in a row failed, the last with: {self._failures.last}",
                )
            self.requests += 1
            return self._failures.turn()

    def _compare_clocks(self, answer: Answer) -> None:
        if self.server_ahead is None and (date := _timestamp(answer.headers.get("Date", ""))) is not None:
            self.server_ahead = date - self._machine.now()

    def _answered(self) -> None:
        with self._lock:
            self._failures.reset()

    def _failed(self, request: Request, error: SurveyDynamixError, turn: int) -> None:
        with self._lock:
            if self._one_run and isinstance(error, AuthenticationError):
                # Many workers with wrong credentials could lock the account.
                self._refused_by = str(request)
            # A busy server that asks for patience (429) is well; whoever shows a page or odd JSON proves nothing.
            if (
                isinstance(error, ConnectionFailedError | NoResponseError | InternalServerError)
                or error.status == 503
            ):
                self._failures.count(str(error), turn, self._machine.now())
            elif not isinstance(error, NonAPIResponseError | InvalidResponseError):
                self._failures.reset()

    def _spend(self, request: Request, error: SurveyDynamixError) -> None:
        with self._lock:
            if self._one_run and self._retries >= BUDGET + BUDGET_SHARE * self.requests:
                raise RetryBudgetExhaustedError(
                    str(request),
                    f"retry budget exhausted after {self._retries} retries; the last failure: {error}",
                ) from error
            self._retries += 1

    def _retries_of(self, error: SurveyDynamixError) -> int:
        most = next((RETRIES[kind] for kind in type(error).__mro__ if kind in RETRIES), 0)
        return self._max_retries if most is None else min(most, self._max_retries)

    def _pause(self, tries: int, answer: Answer | None) -> float:
        """Return seconds to wait: full jitter, or longer if the server asks for it."""
        jitter = self._machine.uniform(0.0, min(CAP, BASE * 2 ** (tries - 1)))
        asked = _retry_after(answer, self._machine.now()) if answer is not None else 0.0
        return max(jitter, min(asked, LONGEST_WAIT))


class _Failures:
    """Counts failures in a row. Those of requests that were in flight together are one: one hiccup is no outage."""

    def __init__(self) -> None:
        self.last = ""
        self._count = 0
        self._turn = 0
        self._counted_at = 0
        self._since = 0.0

    def turn(self) -> int:
        """Return a number that grows with every request and every counted failure."""
        self._turn += 1
        return self._turn

    def count(self, failure: str, turn: int, now: float) -> None:
        self.last = failure
        if turn > self._counted_at:
            self._count += 1
            self._counted_at = self.turn()
        if self._count >= BREAKER:
            self._since = now

    def reset(self) -> None:
        self._count = 0

    def blocked(self, now: float) -> bool:
        return self._count >= BREAKER and 0.0 <= now - self._since < COOL_DOWN


def _surely_not_done(error: SurveyDynamixError) -> bool:
    """Tell whether the server certainly did nothing: it was never asked, or it asks to be asked later (429)."""
    return isinstance(error, ConnectionFailedError) or error.status == 429


def _retry_after(answer: Answer, now: float) -> float:
    """Return the seconds that a Retry-After asks for (RFC 9110, section 10.2.3): a number or a date; 0 without one.

    A date is taken against the server's own `Date`, since this machine's clock may be wrong.
    """
    value = answer.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit() and len(value) < 10:
        return float(value)
    moment = _timestamp(value)
    if moment is None:
        return 0.0
    server_now = _timestamp(answer.headers.get("Date", ""))
    return max(0.0, moment - (now if server_now is None else server_now))


def _timestamp(date: str) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()
