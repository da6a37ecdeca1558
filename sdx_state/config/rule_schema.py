"""The JSON Schemas of a project's rules: what is wrong with one, and what would make it pass silently."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sdx_state.config.rule_keywords import KEYWORDS, LISTED, NAMED, SINGLE
from sdx_state.config.rule_verdict import is_plain
from sdx_state.config.tree import Items, Place, Table
from sdx_state.kinds import Kind, cached_by_table, children_of
from sdx_state.kinds.complaint import Complaint
from sdx_state.kinds.field import Field, FieldType
from sdx_state.model.alike import did_you_mean
from sdx_state.model.pattern import INSTALL_PATTERNS, NoPattern, PatternsMissing, check_pattern

CODE = "invalid-rule"
SETTINGS = ("key", "id", "protect", "ignore", "csv")  # Keys of a declared resource besides its fields.
MAX_DEPTH = 32  # Levels of schemas in schemas.

Path = tuple[str | int, ...]

_TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
_OF_TEXTS = frozenset({"minLength", "maxLength", "pattern"})


def place_in(node: object, path: Iterable[str | int], place: Place) -> Place:
    """Return the place of the value at `path` below `node`, which is at `place`, or of the last part that exists."""
    for step in path:
        if isinstance(node, Table) and step in node:
            place, node = node.key_place(str(step)), node[str(step)]
        elif isinstance(node, Items) and isinstance(step, int) and step < len(node):
            place, node = node.places[step], node[step]
        else:
            break
    return place


def schema_complaints(kind: Kind, schema: Mapping[str, Any]) -> Iterator[tuple[Path, Complaint]]:
    """Yield each reason why `schema` cannot be the schema of a rule about `kind`, with its path in the schema."""
    found = list(_keyword_complaints(schema, schema, ()))
    if not found:
        found = list(_meaning_complaints(kind, schema))
    if not found and not is_plain(schema):
        found = list(_refused_by_the_standard(schema))
    yield from found


def _keyword_complaints(root: Mapping[str, Any], schema: object, path: Path) -> Iterator[tuple[Path, Complaint]]:
    if isinstance(schema, bool):
        return
    if not isinstance(schema, Mapping):
        yield path, Complaint(CODE, "a JSON Schema is a mapping of keywords, or true or false")
        return
    if len(path) > MAX_DEPTH:
        yield path, Complaint(CODE, f"the schema has more than {MAX_DEPTH} levels")
        return
    for keyword, value in schema.items():
        here = (*path, keyword)
        if keyword not in KEYWORDS:
            hint = did_you_mean(keyword, KEYWORDS) or "`sdx-state help rules` has examples"
            yield here, Complaint(CODE, f"`{keyword[:80]}` is not a keyword of JSON Schema for rules", hint)
        elif keyword == "$ref" and not _is_defined(root, value):
            hint = "write `#/$defs/NAME`, with NAME under `$defs` of this schema, which must not refer on"
            yield here, Complaint(CODE, "`$ref` leads nowhere", hint)
        elif keyword == "pattern":
            yield from _pattern_complaints(here, value)
        elif keyword == "patternProperties" and isinstance(value, Mapping):
            for pattern in value:
                yield from _pattern_complaints((*here, pattern), pattern)
        for below, inner in _schemas_in(keyword, value):
            yield from _keyword_complaints(root, inner, (*here, *below))


def _schemas_in(keyword: str, value: object) -> Iterator[tuple[Path, object]]:
    if keyword in NAMED and isinstance(value, Mapping):
        yield from (((name,), one) for name, one in value.items())
    elif keyword in LISTED and isinstance(value, Sequence) and not isinstance(value, str):
        yield from (((index,), one) for index, one in enumerate(value))
    elif keyword in SINGLE:
        yield (), value


def _is_defined(root: Mapping[str, Any], reference: object) -> bool:
    """Tell whether `reference` names a definition of `root` that refers to nothing itself: so there is no circle."""
    definitions = root.get("$defs")
    if not isinstance(reference, str) or not isinstance(definitions, Mapping):
        return False
    name = reference.removeprefix("#/$defs/")
    return name != reference and name in definitions and not _refers(definitions[name])


def _refers(schema: object) -> bool:
    if isinstance(schema, Mapping):
        return "$ref" in schema or any(map(_refers, schema.values()))
    return isinstance(schema, list) and any(map(_refers, schema))


def _pattern_complaints(path: Path, pattern: object) -> Iterator[tuple[Path, Complaint]]:
    try:
        check_pattern(str(pattern))
    except NoPattern as error:
        yield path, Complaint(CODE, f"the pattern cannot be used: {error}")
    except PatternsMissing as error:
        yield path, Complaint(CODE, f"this rule cannot be checked: {error}", INSTALL_PATTERNS)


def _meaning_complaints(kind: Kind, schema: Mapping[str, Any]) -> Iterator[tuple[Path, Complaint]]:
    """Yield what JSON Schema allows and a rule would silently pass with: unknown fields, and texts that are maps."""
    known = rule_fields(kind)
    named: list[tuple[str, Path]] = [(name, ("properties", name)) for name in _keys(schema.get("properties"))]
    required = schema.get("required")
    if isinstance(required, list):
        named += [(str(name), ("required", index)) for index, name in enumerate(required)]
    for name, path in named:
        if name not in known:
            hint = did_you_mean(name, known)
            yield path, Complaint(CODE, f"a {kind.noun} has no field `{name[:80]}`", hint)
    for name in _keys(schema.get("properties")):
        field = fields_of(kind).get(name)
        inner = schema["properties"][name]
        if field is None or field.type is not FieldType.PROMPT or not isinstance(inner, Mapping):
            continue
        for keyword in inner:
            if keyword in _OF_TEXTS or (keyword == "type" and "object" not in str(inner[keyword])):
                hint = f"properties: {{{name}: {{additionalProperties: {{{keyword}: ...}}}}}} is about every language"
                message = f"`{name}` has a text for each language in a rule, so `{keyword}` never applies"
                yield ("properties", name, keyword), Complaint(CODE, message, hint)


def _keys(node: object) -> tuple[str, ...]:
    return tuple(node) if isinstance(node, Mapping) else ()


@cached_by_table
def fields_of(kind: Kind) -> Mapping[str, Field]:
    """Return the fields of `kind` by their names in YAML, the one that a key in YAML says included."""
    return {field.key: field for field in kind.fields}


def rule_fields(kind: Kind) -> tuple[str, ...]:
    """Return the names that the declared resources of `kind` have for rules: its fields, settings and children."""
    return (*fields_of(kind), *(child.collection for child in children_of(kind.name)), *SETTINGS)


def _refused_by_the_standard(schema: Mapping[str, Any]) -> Iterator[tuple[Path, Complaint]]:
    from jsonschema import Draft202012Validator

    for error in Draft202012Validator(Draft202012Validator.META_SCHEMA).iter_errors(schema):
        path: Path = tuple(error.absolute_path)
        if path[-1:] == ("type",) and isinstance(error.instance, str):
            message = f"`type` cannot be `{error.instance[:80]}`"
            yield path, Complaint(CODE, message, did_you_mean(error.instance, _TYPES))
        else:
            yield path, Complaint(CODE, f"this is not a JSON Schema: {' '.join(str(error.message).split())[:200]}")
