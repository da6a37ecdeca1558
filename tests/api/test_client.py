"""The typed client against a tenant over HTTP."""

from __future__ import annotations

import dataclasses
import itertools
import subprocess
import sys
import types
import typing
from datetime import datetime, timedelta, timezone

import pytest

from sdx_state.api import errors as e
from sdx_state.api.address import base_url
from sdx_state.api.client import Client
from sdx_state.api.credentials import credentials_from
from sdx_state.api.endpoints import Connection, Endpoints
from sdx_state.api.moments import moment_of, written
from sdx_state.api.records import (
    Interaction,
    InteractionDatum,
    PhoneNumber,
    Question,
    Response,
    ResponseOption,
    Survey,
    User,
)
from sdx_state.kinds import QUESTION, SURVEY, USER
from sdx_state.programs.machine import Machine

ENVIRONMENT = {"SDX_CUSTOMER_UUID": "00000000-0000-4000-8000-000000000000", "SDX_AUTH_TOKEN": "sandbox"}
NOON = datetime(2031, 5, 4, 12, 0, tzinfo=timezone.utc)


class Clock(Machine):
    def __init__(self):
        self.time = 1_767_225_600.0
        self.slept = []

    def now(self):
        return self.time

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.time += seconds


def client_of(url):
    connection = Connection(base_url(None, url), credentials_from(ENVIRONMENT))
    return Client.from_endpoints(Endpoints(connection, machine=Clock()))


def fill(tenant):
    store = tenant.store
    store.create("surveys", {"name": "CSAT", "greeting_text": "Hello.", "closing_text": "Bye.", "sms_number": ""})
    for place, (label, kind) in enumerate([("NPS", "nps"), ("Why", "text")], 1):
        question = {"question_label": label, "question_text": f"{label}?", "question_type": kind, "max_response": 10}
        store.create("questions", {**question, "survey_id": 1, "order": place})
    store.create("users", {"email": "Ana@example.com", "name": "Ana", "agent_id": "ana", "phone": "+61491570156"})


@pytest.fixture
def client(tenant):
    fill(tenant)
    with client_of(tenant.url) as made:
        yield made


@pytest.fixture
def shaky(tenant, proxy):
    """A client behind a proxy that fails on demand."""
    fill(tenant)
    with client_of(proxy.url) as made:
        yield made


def test_client_is_created_from_the_environment(tenant):
    fill(tenant)
    with Client.from_environment({**ENVIRONMENT, "SDX_API_URL": tenant.url}) as client:
        assert [survey.name for survey in client.surveys.list()] == ["CSAT"]
    with pytest.raises(e.CredentialsError):
        Client.from_environment({"SDX_API_URL": tenant.url})
    with pytest.raises(e.InvalidURLError, match="API host is missing"):
        Client.from_environment(ENVIRONMENT)
    with pytest.raises(e.InvalidURLError, match="credentials are for"):
        Client.from_environment(ENVIRONMENT, host="attacker.example")


def test_records_have_typed_fields(client):
    survey = client.surveys.get(1)
    assert (survey.id, survey.name, survey.greeting_text, survey.sms_number) == (1, "CSAT", "Hello.", None)
    questions = list(client.surveys.questions(1))
    assert [(one.question_label, one.question_type, one.max_response, one.order) for one in questions] == [
        ("NPS", "nps", 10, 1),
        ("Why", "text", 10, 2),
    ]
    assert next(client.questions.list(question_label="Why")).survey_id is None
    user = client.users.get("ana@EXAMPLE.com")
    assert (user.email, user.agent_id, user.phone) == ("Ana@example.com", "ana", "+61491570156")
    assert [one.name for one in client.users.list(name_contains="An")] == ["Ana"]
    assert client.phone_numbers.lookup("0491 570 156", "AU").phone_number == "+61491570156"


def test_both_wire_shapes_give_the_same_record(nested_tenant, client):
    fill(nested_tenant)
    with client_of(nested_tenant.url) as nested:
        assert nested.surveys.get(1) == client.surveys.get(1)
        assert [one.question_text for one in nested.surveys.questions(1)] == ["NPS?", "Why?"]


