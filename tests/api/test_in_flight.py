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
from sdx_state.programs.machine import THIS_MACHINE, Machine


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


@pytest.mark.parametrize("limit", [1, 4])
def test_client_that_sends_too_many_at_a_time_sends_fewer_and_gets_every_answer(
    serve: Any, serve_by: Any, connect: Any, clock: Any, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(clock, "sleep", lambda seconds: time.sleep(min(seconds, 0.005)))
    narrow = Narrow(limit, 0.01)
    client = connect(serve(serve_by(narrow)), one_run=True)
    with ThreadPoolExecutor(8) as workers:
        rows = list(workers.map(client.surveys.get, map(str, range(100))))
    assert [row["id"] for row in rows] == list(range(100))
    # Those of the first moment, and one for each time that one more is tried.
    assert narrow.rejected <= 8 + 100 / MORE_AFTER


class Full(Exception):
    """There is no place."""


class Impatient(Machine):
    """Does not wait."""

    def wait_for(self, event: threading.Event, ended: Callable[[], bool], /) -> None:
        if not ended():
            raise Full


def enter(places: InFlight, *, ended: bool = False, first: bool = False) -> ExitStack:
    """Let one more request of another thread be in flight until the stack is closed."""
    entered = ExitStack()
    with ThreadPoolExecutor(1) as another:
        another.submit(entered.enter_context, places.place(lambda: ended, first=first)).result()
    return entered


def reject(request: ExitStack) -> None:
    with pytest.raises(e.RateLimitError), request:
        raise e.RateLimitError("GET /surveys", "too many requests", status=429)


def limited_to(limit: int) -> InFlight:
    """Return eight places of which `limit` may be taken after rejections, and that many answers since then."""
    places = InFlight(8, Impatient())
    requests = [enter(places) for _ in range(8)]
    for request in requests[limit:]:
        reject(request)
    for request in requests[:limit]:
        request.close()
    return places


def room(places: InFlight) -> int:
    """Return how many requests of eight may be in flight."""
    with ExitStack() as stack:
        for count in range(8):
            try:
                stack.enter_context(enter(places))
            except Full:
                return count
        return 8


def test_after_a_rejection_as_many_may_be_in_flight_as_others_were() -> None:
    places = InFlight(8, Impatient())
    requests = [enter(places) for _ in range(8)]
    for request in requests[:3]:
        reject(request)
    with pytest.raises(Full):
        enter(places)
    requests[3].close()
    enter(places).close()


def test_request_that_was_rejected_alone_changes_nothing() -> None:
    places = InFlight(8, Impatient())
    reject(enter(places))
    assert room(places) == 8


def test_after_some_answers_one_more_may_be_in_flight_until_all_may() -> None:
    places = limited_to(3)
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
    places = limited_to(2)
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


def test_places_are_given_in_order_and_to_those_first_that_continue_something() -> None:
    places = InFlight(1, THIS_MACHINE)
    held, order = enter(places), []

    def wait(name: str, first: bool) -> None:
        with places.place(lambda: False, first=first):
            order.append(name)

    with ThreadPoolExecutor(4) as workers:
        for count, (name, first) in enumerate([("a", False), ("b", False), ("next page", True)], 1):
            workers.submit(wait, name, first)
            while len(places._waiting) < count:
                time.sleep(0.001)
        held.close()
    assert order == ["next page", "a", "b"]


def test_more_threads_than_places_send_no_more_requests_at_a_time(serve: Any, serve_by: Any, connect: Any) -> None:
    narrow = Narrow(3, 0.002)
    client = connect(serve(serve_by(narrow)), parallelism=3)
    with ThreadPoolExecutor(12) as workers:
        assert len(list(workers.map(client.surveys.get, map(str, range(100))))) == 100
    assert narrow.rejected == 0


def test_write_that_was_held_up_is_looked_at_again(serve: Any, serve_by: Any, connect: Any) -> None:
    """What was looked at before a write is out of date after waiting for others."""
    arrived, released = threading.Event(), threading.Event()

    def slow_for_7(seen: Any) -> Any:
        if seen.path.endswith("/7"):
            arrived.set()
            released.wait(20)
        return 200, {"id": int(seen.path.rpartition("/")[2])}

    server = serve(serve_by(slow_for_7))
    client = connect(server, parallelism=1)
    survey = {"id": 1, "name": "x"}
    client.surveys.replace("1", survey, lambda: client.surveys.get("1"))
    with ThreadPoolExecutor(2) as workers:
        workers.submit(client.surveys.get, "7")
        assert arrived.wait(20)
        write = workers.submit(client.surveys.replace, "1", survey, lambda: client.surveys.get("1"))
        while not client._sender._in_flight._waiting:
            time.sleep(0.001)
        released.set()
        write.result()
    assert server.lines == [
        f"{verb} /api/surveys/{id}" for verb, id in (("PUT", 1), ("GET", 7), ("GET", 1), ("PUT", 1))
    ]


def test_writes_and_their_looks_get_through_where_one_request_is_taken_at_a_time(
    serve: Any, serve_by: Any, connect: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "sleep", lambda seconds: time.sleep(min(seconds, 0.1)))
    client = connect(serve(serve_by(Narrow(1, 0.005))), one_run=True)

    def write(_: int) -> Any:
        return client.surveys.replace("1", {"id": 1, "name": "x"}, lambda: client.surveys.get("1"))

    with ThreadPoolExecutor(8) as workers:
        assert len(list(workers.map(write, range(60)))) == 60


def test_wait_that_is_interrupted_leaves_its_place_to_others() -> None:
    class Interrupted(Machine):
        def wait_for(self, event: threading.Event, ended: Callable[[], bool], /) -> None:
            held.close()
            assert event.is_set()
            raise KeyboardInterrupt

    places = InFlight(1, Interrupted())
    held = enter(places)
    with pytest.raises(KeyboardInterrupt):
        enter(places)
    enter(places).close()


def test_nobody_waits_for_a_place_after_the_end() -> None:
    places = InFlight(8, Impatient())
    first, second = enter(places), enter(places)
    reject(second)
    with pytest.raises(Full):
        enter(places)
    enter(places, ended=True).close()
    first.close()
