"""The contract is a valid document that says what the sandbox does and the product knows, no more and no less."""

from __future__ import annotations

import re

import pytest
import requests
import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator

from sdx_state.api.paging import LIMIT
from sdx_state.kinds import KINDS
from sdx_state.kinds.phone_number import PHONE_TYPES
from sdx_state.kinds.question import LABEL_LENGTH, QUESTION_TYPES
from sdx_state.sandbox import SandboxOptions, SandboxServer, Store, create_app
from sdx_state.sandbox.configuration import QUESTIONS, SURVEYS, USERS
from sdx_state.sandbox.interactions import FILTERS, SETTINGS, SURVEY_TYPES
from sdx_state.sandbox.period import NAMES as PERIOD
from sdx_state.sandbox.protocol import DEFAULT, MOST
from sdx_state.sandbox.records import COMPARED, RECORD_FILTERS

AUTH = ("00000000-0000-4000-8000-000000000000", "sandbox")
UNDOCUMENTED = "x-sdx-undocumented"
MARKS = {UNDOCUMENTED, "x-sdx-observed", "x-sdx-ambiguity"}
SCHEMAS = {
    "survey": ("SurveyFlat", "SurveyNested"),
    "question": ("QuestionFlat", "QuestionNested"),
    "user": ("User", "User"),
    "phone_number": ("PhoneNumber", "PhoneNumber"),
}
# Another format of the number itself, which is never declared.
NEVER_DECLARED = {"phone_number": {("national_format",)}}
# Paths that the sandbox serves beside the API.
BESIDE = re.compile(r"/api/openapi\.yaml|/manage_users/upload|/|/admin/.*")
ERRORS = {400, 401, 404, 405, 409, 410, 500, 503}
EXAMPLES = {"/api/users": "ana.lee@example.com", "/api/phone_numbers": "+61488000001", "/api": "1"}


