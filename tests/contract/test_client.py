"""Each request of the client conforms to the contract."""

from __future__ import annotations

import dataclasses
import inspect
import typing
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from sdx_state.api.collections import Questions, Responses, Surveys, Users
from sdx_state.api.interaction_data import InteractionData
from sdx_state.api.interactions import Interactions
from sdx_state.api.records import Interaction, InteractionDatum, PhoneNumber, Response, Turn, User
from sdx_state.kinds.interaction import SurveyType
from sdx_state.sandbox import SandboxOptions

BEFORE = """
surveys:
  csat:
    name: CSAT
    greeting_text: {text}
    sms_number: "+61488000001"
    questions:
      - {{question_label: One, question_text: First?, question_type: yesno}}
      - {{question_label: Two, question_text: Second?, question_type: number, max_response: 5}}
  old: {{name: Old, questions: [{{question_label: Gone, question_text: Last?, question_type: text}}]}}
users:
  ana@example.com: {{name: Ana, agent_id: ana, timezone: Australia/Brisbane}}
  ben+b@example.com: {{name: Ben}}
phone_numbers:
  sms: {{number: "0488 888 888", country_code: AU, phone_type: mobile}}
"""
AFTER = """
surveys:
  csat:
    name: CSAT
    greeting_text: {text}
    questions:
      - {{question_label: Two, question_text: Second of all?, question_type: number, max_response: 7}}
      - {{question_label: One, question_text: First?, question_type: yesno}}
users:
  ana@example.com: {{name: Ana Lee, agent_id: ana}}
"""
WRITES = {f"{verb}{kind}" for verb in ("create", "replace", "delete") for kind in ("Survey", "Question", "User")}
READS = {"listSurveys", "listQuestions", "listUsers", "getSurvey", "getPhoneNumber", "askSurveys", "askSurvey"}


@pytest.mark.parametrize(
    ("shape", "texts"),
    [("flat", ("Hello.", "Hello again.")), ("nested", ("{default: Hello., de-default: Hallo.}", "{default: Hi.}"))],
)
def test_a_plan_and_its_apply_send_nothing_that_is_not_in_the_contract(project, contract, record, shape, texts):
    server, recorder = record(SandboxOptions(shape=shape))
    with server:
        project.connect(server.url)
        for text, configuration, options in zip(texts, (BEFORE, AFTER), ((), ("--allow-deletes", "3")), strict=True):
            project.write("a.yaml", configuration.format(text=text))
            assert project.run("plan", *options).code == 0
            applied = project.apply(*options)
            assert applied.code == 0, applied.out + applied.err
        assert project.run("plan", "--detailed-exitcode").code == 0
    assert len(recorder.sent) > 30
    seen = {contract.check(sent) for sent in recorder.sent}
    assert seen >= WRITES | READS


@pytest.mark.parametrize(
    ("method", "path", "query", "body"),
    [
        ("GET", "/api/questionnaires", "", ""),
        ("PATCH", "/api/surveys/1", "", "name=A"),
        ("GET", "/api/surveys", "_limit=1001", ""),
        ("GET", "/api/surveys", "_page=2", ""),
        ("GET", "/api/surveys/x", "", ""),
        ("GET", "/api/interactions", "start_date=yesterday", ""),
        ("POST", "/api/surveys", "", "title=A"),
        ("POST", "/api/surveys", "", "description=A"),
        ("POST", "/api/questions", "", f"survey_id=1&question_label={'x' * 31}"),
        ("PUT", "/api/surveys/1", "", "survey=%7B%22name%22%3A+%22A%22%7D"),
        ("PUT", "/api/surveys/1", "", "survey=%7B%22id%22%3A+1%2C+%22name%22%3A+%5B%5D%7D"),
        ("DELETE", "/api/surveys/1", "", "name=A"),
    ],
)
def test_a_request_that_is_not_in_the_contract_would_be_noticed(contract, sent, method, path, query, body):
    headers = {"authorization": "Basic eA==", "content-type": "application/x-www-form-urlencoded"}
    with pytest.raises(AssertionError):
        contract.check(sent(method, path, query, headers, body.encode()))


