"""Retry policy for API requests.

Reads are retried. A write is retried only if it was certainly not processed; the caller resolves ambiguous writes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from sdx_state.api.answer import check
from sdx_state.api.ending import GRACE, Ending
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
from sdx_state.api.in_flight import InFlight
from sdx_state.api.retry_after import come_back, retry_after, timestamp
from sdx_state.programs.machine import Machine
from sdx_state.records import dataclass

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
BUSY = (RateLimitError, ServiceUnavailableError)  # Says nothing about the request itself.
BASE, CAP = 0.5, 20.0  # Seconds; full jitter between 0 and these.
LONGEST_WAIT = 60.0  # Longest accepted Retry-After, in seconds.
WORTH_A_WORD = 5.0  # Shortest reported Retry-After, in seconds.
BUDGET, BUDGET_SHARE = 20, 0.1  # Retries of a run: this number, plus this share of its requests.
BREAKER, COOL_DOWN = 5, 20.0  # Failures in a row; seconds without requests after them.


@dataclass(frozen=True)
class Wait:
    """A wait that the server asks for.

    Attributes:
        request: Verb and path of the request that will be retried.
        status: Status of the answer.
        seconds: How long this program waits.
        until: When it sends the request again, in seconds since the epoch.
        asked: How long the server asks to wait, in seconds.
        asked_until: When that is over.
    """

    request: str
    status: int | None
    seconds: float
    until: float
    asked: float
    asked_until: float


class Sender:
    """Sends requests, retries reads where that may help, and stops after too many failures. Thread-safe.

    Attributes:
        requests: Number of HTTP requests so far, including retries.
        server_ahead: Seconds by which the server's clock is ahead of this machine's, by the first `Date` of an answer
            (RFC 9110, section 6.6.1); None before.
        gate: Called right before the first byte of each try of a write; raises where nothing may be written any more.
    """

    def __init__(
        self,
        transport: Transport,
        redact: Callable[[str], str],
        machine: Machine,
        *,
        parallelism: int,
        max_retries: int = 4,
        one_run: bool = False,
        waiting: Callable[[Wait], None] = lambda _: None,
        ending: Ending | None = None,
    ) -> None:
        self.requests = 0
        self.gate: Callable[[], object] = lambda: None
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
        self._waiting = waiting
        self._told_until = 0.0
        self._ending = ending or Ending(machine)
        self._stopping = False
        self._tried = threading.Event()
        self._in_flight = InFlight(parallelism, machine)

    def tried_within(self, seconds: float) -> bool:
        """Wait until the first try of a request has ended, however it did; return False if it takes longer."""
        return self._tried.wait(seconds)

    def stop_waiting(self) -> None:
        """End every wait that the server asks for, now and later: its request fails with the answer that it got.

        Short waits before a retry stay: what is in flight has `GRACE` to finish. May be called by a signal handler.
        """
        self._stopping = True
        self._ending.within(GRACE)

    def abandon(self) -> None:
        """End every wait and every request in flight, and retry nothing any more."""
        self._stopping = True
        self._ending.within(0.0)

    def send(
        self,
        request: Request,
        read: Callable[[Request, Answer], Result],
        before_again: Callable[[], object] = lambda: None,
    ) -> Result:
        """Return the result of `read` for the answer. A write is retried only if it was certainly not processed.

        Args:
            request: The request.
            read: Converts the answer to the result.
            before_again: Called right before each retry, and before a write that others in flight held up.

        Raises:
            SurveyDynamixError: The error of the last attempt.
            RetryBudgetExhaustedError: In one run, too many requests failed: nothing was sent, or not retried.
            AuthenticationError: In one run, also if an earlier request got 401: nothing was sent.
        """
        tries = 0
        while True:
            tries += 1
            turn: int | None = None
            answer: Answer | None = None
            try:
                with self._in_flight.place(self._abandoned, first=request.follows or tries > 1) as waited:
                    if tries > 1 or (waited and request.writes):
                        before_again()
                    turn = self._begin(request)
                    answer = self._sent(request)
                    check(request, answer, self._redact)
                result = read(request, answer)
            except SurveyDynamixError as error:
                # Without a turn, nothing was sent.
                if turn is None or not self._put_off(request, error, answer, turn, tries):
                    raise
            else:
                self._answered()
                return result

    def _sent(self, request: Request) -> Answer:
        if request.writes:
            self.gate()
        try:
            answer = self._transport.send(request)
        finally:
            self._tried.set()
        if self.server_ahead is None and (date := timestamp(answer.headers.get("Date", ""))) is not None:
            self.server_ahead = date - self._machine.now()
        return answer

    def _put_off(
        self, request: Request, error: SurveyDynamixError, answer: Answer | None, turn: int, tries: int
    ) -> bool:
        """Note a failure, and wait if `request` may be sent again; return False where it may not."""
        # A server without OPTIONS may answer anything to it, which is not a failure.
        if request.method == "OPTIONS" and error.status is not None:
            return False
        if request.probe and error.status is not None and not isinstance(error, BUSY):
            return False
        self._failed(request, error, turn)
        asked = retry_after(answer, self._machine.now()) if answer is not None else 0.0
        if asked > LONGEST_WAIT and error.status is not None:
            error.advice = come_back(self._machine.now() + asked, asked)
        if self._abandoned() or (request.writes and not _certainly_not_processed(error)):
            return False
        if tries > self._retries_of(error):
            return False
        self._spend(request, error)
        jitter = self._machine.uniform(0.0, min(CAP, BASE * 2 ** (tries - 1)))
        return self._waited(request, error.status, jitter, asked)

    def _begin(self, request: Request) -> int:
        with self._lock:
            if self._refused_by is not None:
                raise AuthenticationError(
                    str(request), f"not sent: the credentials were rejected at {self._refused_by}", status=401
                )
            if self._one_run and self._failures.blocked(self._machine.now()):
                raise RetryBudgetExhaustedError(
                    str(request),
                    f"not sent: {BREAKER} requests in a row failed; the last failure: {self._failures.last}",
                )
            self.requests += 1
            return self._failures.turn()

    def _abandoned(self) -> bool:
        return self._ending.left <= 0

    def _answered(self) -> None:
        with self._lock:
            self._failures.reset()

    def _failed(self, request: Request, error: SurveyDynamixError, turn: int) -> None:
        with self._lock:
            if self._one_run and isinstance(error, AuthenticationError):
                # Many workers with wrong credentials could lock the account.
                self._refused_by = str(request)
            # A 429 comes from a healthy server. A web page or unexpected JSON proves nothing.
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

    def _waited(self, request: Request, status: int | None, jitter: float, asked: float) -> bool:
        """Wait for `jitter` seconds, or longer if the server asks for it; tell whether to retry the request."""
        pause, now = max(jitter, min(asked, LONGEST_WAIT)), self._machine.now()

        def ended() -> bool:
            return self._abandoned() or (self._stopping and asked > jitter)

        with self._lock:
            told = asked >= WORTH_A_WORD and now + pause > self._told_until + 1.0 and not self._stopping
            if told:
                self._told_until = now + pause
        if told:
            self._waiting(Wait(str(request), status, pause, now + pause, asked, now + asked))
        self._machine.wait(pause, ended)
        return not ended()


class _Failures:
    """Counter of failures in a row. Failures of parallel requests count as one."""

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


def _certainly_not_processed(error: SurveyDynamixError) -> bool:
    """Return True if the server certainly did not process the request: it was not sent, or got 429."""
    return isinstance(error, ConnectionFailedError) or error.status == 429