def test_the_contract_is_valid_openapi(document):
    assert document["openapi"].startswith("3.1.")
    assert [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_an_invalid_contract_would_be_noticed(document):
    paths = {**document["paths"], "/more/{id}": {"get": {"responses": {"200": {}}}}}
    assert list(OpenAPIV31SpecValidator({**document, "paths": paths}).iter_errors())


def test_the_sandbox_serves_the_contract_to_anyone(tenant, document):
    answer = requests.get(tenant.url + "/openapi.yaml", timeout=20)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/yaml")
    assert yaml.safe_load(answer.content) == document


def methods_of_sandbox(documented: bool) -> dict[str, set[str]]:
    """Return what the sandbox says of each of its routes, by path with unnamed parameters."""
    store = Store(":memory:")
    routes = [route.path for route in create_app(store, SandboxOptions(documented=documented)).routes]
    store.close()
    found = {}
    with SandboxServer(":memory:", SandboxOptions(documented=documented)) as server:
        for path in {route for route in routes if not BESIDE.fullmatch(route)}:
            if not path.startswith("/api/"):
                found[path] = set()  # what hangs off the host is asked by browsers
                continue
            identity = next(value for name, value in EXAMPLES.items() if path.startswith(name))
            url = server.url.removesuffix("/api") + re.sub("{[^}]+}", identity, path)
            answer = requests.options(url, auth=AUTH, timeout=20)
            allowed = {method.strip() for method in answer.headers["Allow"].split(",")}
            found[unnamed(path.removeprefix("/api"))] = allowed
    return found


def unnamed(path: str) -> str:
    return re.sub(r"{[^}]+}", "{}", path)


@pytest.mark.parametrize("documented", [False, True])
def test_each_route_of_the_sandbox_is_in_the_contract_and_the_other_way_round(contract, documented):
    said: dict[str, set[str]] = {unnamed(path): set() for path in contract.document["paths"]}
    for path, method, operation in contract.operations():
        if "servers" in contract.document["paths"][path]:
            continue
        # That a server may be asked is our convention, but every server may be.
        if not (documented and operation.get(UNDOCUMENTED)) or method == "options":
            said[unnamed(path)] |= {"GET", "HEAD"} if method == "get" else {method.upper()}
    assert methods_of_sandbox(documented) == said


def test_our_own_conventions_are_marked_and_nothing_else_is(contract):
    marked = {(path, method) for path, method, operation in contract.operations() if operation.get(UNDOCUMENTED)}
    expected = {(path, method) for path, method, _ in contract.operations() if method == "options"}
    expected |= {(f"/{name}", "post") for name in ("surveys", "questions", "users")}
    for item in ("/surveys/{id}", "/questions/{id}", "/users/{email}"):
        expected |= {(item, "put"), (item, "delete")}
    assert marked == expected


def test_marks_are_spelt_right_and_say_something(document):
    nodes = [document]
    seen: dict[str, int] = {}
    while nodes:
        node = nodes.pop()
        for key, value in node.items() if isinstance(node, dict) else ():
            if str(key).startswith("x-"):
                assert key in MARKS, key
                assert value is True if key == UNDOCUMENTED else len(value.split()) >= 5, (key, value)
                seen[key] = seen.get(key, 0) + 1
        nodes += [*node.values()] if isinstance(node, dict) else node if isinstance(node, list) else []
    assert seen.keys() == MARKS
    assert seen["x-sdx-ambiguity"] >= 15


def wire_names(contract, schema: str) -> set[tuple[str, ...]]:
    """Return where a schema keeps its values: a name, or a prompt and its part."""
    names: set[tuple[str, ...]] = set()
    for name, field in contract.schema(schema)["properties"].items():
        if field.get(UNDOCUMENTED):
            continue
        inside = contract.resolve(field).get("properties") if name.endswith("_prompt") else None
        names |= {(name, part) for part in inside} if inside else {(name,)}
    return names


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
@pytest.mark.parametrize("shape", ["flat", "nested"])
def test_each_field_of_a_kind_is_in_the_contract_and_the_other_way_round(contract, kind, shape):
    flat, nested = SCHEMAS[kind.name]
    on_the_wire = {(name,) for name in (kind.identity, kind.parent_field, kind.order_field) if name}
    on_the_wire |= NEVER_DECLARED.get(kind.name, set())
    if shape == "flat":
        declared = {(field.name,) for field in kind.fields if field.flat}
    else:
        declared = {field.nested[:2] or (field.name,) for field in kind.fields}
    assert wire_names(contract, flat if shape == "flat" else nested) == declared | on_the_wire


@pytest.mark.parametrize(("shape", "which"), [("flat", 0), ("nested", 1)])
def test_each_field_that_the_sandbox_answers_is_in_the_contract(contract, filled, shape, which):
    with SandboxServer(":memory:", SandboxOptions(shape=shape)) as server:
        filled(server.store, 2)
        ask = requests.Session()
        ask.trust_env, ask.auth = False, AUTH
        for path, schema in (
            ("/surveys", SCHEMAS["survey"][which]),
            ("/questions?survey_id=1", SCHEMAS["question"][which]),
            ("/users", "User"),
            ("/interactions?survey_id=1&_include_responses=1&_include_data=1", "Interaction"),
            ("/interaction_data?survey_id=1", "InteractionDatum"),
            ("/responses?survey_id=1", "Response"),
        ):
            (row, *_) = ask.get(server.url + path, timeout=20).json()
            assert row.keys() <= contract.schema(schema)["properties"].keys(), path
            contract.valid({"$ref": f"#/components/schemas/{schema}"}, row, path)


@pytest.mark.parametrize("resource", [SURVEYS, QUESTIONS, USERS], ids=lambda resource: resource.singular)
def test_a_create_has_the_flat_fields_of_its_kind(contract, resource):
    form = contract.schema(f"{resource.singular.capitalize()}Form")
    flat = contract.schema(SCHEMAS[resource.singular][0])["properties"].keys()
    assert form["properties"].keys() == resource.fields == flat - {"id"}
    assert form["required"] == [*resource.required]
    path, parameters = f"/{resource.collection}", set(resource.filters)
    listed = contract.parameters(path, contract.document["paths"][path]["get"])
    paging = {"_limit", "_offset", "_order"}
    assert {one["name"] for one in listed} - paging - {"survey_id"} == parameters


def test_lists_of_records_have_the_filters_of_the_sandbox(contract):
    def filters(path: str) -> set[str]:
        listed = contract.parameters(path, contract.document["paths"][path]["get"])
        return {one["name"] for one in listed if not one["name"].startswith("_")}

    assert filters("/interactions") == {*FILTERS, *PERIOD, "survey_id", "started", "completed", "survey_ended"}
    for name, (needs, further) in RECORD_FILTERS.items():
        dated = PERIOD if name in COMPARED else ()
        assert filters(f"/{name}") - {"response_contains"} == {*needs, *further, *dated}
        # A path that gives one of them leaves the others to ask for.
        assert filters(f"/surveys/{{id}}/{name}") | {"survey_id"} == filters(f"/{name}") | {"id"}


def test_limits_and_lists_of_values_are_those_of_the_product_and_the_sandbox(contract):
    limit = contract.document["components"]["parameters"]["Limit"]["schema"]
    assert (limit["maximum"], limit["default"]) == (MOST, DEFAULT)
    assert limit["maximum"] == LIMIT
    assert contract.schema("QuestionLabel")["maxLength"] == LABEL_LENGTH
    assert contract.schema("QuestionForm")["properties"]["question_label"]["maxLength"] == LABEL_LENGTH
    assert contract.schema("QuestionType")["examples"] == [*QUESTION_TYPES]
    assert contract.schema("PhoneNumber")["properties"]["phone_type"]["enum"] == [*PHONE_TYPES]
    assert contract.schema("SurveyType")["enum"] == [*SURVEY_TYPES]
    assert contract.schema("InteractionForm")["properties"].keys() == SETTINGS


def test_operations_declare_all_their_errors(contract):
    seen = set()
    for path, method, operation in contract.operations():
        errors = {int(status) for status in operation["responses"] if status[0] in "45"}
        assert errors <= ERRORS
        assert {400, 401, 500, 503} <= errors, (method, path)
        assert 404 in errors or "{" not in path, (method, path)
        assert 405 in errors or not operation.get(UNDOCUMENTED), (method, path)
        seen |= errors
    assert seen == ERRORS


def test_every_list_can_be_paged_and_can_end_in_nothing(contract):
    lists = 0
    for path, method, operation in contract.operations():
        content = operation["responses"].get("200", {}).get("content", {}).get("application/json", {})
        if content.get("schema", {}).get("type") != "array":
            continue
        names = {one["name"] for one in contract.parameters(path, operation)}
        assert {"_limit", "_offset", "_order"} <= names, (method, path)
        assert "204" in operation["responses"], (method, path)
        lists += 1
    assert lists == 12


def test_every_example_keeps_to_its_own_schema(contract):
    count = 0
    for name, schema in contract.document["components"]["schemas"].items():
        for example in schema.get("examples", ()):
            contract.valid({"$ref": f"#/components/schemas/{name}"}, example, name)
            count += 1
    for path, _, operation in contract.operations():
        for parameter in contract.parameters(path, operation):
            if "example" in parameter:
                contract.valid(parameter["schema"], parameter["example"], parameter["name"])
                count += 1
        for content in operation.get("requestBody", {}).get("content", {}).values():
            for example in content["examples"].values():
                contract.valid(content["schema"], example["value"], path)
                count += 1
    assert count > 100


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ("Survey", {"id": 1, "greeting_text": {"default": "Hello."}}),
        ("Survey", {"id": 1, "greeting_prompt": "Hello."}),
        ("Survey", {"id": 1, "greeting_text": "Hello.", "greeting_prompt": {}}),
        ("Survey", {"name": "A"}),
        ("Question", {"id": 1, "question_label": "x" * 31}),
        ("Question", {"id": 1, "max_response": "ten"}),
        ("Question", {"id": 1, "question_text": "A?", "response_options": []}),
        ("User", {"name": "A"}),
        (
            "PhoneNumber",
            {"phone_number": "0488", "country_code": "AU", "national_format": "", "phone_type": "mobile"},
        ),
        ("Interaction", {"id": 1, "created_at": "yesterday"}),
        ("Step", {"prompts": [], "sound_files": [], "survey_completed": True}),
    ],
)
def test_fields_in_neither_shape_are_not_in_the_contract(contract, schema, value):
    with pytest.raises(AssertionError):
        contract.valid({"$ref": f"#/components/schemas/{schema}"}, value, schema)
