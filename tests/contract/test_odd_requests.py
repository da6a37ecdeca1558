"""Requests that a generator hardly produces: the sandbox rejects them as the contract says and does not fail."""

from __future__ import annotations

import http.client
import json
from urllib.parse import quote, urlencode

import pytest

from sdx_state.sandbox import SandboxServer

AUTH = "Basic MDAwMDAwMDAtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAwOnNhbmRib3g="


@pytest.fixture
def ask(filled):
    """Return a function that sends a request to a tenant that has something of everything."""
    with SandboxServer(":memory:") as server:
        filled(server.store, 4)

        def send(method, path, form=None, authorization=AUTH):
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
            headers = {"Authorization": authorization, "Content-Type": "application/x-www-form-urlencoded"}
            connection.request(method, f"/api{path}", urlencode(form or {}), headers)
            answer = connection.getresponse()
            answer.body = answer.read()
            connection.close()
            return answer

        yield send


@pytest.mark.parametrize(
    ("status", "method", "path", "form"),
    [
        (400, "GET", "/surveys?_limit=" + "9" * 5000, None),
        (400, "GET", "/surveys?_offset=%D9%A1", None),
        (404, "GET", "/surveys/" + "9" * 5000, None),
        (404, "GET", "/surveys/%D9%A1", None),
        (404, "GET", "/surveys/01", None),
        (404, "GET", "/surveys/", None),
        (404, "GET", "/users/ana.lee", None),
        (400, "GET", "/phone_numbers/%2B61488000001?country_code=AUS", None),
        (404, "GET", "/phone_numbers/%2B80012345678", None),
        (404, "GET", "/phone_numbers/" + "9" * 5000, None),
        (400, "GET", "/interactions?survey_id=x", None),
        (400, "GET", "/interactions?survey_id=99&started=perhaps", None),
        (400, "GET", "/interactions?survey_id=99&_include_data=perhaps", None),
        (400, "GET", "/responses?question_id=x", None),
        (400, "GET", "/surveys/1/responses?question_id=x", None),
        (404, "GET", "/questions/99/responses", None),
        (201, "POST", "/interactions", {"survey_id": "1", "scheduled_at": "Now + 999999 days"}),
        (200, "POST", "/interactions/3/submit_response", {"response": "9" * 5000}),
        (400, "PUT", "/interactions/1", {"interaction": '{"id": 1}'}),
        (400, "PUT", "/interactions/1", {"interaction": '{"id": 1, "survey_id": "one"}'}),
        (400, "PUT", "/surveys/1", {"survey": '{"id": 1, "redirect_timeout": NaN}'}),
        (400, "PUT", "/surveys/1", {"survey": '{"id": 1, "redirect_timeout": 1e999}'}),
        (400, "PUT", "/surveys/1", {"survey": '{"id": 1, "deep": ' + "[" * 5000 + "]" * 5000 + "}"}),
        (400, "PUT", "/surveys/1", {"survey": '{"id": 1, "deep": ' + "[" * 969 + "]" * 969 + "}"}),
        (405, "BREW", "/surveys", None),
        (405, "POST", "/surveys/1/questions", None),
        (405, "GET", "/interactions/1/start_survey", None),
    ],
)  # fmt: skip
def test_unusual_requests_are_answered_as_the_contract_says(ask, status, method, path, form):
    answer = ask(method, path, form)
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/json"
    json.loads(answer.body)


@pytest.mark.parametrize("authorization", ["Basic \xe4\xf6", "Basic =", "Bearer", "Basic " + "A" * 4001, "\xff"])
def test_credentials_that_cannot_be_read_are_wrong_credentials(ask, authorization):
    assert ask("GET", "/surveys", authorization=authorization).status == 401


def test_an_interaction_that_was_abandoned_does_not_start(ask):
    assert ask("POST", "/interactions/2/abandon_survey").status == 200
    assert ask("POST", "/interactions/2/start_survey").status == 409


def test_a_list_in_a_path_takes_the_filters_of_the_plain_list(ask):
    for interaction, found in (("1", 1), ("2", 0)):
        for name in ("interaction_data", "responses"):
            answer = ask("GET", f"/surveys/1/{name}?interaction_id={interaction}")
            assert len(json.loads(answer.body)) == found
    answer = ask("GET", f"/users/{quote('ANA.LEE@example.com')}/interactions?survey_id=2")
    assert [row["id"] for row in json.loads(answer.body)] == [2]


def test_options_request_gets_the_methods_and_no_data(ask):
    answer = ask("OPTIONS", "/surveys/1/questions")
    assert (answer.status, answer.body, answer.headers["Allow"]) == (204, b"", "GET, HEAD, OPTIONS")
    answer = ask("OPTIONS", "/interactions/1/start_survey")
    assert (answer.status, answer.headers["Allow"]) == (204, "OPTIONS, POST")
