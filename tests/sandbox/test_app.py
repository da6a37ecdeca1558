"""The sandbox behaves as in the API reference."""

from __future__ import annotations

import contextlib
import http.client
import json

import pytest
import requests

from sdx_state.sandbox import SandboxOptions, SandboxServer, Store

AUTH = ("00000000-0000-4000-8000-000000000000", "sandbox")
CONFIGURATION = ("surveys", "questions", "users")


class Api:
    def __init__(self, server):
        self.server = server
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.auth = AUTH

    def __call__(self, method, path, form=None, **parameters):
        url = self.server.url + path
        return self.session.request(method, url, data=form, params=parameters, allow_redirects=False, timeout=20)

    def get(self, path, **parameters):
        return self("GET", path, **parameters)

    def put(self, path, field, resource):
        return self("PUT", path, {field: json.dumps(resource)})


@pytest.fixture
def api(tenant):
    return Api(tenant)


@pytest.fixture
def nested(nested_tenant):
    return Api(nested_tenant)


@pytest.fixture
def documented():
    with SandboxServer(":memory:", SandboxOptions(documented=True)) as server:
        server.store.load_snapshot(
            {"surveys": [{"id": 1, "name": "A"}], "users": [{"email": "a@x.example", "name": "A"}]}
        )
        yield Api(server)


@pytest.fixture
def survey(api):
    """A survey of three questions; returns its id."""
    id = api("POST", "/surveys", {"name": "A", "greeting_text": "Hello.", "closing_text": "Bye."}).json()["id"]
    for label, kind, most in (("NPS", "nps", "10"), ("Ok", "yesno", ""), ("Why", "text", "")):
        form = {"survey_id": id, "question_label": label, "question_text": f"{label}?", "question_type": kind}
        assert api("POST", "/questions", {**form, "max_response": most}).status_code == 201
    return id


@pytest.mark.parametrize("auth", [None, (AUTH[0], "wrong"), ("someone", "sandbox"), ("", "")])
@pytest.mark.parametrize("path", ["/surveys", "/users/a@x.example", "/interactions", "/phone_numbers/1"])
def test_401_without_the_right_credentials(tenant, auth, path):
    answer = requests.get(tenant.url + path, auth=auth, timeout=20)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


def test_bearer_token_is_accepted(tenant):
    headers = {"Authorization": "Bearer sandbox"}
    assert requests.get(tenant.url + "/surveys", headers=headers, timeout=20).status_code == 200


def test_lists_have_ten_rows_the_newest_first_unless_asked_otherwise(api, tenant):
    tenant.store.load_snapshot({"surveys": [{"name": f"S{n}"} for n in range(1, 26)]})
    assert [row["id"] for row in api.get("/surveys").json()] == list(range(25, 15, -1))
    assert [row["id"] for row in api.get("/surveys", _order="ASC", _limit=3, _offset=2).json()] == [3, 4, 5]
    assert len(api.get("/surveys", _limit=1000).json()) == 25


def test_past_the_end_of_a_list_is_204_and_an_empty_list_is_empty(api, tenant):
    assert api.get("/surveys").json() == []
    tenant.store.load_snapshot({"surveys": [{"name": "A"}]})
    answer = api.get("/surveys", _offset=1)
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize(
    "parameters",
    [{"_limit": "0"}, {"_limit": "1001"}, {"_limit": "x"}, {"_offset": "-1"}, {"_order": "asc"}, {"_page": "2"}],
)
@pytest.mark.parametrize("collection", CONFIGURATION)
def test_400_for_parameters_that_the_reference_does_not_have(api, collection, parameters):
    assert api.get(f"/{collection}", **parameters).status_code == 400


def test_survey_id_and_order_show_only_in_the_list_of_a_survey(api, survey):
    rows = api.get("/questions", survey_id=survey, _order="ASC").json()
    assert [(row["survey_id"], row["order"]) for row in rows] == [(survey, 1), (survey, 2), (survey, 3)]
    assert api.get(f"/surveys/{survey}/questions", _order="ASC").json() == rows
    for row in (*api.get("/questions").json(), api.get(f"/questions/{rows[0]['id']}").json()):
        assert "survey_id" not in row
        assert "order" not in row


