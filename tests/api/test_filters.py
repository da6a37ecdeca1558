"""Filters are proven, by rows or by a missing parent, before a list is used."""

from __future__ import annotations

import re
from inspect import signature
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from sdx_state.api import errors as e
from sdx_state.api.client import Client
from sdx_state.api.collections import Questions, Responses, Users
from sdx_state.api.filters import NOBODY, PARENTS, UNCOMPARED, field_of
from sdx_state.api.interaction_data import InteractionData
from sdx_state.api.interactions import Interactions
from tests.parsed import modules

ANSWER = {"id": 9001, "interaction_id": 7, "question_id": 509, "response": "9", "question_label": "NPS"}
TALK = {"id": 7, "survey_id": 52, "agent_id": "alee", "email": "Ana@Example.com", "external_ref": "x", "status": "?"}
DATUM = {"id": 121, "interaction_id": 7, "custom_key": "tier", "custom_value": "GOLD"}
QUESTION = {"id": 509, "survey_id": 52, "order": 1, "question_type": "nps", "question_label": "Zufriedenheit für"}
USER = {"email": "ana@example.com", "name": "Ana Lee", "agent_id": "alee", "phone": "+61499000001"}

# collection, filters, a row that matches them, and the values that make a row not match
NAMED = [
    ("questions", {"survey_id": 52}, QUESTION, {"survey_id": 53}),
    ("questions", {"survey_id": "52"}, QUESTION, {"survey_id": "53"}),
    ("questions", {"survey_id": 52, "question_type": "nps"}, QUESTION, {"question_type": "text"}),
    ("questions", {"question_label": "Zufriedenheit für"}, QUESTION, {"question_label": None}),
    ("interactions", {"survey_id": 52}, TALK, {"survey_id": 53}),
    ("interactions", {"survey_id": 52, "email": "ana@example.com"}, TALK, {"email": "bo@example.com"}),
    ("interactions", {"survey_id": 52, "agent_id": "alee"}, TALK, {"agent_id": "bo"}),
    ("interactions", {"survey_id": 52, "external_ref": "x"}, TALK, {"external_ref": "y"}),
    ("responses", {"question_id": 509}, ANSWER, {"question_id": 510}),
    ("responses", {"interaction_id": 7}, ANSWER, {"interaction_id": 8}),
    ("responses", {"interaction_id": 7, "response_contains": "9"}, ANSWER, {"response": "8"}),
    ("interaction_data", {"interaction_id": 7}, DATUM, {"interaction_id": 8}),
    ("interaction_data", {"interaction_id": 7, "custom_key": "tier"}, DATUM, {"custom_key": "plan"}),
    ("users", {"email": "ANA@example.com"}, USER, {"email": "bo@example.com"}),
    ("users", {"agent_id": "alee"}, USER, {"agent_id": "bo"}),
    ("users", {"phone": "0499 000 001"}, USER, {"phone": "+61499000002"}),
    ("users", {"name": "ana lee"}, USER, {"name": "Bo"}),
    ("users", {"name_contains": "LEE"}, USER, {"name": "Bo"}),
]


@pytest.mark.parametrize(("collection", "filters", "row", "stranger"), NAMED)
def test_row_with_another_value_than_the_filter_is_an_error(
    serve: Any, connect: Any, collection: str, filters: Any, row: Any, stranger: Any
) -> None:
    server = serve((200, [row]))
    assert connect(server).endpoint(collection).list(**filters) == [row]
    assert len(server.seen) == 1, "rows that name their parent need no proof"
    client = connect(serve((200, [row, {**row, **stranger}])))
    with pytest.raises(e.InvalidResponseError, match="the server ignored the filter `") as caught:
        client.endpoint(collection).list(**filters)
    assert str(caught.value).startswith(f"GET /{collection}")
    assert "@" not in str(caught.value)
    assert "+61" not in str(caught.value)


@pytest.mark.parametrize("wire", [52, "52", 52.0, "052"])
def test_ids_are_compared_across_spellings(serve: Any, connect: Any, wire: object) -> None:
    assert len(connect(serve((200, [{**QUESTION, "survey_id": wire}]))).questions.list(survey_id="52")) == 1


@pytest.mark.parametrize(
    ("asked", "found"), [("Zufriedenheit fur", "zufriedenheit FÜR "), ("STRASSE", "straße"), ("e\u0301", "é")]
)
def test_loose_database_collations_are_accepted(serve: Any, connect: Any, asked: str, found: str) -> None:
    client = connect(serve((200, [{**QUESTION, "question_label": found}])))
    assert len(client.questions.list(question_label=asked)) == 1


