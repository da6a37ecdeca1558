"""Fast verdicts of rules agree with `jsonschema`."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from sdx_state.config.rule_verdict import is_plain, verdict_on, verdict_on_columns
from tests.tiers import tries

NAMES = st.sampled_from(["name", "max_response", "closing_text", "de-default", "a'b", 'x"', "{y}"])
SCALARS = st.one_of(st.sampled_from(["", "A", "Anna", "no", "1", "a'b"]), st.integers(-2, 12), st.booleans())
VALUES = st.recursive(
    SCALARS, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=6,
)  # fmt: skip
TYPES = st.sampled_from(["string", "integer", "number", "boolean", "array", "object", "null"])


def keyword_strategies(inner: st.SearchStrategy[Any]) -> dict[str, st.SearchStrategy[Any]]:
    counts = st.integers(0, 3)
    return {
        "type": st.one_of(TYPES, st.lists(TYPES, min_size=1, max_size=2, unique=True)),
        "required": st.lists(NAMES, max_size=2, unique=True),
        "properties": st.dictionaries(NAMES, inner, max_size=3),
        "additionalProperties": inner,
        "propertyNames": inner,
        "items": inner,
        "contains": inner,
        "not": inner,
        "if": inner,
        "then": inner,
        "else": inner,
        "allOf": st.lists(inner, min_size=1, max_size=2),
        "anyOf": st.lists(inner, min_size=1, max_size=2),
        "oneOf": st.lists(inner, min_size=1, max_size=2),
        "enum": st.lists(SCALARS, min_size=1, max_size=3),
        "const": SCALARS,
        "minLength": counts,
        "maxLength": counts,
        "minItems": counts,
        "maxItems": counts,
        "minProperties": counts,
        "maxProperties": counts,
        "minimum": st.integers(-2, 12),
        "exclusiveMaximum": st.integers(-2, 12),
        "uniqueItems": st.booleans(),
        "description": st.just("said"),
    }


def schemas() -> st.SearchStrategy[Any]:
    return st.recursive(
        st.booleans() | st.just({}),
        lambda inner: st.fixed_dictionaries({}, optional=keyword_strategies(inner)).map(_few),
        max_leaves=6,
    )


def _few(schema: dict[str, Any]) -> dict[str, Any]:
    """Of many keywords in one place, nothing would ever be valid."""
    return dict(list(schema.items())[:3])


@tries(15, 3_000)
@given(
    schemas().filter(lambda one: isinstance(one, dict)), schemas().filter(lambda one: isinstance(one, dict)), VALUES
)
def test_a_verdict_is_that_of_the_standard(one: dict[str, Any], other: dict[str, Any], value: Any):
    # A resource is a mapping; the verdicts may take that for granted.
    instance = value if isinstance(value, dict) else {"name": value}
    expected = [Draft202012Validator(schema).is_valid(instance) for schema in (one, other)]
    assert verdict_on([one, other])(instance) == all(expected)
    assert verdict_on([one])(instance) == expected[0]


def test_common_schemas_are_decided_without_jsonschema():
    schema = {
        "$defs": {"short": {"maxLength": 160}},
        "required": ["closing_text"],
        "properties": {
            "closing_text": {
                "required": ["default", "de-default"],
                "additionalProperties": {"$ref": "#/$defs/short"},
            },
            "name": {"pattern": "CSAT$"},
            "protect": {"const": True},
            "questions": {"contains": {"properties": {"question_type": {"const": "nps"}}}},
        },
    }
    assert is_plain(schema)


@pytest.mark.parametrize(
    "schema",
    [{"uniqueItems": True}, {"minLength": -1}, {"enum": []}, {"type": "text"}, {"required": "a"}, {"x": 1}, 7],
)
def test_other_and_wrong_schemas_are_left_to_jsonschema(schema):
    assert not is_plain(schema)


FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "required": st.lists(NAMES, max_size=2, unique=True),
        "properties": st.dictionaries(
            NAMES, st.sampled_from([{"maxLength": 2}, {"enum": ["A", 1]}, False]), max_size=2
        ),
    },
)  # fmt: skip


@tries(15, 3_000)
@given(FIELDS, FIELDS, st.lists(st.dictionaries(NAMES, SCALARS | st.none(), max_size=3), max_size=3))
def test_a_verdict_on_columns_is_that_on_each_row(one: dict[str, Any], other: dict[str, Any], rows: list[Any]):
    said = [{name: value for name, value in row.items() if value is not None and value != ""} for row in rows]
    columns = verdict_on_columns([one, other])
    assert columns is not None
    assert columns(rows) == all(map(verdict_on([one, other]), said))


def test_schemas_that_do_more_than_list_fields_have_no_verdict_on_columns():
    assert verdict_on_columns([{"required": ["name"]}, {"minProperties": 2}]) is None
    assert verdict_on_columns([{"properties": {"name": {"uniqueItems": True}}}]) is None