def test_lists_are_filtered(api, tenant, survey):
    tenant.store.load_snapshot(
        {"users": [{"email": f"u{n}@x.example", "name": f"Ana {n}", "agent_id": n} for n in range(3)]}
    )
    assert [row["question_label"] for row in api.get("/questions", question_type="nps").json()] == ["NPS"]
    assert [row["question_label"] for row in api.get("/questions", survey_id=survey, question_label="Ok").json()] == [
        "Ok"
    ]
    assert len(api.get("/users", name_contains="ana").json()) == 3
    assert [row["email"] for row in api.get("/users", agent_id=2).json()] == ["u2@x.example"]
    assert api.get("/users", name="Nobody").json() == []


@pytest.mark.parametrize(("collection", "identity"), [("surveys", "1"), ("questions", "1"), ("users", "a@x.example")])
def test_404_for_unknown_and_410_for_deleted_resources(api, survey, collection, identity):
    api("POST", "/users", {"email": "a@x.example", "name": "A"})
    assert api.get(f"/{collection}/{identity.replace('1', '99').replace('a@', 'b@')}").status_code == 404
    assert api("DELETE", f"/{collection}/{identity}").status_code == 204
    for method in ("GET", "DELETE"):
        assert api(method, f"/{collection}/{identity}").status_code == 410
    assert api.get("/nothing").status_code == 404


def test_delete_of_a_survey_deletes_its_questions(api, survey):
    (first, *_) = [row["id"] for row in api.get("/questions").json()]
    api("DELETE", f"/surveys/{survey}")
    assert api.get(f"/questions/{first}").status_code == 410
    assert api.get("/questions").json() == []


def test_create_answers_the_whole_resource_with_its_id(api):
    created = api("POST", "/surveys", {"name": "A & B + ü", "sms_number": "+61488000001"})
    assert created.status_code == 201
    row = created.json()
    assert row["name"] == "A & B + ü"
    assert api.get(f"/surveys/{row['id']}").json() == row
    assert row["greeting_text"] == ""


@pytest.mark.parametrize(
    ("collection", "form", "status"),
    [
        ("surveys", {}, 400),
        ("questions", {"question_label": "A"}, 400),
        ("questions", {"survey_id": "99", "question_label": "A"}, 404),
        ("questions", {"survey_id": "x", "question_label": "A"}, 400),
        ("questions", {"survey_id": "1", "question_label": "x" * 31}, 400),
        ("users", {"email": "nobody", "name": "A"}, 400),
        ("users", {"email": "a@x.example"}, 400),
    ],
)
def test_incomplete_create_is_rejected(api, survey, collection, form, status):
    assert api("POST", f"/{collection}", form).status_code == status


def test_409_for_a_duplicate_email_in_any_case(api):
    assert api("POST", "/users", {"email": "a@x.example", "name": "A"}).status_code == 201
    assert api("POST", "/users", {"email": "A@X.example", "name": "B"}).status_code == 409
    assert api.get("/users/A@x.EXAMPLE").json()["name"] == "A"


def test_put_replaces_the_whole_resource_and_keeps_fields_it_does_not_know(api, survey):
    row = api.get(f"/surveys/{survey}").json()
    changed = {**row, "name": "B", "theme": {"colour": "green"}}
    assert api.put(f"/surveys/{survey}", "survey", changed).status_code == 200
    assert api.get(f"/surveys/{survey}").json() == changed
    api.put(f"/surveys/{survey}", "survey", {"id": survey, "name": "C"})
    row = api.get(f"/surveys/{survey}").json()
    assert (row["name"], row["greeting_text"], "theme" in row) == ("C", "", False)


@pytest.mark.parametrize(
    "form",
    [
        {"survey": "{"},
        {"survey": "[]"},
        {"survey": '{"id": 99, "name": "A"}'},
        {"question": '{"id": 1}'},
        {"name": "B"},
        {},
        {"survey": '{"id": 1}', "name": "B"},
    ],
)
def test_400_for_a_put_that_is_not_one_whole_resource(api, survey, form):
    assert api("PUT", f"/surveys/{survey}", form).status_code == 400


def test_order_is_written_with_a_question(api, survey):
    rows = api.get("/questions", survey_id=survey, _order="ASC").json()
    api.put(f"/questions/{rows[0]['id']}", "question", {**rows[0], "order": 9})
    now = api.get("/questions", survey_id=survey).json()
    assert sorted((row["order"], row["question_label"]) for row in now) == [(2, "Ok"), (3, "Why"), (9, "NPS")]