def test_fields_of_the_nested_shape_are_typed(nested_tenant):
    nested_tenant.store.create(
        "surveys",
        {
            "name": "CSAT",
            "greeting_prompt": {"text": {"default": "Hello.", "de-default": "Hallo."}},
            "invalid_response_prompt": {"text": {"default": "Again?"}},
            "redirect_timeout": "5",
        },
    )
    nested_tenant.store.create(
        "questions",
        {
            "survey_id": 1,
            "order": 1,
            "question_prompt": {"text": {"default": "Which?"}},
            "compulsory": 1,
            "disabled": "0",
            "timeout": "8",
            "response_options": [{"label": "a", "prompt": {"text": {"default": "A", "fr-CA": "Ah"}}}],
        },
    )
    with client_of(nested_tenant.url) as client:
        survey = client.surveys.get(1)
        assert survey.greeting_text == {"default": "Hello.", "de-default": "Hallo."}
        assert (survey.invalid_response_text, survey.redirect_timeout) == ("Again?", 5)
        (question,) = client.surveys.questions(1)
        assert (question.compulsory, question.disabled, question.transcribe) == (True, False, None)
        assert question.timeout == 8
        assert question.response_options == (ResponseOption("a", {"default": "A", "fr-CA": "Ah"}),)


def test_record_has_every_field_of_its_kind():
    for kind, record in ((SURVEY, Survey), (QUESTION, Question), (USER, User)):
        known = {field.name for field in dataclasses.fields(record)} - {"raw", "id", "survey_id", "order"}
        assert known - {kind.identity} == {field.name for field in kind.fields} - {kind.identity}


ODD = (
    None,
    True,
    7,
    1.5,
    "",
    "x",
    [],
    {},
    [None],
    [{}],
    {"default": 7},
    {"a": {"b": []}},
    [{"label": [], "prompt": 1}],
)


def test_values_of_wrong_type_are_none_but_in_raw(serve, connect):
    """Fields have their declared types for any answer, and `raw` has the whole answer."""
    for path, get, record in (
        ("surveys", lambda client: client.surveys.get(7), Survey),
        ("questions", lambda client: client.questions.get(7), Question),
        ("users", lambda client: client.users.get("a@example.com"), User),
        ("interactions", lambda client: client.interactions.get(7), Interaction),
        ("interaction_data", lambda client: client.interaction_data.get(7), InteractionDatum),
        ("responses", lambda client: client.responses.get(7), Response),
        ("phone_numbers", lambda client: client.phone_numbers.lookup("+61491570156"), PhoneNumber),
    ):
        names = {field.name for field in dataclasses.fields(record)} - {"raw", "id"}
        names |= {"greeting_prompt", "question_prompt", "web_link", "weblink"}
        rows = [{"id": 7, **dict.fromkeys(names, odd), "email": "a@example.com"} for odd in ODD]
        client = Client.from_endpoints(connect(serve(*[(200, row) for row in rows])))
        hints = typing.get_type_hints(record)
        for row in rows:
            try:
                found = get(client)
            except e.InvalidResponseError:
                # A response without an id is an error: an attribute without a value would break its type.
                assert path == "interactions"
                assert isinstance(row["responses"], list)
                continue
            assert found.raw == row
            for field in dataclasses.fields(record):
                assert_type(getattr(found, field.name), hints[field.name], f"{path}: {field.name}")


def assert_type(value, hint, where):
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        kinds = tuple(typing.get_origin(one) or one for one in inside)
        assert isinstance(value, kinds), where
        assert not (isinstance(value, bool) and bool not in kinds), where
        if isinstance(value, typing.Mapping):
            assert all(isinstance(text, str) for text in value.values()), where
    elif hint is not typing.Any:
        assert isinstance(value, origin or hint), where


def test_lists_are_lazy(shaky, proxy, tenant):
    for number in range(2500):
        tenant.store.put_record(
            "interactions", {"survey_id": 1, "external_ref": str(number), "status": "x", "uuid": "u"}
        )
    found = shaky.interactions.list(1)
    assert proxy.seen == []
    assert [one.external_ref for one in itertools.islice(found, 3)] == ["0", "1", "2"]
    assert len(proxy.seen) == 1
    assert len(list(found)) == 2497


