"""Keywords of JSON Schema as functions: each tells whether a value fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Sized
from operator import ge, gt, le, lt
from typing import Any

from sdx_state.model.pattern import NoPattern, is_found

Verdict = Callable[[Any], bool]

NAMED = frozenset({"properties", "patternProperties", "$defs", "dependentSchemas"})
LISTED = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
SINGLE = frozenset(
    {"additionalProperties", "propertyNames", "items", "contains", "not", "if", "then", "else"}
    | {"unevaluatedItems", "unevaluatedProperties"}
)
ANNOTATIONS = frozenset(
    {"$comment", "$schema", "$defs", "title", "description", "examples", "default", "deprecated", "format"}
    | {"readOnly", "writeOnly", "contentEncoding", "contentMediaType", "contentSchema"}
)
_OTHERS = frozenset(
    {"type", "required", "enum", "const", "pattern", "multipleOf", "uniqueItems", "minContains", "maxContains"}
    | {
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "minProperties",
        "maxProperties",
        "dependentRequired",
        "$ref",
    }
    | {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
)
KEYWORDS = NAMED | LISTED | SINGLE | ANNOTATIONS | _OTHERS
_DEFINITIONS = "#/$defs/"
_MISSING = object()


class OtherSchema(Exception):
    """A schema has a keyword, or a value of one, that is for `jsonschema` to decide."""


def matches(pattern: str, text: str) -> bool:
    """Tell whether `pattern` is found in `text`, in linear time."""
    try:
        return is_found(pattern, text)
    except NoPattern:  # The pattern was checked: the text is longer than what is searched.
        return False


def test_of(schema: object, root: object) -> Verdict:
    """Return the function that tells whether a value fits `schema`, which is part of `root`.

    Raises:
        OtherSchema: `jsonschema` has to tell.
    """
    if isinstance(schema, bool):
        return (lambda _: True) if schema else (lambda _: False)
    return all_of(tests_of(schema, root))


def all_of(tests: Sequence[Verdict]) -> Verdict:
    """Return the function that tells whether a value passes all of `tests`."""
    if len(tests) == 1:
        return tests[0]
    if len(tests) == 2:
        one, other = tests
        return lambda value: one(value) and other(value)

    def verdict(value: Any) -> bool:
        for test in tests:  # noqa: SIM110 - a generator takes as long as most tests
            if not test(value):
                return False
        return True

    return verdict


def tests_of(schema: object, root: object) -> list[Verdict]:
    """Return the functions that a value has to pass to fit `schema`, which is part of `root`.

    Raises:
        OtherSchema: `jsonschema` has to tell.
    """
    if not isinstance(schema, Mapping):
        raise OtherSchema
    tests: list[Verdict] = []
    for keyword, value in schema.items():
        if keyword in ANNOTATIONS or keyword in ("then", "else"):
            continue
        if keyword == "if":
            tests.append(_conditional(schema, root))
        elif keyword == "additionalProperties":
            tests.append(_additional(schema, root))
        elif keyword == "$ref":
            definitions = root.get("$defs") if isinstance(root, Mapping) else None
            name = str(value).removeprefix(_DEFINITIONS)
            if not isinstance(definitions, Mapping) or name not in definitions:
                raise OtherSchema
            tests.append(test_of(definitions[name], root))
        elif keyword in _SCHEMAS:
            tests.append(_SCHEMAS[keyword](value, root))
        elif keyword in _VALUES:
            tests.append(_VALUES[keyword](value))
        else:
            raise OtherSchema
    for keyword in ("then", "else"):  # They have to be schemas, also where nothing asks for them.
        if keyword in schema:
            test_of(schema[keyword], root)
    return tests


def _conditional(schema: Mapping[str, Any], root: object) -> Verdict:
    condition, then, otherwise = (test_of(schema.get(keyword, True), root) for keyword in ("if", "then", "else"))
    return lambda value: then(value) if condition(value) else otherwise(value)


def _additional(schema: Mapping[str, Any], root: object) -> Verdict:
    test = test_of(schema["additionalProperties"], root)
    known = schema.get("properties", {})
    if not isinstance(known, Mapping) or "patternProperties" in schema:
        raise OtherSchema
    return lambda value: (
        not isinstance(value, Mapping) or all(test(inner) for name, inner in value.items() if name not in known)
    )


def _properties(value: Any, root: object) -> Verdict:
    if not isinstance(value, Mapping):
        raise OtherSchema
    tests = [(str(name), test_of(inner, root)) for name, inner in value.items()]

    def verdict(instance: Any) -> bool:
        if not isinstance(instance, dict):
            return True
        for name, test in tests:
            inner = instance.get(name, _MISSING)
            if inner is not _MISSING and not test(inner):
                return False
        return True

    return verdict


def _property_names(value: Any, root: object) -> Verdict:
    test = test_of(value, root)
    return lambda instance: not isinstance(instance, Mapping) or all(map(test, instance))


def _items(value: Any, root: object) -> Verdict:
    test = test_of(value, root)
    return lambda instance: not isinstance(instance, list) or all(map(test, instance))


def _contains(value: Any, root: object) -> Verdict:
    test = test_of(value, root)
    return lambda instance: not isinstance(instance, list) or any(map(test, instance))


def _not(value: Any, root: object) -> Verdict:
    test = test_of(value, root)
    return lambda instance: not test(instance)


def _alternatives(value: Any, root: object) -> list[Verdict]:
    if not isinstance(value, list) or not value:
        raise OtherSchema
    return [test_of(one, root) for one in value]


def _any_of(value: Any, root: object) -> Verdict:
    tests = _alternatives(value, root)
    return lambda instance: any(test(instance) for test in tests)


def _one_of(value: Any, root: object) -> Verdict:
    tests = _alternatives(value, root)
    return lambda instance: sum(test(instance) for test in tests) == 1


def _required(value: Any) -> Verdict:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value) or len(set(value)) < len(value):
        raise OtherSchema
    names = frozenset(value)
    return lambda instance: not isinstance(instance, dict) or names <= instance.keys()


_TYPES: Mapping[str, Verdict] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, Mapping),
    "null": lambda value: value is None,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: (
        (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, float) and value.is_integer())
    ),
}


def _type(value: Any) -> Verdict:
    names = value if isinstance(value, list) else [value]
    if not names or not all(isinstance(one, str) and one in _TYPES for one in names) or len({*names}) < len(names):
        raise OtherSchema
    tests = [_TYPES[name] for name in names]
    return tests[0] if len(tests) == 1 else lambda instance: any(test(instance) for test in tests)


def _enum(value: Any) -> Verdict:
    """Texts, numbers, booleans and null; 1 and 1.0 are equal, 1 and true are not."""
    if not isinstance(value, list) or not value:
        raise OtherSchema
    if not all(one is None or isinstance(one, str | int | float) for one in value):
        raise OtherSchema
    if all(isinstance(one, str) for one in value):
        texts = frozenset(map(str, value))
        return lambda instance: isinstance(instance, str) and instance in texts
    allowed = frozenset((isinstance(one, bool), one) for one in value)
    scalar = (str, int, float, type(None))
    return lambda instance: isinstance(instance, scalar) and (isinstance(instance, bool), instance) in allowed


def _pattern(value: Any) -> Verdict:
    if not isinstance(value, str):
        raise OtherSchema
    return lambda instance: not isinstance(instance, str) or matches(value, instance)


def _most(sort: type[Sized]) -> Callable[[Any], Verdict]:
    def made(value: Any) -> Verdict:
        most = _whole(value)
        return lambda instance: not isinstance(instance, sort) or len(instance) <= most

    return made


def _least(sort: type[Sized]) -> Callable[[Any], Verdict]:
    def made(value: Any) -> Verdict:
        least = _whole(value)
        return lambda instance: not isinstance(instance, sort) or len(instance) >= least

    return made


def _whole(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise OtherSchema
    return value


def _bound(fits: Callable[[Any, Any], bool]) -> Callable[[Any], Verdict]:
    def made(value: Any) -> Verdict:
        if type(value) not in (int, float):
            raise OtherSchema
        is_number = _TYPES["number"]
        return lambda instance: not is_number(instance) or fits(instance, value)

    return made


_SCHEMAS: Mapping[str, Callable[[Any, object], Verdict]] = {
    "properties": _properties,
    "propertyNames": _property_names,
    "items": _items,
    "contains": _contains,
    "not": _not,
    "allOf": lambda value, root: all_of(_alternatives(value, root)),
    "anyOf": _any_of,
    "oneOf": _one_of,
}
_VALUES: Mapping[str, Callable[[Any], Verdict]] = {
    "required": _required,
    "type": _type,
    "enum": _enum,
    "const": lambda value: _enum([value]),
    "pattern": _pattern,
    "minLength": _least(str),
    "maxLength": _most(str),
    "minItems": _least(list),
    "maxItems": _most(list),
    "minProperties": _least(dict),
    "maxProperties": _most(dict),
    "minimum": _bound(ge),
    "maximum": _bound(le),
    "exclusiveMinimum": _bound(gt),
    "exclusiveMaximum": _bound(lt),
}