def test_states_of_an_interaction_are_not_compared(serve: Any, connect: Any) -> None:
    row = {**TALK, "started": "yes", "scheduled_at": "2026-02-19T10:30:02Z"}
    client = connect(serve((200, [row])))
    assert len(client.interactions.list(survey_id=52, started="1", scheduled_at="2026-02-19 10:30:02")) == 1


# Lists whose rows do not name the parent that was asked for.
UNNAMED = [
    ("responses", {"survey_id": 52}, ANSWER),
    ("interaction_data", {"survey_id": 52}, DATUM),
    ("questions", {"survey_id": 52}, {"id": 509, "question_type": "nps"}),
    ("questions", {"survey_id": 52}, {"id": 509, "survey_id": None}),
    ("responses", {"question_id": 509}, {"id": 9001, "response": "9"}),
]
# How an honest server may answer for a parent that does not exist.
HONEST = [(200, []), (204, b""), (400, {}), (403, {}), (404, {}), (410, {}), (422, {}), (401, {}), (500, b"")]
HONEST += [(200, b""), (200, {"error": "no such survey"}), (302, b"", {"Location": "/login"})]


def by_parent(serve_by: Any, row: Any, nobody: Any) -> Any:
    return serve_by(lambda seen: nobody if NOBODY in seen.path else (200, [row]))


@pytest.mark.parametrize("nobody", HONEST, ids=str)
def test_filter_is_proven_once(serve: Any, serve_by: Any, connect: Any, nobody: Any) -> None:
    for collection, filters, row in UNNAMED:
        server = serve(by_parent(serve_by, row, nobody))
        client = connect(server)
        assert client.endpoint(collection).list(**filters) == [row]
        proofs = len(server.seen) - 1
        assert (
            proofs == 1
            or nobody[0] in (401, 403, 422, 500, 302)
            or nobody[1:] in ((b"",), ({"error": "no such survey"},))
        )
        for other in range(60, 70):
            assert client.endpoint(collection).list(**dict.fromkeys(filters, other)) == [row]
        assert len(server.seen) == 1 + proofs + 10, "one proof a run"


@pytest.mark.parametrize(("collection", "filters", "row"), UNNAMED)
def test_server_that_ignores_the_parent_is_an_error(
    serve: Any, connect: Any, collection: str, filters: Any, row: Any
) -> None:
    client = connect(serve((200, [row])))
    for _ in range(2):
        with pytest.raises(
            e.InvalidResponseError, match=r"the server ignored the filter `\w+_id`: an id that does not exist"
        ):
            client.endpoint(collection).list(**filters)


def test_empty_list_is_not_proven(serve: Any, connect: Any) -> None:
    server = serve((200, []))
    assert connect(server).responses.list(survey_id=52) == []
    assert len(server.seen) == 1


@pytest.mark.parametrize("nobody", [(503, b""), (429, b""), b""], ids=str)
def test_proof_without_answer_is_an_error(serve: Any, serve_by: Any, connect: Any, nobody: Any) -> None:
    client = connect(serve(by_parent(serve_by, ANSWER, nobody)))
    with pytest.raises(e.SurveyDynamixError) as caught:
        client.responses.list(survey_id=52)
    assert NOBODY in str(caught.value)


def test_temporary_failure_does_not_prove_a_filter(serve: Any, serve_by: Any, connect: Any) -> None:
    failures = [(500, b"")]
    client = connect(
        serve(serve_by(lambda seen: failures.pop() if NOBODY in seen.path and failures else (200, [ANSWER])))
    )
    with pytest.raises(e.InvalidResponseError, match="ignored the filter"):
        client.responses.list(survey_id=52)


def test_a_parent_without_permission_does_not_end_the_run(serve: Any, serve_by: Any, connect: Any) -> None:
    renewed: list[object] = []
    server = serve(by_parent(serve_by, ANSWER, (401, {})))
    client = connect(server, renew=renewed.append)
    assert client.responses.list(survey_id=52) == [ANSWER]
    assert client.surveys.list()
    assert renewed == []


def test_known_rows_are_not_proven(serve: Any, connect: Any) -> None:
    server = serve((200, [ANSWER]))
    known = connect(server).responses.select({"survey_id": 52}, known=lambda row: row["question_id"] == 509)
    assert [*known] == [ANSWER]
    assert len(server.seen) == 1
    with pytest.raises(e.InvalidResponseError, match="ignored the filter"):
        [*connect(server).responses.select({"survey_id": 52}, known=lambda row: row["question_id"] == 510)]