def test_complete_conversation(client):
    interaction = client.interactions.create(survey_id=1, survey_type="web", agent_id="ana", data={"order_no": "17"})
    assert interaction.survey_id == 1
    first = client.interactions.start_survey(interaction.id)
    assert first.prompts == ("Hello.", "NPS?")
    assert not first.survey_completed
    assert first.current_question is not None
    assert first.current_question.question_label == "NPS"
    again = client.interactions.submit_response(interaction.id, "many")
    assert again.current_question == first.current_question
    second = client.interactions.submit_response(interaction.id, "9")
    assert second.prompts == ("Why?",)
    last = client.interactions.submit_response(interaction.id, "You are kind & quick + 100%")
    assert (last.prompts, last.survey_completed, last.current_question) == (("Bye.",), True, None)
    responses = list(client.responses.list(interaction_id=interaction.id))
    assert [(one.question_label, one.response) for one in responses] == [
        ("NPS", "9"),
        ("Why", "You are kind & quick + 100%"),
    ]
    assert responses[0].submitted_at is not None
    assert responses[0].submitted_at.tzinfo is timezone.utc
    assert [one.id for one in client.surveys.responses(1)] == [one.id for one in responses]
    assert [one.response for one in client.questions.responses(1)] == ["9"]
    assert [one.id for one in client.users.interactions("ana@example.com")] == [interaction.id]
    with pytest.raises(e.ConflictError):
        client.interactions.delete(interaction.id)


def test_an_interaction_is_changed_abandoned_and_deleted(client):
    made = client.interactions.create(survey_id=1, scheduled_at=NOON, external_ref="order-17", call_type="support")
    assert made.scheduled_at == NOON
    later = client.interactions.update(made.id, scheduled_at=NOON + timedelta(days=1))
    assert later.scheduled_at == NOON + timedelta(days=1)
    assert (later.external_ref, later.call_type) == ("order-17", "support")
    other = client.interactions.create(survey_id=1)
    client.interactions.start_survey(other.id)
    assert not client.interactions.abandon_survey(other.id).survey_completed
    assert [one.id for one in client.interactions.list(1, survey_ended=True)] == [other.id]
    assert [one.id for one in client.interactions.list(1, external_ref="order-17")] == [made.id]
    client.interactions.delete(made.id)
    with pytest.raises((e.NotFoundError, e.GoneError)):
        client.interactions.get(made.id)


def test_custom_values_are_set_read_and_deleted(client):
    made = client.interactions.create(survey_id=1, data={"order_no": "17"})
    (datum,) = client.interaction_data.list(interaction_id=made.id)
    assert (datum.custom_key, datum.custom_value) == ("order_no", "17")
    assert client.interaction_data.set(made.id, "order_no", "18").custom_value == "18"
    client.interaction_data.set(made.id, "channel", "web")
    found = client.surveys.interaction_data(1)
    assert {one.custom_key: one.custom_value for one in found} == {"order_no": "18", "channel": "web"}
    (whole,) = client.interactions.list(1, include_data=True, include_responses=True)
    assert whole.responses == ()
    assert {one.custom_key for one in whole.interaction_data or ()} == {"order_no", "channel"}
    for one in client.interaction_data.list(interaction_id=made.id):
        client.interaction_data.delete(one.id)
    assert list(client.interaction_data.list(interaction_id=made.id)) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"survey_type": "fax"},
        {"scheduled_at": datetime(2031, 1, 1)},
        {"data": {"9lives": "x"}},
        {"data": {"survey_type": "sms"}},
        {"data": {"_force_new": "true"}},
        {"external_ref": ""},
    ],
)
def test_values_that_the_api_would_misread_are_never_sent(shaky, proxy, wrong):
    with pytest.raises(ValueError):
        shaky.interactions.create(survey_id=1, **wrong)
    assert proxy.writes() == []


def test_parameter_names_are_not_keys_of_custom_data(client):
    made = client.interactions.create(survey_id=1)
    assert client.interaction_data.set(made.id, "status", "vip").custom_value == "vip"
    with pytest.raises(ValueError, match="9lives"):
        client.interaction_data.set(made.id, "9lives", "x")
    with pytest.raises(ValueError, match="fax"):
        client.interactions.update(made.id, survey_type="fax")


def test_lists_without_required_filter_raise(client):
    with pytest.raises(ValueError, match="survey_id or question_id or interaction_id"):
        client.responses.list(response="9")
    with pytest.raises(ValueError, match="survey_id or interaction_id"):
        client.interaction_data.list(custom_key="a")


def posts(proxy):
    return [path for method, path in proxy.writes() if method == "POST"]


@pytest.mark.parametrize("fault", ["drop after", "html", "truncate", "empty"])
@pytest.mark.parametrize("ref", [None, "order-17"])
def test_lost_create_is_found_by_its_mark_and_not_repeated(shaky, proxy, tenant, fault, ref):
    if ref is not None:
        shaky.interactions.create(survey_id=1, external_ref=ref)  # an older one of the same mark is not taken for it
    before = len(posts(proxy))
    proxy.fail("POST", "/interactions", fault)
    made = shaky.interactions.create(survey_id=1, external_ref=ref)
    assert len(posts(proxy)) == before + 1
    assert made.id == max(row["id"] for row in tenant.store.records("interactions"))
    assert len(tenant.store.records("interactions")) == before + 1