def test_question_can_belong_to_two_surveys(api, tenant):
    question = {"id": 7, "question_label": "Q", "order": 1}
    tenant.store.load_snapshot({"surveys": [{"id": 1, "name": "A"}, {"id": 2, "name": "B"}]})
    tenant.store.put_row("questions", {**question, "survey_id": 1})
    tenant.store.put_row("questions", {**question, "survey_id": 2})
    assert [len(api.get("/questions", survey_id=id).json()) for id in (1, 2)] == [1, 1]
    api("DELETE", "/surveys/1")
    assert api.get("/questions/7").status_code == 200


def test_405_and_options_list_the_allowed_methods(api, documented, survey):
    for path in ("/surveys", "/surveys/1", "/users", "/users/a@x.example"):
        verbs = {verb.strip() for verb in documented("OPTIONS", path).headers["Allow"].split(",")}
        assert verbs == {"GET", "HEAD", "OPTIONS"}
        for method in ("POST", "PUT", "DELETE"):
            answer = documented(method, path, {"name": "A"})
            assert answer.status_code == 405
            assert "GET" in answer.headers["Allow"]
    assert "POST" in api("OPTIONS", "/surveys").headers["Allow"]
    assert "DELETE" in api("OPTIONS", f"/surveys/{survey}").headers["Allow"]
    assert api("PATCH", f"/surveys/{survey}").status_code == 405
    assert api("POST", "/responses", {}).status_code == 405


def test_documented_still_writes_interactions(documented):
    assert documented("POST", "/interactions", {"survey_id": 1}).status_code == 201


def test_the_nested_shape_keeps_every_language(nested):
    id = nested("POST", "/surveys", {"name": "A", "greeting_text": "Hello"}).json()["id"]
    row = nested.get(f"/surveys/{id}").json()
    assert row["greeting_prompt"] == {"text": {"default": "Hello"}}
    assert "greeting_text" not in row
    row["greeting_prompt"]["text"]["de-default"] = "Hallo"
    nested.put(f"/surveys/{id}", "survey", row)
    assert nested.get(f"/surveys/{id}").json() == row


def test_flat_answer_has_the_default_language_and_no_later_fields(api, tenant):
    text = {"default": "Hello", "de-default": "Hallo"}
    tenant.store.load_snapshot(
        {"surveys": [{"id": 1, "name": "A", "greeting_prompt": {"text": text}, "redirect_timeout": 5}]}
    )
    row = api.get("/surveys/1").json()
    assert row["greeting_text"] == "Hello"
    assert not {"greeting_prompt", "redirect_timeout"} & set(row)


@pytest.mark.parametrize(
    ("number", "parameters", "expected"),
    [
        ("0488 888 888", {"country_code": "AU"}, ("+61488888888", "AU", "mobile")),
        ("+4930123456", {}, ("+4930123456", "DE", "landline")),
        ("0488 888 888", {}, None),
        ("hello", {}, None),
    ],
)
def test_numbers_are_looked_up_and_counted(api, tenant, number, parameters, expected):
    answer = api.get(f"/phone_numbers/{number}", **parameters)
    assert tenant.store.lookups() == 1
    if expected is None:
        assert answer.status_code == 404
    else:
        row = answer.json()
        assert (row["phone_number"], row["country_code"], row["phone_type"]) == expected
    assert api.get("/phone_numbers").status_code == 404


def start(api, survey, **form):
    created = api("POST", "/interactions", {"survey_id": survey, **form})
    assert created.status_code == 201, created.text
    return created.json()


def test_conversation_asks_in_order_rejects_invalid_and_records_valid_answers(api, survey):
    interaction = start(api, survey)
    path = f"/interactions/{interaction['id']}"
    begun = api("POST", f"{path}/start_survey").json()
    assert begun["prompts"] == ["Hello.", "NPS?"]
    assert begun["current_question"]["question_type"] == "nps"
    again = api("POST", f"{path}/submit_response", {"response": "11"}).json()
    assert (again["prompts"], again["survey_completed"]) == (["NPS?"], 0)
    assert api("POST", f"{path}/submit_response", {"response": "9"}).json()["prompts"] == ["Ok?"]
    assert api("POST", f"{path}/submit_response", {"response": "yes"}).json()["prompts"] == ["Why?"]
    ended = api("POST", f"{path}/submit_response", {"response": "Because"}).json()
    assert (ended["prompts"], ended["survey_completed"]) == (["Bye."], 1)
    assert "current_question" not in ended
    recorded = api.get("/responses", interaction_id=interaction["id"], _order="ASC").json()
    assert [(row["question_label"], row["response"]) for row in recorded] == [
        ("NPS", "9"),
        ("Ok", "yes"),
        ("Why", "Because"),
    ]
    assert api("POST", f"{path}/submit_response", {"response": "more"}).status_code == 409
    assert api("DELETE", path).status_code == 409
    assert api("DELETE", f"/surveys/{survey}").status_code == 409
    assert api.get(f"/interactions/{interaction['id']}").json()["status"] == "Completed"


