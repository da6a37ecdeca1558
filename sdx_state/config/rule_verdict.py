"""Verdicts on whether a resource fits the JSON Schemas of rules.

Most rules use keywords that are a few comparisons. Those are decided by functions made of the schema: importing
`jsonschema`, and a compiler for schemas too, takes longer than these need for a project. `jsonschema` decides the
others, and explains every violation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from sdx_state.config.rule_keywords import ANNOTATIONS, OtherSchema, Verdict, all_of, matches, test_of, tests_of


def verdict_on(schemas: Sequence[Mapping[str, Any]]) -> Verdict:
    """Return a function that tells whether a value matches all of `schemas`, which have no complaints."""
    plain = [schema for schema in schemas if is_plain(schema)]
    verdicts = [_decided_by_the_library(schema) for schema in schemas if not is_plain(schema)]
    lists = [schema for schema in plain if _only_lists_fields(schema)]
    verdicts += [test for schema in plain if schema not in lists for test in tests_of(schema, schema)]
    return all_of([*([_on_fields(lists)] if lists else []), *verdicts])


def is_plain(schema: object) -> bool:
    """Tell whether `schema` is valid and is decided here; of others, `jsonschema` has to tell."""
    try:
        test_of(schema, schema)
        for definition in schema.get("$defs", {}).values() if isinstance(schema, Mapping) else ():
            test_of(definition, schema)
    except OtherSchema:
        return False
    return True


def _decided_by_the_library(schema: Mapping[str, Any]) -> Verdict:
    validator = validator_of(schema)
    return lambda value: bool(validator.is_valid(value))


def validator_of(schema: Mapping[str, Any]) -> Any:
    """Return the `jsonschema` validator of `schema`, whose patterns take linear time."""
    return _validator_class()(schema)


@cache
def _validator_class() -> Any:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError
    from jsonschema.validators import extend

    def pattern(_: Any, wanted: str, value: object, __: Any) -> Iterator[ValidationError]:
        if isinstance(value, str) and not matches(wanted, value):
            yield ValidationError(f"does not match `{wanted}`")

    def pattern_properties(validator: Any, wanted: Mapping[str, Any], value: object, _: Any) -> Iterator[Any]:
        if not isinstance(value, Mapping):
            return
        for one, schema in wanted.items():
            for name, inner in value.items():
                if matches(one, name):
                    yield from validator.descend(inner, schema, path=name, schema_path=one)

    # The stubs leave this function without types.
    return extend(Draft202012Validator, {"pattern": pattern, "patternProperties": pattern_properties})  # type: ignore[no-untyped-call]


def _only_lists_fields(schema: Mapping[str, Any]) -> bool:
    return {*schema} - ANNOTATIONS <= {"required", "properties"} and "$ref" not in str(schema)


def verdict_on_columns(schemas: Sequence[Mapping[str, Any]]) -> Callable[[Sequence[Mapping[str, Any]]], bool] | None:
    """Return a function that tells whether all rows match all of `schemas`; None unless these only list fields.

    An empty text and None are missing. A field of all rows at a time takes half as long as all fields of a row.
    """
    if not all(is_plain(schema) and _only_lists_fields(schema) for schema in schemas):
        return None
    required, tests = _fields(schemas)

    def verdict(rows: Sequence[Mapping[str, Any]]) -> bool:
        for name in dict.fromkeys((*required, *tests)):
            column = [value for row in rows if (value := row.get(name)) is not None and value != ""]
            if name in required and len(column) < len(rows):
                return False
            if name in tests and not all(map(tests[name], column)):
                return False
        return True

    return verdict


def _fields(schemas: Sequence[Mapping[str, Any]]) -> tuple[frozenset[str], dict[str, Verdict]]:
    """Return the fields that one of `schemas` requires, and what the value of each has to pass."""
    required = frozenset(name for schema in schemas for name in schema.get("required", ()))
    tests: dict[str, list[Verdict]] = {}
    for schema in schemas:
        for name, inner in schema.get("properties", {}).items():
            tests.setdefault(name, []).append(test_of(inner, schema))
    return required, {name: all_of(several) for name, several in tests.items()}


def _on_fields(schemas: Sequence[Mapping[str, Any]]) -> Verdict:
    """Return one function for `schemas`, which only list fields, as most rules do: a call for each takes longer."""
    required, tests = _fields(schemas)
    fields = list(tests.items())

    def verdict(instance: Any) -> bool:
        if not isinstance(instance, dict):
            return True
        if not required <= instance.keys():
            return False
        for name, test in fields:  # noqa: SIM110 - a generator takes as long as most tests
            if name in instance and not test(instance[name]):
                return False
        return True

    return verdict