def test_everything_the_typed_client_sends_is_in_the_contract(contract, record):
    from datetime import datetime, timezone

    from sdx_state.api.client import Client

    server, recorder = record(SandboxOptions())
    with server:
        server.store.create("surveys", {"name": "CSAT"})
        question = {"question_label": "Q", "question_text": "Why?", "question_type": "text"}
        for place in (1, 2):
            server.store.create("questions", {**question, "survey_id": 1, "order": place})
        server.store.create("users", {"email": "ana@example.com", "name": "Ana", "agent_id": "ana"})
        options = SandboxOptions()
        environ = {
            "SDX_API_URL": server.url,
            "SDX_CUSTOMER_UUID": options.customer_uuid,
            "SDX_AUTH_TOKEN": options.auth_token,
        }
        with Client.from_environment(environ) as client:
            when = datetime(2031, 5, 4, 12, tzinfo=timezone.utc)
            made = client.interactions.create(
                survey_id=1,
                survey_type="sms",
                phone_number="+61491570156",
                scheduled_at=when,
                external_ref="order 17 & more",
                call_type="support",
                agent_id="ana",
                data={"order_no": "17"},
            )
            client.interactions.create(
                survey_id=1,
                email="b@example.com",
                survey_type="email",
                phone_connection_id=3,
                respondent_language="de",
                force_new=True,
                shorten_urls=True,
            )
            client.interactions.update(made.id, call_type="sales", scheduled_at=when)
            client.interactions.start_survey(made.id)
            client.interactions.submit_response(made.id, "Fast & kind, 100% + more")
            client.interactions.abandon_survey(made.id)
            datum = client.interaction_data.set(made.id, "channel", "web")
            client.interaction_data.get(datum.id)
            client.interaction_data.delete(datum.id)
            client.interactions.delete(client.interactions.create(survey_id=1).id)
            for found in (
                client.surveys.list(),
                client.surveys.questions(1),
                client.surveys.responses(1),
                client.surveys.interactions(1),
                client.surveys.interaction_data(1),
                client.questions.list(question_type="text", question_label="Q"),
                client.questions.responses(1),
                client.users.list(name_contains="An"),
                client.users.list(name="Ana", agent_id="ana", phone="+61491570156", email="ana@example.com"),
                client.users.interactions("ana@example.com"),
                client.responses.list(survey_id=1, response="a", response_contains="b"),
                client.responses.list(start_date=when.date(), end_date="2031-05-04 12:00:00"),
                client.interactions.list(start_date=when, end_date="2031-05-04T12:00:00Z", started=False),
                client.interaction_data.list(interaction_id=made.id, custom_key="order_no"),
                client.interactions.list(
                    1,
                    email="b@example.com",
                    survey_type="email",
                    scheduled_at=when,
                    external_ref="x",
                    call_type="sales",
                    agent_id="ana",
                    started=True,
                    completed=False,
                    survey_ended=True,
                    include_responses=True,
                    include_data=True,
                ),
            ):
                list(found)
            response = next(client.responses.list(interaction_id=made.id))
            client.responses.get(response.id)
            client.surveys.get(1), client.questions.get(1), client.users.get("ana@example.com")
            client.phone_numbers.lookup("0491 570 156", "AU")
    seen = {contract.check(sent, frozenset({"order_no"})) for sent in recorder.sent}
    documented = {
        operation["operationId"]
        for path, method, operation in contract.operations()
        if method in ("get", "post", "put", "delete") and not operation.get("x-sdx-undocumented")
        # Sub-lists by a survey or a question are read as the plain list with that filter, which answers the same.
        if not (method == "get" and path.startswith(("/surveys/{id}/", "/questions/{id}/")))
        and not path.startswith("/oauth/")
    }
    assert documented - seen == set()
    assert "listInteractionsOfUser" in seen