def test_abandoned_conversation_rejects_answers(api, survey):
    path = f"/interactions/{start(api, survey)['id']}"
    api("POST", f"{path}/start_survey")
    assert api("POST", f"{path}/abandon_survey").status_code == 200
    assert api("POST", f"{path}/submit_response", {"response": "9"}).status_code == 409


def test_409_for_a_pending_interaction_with_the_same_number_unless_forced(api, survey):
    form = {"survey_type": "sms", "phone_number": "+61488000001"}
    start(api, survey, **form)
    assert api("POST", "/interactions", {"survey_id": survey, **form}).status_code == 409
    start(api, survey, **form, _force_new="true")


def test_interaction_abandoned_before_its_start_is_not_pending(api, survey):
    form = {"survey_type": "sms", "phone_number": "+61488000001"}
    api("POST", f"/interactions/{start(api, survey, **form)['id']}/abandon_survey")
    start(api, survey, **form)


def test_a_text_message_to_a_landline_is_abandoned_at_its_time(api, survey):
    landline = {"survey_type": "sms", "phone_number": "+61730000001"}
    due = start(api, survey, **landline, scheduled_at="2026-02-19 10:30:02")
    later = start(api, survey, **landline, scheduled_at="2999-02-19 10:30:02")
    mobile = start(api, survey, survey_type="sms", phone_number="+61488000001", scheduled_at="2026-02-19 10:30:02")
    status = {row["id"]: row["status"] for row in api.get("/interactions", survey_id=survey).json()}
    assert status == {due["id"]: "Abandoned", later["id"]: "Not Started", mobile["id"]: "Not Started"}
    assert api.get(f"/interactions/{due['id']}").json()["status"] == "Abandoned"
    assert [row["id"] for row in api.get("/interactions", survey_id=survey, survey_ended="1").json()] == [due["id"]]
    assert api("POST", f"/interactions/{due['id']}/start_survey").status_code == 409


@pytest.mark.parametrize(("shape", "name"), [("flat", "question_text"), ("nested", "question_prompt")])
def test_the_present_question_has_the_shape_of_the_tenant(shape, name):
    with SandboxServer(":memory:", SandboxOptions(shape=shape)) as server:
        server.store.create("surveys", {"name": "CSAT"})
        server.store.create("questions", {"survey_id": 1, "question_text": "Well?", "question_type": "text"})
        api = Api(server)
        begun = api("POST", f"/interactions/{start(api, 1)['id']}/start_survey").json()
        assert name in begun["current_question"]
        assert begun["current_question"] == api.get("/questions/1").json()


def test_unknown_form_fields_become_interaction_data_that_can_be_set_and_deleted(api, survey):
    id = start(api, survey, tier="GOLD")["id"]
    (datum,) = api.get("/interaction_data", interaction_id=id).json()
    assert (datum["custom_key"], datum["custom_value"]) == ("tier", "GOLD")
    form = {"interaction_id": id, "custom_key": "tier", "custom_value": "SILVER"}
    assert api("POST", "/interaction_data", form).json()["id"] == datum["id"]
    assert api.get(f"/interaction_data/{datum['id']}").json()["custom_value"] == "SILVER"
    assert api("POST", "/interaction_data", {**form, "custom_key": "1x"}).status_code == 400
    assert api("DELETE", f"/interaction_data/{datum['id']}").status_code == 204
    assert api.get(f"/interaction_data/{datum['id']}").status_code == 410


@pytest.mark.parametrize(
    "form",
    [{}, {"survey_id": "99"}, {"survey_id": "1", "survey_type": "fax"}, {"survey_id": "1", "survey_type": "sms"},
     {"survey_id": "1", "survey_type": "email"}, {"survey_id": "1", "scheduled_at": "soon"}],
)  # fmt: skip
def test_incomplete_interaction_is_rejected(api, survey, form):
    assert api("POST", "/interactions", form).status_code == 400


