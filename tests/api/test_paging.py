"""Complete lists: every row once, with the fewest requests."""

from __future__ import annotations

import random
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from sdx_state.api import errors as e
from sdx_state.api.filters import NOBODY


class Table:
    """Rows with `_offset`, `_limit` and `_order` that may change between requests."""

    def __init__(self, rows: int, cap: int = 1000, end: Any = (204, b"")) -> None:
        self.rows = [{"id": number} for number in range(1, rows + 1)]
        self.cap = cap
        self.end = end
        self.asked = 0
        self.before_request: Any = lambda table: None

    def __call__(self, seen: Any) -> Any:
        query = dict(parse_qsl(urlsplit(seen.path).query))
        assert query["_order"] == "ASC"
        self.asked += 1
        self.before_request(self)
        offset, limit = int(query["_offset"]), min(int(query["_limit"]), self.cap)
        page = self.rows[offset : offset + limit]
        return (200, page) if page else self.end


@pytest.fixture
def read(serve: Any, serve_by: Any, connect: Any) -> Any:
    def read_all(table: Table) -> list[Any]:
        return [row["id"] for row in connect(serve(serve_by(table))).surveys.list()]

    return read_all


@pytest.mark.parametrize("end", [(204, b""), (200, [])], ids=["204", "[]"])
@pytest.mark.parametrize(
    ("rows", "requests"), [(0, 1), (1, 1), (9, 1), (50, 1), (999, 1), (1000, 2), (1001, 2), (1999, 3), (5000, 6)]
)
def test_each_row_is_read_once_with_the_fewest_requests(read: Any, rows: int, requests: int, end: Any) -> None:
    table = Table(rows, end=end)
    assert read(table) == list(range(1, rows + 1))
    assert table.asked == requests


def test_fifty_thousand_rows_cost_one_request_a_page(read: Any) -> None:
    table = Table(50_000)
    assert len(read(table)) == 50_000
    assert table.asked == 51  # 50 full pages and the one that shows the end, overlaps included


@pytest.mark.parametrize("cap", [10, 100, 200, 250, 500])
@pytest.mark.parametrize("rows", [3, 99, 100, 101, 1234])
def test_a_server_that_caps_its_pages_is_read_to_the_end(read: Any, cap: int, rows: int) -> None:
    assert read(Table(rows, cap=cap)) == list(range(1, rows + 1))


def test_uncapped_pages_are_detected_once(serve: Any, serve_by: Any, connect: Any) -> None:
    tables = {"/api/surveys": Table(1500), "/api/questions": Table(10), "/api/responses": Table(500)}

    def answer(seen: Any) -> Any:
        return (404, {}) if f"survey_id={NOBODY}" in seen.path else tables[urlsplit(seen.path).path](seen)

    server = serve(serve_by(answer))
    client = connect(server)
    client.surveys.list()
    for id in range(20):
        assert len(client.questions.list(survey_id=id)) == 10
        assert len(client.responses.list(survey_id=id)) == 500
    proofs = [seen for seen in server.seen if NOBODY in seen.path]
    assert len(server.seen) - len(proofs) == 2 + 20 + 20
    assert len(proofs) == 2  # one for each list whose rows do not name their survey


def test_removed_row_hides_no_other_row(read: Any) -> None:
    table = Table(3000)

    def remove_early_ones(table: Table) -> None:
        if table.asked in (2, 3):
            del table.rows[:7]

    table.before_request = remove_early_ones
    assert set(read(table)) >= set(range(15, 3001))


def test_removed_last_row_of_a_page_hides_no_other_row(read: Any) -> None:
    table = Table(2500)

    def remove_the_seam(table: Table) -> None:
        if table.asked == 2:
            table.rows = [row for row in table.rows if row["id"] not in (999, 1000)]

    table.before_request = remove_the_seam
    assert set(read(table)) >= set(range(1, 2501)) - {999, 1000}


