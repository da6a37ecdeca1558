"""The schemas say what the kinds say, describe everything, and both validators agree on them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from sdx_state.config.schema import NAMES, describe, described_names, schema_document, schema_text
from sdx_state.config.verdict import verdict_of
from sdx_state.kinds import PHONE_NUMBER, QUESTION, SURVEY, USER
from sdx_state.kinds.field import FieldType

OURS = {"id", "ignore", "protect"}


def nodes(node: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, dict):
        yield path, node
        for key, value in node.items():
            yield from nodes(value, f"{path}/{key}")


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_valid_and_names_itself(name: str) -> None:
    document = json.loads(schema_text(name))
    Draft202012Validator.check_schema(document)
    assert document["$id"] == f"urn:sdx-state:schema:{name}:1"
    assert document["$schema"].endswith("2020-12/schema")


@pytest.mark.parametrize("name", NAMES)
def test_every_property_is_described_and_every_closed_mapping_is_closed(name: str) -> None:
    document = schema_document(name)
    for path, node in nodes(document):
        for field, below in node.get("properties", {}).items() if isinstance(node.get("properties"), dict) else ():
            if path.endswith("/properties"):
                continue
            inner = document["$defs"].get(str(below.get("$ref", "")).rpartition("/")[2], {})
            assert below.get("description") or inner.get("description"), f"{path}.{field}"
        if "properties" in node and isinstance(node["properties"], dict) and not path.endswith("/properties"):
            assert node.get("additionalProperties") is False, path


def test_the_published_schema_is_what_the_table_of_kinds_says() -> None:
    published = Path(__file__).parents[2] / "schemas" / "resources.schema.json"
    assert published.read_text(encoding="utf-8") == schema_text("resources"), "python -m tests.config.write_schema"


def test_the_schema_knows_exactly_the_fields_of_each_kind() -> None:
    kinds = schema_document("resolved")["$defs"]

    def fields(name: str) -> set[str]:
        return set(kinds[name]["properties"])

    assert fields("survey") == set(SURVEY.by_name) | OURS | {"questions"}
    assert fields("question") == set(QUESTION.by_name) | OURS | {"key"}
    assert fields("user") == set(USER.by_name) - {"email"} | {"csv", "ignore", "protect"}
    assert fields("phone_number") == set(PHONE_NUMBER.by_name) - {"phone_number"} | {"number"}
    assert set(kinds["user"]["properties"]["csv"]["properties"]) == set(USER.upload)
    for kind in (SURVEY, QUESTION, USER):
        ignorable = set(kinds[kind.name]["properties"]["ignore"]["items"]["enum"])
        assert ignorable == set(kind.by_name) - {"email"}


def test_the_schema_and_the_kinds_agree_on_types() -> None:
    for kind in (SURVEY, QUESTION, USER):
        properties = schema_document("resolved")["$defs"][kind.name]["properties"]
        for field in kind.fields:
            if field.name == "email":
                continue
            said = properties[field.name]
            wanted = {FieldType.INTEGER: "integer", FieldType.BOOLEAN: "boolean", FieldType.OPTIONS: "array"}
            if field.type is FieldType.PROMPT:
                assert said["$ref"] == "#/$defs/prompt"
            else:
                assert said["type"] == [wanted.get(field.type, "string"), "null"], field.name


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 99)
    | st.floats(allow_nan=False)
    | st.sampled_from(["a", "0", "12", "x@y.zz", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["name", "id", "questions", "key", "csv", "default", "de-default", "ignore", "x@y.zz", "number"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
documents = st.dictionaries(
    st.sampled_from(
        ["surveys", "users", "phone_numbers", "moved", "removed", "sdx", "api", "variables", "environments"]
    ),
    st.dictionaries(st.sampled_from(["a", "x@y.zz", "csv", "host", "url"]), values, max_size=3) | values,
    max_size=3,
)


@settings(max_examples=3 * settings.default.max_examples)
@given(st.sampled_from(NAMES), documents)
def test_the_fast_validator_and_the_thorough_one_agree(name: str, document: dict[str, Any]) -> None:
    assert verdict_of(name)(document) is Draft202012Validator(schema_document(name)).is_valid(document)


def test_a_field_is_described() -> None:
    found = describe("question.question_label")
    assert found is not None
    assert "at most 30 characters" in found.text
    assert (found.type, found.required, found.fields) == ("text", False, {})


def test_explain_lists_fields() -> None:
    survey = describe("survey")
    assert survey is not None
    assert "greeting_text" in survey.fields
    assert all(survey.fields[field] for field in ("name", "protect", "questions"))
    questions = describe("survey.questions")
    assert questions is not None
    assert questions.type == "list"
    assert "question_label" in questions.fields


@pytest.mark.parametrize(
    ("name", "type_"),
    [
        ("survey.greeting_text", "text, or a text for each language"),
        ("survey.questions.max_response", "whole number"),
        ("user.csv.team", "text"),
        ("phone_number.phone_type", "one of mobile, landline, voip"),
        ("survey.id", "whole number or text"),
        ("project.api.parallelism", "whole number"),
        ("project.sdx", "1"),
        ("removed.destroy", "true or false"),
    ],
)
def test_types_are_named_in_words(name: str, type_: str) -> None:
    found = describe(name)
    assert found is not None
    assert found.type == type_
    assert found.text


def test_required_fields_are_named() -> None:
    number, country = describe("phone_number.number"), describe("phone_number.country_code")
    assert number is not None
    assert number.required
    assert country is not None
    assert not country.required


@pytest.mark.parametrize("name", ["nothing", "survey.nothing", "survey.name.more", "", "."])
def test_unknown_topic_is_not_described(name: str) -> None:
    assert describe(name) is None


def test_every_first_name_is_described() -> None:
    assert {"project", "survey", "question", "user", "phone_number", "moved", "removed"} <= set(described_names())
    for name in described_names():
        assert describe(name) is not None


def test_no_other_schema_is_read() -> None:
    with pytest.raises(KeyError):
        schema_text("../pyproject")
