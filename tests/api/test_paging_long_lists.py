"""Long lists: in bounded memory, and from an id on."""

from __future__ import annotations

import random
import tracemalloc
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from sdx_state.api import endpoint, paging
from sdx_state.api.errors import InvalidResponseError
from sdx_state.api.paging import PageSizes, iterate
from tests.soak.faults import sweeps


def numbered(count: int) -> Any:
    """Return the `fetch` of a list of `count` rows, which are generated on request."""

    def fetch(offset: int) -> list[dict[str, object]]:
        return [{"id": number} for number in range(offset, min(count, offset + paging.LIMIT))]

    return fetch


def id_of(row: Any) -> str:
    return str(row["id"])


def test_memory_does_not_grow_with_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "KEPT", 5000)

    def peak(count: int) -> int:
        tracemalloc.start()
        assert sum(1 for _ in iterate(numbered(count), id_of, "GET list", PageSizes())) == count
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(75_000) < 1.2 * peak(7_500)


def test_a_long_list_that_falls_out_of_order_is_an_error_and_not_a_guess() -> None:
    def fetch(offset: int) -> list[dict[str, object]]:
        rows = numbered(60_000)(offset)
        return rows[:1] + rows[:0:-1] if offset > 40_000 else rows

    with pytest.raises(InvalidResponseError, match="not sorted by id"):
        list(iterate(fetch, id_of, "GET list", PageSizes()))


@pytest.mark.parametrize("guess", [0, 500, 4999, 5000, 5001, 9999, 1_000_000])
@pytest.mark.parametrize("id", [0, 1, 9998, 10_000, 10_001, 19_999, 30_000])
def test_a_list_is_read_from_an_id_on_wherever_that_is_guessed_to_be(id: int, guess: int) -> None:
    asked = []

    def fetch(offset: int) -> list[dict[str, object]]:
        asked.append(offset)
        return [{"id": 2 * number} for number in range(offset, min(10_000, offset + paging.LIMIT))]

    rows = iterate(fetch, id_of, "GET list", PageSizes()).starting_at(id, guess)
    assert [row["id"] for row in rows] == list(range(id + id % 2, 20_000, 2))
    assert len(asked) <= 40


def test_a_server_that_ignores_the_offset_is_found_out_from_the_middle_too() -> None:
    page = [{"id": number} for number in range(1000)]
    with pytest.raises(InvalidResponseError, match="same page at every"):
        list(iterate(lambda _: page, id_of, "GET list", PageSizes()).starting_at(5000, 3000))


def test_churn_hides_no_row_after_keys_are_dropped(monkeypatch: pytest.MonkeyPatch, quick: bool) -> None:
    for kept in (0, 150, 1500):
        monkeypatch.setattr(paging, "KEPT", kept)
        for seed in range(30 if quick else 150):
            one = sweeps.sweep(f"let go {kept}:{seed}")
            assert one.passed, one


@pytest.mark.parametrize("seed", range(60))
def test_churn_hides_no_row_from_an_id_on(seed: int) -> None:
    chance = random.Random(seed)  # a schedule to replay, no secret
    cap = chance.choice([1000, 500, 100])
    count = chance.randint(0, 6 * cap)
    ids = [3 * number + chance.randint(0, 2) for number in range(count)]
    staying = set(chance.sample(ids, count * 4 // 5))
    most = chance.choice([0, 2, 20])

    def fetch(offset: int) -> list[dict[str, object]]:
        for _ in range(chance.randint(0, most) if ids else 0):
            here = chance.randrange(len(ids))
            if ids[here] not in staying:
                del ids[here]
            ids.append(ids[-1] + 1 if ids else 0)
        return [{"id": id} for id in ids[offset : offset + cap]]

    first = chance.randint(0, 3 * count + 10)
    guess = chance.choice([0, first // 3, chance.randint(0, 8 * cap)])
    read = [row["id"] for row in iterate(fetch, id_of, "GET list", PageSizes()).starting_at(first, guess)]
    assert {id for id in staying if id >= first} <= set(read)
    assert read == sorted(set(read))
    assert all(isinstance(id, int) and id >= first for id in read)


def test_repeated_page_after_a_step_back_does_not_end_the_list() -> None:
    ids = list(range(600))

    def fetch(offset: int) -> list[dict[str, object]]:
        if offset == 199 and ids[0] == 0:
            del ids[0]
        return [{"id": id} for id in ids[offset : offset + 100]]

    rows = iterate(fetch, id_of, "GET list", PageSizes()).starting_at(150, 100)
    assert [row["id"] for row in rows] == list(range(150, 600))


@pytest.mark.parametrize("named", [{}, {"survey_id": 7}])
def test_a_list_without_end_is_an_error(
    serve: Any, serve_by: Any, connect: Any, monkeypatch: pytest.MonkeyPatch, named: Any
) -> None:
    monkeypatch.setattr(endpoint, "MOST_LISTED", 5000)

    def answer(seen: Any) -> Any:
        offset = int(parse_qs(urlsplit(seen.path).query)["_offset"][0])
        return 200, [{"id": 1 + offset + row, "name": "new", **named} for row in range(1000)]

    server = serve(serve_by(answer))
    with pytest.raises(InvalidResponseError, match="has more than 5,000 rows") as caught:
        connect(server).questions.list(**named)
    assert "This list was not used" in caught.value.advice
    assert len(server.seen) <= 7


def test_streamed_list_is_unbounded(serve: Any, serve_by: Any, connect: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "MOST_LISTED", 1500)

    def answer(seen: Any) -> Any:
        offset = int(parse_qs(urlsplit(seen.path).query)["_offset"][0])
        return 200, [{"id": 1 + row, "question_id": 7} for row in range(offset, min(offset + 1000, 4000))]

    assert sum(1 for _ in connect(serve(serve_by(answer))).responses.iterate(question_id=7)) == 4000
