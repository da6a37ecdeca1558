"""Verdicts on whether a resource fits the JSON Schemas of rules.

Most rules use keywords that compile to a few comparisons. Those are decided without `jsonschema`, which takes longer
to import than a project takes to check. It decides the others, and explains every violation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from sdx_state.model.pattern import NoPattern, is_found

Verdict = Callable[[object], bool]

NAMED = frozenset({"properties", "patternProperties", "$defs", "dependentSchemas"})
LISTED = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
SINGLE = frozenset(
    {"additionalProperties", "propertyNames", "items", "contains", "not", "if", "then", "else"}
    | {"unevaluatedItems", "unevaluatedProperties"}
)
_ANNOTATIONS = frozenset(
    {"$comment", "$schema", "title", "description", "examples", "default", "deprecated", "format", "readOnly"}
    | {"writeOnly", "contentEncoding", "contentMediaType", "contentSchema"}
)
_COUNTS = frozenset({"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"})
_BOUNDS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})
_OTHERS = frozenset(
    {"type", "required", "enum", "const", "pattern", "multipleOf", "uniqueItems", "minContains", "maxContains"}
    | {"dependentRequired", "$ref"}
)
KEYWORDS = NAMED | LISTED | SINGLE | _ANNOTATIONS | _COUNTS | _BOUNDS | _OTHERS
_TYPES = frozenset({"string", "integer", "number", "boolean", "array", "object", "null"})
# Keywords that compile. The compiler knows an older draft, in which the others mean something else or nothing.
_FAST_SINGLE = frozenset({"additionalProperties", "propertyNames", "items", "not", "if", "then", "else"})
_FAST_LISTED = LISTED - {"prefixItems"}


def verdict_on(schemas: Sequence[Mapping[str, Any]]) -> Verdict:
    """Return a function that tells whether a value matches all of `schemas`, which have no complaints."""
    patterns: dict[str, Callable[[str], bool]] = {}
    fast = [one for schema in schemas if (one := fast_form(schema, patterns)) is not None]
    slow = [schema for schema in schemas if fast_form(schema, {}) is None]
    compiled = _compiled(_joined(fast), patterns) if fast else None
    if fast and compiled is None:
        slow = list(schemas)
    verdicts = [*([compiled] if compiled else []), *map(_decided_slowly, slow)]
    if len(verdicts) == 1:
        return verdicts[0]
    return lambda value: all(verdict(value) for verdict in verdicts)


def _decided_slowly(schema: Mapping[str, Any]) -> Verdict:
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
        if isinstance(value, str) and not _matches(wanted, value):
            yield ValidationError(f"does not match `{wanted}`")

    def pattern_properties(validator: Any, wanted: Mapping[str, Any], value: object, _: Any) -> Iterator[Any]:
        if not isinstance(value, Mapping):
            return
        for one, schema in wanted.items():
            for name, inner in value.items():
                if _matches(one, name):
                    yield from validator.descend(inner, schema, path=name, schema_path=one)

    # The stubs leave this function without types.
    return extend(Draft202012Validator, {"pattern": pattern, "patternProperties": pattern_properties})  # type: ignore[no-untyped-call]


def _matches(pattern: str, text: str) -> bool:
    try:
        return is_found(pattern, text)
    except NoPattern:  # The pattern was checked: the text is longer than what is searched.
        return False


def fast_form(schema: object, patterns: dict[str, Callable[[str], bool]]) -> Any:
    """Return `schema` as the compiler takes it, None if `jsonschema` has to decide.

    Args:
        schema: A schema whose keywords are known.
        patterns: Takes the patterns of the schema, under the names of the formats that replace them.
    """
    if isinstance(schema, bool):
        return schema
    if not isinstance(schema, Mapping):
        return None
    form: dict[str, Any] = {}
    for keyword, value in schema.items():
        if keyword in _ANNOTATIONS:
            continue
        if keyword == "pattern" and isinstance(value, str):
            name = f"pattern{len(patterns)}"
            patterns[name] = _searching(value)
            form["format"] = name
            continue
        inner = _fast_value(keyword, value, patterns)
        if inner is None:
            return None
        form["enum" if keyword == "const" else keyword] = inner
    # A constant beside a list of them would take its place.
    return None if "const" in schema and "enum" in schema else form


def _searching(pattern: str) -> Callable[[str], bool]:
    return lambda text: _matches(pattern, text)


def _fast_value(keyword: str, value: Any, patterns: dict[str, Callable[[str], bool]]) -> Any:
    if keyword in _FAST_SINGLE:
        return fast_form(value, patterns)
    if keyword in _FAST_LISTED:
        forms = [fast_form(one, patterns) for one in value] if isinstance(value, list) and value else [None]
        return None if None in forms else forms
    if keyword == "properties" and isinstance(value, Mapping) and all(map(_is_plain, value)):
        named = {str(name): fast_form(one, patterns) for name, one in value.items()}
        return None if None in named.values() else named
    if keyword == "type":
        types = value if isinstance(value, list) else [value]
        return value if types and all(isinstance(one, str) and one in _TYPES for one in types) else None
    if keyword == "required":
        listed = isinstance(value, list) and all(map(_is_plain, value)) and len(set(value)) == len(value)
        return list(map(str, value)) if listed else None
    if keyword in _COUNTS:
        return value if type(value) is int and value >= 0 else None
    if keyword in _BOUNDS:
        return value if type(value) in (int, float) else None
    values = [value] if keyword == "const" else value
    if keyword in ("const", "enum") and isinstance(values, list) and values:
        # Texts and booleans: the compiler and the standard differ about numbers that are equal to others.
        fine = all(_is_plain(one) or isinstance(one, bool) for one in values)
        return [one if isinstance(one, bool) else str(one) for one in values] if fine else None
    return None


def _is_plain(text: object) -> bool:
    """Tell whether `text` cannot end a string in the compiled code, whichever way the compiler quotes it."""
    return isinstance(text, str) and text.isprintable() and not set(text) & set("\"'\\{}%")


def _joined(forms: Sequence[Any]) -> Any:
    """Return one schema that says what all of `forms` say, with few look-ups for those that only list fields."""
    required: dict[str, None] = {}
    properties: dict[str, list[Any]] = {}
    others = []
    for form in forms:
        if isinstance(form, Mapping) and form.get("type") == "object":  # A declared resource is one.
            form = {keyword: value for keyword, value in form.items() if keyword != "type"}  # noqa: PLW2901
        if isinstance(form, Mapping) and form.keys() <= {"required", "properties"}:
            required.update(dict.fromkeys(form.get("required", ())))
            for name, inner in form.get("properties", {}).items():
                properties.setdefault(name, []).append(inner)
        else:
            others.append(form)
    merged = {name: inner[0] if len(inner) == 1 else {"allOf": inner} for name, inner in properties.items()}
    joined = {"required": list(required), "properties": merged}
    return {"allOf": [joined, *others]} if others else joined


def _compiled(form: Any, patterns: Mapping[str, Callable[[str], bool]]) -> Verdict | None:
    """Return the verdict of `form`, None if the compiler refuses it: for example, if nothing can ever fit it."""
    import fastjsonschema

    try:
        validate = fastjsonschema.compile(form, formats=patterns, use_default=False, detailed_exceptions=False)
    except fastjsonschema.JsonSchemaDefinitionException:
        return None

    def verdict(value: object) -> bool:
        try:
            validate(value)
        except fastjsonschema.JsonSchemaValueException:
            return False
        return True

    return verdict
