"""Admin pages of the sandbox: they change the tenant, and other sites cannot use them."""

from __future__ import annotations

import re

import pytest
import requests

from sdx_state.sandbox import SandboxOptions, SandboxServer

CREDENTIALS = ("00000000-0000-4000-8000-000000000000", "sandbox")


class Person:
    """A user whose browser has the credentials of the tenant."""

    def __init__(self, server):
        self.server, self.origin = server, server.url.removesuffix("/api")

    def get(self, path):
        return requests.get(f"{self.origin}{path}", auth=CREDENTIALS, timeout=20)

    def post(self, path, headers=None, **fields):
        given = {"Origin": self.origin} if headers is None else headers
        return requests.post(
            f"{self.origin}{path}", data=fields, auth=CREDENTIALS, headers=given, timeout=20, allow_redirects=False
        )


@pytest.fixture
def person(tenant):
    return Person(tenant)


def test_overview_lists_surveys_with_their_questions_and_users(person, tenant):
    tenant.store.load_snapshot(
        {
            "surveys": [{"name": "Support <CSAT>"}],
            "questions": [
                {"survey_id": 1, "question_label": "Second", "order": 2},
                {"survey_id": 1, "question_label": "First", "order": 1},
            ],
            "users": [{"email": "ana@example.com", "name": "Ana"}],
        }
    )
    page = person.get("/").text
    assert "Support &lt;CSAT&gt;" in page
    assert page.index("First") < page.index("Second")
    assert 'href="/admin/users/ana@example.com"' in page


def test_survey_question_and_user_are_created_by_hand(person, tenant):
    assert (
        person.post("/admin/surveys/new", name="A", **{"greeting_text.default": "Hello\r\nthere"}).status_code == 303
    )
    assert person.post("/admin/questions/new?survey=1", question_label="Q", question_type="nps").status_code == 303
    assert person.post("/admin/users/new", email="ana@example.com", name="Ana").status_code == 303
    (survey,), (question,), (user,) = (tenant.store.rows(name) for name in ("surveys", "questions", "users"))
    assert (survey["name"], survey["greeting_text"]) == ("A", "Hello\nthere")
    assert (question["survey_id"], question["order"], question["question_type"]) == (1, 1, "nps")
    assert user["name"] == "Ana"


def test_change_keeps_other_languages_and_settings(person, tenant):
    prompt = {"text": {"default": "Hi", "de-default": "Hallo"}, "sound_files": {"default": "a.wav"}}
    tenant.store.create("surveys", {"name": "A", "greeting_prompt": prompt, "redirect_timeout": 5})
    assert person.post("/admin/surveys/1", **{"greeting_text.default": "Hello"}).status_code == 303
    assert person.post("/admin/surveys/1", field="closing_text", language="de-default", text="Ade").status_code == 303
    row = tenant.store.item("surveys", "1", "nested")
    assert '"greeting_prompt": {"text": {"default": "Hello", "de-default": "Hallo"}' in row
    assert '"closing_prompt": {"text": {"de-default": "Ade"}}' in row
    assert '"redirect_timeout": 5' in row


def test_question_moves_when_its_order_is_changed(person, tenant):
    questions = [{"survey_id": 1, "question_label": name, "order": place} for place, name in enumerate("ab", 1)]
    tenant.store.load_snapshot({"surveys": [{"name": "A"}], "questions": questions})
    assert person.post("/admin/questions/1", order="3", question_label="a").status_code == 303
    placed = {row["question_label"]: row["order"] for row in tenant.store.rows("questions")}
    assert placed == {"a": 3, "b": 2}


def test_deleting_follows_the_rules_of_the_api(person, tenant):
    tenant.store.load_snapshot({"surveys": [{"name": "A"}, {"name": "B"}]})
    tenant.store.put_record("interactions", {"survey_id": 1})
    refused = person.post("/admin/surveys/1/delete")
    assert (refused.status_code, "this survey has interactions" in refused.text) == (400, True)
    assert person.post("/admin/surveys/2/delete").status_code == 303
    assert [row["name"] for row in tenant.store.rows("surveys")] == ["A"]


@pytest.mark.parametrize(
    ("path", "fields", "said"),
    [
        ("/admin/surveys/new", {"name": ""}, "name is required"),
        ("/admin/questions/new?survey=1", {"question_label": "x" * 31}, "at most|more than 30 characters"),
        ("/admin/questions/new?survey=1", {"max_response": "ten"}, "max_response must be a number"),
        ("/admin/users/new", {"email": "no", "name": "N"}, "not an e-mail address"),
        ("/admin/users/new", {"email": "ana@example.com", "name": "N"}, "a user with this email exists"),
        ("/admin/surveys/1", {"other settings (JSON)": "{"}, "the value is not JSON"),
        ("/admin/surveys/1", {"other settings (JSON)": '{"name": 1}'}, "unknown name; known are"),
        ("/admin/surveys/1", {"field": "greeting_text", "language": "<b>", "text": "x"}, "a language must be"),
    ],
)
def test_wrong_form_is_shown_again_with_the_reason_and_changes_nothing(person, tenant, path, fields, said):
    tenant.store.load_snapshot({"surveys": [{"name": "A"}], "users": [{"email": "ana@example.com", "name": "Ana"}]})
    before = [tenant.store.rows(name) for name in ("surveys", "questions", "users")]
    answer = person.post(path, **fields)
    assert answer.status_code == 400
    assert re.search(said, answer.text)
    assert [tenant.store.rows(name) for name in ("surveys", "questions", "users")] == before


@pytest.mark.parametrize("path", ["/admin/surveys/new", "/admin/surveys/1", "/admin/surveys/1/delete"])
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
def test_form_of_another_site_is_refused(person, tenant, path, origin):
    tenant.store.create("surveys", {"name": "A"})
    assert person.post(path, headers={"Origin": origin}, name="B").status_code == 403
    assert [row["name"] for row in tenant.store.rows("surveys")] == ["A"]


def test_upload_from_another_site_is_refused(person, tenant):
    answer = requests.post(
        f"{person.origin}/manage_users/upload",
        files={"file": ("users.csv", "name,email\nAna,ana@example.com\n")},
        auth=CREDENTIALS,
        headers={"Origin": "https://evil.example"},
        timeout=20,
    )
    assert answer.status_code == 403
    assert tenant.store.rows("users") == []


def test_pages_need_the_credentials_and_load_nothing(person):
    paths = ("/", "/admin/surveys/new", "/admin/users/new")
    for path in paths:
        assert requests.get(f"{person.origin}{path}", timeout=20).status_code == 401
        assert "default-src 'none'" in person.get(path).headers["Content-Security-Policy"]


def test_person_can_change_a_tenant_whose_api_is_read_only():
    with SandboxServer(":memory:", SandboxOptions(documented=True)) as server:
        assert Person(server).post("/admin/surveys/new", name="By hand").status_code == 303
        assert [row["name"] for row in server.store.rows("surveys")] == ["By hand"]