RECORDS = {
    "User": User,
    "PhoneNumber": PhoneNumber,
    "Interaction": Interaction,
    "InteractionDatum": InteractionDatum,
    "Response": Response,
    "Step": Turn,
}
LISTS = {
    "/surveys": Surveys,
    "/questions": Questions,
    "/users": Users,
    "/interactions": Interactions,
    "/interaction_data": InteractionData,
    "/responses": Responses,
}


@pytest.mark.parametrize("schema", RECORDS)
def test_each_field_in_the_contract_is_one_of_the_typed_record(contract, schema):
    fields = {field.name for field in dataclasses.fields(RECORDS[schema])} - {"raw"}
    # Either name of the link is read into one field.
    assert fields == contract.schema(schema)["properties"].keys() - {"weblink"}


@pytest.mark.parametrize("path", LISTS)
def test_each_filter_in_the_contract_is_one_of_the_typed_list(contract, path):
    listed = contract.parameters(path, contract.document["paths"][path]["get"])
    names = {one["name"].removeprefix("_") for one in listed} - {"limit", "offset", "order"}
    assert inspect.signature(LISTS[path].list).parameters.keys() - {"self"} == names


def test_each_field_of_a_create_in_the_contract_is_one_of_the_typed_create(contract):
    names = {name.removeprefix("_") for name in contract.schema("InteractionForm")["properties"]}
    assert inspect.signature(Interactions.create).parameters.keys() - {"self"} == names | {"data", "on_ambiguous"}
    types = contract.schema("SurveyType")["enum"]
    assert list(typing.get_args(SurveyType)) == types


def test_signing_in_sends_nothing_that_is_not_in_the_contract(contract, record):
    from sdx_state.api.address import base_url
    from sdx_state.api.oauth import SignIn, refreshed, token_transport
    from sdx_state.programs.machine import THIS_MACHINE
    from sdx_state.sandbox.oauth import CLIENT_ID, CLIENT_SECRET

    server, recorder = record(SandboxOptions())
    browser = requests.Session()
    browser.trust_env = False
    with server:
        base = base_url(None, server.url)
        attempt, transport = SignIn(base, CLIENT_ID, "http://127.0.0.1:9/signed-in"), token_transport(base, None)
        page = browser.get(attempt.url(CLIENT_SECRET), timeout=20)
        pressed = {**dict(parse_qsl(urlsplit(page.url).query)), "decision": "approve"}
        back = browser.post(page.url.partition("?")[0], pressed, allow_redirects=False, timeout=20)
        given = attempt.exchange(back.headers["Location"], CLIENT_SECRET, transport, THIS_MACHINE)
        refreshed(given, transport, THIS_MACHINE)
        form = dict(parse_qsl(recorder.sent[-1].body.decode()))
        refused = browser.post(f"{base.origin}/oauth/token", form, timeout=20)
        again = browser.post(f"{base.origin}/oauth/token", {**form, "client_secret": "wrong"}, timeout=20)
    assert [contract.check(sent) for sent in recorder.sent if sent.path != "/oauth/authorize" or sent.query] == [
        "authorize",
        *["exchangeToken"] * 4,
    ]
    for path, method, answers in (
        ("/oauth/authorize", "get", (page, back)),
        ("/oauth/token", "post", (refused, again)),
    ):
        said = contract.document["paths"][path][method]["responses"]
        assert {str(answer.status_code) for answer in answers} <= said.keys()
        for answer in answers:
            headers = contract.resolve(said[str(answer.status_code)]).get("headers", {})
            assert {name for name, one in headers.items() if one.get("required")} <= answer.headers.keys()
    contract.valid({"$ref": "#/components/schemas/Token"}, {"access_token": given.access_token}, "token")
