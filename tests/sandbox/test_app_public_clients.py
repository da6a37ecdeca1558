"""Requests of public clients of the live service get the answers that these clients expect.

Three programs were read: a data-warehouse source, an analytics connector with a strict schema of live answers, and
the vendor's own reference sources. Each test is named after what its program does.
"""

from __future__ import annotations

import pytest
import requests

AUTH = ("00000000-0000-4000-8000-000000000000", "sandbox")
PERIOD = {"start_date": "2026-02-19", "end_date": "2026-02-20"}


class Client:
    def __init__(self, url):
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.auth = AUTH

    def get(self, path, **parameters):
        return self.session.get(self.url + path, params=parameters, timeout=20)

    def post(self, path, form=None, **options):
        return self.session.post(self.url + path, data=form, timeout=20, **options)


@pytest.fixture
def client(tenant):
    """Return a client of a tenant with interactions and responses of two surveys and four days."""
    store = tenant.store
    questions = [{"survey_id": 1, "question_text": f"Q{n}?", "question_type": "text"} for n in (1, 2)]
    store.load_snapshot(
        {
            "surveys": [{"name": "A", "greeting_text": "Hello.", "closing_text": "Bye."}, {"name": "B"}],
            "questions": questions,
        }
    )
    days = ("2026-02-18 23:59:59", "2026-02-19 00:00:00", "2026-02-20 12:00:00", "2026-02-21 00:00:00")
    for id, moment in enumerate(days, 1):
        stamps = {"created_at": moment, "updated_at": moment, "scheduled_at": moment}
        row = {"uuid": f"u{id}", "survey_id": 1 + id % 2, "survey_type": "web", "status": "Not Started", **stamps}
        store.put_record("interactions", row)
        answer = {"interaction_id": id, "question_id": 1, "response": "9", "submitted_at": moment}
        store.put_record("responses", answer)
    return Client(tenant.url)


@pytest.mark.parametrize("path", ["/interactions", "/responses"])
@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        ("2026-02-19", "2026-02-20", [2, 3]),
        ("2026-02-18 23:59:59", "2026-02-19 00:00:00", [1, 2]),
        ("2026-02-20T00:00:00Z", "2026-02-21T00:00:00Z", [3, 4]),
        ("2026-02-20T10:00:00+10:00", "2099-01-01", [3, 4]),
    ],
)
def test_warehouse_source_lists_by_dates_without_a_survey(client, path, start, end, found):
    answer = client.get(path, start_date=start, end_date=end, _limit=1000, _order="ASC")
    assert answer.status_code == 200
    assert [row["id"] for row in answer.json()] == found


@pytest.mark.parametrize("path", ["/interactions", "/responses"])
def test_warehouse_source_accepts_204_for_an_empty_period(client, path):
    answer = client.get(path, start_date="2020-01-01", end_date="2020-01-02", _limit=1000)
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize("path", ["/interactions", "/responses"])
def test_warehouse_source_pages_through_a_period(client, path):
    def page(offset):
        return client.get(path, **PERIOD, _limit=1, _offset=offset, _order="ASC")

    assert [page(offset).json()[0]["id"] for offset in (0, 1)] == [2, 3]
    assert page(2).status_code == 204


@pytest.mark.parametrize("path", ["/interactions", "/responses", "/surveys/2/interactions", "/surveys/2/responses"])
def test_dates_narrow_the_list_of_a_survey(client, path):
    parameters = {} if path.startswith("/surveys") else {"survey_id": "2"}
    assert [row["id"] for row in client.get(path, **parameters, **PERIOD).json()] == [3]
    assert [row["id"] for row in client.get(path, **parameters, start_date="2026-02-19").json()] == [3]


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"start_date": "2026-02-19"},
        {"end_date": "2026-02-19"},
        {"start_date": "yesterday", "end_date": "2026-02-19"},
        {"start_date": "2026-02-30", "end_date": "2026-03-19"},
        {"survey_id": "1", "end_date": "2026-02-19T25:00:00Z"},
    ],
)
@pytest.mark.parametrize("path", ["/interactions", "/responses"])
def test_half_a_period_or_a_wrong_one_is_malformed(client, path, parameters):
    assert client.get(path, **parameters).status_code == 400