@pytest.mark.parametrize("fault", ["drop before", 500, 503])
def test_create_that_never_arrived_is_an_error_and_not_repeated(shaky, proxy, tenant, fault):
    proxy.fail("POST", "/interactions", fault)
    with pytest.raises(e.SurveyDynamixError) as caught:
        shaky.interactions.create(survey_id=1)
    assert caught.value.ambiguous
    sent_mark = proxy.queries("/interactions", "external_ref")[-1]
    assert sent_mark.startswith("sdx-")
    assert sent_mark in caught.value.advice
    assert len(posts(proxy)) == 1
    assert sum(shaky.rows.machine.slept) >= 30
    assert tenant.store.records("interactions") == []


@pytest.mark.parametrize("answers", [[500] * 5, [401], ["html"] * 3])
def test_create_is_ambiguous_if_reading_fails(shaky, proxy, answers):
    """Otherwise a caller would assume that it was not created, and create it twice."""
    proxy.fail("POST", "/interactions", "drop after")
    for answer in answers:
        proxy.fail("GET", "/interactions", answer, times=99)
    with pytest.raises(e.NoResponseError) as caught:
        shaky.interactions.create(survey_id=1)
    assert caught.value.ambiguous
    assert caught.value.request == "POST /interactions"


def test_lost_create_is_found_after_failed_reads(shaky, proxy, tenant):
    proxy.fail("POST", "/interactions", "drop after")
    proxy.fail("GET", "/interactions", "html", times=4)
    made = shaky.interactions.create(survey_id=1)
    assert [made.id] == [row["id"] for row in tenant.store.records("interactions")]


SMS = {"survey_id": 1, "survey_type": "sms", "phone_number": "+61491570156", "scheduled_at": NOON}


@pytest.mark.parametrize("ref", [None, "order-17"])
def test_conflict_with_its_own_create_is_resolved(shaky, proxy, tenant, ref):
    """A proxy may send a request twice: then the pending interaction is the created one."""
    proxy.fail("POST", "/interactions", "twice")
    made = shaky.interactions.create(**SMS, external_ref=ref)
    assert [made.id] == [row["id"] for row in tenant.store.records("interactions")]
    with pytest.raises(e.ConflictError) as caught:
        shaky.interactions.create(**SMS, external_ref=ref)
    assert "force_new" in caught.value.advice
    assert not caught.value.ambiguous


def test_several_interactions_with_one_mark_are_an_error(shaky, proxy, tenant):
    proxy.fail("POST", "/interactions", "twice, then lost")
    with pytest.raises(e.NoResponseError, match="POST /interactions") as caught:
        shaky.interactions.create(survey_id=1)
    assert caught.value.ambiguous
    assert [row["id"] for row in tenant.store.records("interactions")] == [1, 2]
    assert "1, 2" in caught.value.advice


def test_on_ambiguous_raise_sends_only_the_create(shaky, proxy, tenant):
    before = len(proxy.seen)
    proxy.fail("POST", "/interactions", "drop after")
    with pytest.raises(e.NoResponseError) as caught:
        shaky.interactions.create(survey_id=1, external_ref="order-17", on_ambiguous="raise")
    assert caught.value.ambiguous
    assert "'order-17'" in caught.value.advice
    assert len(proxy.seen) == before + 1
    assert len(tenant.store.records("interactions")) == 1
    assert shaky.rows.machine.slept == []


def test_on_ambiguous_raise_does_not_read_after_a_conflict(shaky, proxy):
    proxy.fail("POST", "/interactions", "twice")
    with pytest.raises(e.ConflictError) as caught:
        shaky.interactions.create(**SMS, on_ambiguous="raise")
    assert "force_new" in caught.value.advice
    assert not caught.value.ambiguous


@pytest.mark.parametrize("on_ambiguous", ["resolve", "raise"])
def test_on_ambiguous_does_not_affect_clear_answers(client, on_ambiguous):
    made = client.interactions.create(survey_id=1, on_ambiguous=on_ambiguous)
    assert client.interactions.get(made.id) == made
    with pytest.raises(e.SurveyDynamixError) as caught:
        client.interactions.create(survey_id=99, on_ambiguous=on_ambiguous)
    assert not caught.value.ambiguous