def test_interactions_are_listed_filtered_replaced_and_deleted(api, tenant, survey):
    tenant.store.load_snapshot({"users": [{"email": "a@x.example", "name": "A", "agent_id": "ana"}]})
    first, second = start(api, survey, agent_id="ana"), start(api, survey, external_ref="order-17")
    assert api.get("/interactions").status_code == 400
    assert {row["id"] for row in api.get(f"/surveys/{survey}/interactions").json()} == {first["id"], second["id"]}
    assert [row["id"] for row in api.get("/interactions", survey_id=survey, external_ref="order-17").json()] == [
        second["id"]
    ]
    assert [row["id"] for row in api.get("/users/A@x.example/interactions").json()] == [first["id"]]
    changed = {**first, "call_type": "support"}
    assert api.put(f"/interactions/{first['id']}", "interaction", changed).json()["call_type"] == "support"
    (row, *_) = api.get("/interactions", survey_id=survey, _include_data="true", _include_responses="true").json()
    assert (row["interaction_data"], row["responses"]) == ([], [])
    assert api("DELETE", f"/interactions/{first['id']}").status_code == 204
    assert api.get(f"/interactions/{first['id']}").status_code == 410


def test_users_are_found_by_email_in_any_case_with_their_interactions_only(api, tenant, survey):
    rows = [{"email": "Ana@x.example", "name": "Ana", "agent_id": "ana"}, {"email": "ben@x.example", "name": "Ben"}]
    tenant.store.load_snapshot({"users": rows})
    mine = start(api, survey, agent_id="ana")["id"]
    start(api, survey)
    assert [row["name"] for row in api.get("/users", email="ana@X.example").json()] == ["Ana"]
    assert api.get("/users", email="na@x.example").json() == []
    assert [row["id"] for row in api.get("/users/ana@x.example/interactions").json()] == [mine]
    assert api.get("/users/ben@x.example/interactions").json() == []


def test_delete_of_an_interaction_deletes_its_data(api, survey):
    first, second = start(api, survey, tier="GOLD"), start(api, survey, tier="SILVER")
    assert api("DELETE", f"/interactions/{first['id']}").status_code == 204
    assert [row["interaction_id"] for row in api.get("/interaction_data", survey_id=survey).json()] == [second["id"]]
    assert api.get("/interaction_data", interaction_id=first["id"]).json() == []


@pytest.mark.parametrize("path", ["/responses", "/interaction_data"])
def test_lists_of_records_require_a_filter(api, path):
    assert api.get(path).status_code == 400


def test_data_of_a_tenant_is_persistent_and_private(tmp_path):
    path = tmp_path / "tenant.db"
    with SandboxServer(path) as server:
        Api(server)("POST", "/surveys", {"name": "A"})
    assert path.stat().st_mode & 0o777 == 0o600
    store = Store(path)
    assert [row["name"] for row in store.rows("surveys")] == ["A"]
    store.close()


def host_answer(tenant, host):
    headers = {"Authorization": "Bearer sandbox"} | ({"Host": host} if host else {})
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", tenant.port, timeout=20)) as connection:
        for path in ("/api/surveys", "/manage_users/upload", "/oauth/authorize", "/api/openapi.yaml"):
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            answer.read()
            yield answer.status


@pytest.mark.parametrize("host", [None, "localhost", "LOCALHOST:8080", "127.0.0.1", "127.0.0.1:1", "[::1]:8080"])
def test_the_names_of_this_machine_are_served(tenant, host):
    assert 421 not in list(host_answer(tenant, host))


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "localhost:x", "127.0.0.1@evil", "0"],
)
def test_a_name_that_a_web_page_pointed_here_is_not_served(tenant, host):
    assert set(host_answer(tenant, host)) == {421}


def test_pages_load_no_resources_and_post_only_to_themselves(api, tenant):
    origin = tenant.url.removesuffix("/api")
    query = "response_type=code&client_id=sandbox-client&redirect_uri=http://127.0.0.1:9/x&state=y"
    pages = [
        api.session.request(method, f"{origin}{path}", timeout=20)
        for method, path in (
            ("GET", "/manage_users/upload"),
            ("GET", f"/oauth/authorize?{query}"),
            ("GET", "/oauth/authorize?client_id=another"),
        )
    ]
    for page in pages:
        assert page.headers["Content-Type"].startswith("text/html")
        policy = page.headers["Content-Security-Policy"].split("; ")
        assert {"default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} <= set(policy)
        assert any(one.startswith("form-action ") for one in policy)
