"""Retries and their limits."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from typing import Any

import pytest

from sdx_state.api import errors as e

SURVEY = {"id": 52, "name": "Support CSAT"}
DOWN, BUSY, WELL = (503, {}), (429, {}), (200, SURVEY)


def test_failed_read_is_retried_with_growing_pauses(serve: Any, connect: Any, clock: Any) -> None:
    client = connect(serve((500, {}), b"", (502, {}), DOWN, WELL))
    assert client.surveys.get("52") == SURVEY
    assert clock.slept == [0.5, 1.0, 2.0, 4.0]
    assert client.requests == 5


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "86400"}, 60.0),
        ({"Retry-After": "0"}, 0.5),
        ({"Retry-After": "-5"}, 0.5),
        ({"Retry-After": "soon"}, 0.5),
        ({"Retry-After": "9" * 5000}, 0.5),
        (
            {"Retry-After": formatdate(1_767_225_612, usegmt=True), "Date": formatdate(1_767_225_600, usegmt=True)},
            12.0,
        ),
        # This machine's clock is ten years behind the server's.
        (
            {"Retry-After": formatdate(2_082_758_409, usegmt=True), "Date": formatdate(2_082_758_400, usegmt=True)},
            9.0,
        ),
        ({"Retry-After": formatdate(1_000_000_000, usegmt=True)}, 0.5),
    ],
    ids=str,
)
def test_retry_after_is_honoured_up_to_a_minute(
    serve: Any, serve_by: Any, connect: Any, clock: Any, headers: dict[str, str], pause: float
) -> None:
    # A server that sends a Date of its own would send two: write the whole answer.
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    busy = f"HTTP/1.1 503 Busy\r\n{lines}Content-Length: 0\r\nConnection: close\r\n\r\n".encode()
    assert connect(serve(busy, WELL)).surveys.get("52") == SURVEY
    assert clock.slept == [pause]


def test_the_first_401_stops_everything_that_follows(serve: Any, connect: Any) -> None:
    server = serve((401, {}), WELL)
    client = connect(server, one_run=True)
    with pytest.raises(e.AuthenticationError):
        client.surveys.get("52")
    calls = (
        lambda: client.surveys.get("52"),
        client.users.list,
        lambda: client.surveys.create({"name": "x"}),
        lambda: client.phone_numbers.lookup("+61488000001", ""),
    )
    for call in calls:
        with pytest.raises(e.AuthenticationError, match="not sent") as caught:
            call()
        assert not caught.value.ambiguous
    assert len(server.seen) == 1


def test_403_fails_only_its_request(serve: Any, connect: Any) -> None:
    client = connect(serve((403, {}), WELL))
    with pytest.raises(e.PermissionDeniedError):
        client.surveys.get("52")
    assert client.surveys.get("52") == SURVEY


def test_five_failures_in_a_row_pause_all_requests(serve: Any, connect: Any, clock: Any) -> None:
    server = serve(*[DOWN] * 6, WELL)
    client = connect(server, one_run=True)
    with pytest.raises(e.ServiceUnavailableError):
        client.surveys.get("52")
    with pytest.raises(e.RetryBudgetExhaustedError, match="5 requests in a row failed") as caught:
        client.surveys.create({"name": "x"})
    assert not caught.value.ambiguous
    assert len(server.seen) == 5
    clock.time += 21
    with pytest.raises(e.ServiceUnavailableError):
        client.surveys.delete("52")  # the trial that is let through fails: closed again
    with pytest.raises(e.RetryBudgetExhaustedError):
        client.surveys.get("52")
    clock.time += 21
    assert client.surveys.get("52") == SURVEY
    assert len(server.seen) == 7


def test_rejections_reset_the_failure_count(serve: Any, connect: Any) -> None:
    client = connect(serve(*[(500, {}), (404, {})] * 10), one_run=True)
    for _ in range(10):
        with pytest.raises(e.InternalServerError):
            client.surveys.create({"name": "x"})
        with pytest.raises(e.NotFoundError):
            client.surveys.get("52")


def test_429_is_not_a_failure(serve: Any, connect: Any) -> None:
    client = connect(serve(*[BUSY] * 5, WELL), one_run=True)
    with pytest.raises(e.RateLimitError):
        client.surveys.get("52")
    assert client.surveys.get("52") == SURVEY


def test_retries_of_a_run_have_a_budget(serve: Any, serve_by: Any, connect: Any) -> None:
    asked: dict[str, int] = {}

    def every_second_time(seen: Any) -> Any:
        asked[seen.path] = asked.get(seen.path, 0) + 1
        id = int(seen.path.rpartition("/")[2])
        return (500, {}) if asked[seen.path] == 1 else (200, {"id": id})

    server = serve(serve_by(every_second_time))
    client = connect(server, one_run=True)
    done = 0
    with pytest.raises(e.RetryBudgetExhaustedError, match="retry budget exhausted") as caught:
        for id in range(100):
            client.surveys.get(str(id))
            done += 1
    # 20 and a tenth of all requests: each resource costs two, so 20 / (1 - 0.2) of them get through.
    assert 23 <= done <= 26
    assert "500" in str(caught.value)
    assert client.requests == len(server.seen)


@pytest.mark.parametrize(
    "write",
    [
        lambda client: client.surveys.create({"name": "x"}),
        lambda client: client.surveys.replace("52", SURVEY),
        lambda client: client.surveys.delete("52"),
    ],
)
def test_write_that_was_not_processed_is_retried(serve: Any, connect: Any, clock: Any, write: Any) -> None:
    server = serve((429, {}, {"Retry-After": "7"}), BUSY, WELL)
    write(connect(server))
    assert len(server.seen) == 3
    assert clock.slept == [7.0, 1.0]


@pytest.mark.parametrize("reply", [(500, {}), (502, {}), DOWN, b"", (200, {}), (409, {}), (400, {})])
def test_any_other_write_is_sent_once(serve: Any, connect: Any, clock: Any, reply: Any) -> None:
    server = serve(reply, WELL)
    with pytest.raises(e.SurveyDynamixError):
        connect(server).surveys.create({"name": "x"})
    assert (len(server.seen), clock.slept) == (1, [])


def test_retry_of_a_create_calls_the_hook_first(serve: Any, connect: Any) -> None:
    server = serve(BUSY, BUSY, WELL)
    told: list[int] = []
    connect(server).surveys.create({"name": "x"}, before_again=lambda: told.append(len(server.seen)))
    assert told == [1, 2]


def test_parallel_failures_count_once(
    serve: Any, serve_by: Any, connect: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = threading.Barrier(8, timeout=20)
    # No request is retried before all have failed.
    monkeypatch.setattr(clock, "sleep", lambda _: together.wait())
    first = threading.Semaphore(8)

    def all_fail_once(seen: Any) -> Any:
        if first.acquire(blocking=False):
            together.wait()
            return 500, {}
        return 200, {"id": int(seen.path.rpartition("/")[2])}

    client = connect(serve(serve_by(all_fail_once)), one_run=True)
    with ThreadPoolExecutor(8) as workers:
        rows = list(workers.map(client.surveys.get, map(str, range(8))))
    assert [row["id"] for row in rows] == list(range(8))


@pytest.mark.parametrize(
    "reply", [(500, {}), (503, {}), (401, {}), (404, {}), (405, {}, {"Allow": "GET"}), b"", (200, {})]
)
def test_server_without_options_is_not_a_failure(serve: Any, serve_by: Any, connect: Any, reply: Any) -> None:
    server = serve(serve_by(lambda seen: reply if seen.method == "OPTIONS" else WELL))
    client = connect(server)
    assert client.surveys.allowed() is None
    if isinstance(reply, tuple):
        assert len(server.seen) == 1
        for _ in range(6):
            assert client.surveys.allowed("52") is None
    assert client.requests == len(server.seen)
    if isinstance(reply, tuple):
        assert client.surveys.get("52") == SURVEY


def waits_told(told: list[Any]) -> Any:
    return told.append


def test_long_wait_requested_by_the_server_is_reported_with_its_end(serve: Any, connect: Any, clock: Any) -> None:
    told: list[Any] = []
    client = connect(serve((503, {}, {"Retry-After": "3600"}), WELL), waiting=waits_told(told))
    assert client.surveys.get("52") == SURVEY
    (wait,) = told
    assert (wait.request, wait.status, wait.asked, wait.seconds) == ("GET /surveys/52", 503, 3600.0, 60.0)
    assert wait.asked_until == clock.time - 60 + 3600
    assert wait.until == clock.time


@pytest.mark.parametrize("seconds", ["1", "4"])
def test_a_short_wait_is_not_worth_a_word(serve: Any, connect: Any, seconds: str) -> None:
    told: list[Any] = []
    client = connect(serve((503, {}, {"Retry-After": seconds}), WELL), waiting=waits_told(told))
    assert client.surveys.get("52") == SURVEY
    assert told == []


def test_workers_that_wait_together_are_reported_once(
    serve: Any, serve_by: Any, connect: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = threading.Barrier(4, timeout=20)
    monkeypatch.setattr(clock, "sleep", lambda seconds: together.wait() if seconds == 30 else None)
    first = threading.Semaphore(4)

    def busy_once(seen: Any) -> Any:
        if first.acquire(blocking=False):
            together.wait()
            return 429, {}, {"Retry-After": "30"}
        return 200, {"id": int(seen.path.rpartition("/")[2])}

    told: list[Any] = []
    client = connect(serve(serve_by(busy_once)), waiting=waits_told(told))
    with ThreadPoolExecutor(4) as workers:
        list(workers.map(client.surveys.get, map(str, range(4))))
    assert len(told) == 1


def test_requested_wait_is_in_the_advice_of_the_last_failure(serve: Any, connect: Any) -> None:
    client = connect(serve((503, {}, {"Retry-After": "7200"})))
    with pytest.raises(e.ServiceUnavailableError) as caught:
        client.surveys.get("52")
    # Four waits of a minute passed since 2026-01-01 00:00:00 UTC.
    assert caught.value.advice == "The server asks to wait until 2026-01-01 02:04:00 UTC (7200 s). Run it again then."


@pytest.mark.parametrize("write", [False, True])
def test_a_stop_ends_a_wait_that_the_server_asked_for(
    serve: Any, connect: Any, clock: Any, monkeypatch: pytest.MonkeyPatch, write: bool
) -> None:
    server = serve((429, {}, {"Retry-After": "60"}), WELL)
    client = connect(server)
    passed: list[float] = []
    monkeypatch.setattr(clock, "wait", type(clock).__mro__[1].wait.__get__(clock))

    def sleep(seconds: float) -> None:
        passed.append(seconds)
        client.stop_waiting()

    monkeypatch.setattr(clock, "sleep", sleep)
    with pytest.raises(e.RateLimitError):
        client.surveys.create({"name": "x"}) if write else client.surveys.get("52")
    assert sum(passed) < 1
    assert len(server.seen) == 1


def test_a_stop_does_not_end_retries_of_what_is_in_flight(serve: Any, connect: Any) -> None:
    client = connect(serve((500, {}), WELL))
    client.stop_waiting()
    assert client.surveys.get("52") == SURVEY


def test_nothing_is_retried_and_nothing_is_sent_once_it_is_abandoned(serve: Any, serve_by: Any, connect: Any) -> None:
    def fail(_: Any) -> Any:
        client.abandon()
        return 500, {}

    server = serve(serve_by(fail))
    client = connect(server)
    with pytest.raises(e.SurveyDynamixError):
        client.surveys.get("52")
    with pytest.raises(e.ConnectionFailedError, match="not sent: the run was stopped"):
        client.surveys.get("52")
    assert len(server.seen) == 1