def test_unknown_on_ambiguous_raises_before_sending(shaky, proxy):
    with pytest.raises(ValueError, match="on_ambiguous must be one of resolve, raise, not 'retry'"):
        shaky.interactions.create(survey_id=1, on_ambiguous="retry")
    assert posts(proxy) == []


def test_lost_update_is_read_back(shaky, proxy):
    made = shaky.interactions.create(survey_id=1, call_type="support")
    proxy.fail("PUT", "/interactions", "drop after")
    changed = shaky.interactions.update(made.id, call_type="sales", scheduled_at=NOON)
    assert (changed.call_type, changed.scheduled_at) == ("sales", NOON)
    proxy.fail("PUT", "/interactions", "drop before")
    with pytest.raises(e.NoResponseError) as caught:
        shaky.interactions.update(made.id, call_type="else")
    assert caught.value.ambiguous
    assert len([method for method, _ in proxy.writes() if method == "PUT"]) == 2


def test_lost_delete_is_read_back(shaky, proxy):
    made = shaky.interactions.create(survey_id=1, data={"tier": "GOLD"})
    (datum,) = shaky.interaction_data.list(interaction_id=made.id)
    for path, delete, id in (
        ("/interaction_data", shaky.interaction_data.delete, datum.id),
        ("/interactions", shaky.interactions.delete, made.id),
    ):
        proxy.fail("DELETE", path, "drop before")
        with pytest.raises(e.NoResponseError) as caught:
            delete(id)
        assert caught.value.ambiguous
        proxy.fail("DELETE", path, "drop after")
        delete(id)
        with pytest.raises(e.GoneError):
            delete(id)


def test_lost_custom_value_is_read_back(shaky, proxy):
    made = shaky.interactions.create(survey_id=1)
    proxy.fail("POST", "/interaction_data", "drop after")
    assert shaky.interaction_data.set(made.id, "a", "b").custom_value == "b"
    proxy.fail("POST", "/interaction_data", "drop before")
    with pytest.raises(e.NoResponseError):
        shaky.interaction_data.set(made.id, "a", "c")
    proxy.fail("POST", "/interaction_data", "drop before")
    proxy.fail("GET", "/interaction_data", "html", times=3)
    with pytest.raises(e.NoResponseError) as caught:
        shaky.interaction_data.set(made.id, "a", "c")
    assert caught.value.ambiguous


def test_pending_interaction_with_the_number_is_a_conflict_without_force_new(client):
    call = {"survey_id": 1, "survey_type": "sms", "phone_number": "+61491570156", "scheduled_at": NOON}
    client.interactions.create(**call)
    with pytest.raises(e.ConflictError):
        client.interactions.create(**call)
    client.interactions.create(**call, force_new=True)
    assert len(list(client.interactions.list(1))) == 2


def test_reprs_do_not_contain_links_without_login(client):
    made = client.interactions.create(survey_id=1)
    assert made.uuid
    assert made.web_link
    for shown in (repr(made), repr(client.interactions.get(made.id))):
        assert made.uuid not in shown
        assert "web_survey" not in shown


@pytest.mark.parametrize("name", ["web_link", "weblink"])
def test_both_documented_forms_of_an_interaction_are_read(serve, connect, name):
    link = "https://surveydynamix.com/web_survey/6f1c"
    row = {"id": "7", "survey_id": "52", name: link, "scheduled_at": "-0001-11-30 00:00:00", "status": "Completed"}
    read = Client.from_endpoints(
        connect(serve((200, {**row, "created_at": "2026-02-19 10:30:02", "phone_number": ""})))
    ).interactions
    found = read.get(7)
    assert (found.id, found.survey_id, found.web_link, found.phone_number) == (7, 52, link, None)
    assert found.scheduled_at is None
    assert found.created_at == datetime(2026, 2, 19, 10, 30, 2, tzinfo=timezone.utc)
    assert "6f1c" not in repr(found)


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2026-02-19 10:30:02", datetime(2026, 2, 19, 10, 30, 2, tzinfo=timezone.utc)),
        ("-0001-11-30 00:00:00", None),
        ("0000-00-00 00:00:00", None),
        ("", None),
        (None, None),
        (17, None),
    ],
)
def test_times_are_utc_and_zero_dates_are_none(value, moment):
    assert moment_of(value) == moment


def test_times_of_any_zone_are_sent_in_utc():
    assert written(NOON.astimezone(timezone(timedelta(hours=10)))) == "2031-05-04 12:00:00"