def test_a_list_that_shrinks_below_the_page_is_read_to_its_end(read: Any) -> None:
    table = Table(2000)

    def shrink(table: Table) -> None:
        if table.asked == 2:
            table.rows = table.rows[500:1200]

    table.before_request = shrink
    assert read(table) == list(range(1, 1201))


def test_added_rows_do_not_repeat_others(read: Any) -> None:
    table = Table(2500)

    def add(table: Table) -> None:
        table.rows.insert(0, {"id": 10_000 + table.asked})
        table.rows.append({"id": 20_000 + table.asked})

    table.before_request = add
    ids = read(table)
    assert len(ids) == len(set(ids))
    assert set(ids) >= set(range(1, 2501))


@pytest.mark.parametrize(
    "seed", [pytest.param(seed, marks=[pytest.mark.soak] if seed >= 15 else []) for seed in range(40)]
)
def test_churn_never_hides_a_row_that_stays(read: Any, seed: int) -> None:
    chance = random.Random(seed)  # a schedule to replay, no secret
    table = Table(chance.randint(900, 4200))
    total = len(table.rows)
    staying = {row["id"] for row in chance.sample(table.rows, total // 2)}
    table.cap = chance.choice([1000, 1000, 500, 250])

    def churn(table: Table) -> None:
        if chance.random() < 0.6:
            for _ in range(chance.randint(1, 30)):
                row = chance.choice(table.rows)
                if row["id"] not in staying:
                    table.rows.remove(row)
            table.rows += [{"id": 100_000 * table.asked + number} for number in range(chance.randint(0, 5))]

    table.before_request = churn
    ids = read(table)
    assert staying <= set(ids)
    assert len(ids) == len(set(ids))


def test_list_that_changes_constantly_is_an_error(read: Any) -> None:
    table = Table(30_000)

    def remove_some(table: Table) -> None:
        del table.rows[:150]

    table.before_request = remove_some
    with pytest.raises(e.InvalidResponseError, match="changes faster than it can be read"):
        read(table)
    assert table.asked < 150


def shuffle(table: Table) -> None:
    random.Random(table.asked).shuffle(table.rows)  # a schedule to replay, no secret


def test_unstable_order_of_rows_is_an_error(read: Any) -> None:
    table = Table(20_000)
    table.before_request = shuffle
    with pytest.raises(e.InvalidResponseError, match="changes faster"):
        read(table)


def test_a_server_that_ignores_the_offset_is_an_error(serve: Any, connect: Any) -> None:
    with pytest.raises(e.InvalidResponseError, match="same page at every `_offset`"):
        connect(serve((200, [{"id": number} for number in range(1000)]))).surveys.list()


@pytest.mark.parametrize("rows", [10, 100, 1001, 5000])
def test_server_without_paging_is_read_with_one_request(serve: Any, connect: Any, rows: int) -> None:
    assert len(connect(serve((200, [{"id": number} for number in range(rows)]))).surveys.list()) == rows


def test_duplicate_row_is_yielded_once(serve: Any, connect: Any) -> None:
    assert connect(serve((200, [{"id": 1}, {"id": 2}, {"id": 1}, {"id": "2"}]))).surveys.list() == [
        {"id": 1},
        {"id": 2},
    ]
    users = [{"email": "Ana@example.com"}, {"email": "ana@EXAMPLE.com"}, {"email": "bo@example.com"}]
    assert connect(serve((200, users))).users.list() == [users[0], users[2]]


def test_pages_are_fetched_as_they_are_read(serve: Any, serve_by: Any, connect: Any) -> None:
    table = Table(3000)
    rows = connect(serve(serve_by(table))).surveys.iterate()
    assert [next(rows)["id"] for _ in range(1000)] == list(range(1, 1001))
    assert table.asked == 1


def test_failed_page_is_an_error_instead_of_a_short_list(serve: Any, connect: Any) -> None:
    full = [{"id": number} for number in range(1000)]
    with pytest.raises(e.NotFoundError):
        connect(serve((200, full), (404, {}))).surveys.list()