@pytest.mark.parametrize("yes", ["True", "TRUE", "true", "1"])
@pytest.mark.parametrize("no", ["False", "FALSE", "false", "0"])
def test_analytics_connector_writes_booleans_in_any_case(client, yes, no):
    client.post("/interactions/2/start_survey")
    started = client.get("/interactions", survey_id=1, started=yes, completed=no, _include_responses=yes).json()
    assert [(row["id"], len(row["responses"])) for row in started] == [(2, 1)]
    rest = client.get("/interactions", **PERIOD, started=no, _include_data=no).json()
    assert [row["id"] for row in rest] == [3]
    assert "interaction_data" not in rest[0]


def test_analytics_connector_finds_every_field_of_its_schema(client):
    made = client.post("/interactions", {"survey_id": 1, "respondent_language": "de"}).json()
    assert (made["respondent_language"], made["restricted"], made["completed_at"]) == ("de", 0, None)
    assert all(made[name].startswith("https://") for name in ("weblink", "weblink_short", "unsubscribe_link_short"))
    client.post(f"/interactions/{made['id']}/start_survey")
    for answer in ("one", "two"):
        client.post(f"/interactions/{made['id']}/submit_response", {"response": answer})
    assert client.get(f"/interactions/{made['id']}").json()["completed_at"]


def test_reference_sources_start_a_survey_again_and_get_its_current_prompts(client):
    first = client.post("/interactions/2/start_survey").json()
    again = client.post("/interactions/2/start_survey")
    assert (again.status_code, again.json()) == (200, first)
    second = client.post("/interactions/2/submit_response", {"response": "so"}).json()
    assert client.post("/interactions/2/start_survey").json() == second
    assert second["prompts"] == ["Q2?"]
    client.post("/interactions/2/submit_response", {"response": "so"})
    assert client.post("/interactions/2/start_survey").status_code == 409


def test_reference_sources_are_redirected_to_the_start_when_they_respond_too_early(client):
    answer = client.post("/interactions/2/submit_response", {"response": "so"}, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (307, "/api/interactions/2/start_survey")
    followed = client.post("/interactions/2/submit_response", {"response": "so"})
    assert followed.json()["prompts"] == ["Hello.", "Q1?"]
    assert len(client.get("/responses", interaction_id=2).json()) == 1  # the one of before: this was not taken


def test_reference_sources_schedule_with_a_plus_sign_that_arrives_as_a_blank(client):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    made = client.post("/interactions", "survey_id=1&scheduled_at=Now + 5 minutes", headers=headers).json()
    assert made["scheduled_at"] > made["created_at"]
    assert client.post("/interactions", {"survey_id": 1, "scheduled_at": "Now   5 minutes"}).status_code == 201
    assert client.post("/interactions", {"survey_id": 1, "scheduled_at": "Now + 5 minutes"}).status_code == 201
    assert client.post("/interactions", {"survey_id": 1, "scheduled_at": "Now5minutes"}).status_code == 400


def test_newer_create_parameters_are_not_custom_data(client):
    form = {"survey_id": 1, "phone_connection_id": "3", "respondent_language": "fr", "_shorten_urls": "TRUE"}
    made = client.post("/interactions", {**form, "tier": "GOLD"}).json()
    data = client.get("/interaction_data", interaction_id=made["id"]).json()
    assert [datum["custom_key"] for datum in data] == ["tier"]


def test_force_new_is_read_in_any_case(client):
    form = {"survey_id": 1, "survey_type": "sms", "phone_number": "+61488000001"}
    assert client.post("/interactions", form).status_code == 201
    assert client.post("/interactions", form).status_code == 409
    assert client.post("/interactions", {**form, "_force_new": "True"}).status_code == 201