def test_every_page_is_compared(serve: Any, serve_by: Any, connect: Any) -> None:
    def pages(seen: Any) -> Any:
        offset = int(parse_qs(urlsplit(seen.path).query)["_offset"][0])
        rows = [{"id": id, "survey_id": 52} for id in range(1, 1001)] if not offset else []
        return 200, rows or [{"id": 1000, "survey_id": 52}, {"id": 1001, "survey_id": 53}]

    with pytest.raises(e.InvalidResponseError, match="survey_id 53"):
        connect(serve(serve_by(pages))).questions.list(survey_id=52)


@pytest.mark.parametrize(
    ("owner", "id", "collection", "row", "stranger"),
    [
        ("surveys", "52", "questions", QUESTION, {"survey_id": 53}),
        ("surveys", "52", "interactions", TALK, {"survey_id": "53"}),
        ("questions", "509", "responses", ANSWER, {"question_id": 510}),
        ("users", "ana@example.com", "interactions", TALK, {"agent_id": "bo"}),
        ("users", "ana@example.com", "interactions", TALK, {"agent_id": None}),
    ],
)
def test_sub_list_contains_only_rows_of_its_owner(
    serve: Any, serve_by: Any, connect: Any, owner: str, id: str, collection: str, row: Any, stranger: Any
) -> None:
    def client_of(*rows: Any) -> Any:
        def answer(seen: Any) -> Any:
            return 200, [*rows] if f"/{collection}?" in seen.path else USER

        return connect(serve(serve_by(answer)))

    client = client_of(row)
    assert [*client.endpoint(collection).select({}, of=(client.endpoint(owner), id))] == [row]
    client = client_of(row, {**row, **stranger})
    with pytest.raises(e.InvalidResponseError, match="ignored the filter"):
        [*client.endpoint(collection).select({}, of=(client.endpoint(owner), id))]


def test_sub_list_without_owner_field_is_proven_by_a_missing_owner(serve: Any, serve_by: Any, connect: Any) -> None:
    honest = connect(serve(by_parent(serve_by, ANSWER, (404, {}))))
    assert [*honest.responses.select({}, of=(honest.surveys, "52"))] == [ANSWER]
    deaf = connect(serve((200, [ANSWER])))
    with pytest.raises(e.InvalidResponseError, match="/surveys/2147483647/responses: the server ignored"):
        [*deaf.responses.select({}, of=(deaf.surveys, "52"))]


def test_response_of_another_interaction_is_an_error(serve: Any, connect: Any) -> None:
    client = Client.from_endpoints(connect(serve((200, [{**TALK, "responses": [{**ANSWER, "interaction_id": 8}]}]))))
    with pytest.raises(e.InvalidResponseError, match="of another interaction"):
        list(client.interactions.list(52, include_responses=True))


def test_lost_create_is_found_if_the_mark_filter_is_ignored(serve: Any, serve_by: Any, connect: Any) -> None:
    others = [{**TALK, "id": id, "external_ref": f"other {id}"} for id in range(1, 5)]

    def answer(seen: Any) -> Any:
        if seen.method == "POST":
            others.append({**TALK, "id": 9, "external_ref": parse_qs(seen.body.decode())["external_ref"][0]})
            return b""
        return 200, others

    assert Client.from_endpoints(connect(serve(serve_by(answer)))).interactions.create(survey_id=52).id == 9


LISTS = [Questions, Responses, Users, Interactions, InteractionData]


@pytest.mark.parametrize("collection", LISTS)
def test_every_filter_of_the_client_is_compared_with_a_field_of_the_rows(collection: Any) -> None:
    fields = {"survey_id", *ANSWER, *TALK, *DATUM, *QUESTION, *USER, "call_type", "survey_type"}
    names = [
        name for name in signature(collection.list).parameters if name != "self" and not name.startswith("include_")
    ]
    assert names
    for name in names:
        assert name in UNCOMPARED or field_of(name) in fields, name
        assert name in PARENTS or name == "agent_id" or not name.endswith("_id"), name


def test_all_lists_use_the_proof() -> None:
    places = {
        path.name
        for path in modules()
        if "sandbox" not in path.parts and re.search(r"""["']_limit["']""", path.read_text(encoding="utf-8"))
    }
    assert places == {"endpoint.py"}
