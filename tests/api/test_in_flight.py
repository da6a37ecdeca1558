"""How many requests are in flight where the server rejects those that are too many for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest

from sdx_state.api import errors as e
from sdx_state.api.in_flight import MORE_AFTER, InFlight
from sdx_state.programs.machine import Machine


class Narrow:
    """A server that takes `limit` requests at a time, each for `seconds`, and answers 429 to any more."""

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit, self.seconds = limit, seconds
        self.now = self.rejected = 0
        self.lock = threading.Lock()

    def __call__(self, seen: Any) -> Any:
        with self.lock:
            self.now += 1
            over = self.now > self.limit
            self.rejected += over
        try:
            if over:
                return 429, {}, {"Retry-After": "0"}
            time.sleep(self.seconds)
            return 200, {"id": int(seen.path.rpartition("/")[2])}
        finally:
            with self.lock:
                self.now -= 1


@pytest.mark.parametrize("limit", [1, 2, 4, 7])
def test_client_that_sends_too_many_at_a_time_sends_fewer_and_gets_every_answer(
    serve: Any, serve_by: Any, connect: Any, clock: Any, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(clock, "sleep", lambda seconds: time.sleep(min(seconds, 0.005)))
    narrow = Narrow(limit, 0.01)
    client = connect(serve(serve_by(narrow)), one_run=True)
    with ThreadPoolExecutor(8) as workers:
        rows = list(workers.map(client.surveys.get, map(str, range(200))))
    assert [row["id"] for row in rows] == list(range(200))
    # Those of the first moment, and one for each time that one more is tried.
    assert narrow.rejected <= 8 + 200 / MORE_AFTER


class Full(Exception):
    """There is no place."""


class Impatient(Machine):
    """Does not wait."""

    def wait(self, seconds: float, ended: Callable[[], bool], /) -> None:
        raise Full


def enter(places: InFlight, *, ended: bool = False, again: bool = False) -> ExitStack:
    """Let one more request be in flight until the stack is closed."""
    entered = ExitStack()
    entered.enter_context(places.place(lambda: ended, again=again))
    return entered


def reject(request: ExitStack) -> None:
    with pytest.raises(e.RateLimitError), request:
        raise e.RateLimitError("GET /surveys", "too many requests", status=429)


def room(places: InFlight) -> int:
    """Return how many requests of eight may be in flight."""
    with ExitStack() as stack:
        for count in range(8):
            try:
                stack.enter_context(places.place(lambda: False, again=False))
            except Full:
                return count
        return 8


def test_after_a_rejection_as_many_may_be_in_flight_as_others_were() -> None:
    places = InFlight(Impatient())
    requests = [enter(places) for _ in range(8)]
    for request in requests[:3]:
        reject(request)
    with pytest.raises(Full):
        enter(places)
    requests[3].close()
    enter(places).close()


def test_request_that_was_rejected_alone_changes_nothing() -> None:
    places = InFlight(Impatient())
    reject(enter(places))
    assert room(places) == 8


def test_after_some_answers_one_more_may_be_in_flight_until_all_may() -> None:
    places = InFlight(Impatient())
    requests = [enter(places) for _ in range(8)]
    for request in requests[:5]:
        reject(request)
    for request in requests[5:]:
        request.close()
    answers = 3
    for limit in range(3, 8):
        while answers < MORE_AFTER * limit:
            with pytest.raises(Full), ExitStack() as stack:
                for _ in range(limit + 1):
                    stack.enter_context(enter(places))
            answers += limit
        answers = 0
    assert room(places) == 8


def answered(places: InFlight, limit: int, answers: int) -> None:
    """Let requests be answered, as many at a time as may be in flight."""
    for _ in range(answers // limit):
        with ExitStack() as stack:
            for _ in range(limit):
                stack.enter_context(enter(places))


def test_one_more_that_was_too_many_is_tried_again_after_twice_as_many_answers() -> None:
    places = InFlight(Impatient())
    requests = [enter(places) for _ in range(8)]
    for request in requests[:6]:
        reject(request)
    for request in requests[6:]:
        request.close()
    answered(places, 2, 2 * MORE_AFTER - 2)
    assert room(places) == 3
    answered(places, 3, 3)  # what `room` let in counted too
    others = [enter(places), enter(places)]
    reject(enter(places))
    for other in others:
        other.close()
    answered(places, 2, 2 * MORE_AFTER)
    assert room(places) == 2
    answered(places, 2, 2 * MORE_AFTER)
    assert room(places) == 3


def test_request_that_was_rejected_goes_before_those_that_wait_for_their_first_place() -> None:
    looks: list[str] = []

    class Watched(Impatient):
        def wait(self, seconds: float, ended: Callable[[], bool], /) -> None:
            """The rejected one waits: a place gets free, and another one comes."""
            if looks:
                raise Full
            looks.append("waited")
            first.close()
            with pytest.raises(Full):
                enter(places)

    places = InFlight(Watched())
    first, second = enter(places), enter(places)
    reject(second)
    enter(places, again=True).close()
    assert looks
    enter(places).close()


def test_nobody_waits_for_a_place_after_the_end() -> None:
    places = InFlight(Impatient())
    first, second = enter(places), enter(places)
    reject(second)
    with pytest.raises(Full):
        enter(places)
    enter(places, ended=True).close()
    first.close()
