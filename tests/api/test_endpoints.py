"""Requests of the endpoints, and their required answers."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sdx_state.api import errors as e

SURVEY = {"id": 52, "name": "Support CSAT"}
# NUL and halves of surrogate pairs are rejected: tests/soak/fuzz/encodings_of_texts.py tests it.
HOSTILE_TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)


def test_a_create_posts_form_fields(serve: Any, connect: Any) -> None:
    server = serve((201, {"id": 7, "name": "x"}))
    assert (
        connect(server).questions.create({"survey_id": "52", "question_text": "Wie war's? 5 + 5 & 100 % = ä"})["id"]
        == 7
    )
    (seen,) = server.seen
    assert (seen.method, seen.path) == ("POST", "/api/questions")
    assert seen.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert parse_qs(seen.body.decode("ascii"), strict_parsing=True) == {
        "survey_id": ["52"],
        "question_text": ["Wie war's? 5 + 5 & 100 % = ä"],
    }


@pytest.mark.parametrize(
    ("collection", "id", "path", "field"),
    [
        ("surveys", "52", "/api/surveys/52", "survey"),
        ("questions", "509", "/api/questions/509", "question"),
        ("users", "Ana+Lee@example.com", "/api/users/Ana%2BLee%40example.com", "user"),
    ],
)
def test_a_replace_puts_the_whole_resource_as_one_field(
    serve: Any, connect: Any, collection: str, id: str, path: str, field: str
) -> None:
    identity = "email" if collection == "users" else "id"
    resource = {identity: id if collection == "users" else int(id), "name": "é", "unknown": {"kept": [1, None]}}
    answer = {**resource, identity: id.lower()}
    server = serve((200, answer))
    assert connect(server).endpoint(collection).replace(id, resource) == answer
    (seen,) = server.seen
    assert (seen.method, seen.path) == ("PUT", path)
    ((name, text),) = parse_qsl(seen.body.decode("ascii"), strict_parsing=True)
    assert name == field
    assert json.loads(text) == resource


def test_a_replace_of_another_resource_is_never_sent(serve: Any, connect: Any) -> None:
    server = serve((200, SURVEY))
    client = connect(server)
    for resource in ({"id": 53}, {"name": "x"}, {"id": 52, "x": float("nan")}):
        with pytest.raises(ValueError, match=r"survey|NaN|float"):
            client.surveys.replace("52", resource)
    assert server.seen == []


@pytest.mark.parametrize("reply", [(204, b""), (200, b""), (200, SURVEY), (202, {"status": "ok"})])
def test_delete_accepts_any_success(serve: Any, connect: Any, reply: Any) -> None:
    server = serve(reply)
    connect(server).surveys.delete("52")
    assert server.lines == ["DELETE /api/surveys/52"]
    assert server.seen[0].body == b""


def test_options_returns_the_allowed_methods(serve: Any, connect: Any) -> None:
    server = serve((204, b"", {"Allow": "get, Post ,,DELETE"}), (200, b"", {"Allow": ""}), (200, b""), (200, SURVEY))
    client = connect(server)
    assert client.surveys.allowed() == {"GET", "POST", "DELETE"}
    assert client.surveys.allowed("52") == frozenset()
    assert client.users.allowed("ana@example.com") is None
    assert client.surveys.allowed() is None
    assert server.lines[:3] == [
        "OPTIONS /api/surveys",
        "OPTIONS /api/surveys/52",
        "OPTIONS /api/users/ana%40example.com",
    ]


def test_allow_header_of_a_web_page_is_ignored(serve: Any, connect: Any) -> None:
    page = (200, b"<html>", {"Content-Type": "text/html", "Allow": "GET, POST, PUT, DELETE"})
    assert connect(serve(page)).surveys.allowed() is None


def test_filters_are_sent_and_paging_parameters_rejected(serve: Any, connect: Any) -> None:
    server = serve((200, []))
    client = connect(server)
    client.users.list(name_contains="Ö & co", agent_id="a=1")
    query = dict(parse_qsl(urlsplit(server.seen[0].path).query))
    paging = {"_limit": "1000", "_order": "ASC", "_offset": "0"}
    assert query == {"name_contains": "Ö & co", "agent_id": "a=1", **paging}
    for filters in ({"survey_id": None}, {"survey_id": ""}, {"_limit": 5}):
        with pytest.raises(ValueError, match="filters"):
            client.questions.list(**filters)
    assert len(server.seen) == 1


def test_error_of_a_list_contains_the_survey_but_no_personal_data(serve: Any, connect: Any) -> None:
    client = connect(serve((404, {})))
    with pytest.raises(e.NotFoundError, match=r"^GET /questions\?survey_id=52: "):
        client.questions.list(survey_id="52")
    with pytest.raises(e.NotFoundError, match=r"^GET /users: "):
        client.users.list(email="ana@example.com", phone="+61499000001")
    with pytest.raises(e.NotFoundError, match=r"^GET /users/\{email\}: "):
        client.users.get("ana@example.com")
    with pytest.raises(e.NotFoundError, match=r"^GET /phone_numbers/\{number\}: "):
        client.phone_numbers.lookup("+61499000001", "AU")


@pytest.mark.parametrize(
    "id",
    ["", "..", "1/../2", "%2e%2e", "1?x=1", "1#", "1\\2", "1\n", "-1", "1.0", "٣", "1 ", "052", "1" * 20, "\ud800"],
)
def test_id_that_is_not_a_number_is_never_sent(serve: Any, connect: Any, id: str) -> None:
    server = serve((200, SURVEY))
    client = connect(server)
    for call in (client.surveys.get, client.questions.delete, client.responses.get):
        with pytest.raises(e.InvalidIdError) as caught:
            call(id)
        assert str(caught.value).isprintable()
        assert not caught.value.ambiguous
    assert client.requests == 0


@pytest.mark.parametrize(
    "email",
    [
        *("", "..", "ana", "@example.com", "ana@", "a@b@c", "../x@y", "a/b@c", "a?b@c", "a#b@c", "a\\b@c", "a b@c"),
        *("a\r\n@c", "a\x00@c", "a\u202e@c", "a\ud800@c", "a" * 250 + "@b.com"),
    ],
)
def test_email_with_path_characters_is_never_sent(serve: Any, connect: Any, email: str) -> None:
    client = connect(serve((200, SURVEY)))
    with pytest.raises(e.InvalidIdError):
        client.users.get(email)
    assert client.requests == 0


@pytest.mark.parametrize("number", ["", "abc", "+61/../x", "+61?x", "+61%2f", "1" * 60, "+61\n", "..", "."])
def test_phone_number_with_path_characters_is_never_looked_up(serve: Any, connect: Any, number: str) -> None:
    client = connect(serve((200, {})))
    with pytest.raises(e.InvalidIdError):
        client.phone_numbers.lookup(number, "AU")
    with pytest.raises(e.InvalidIdError):
        client.phone_numbers.lookup("+61488000001", "AU&x=1")
    assert client.requests == 0


@pytest.mark.sampled
def test_any_value_arrives_unchanged(serve: Any, serve_by: Any, connect: Any) -> None:
    server = serve(serve_by(lambda seen: (200, {"id": 1, "email": unquote(seen.path.rpartition("/")[2])})))
    client = connect(server)

    @settings(suppress_health_check=list(HealthCheck))
    @given(text=HOSTILE_TEXTS, name=HOSTILE_TEXTS.filter(bool), local=HOSTILE_TEXTS)
    def check(text: str, name: str, local: str) -> None:
        server.seen.clear()
        client.surveys.create({name: text, "name": "+ & = % ; #"})
        assert dict(parse_qsl(server.seen[0].body.decode(), keep_blank_values=True)) == {name: text} | {
            "name": "+ & = % ; #"
        }
        client.surveys.replace("1", {"id": 1, "name": text, name: [text]} | {"id": 1})
        sent = json.loads(parse_qs(server.seen[1].body.decode())["survey"][0])
        assert sent == {"id": 1, "name": text, name: [text]} | {"id": 1}
        email = f"{local}@example.com"
        try:
            client.users.get(email)
        except e.InvalidIdError:
            assert len(server.seen) == 2
        else:
            assert server.seen[2].path.isascii()
            assert unquote(server.seen[2].path) == f"/api/users/{email}"
            assert server.seen[2].path.count("/") == 3

    check()


def test_there_is_an_endpoint_for_each_collection_that_lists(connect: Any) -> None:
    client = connect("http://127.0.0.1:1/api")
    assert client.endpoint("surveys") is client.surveys
    assert client.endpoint("questions") is client.questions
    assert client.endpoint("users") is client.users
    assert client.endpoint("responses") is client.responses
    with pytest.raises(KeyError):
        client.endpoint("phone_numbers")