ERRORS = [
    (400, e.BadRequestError),
    (401, e.AuthenticationError),
    (404, e.NotFoundError),
    (405, e.MethodNotAllowedError),
    (409, e.ConflictError),
    (410, e.GoneError),
    (500, e.InternalServerError),
    (503, e.ServiceUnavailableError),
    ("html", e.NonAPIResponseError),
]


@pytest.mark.parametrize(("fault", "error"), ERRORS)
def test_each_error_has_type_request_and_advice(shaky, proxy, fault, error):
    proxy.fail("GET", "/interactions/7", fault, times=9)
    with pytest.raises(error) as caught:
        shaky.interactions.get(7)
    assert caught.value.request == "GET /interactions/7"
    assert caught.value.advice
    assert caught.value.status == (fault if isinstance(fault, int) else 200)


def test_import_of_the_client_loads_no_heavy_packages():
    tell = "print(*{name.partition('.')[0] for name in sys.modules} - sys.stdlib_module_names)"
    codes = (f"import sys, {imported}; {tell}" for imported in ("sdx_state.api.client", "requests"))
    brought, plain = (
        set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())
        for code in codes
    )
    assert brought - plain == {"sdx_state"}


def test_each_error_can_be_imported_with_the_client():
    import sdx_state

    for _, error in ERRORS:
        assert getattr(sdx_state, error.__name__) is error
        assert issubclass(error, sdx_state.SurveyDynamixError)


def test_lists_of_a_period_do_not_require_a_survey(client):
    when = datetime.now(timezone.utc)
    made = [client.interactions.create(survey_id=1) for _ in range(2)]
    day = when.date()
    for start, end in ((day, day), (f"{day} 00:00", f"{day}T23:59:59Z"), (when.replace(hour=0), "2999-12-31")):
        found = client.interactions.list(start_date=start, end_date=end)
        assert [one.id for one in found] == [one.id for one in made]
    assert list(client.interactions.list(start_date="2001-01-01", end_date="2001-01-02")) == []
    assert list(client.responses.list(start_date="2001-01-01", end_date="2001-01-02")) == []
    assert list(client.interactions.list(1, end_date="2001-01-02")) == []


@pytest.mark.parametrize(
    "dates",
    [
        {},
        {"start_date": "2026-01-01"},
        {"start_date": "yesterday", "end_date": "2026-01-01"},
        {"start_date": "2026-02-30", "end_date": "2026-03-01"},
        {"start_date": datetime(2026, 1, 1), "end_date": datetime(2026, 1, 2)},
    ],
)
def test_incomplete_or_invalid_period_is_never_sent(shaky, proxy, dates):
    for collection in (shaky.interactions, shaky.responses):
        with pytest.raises(ValueError, match=r"date|time"):
            collection.list(**dates)
    assert proxy.seen == []


def test_fields_of_later_answers_are_typed(client):
    made = client.interactions.create(
        survey_id=1, respondent_language="de", phone_connection_id=3, shorten_urls=True, data={"tier": "GOLD"}
    )
    assert (made.respondent_language, made.restricted, made.completed_at) == ("de", 0, None)
    assert made.weblink_short
    assert made.unsubscribe_link_short
    assert made.weblink_short not in repr(made)
    assert made.unsubscribe_link_short not in repr(made)
    assert [one.custom_key for one in client.interaction_data.list(interaction_id=made.id)] == ["tier"]


def test_response_before_the_start_suggests_start_survey(client):
    made = client.interactions.create(survey_id=1)
    with pytest.raises(e.RedirectError, match="start_survey") as caught:
        client.interactions.submit_response(made.id, "9")
    assert "Call start_survey first" in caught.value.advice
    assert list(client.responses.list(interaction_id=made.id)) == []


@pytest.mark.parametrize("fault", [500, "drop after", "drop before", "html"])
def test_lost_answer_of_start_survey_is_read_by_repeating(shaky, proxy, fault):
    made = shaky.interactions.create(survey_id=1)
    proxy.fail("POST", "start_survey", fault, times=2)
    first = shaky.interactions.start_survey(made.id)
    assert first == shaky.interactions.start_survey(made.id)


def test_conflict_on_second_start_keeps_the_first_error(serve, connect):
    server = serve((500, {}), (409, {"error": "has started"}))
    with pytest.raises(e.InternalServerError) as caught:
        Client.from_endpoints(connect(server)).interactions.start_survey(7)
    assert caught.value.ambiguous
    assert len(server.seen) == 2
