"""The JSON Schema of the resource files: the table of kinds, with the sections that do not declare resources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sdx_state.kinds import KINDS, Kind, children_of
from sdx_state.kinds.field import Field, FieldType
from sdx_state.model.address import KEY_PATTERN, KEY_RULE

_KEY = {"pattern": KEY_PATTERN, "patternErrorMessage": KEY_RULE}

_TYPES: Mapping[FieldType, Mapping[str, Any]] = {
    FieldType.PROMPT: {"$ref": "#/$defs/prompt"},
    FieldType.INTEGER: {"type": ["integer", "null"], "minimum": 0},
    FieldType.BOOLEAN: {"type": ["boolean", "null"]},
    FieldType.OPTIONS: {"type": ["array", "null"], "items": {"$ref": "#/$defs/response_option"}},
}
_TEXT = {"type": ["string", "null"]}


OF_REUSE = ("templates", "template", "override", "for_each")  # what `compose_reuse` adds to sections and definitions


def composed(frame: Mapping[str, Any]) -> dict[str, Any]:
    """Return `frame`, the schema of the resource files, with every kind of the table in it as the table has it.

    It is that of files without templates and blocks, which `compose_reuse` adds.
    """
    sections = {kind.collection: _section(kind) for kind in KINDS.values() if kind.parent is None}
    definitions: dict[str, Any] = {"prompt": frame["$defs"]["prompt"], "address": _address()}
    for kind in KINDS.values():
        definitions[kind.name] = _body(kind)
        definitions.update(kind.definitions)
    return {
        **frame,
        "properties": {**sections, **_rest(frame["properties"], sections)},
        "patternProperties": {
            "^x-": {"description": "Parts that others refer to by an anchor (&NAME, *NAME); they declare nothing."}
        },
        "$defs": {**definitions, **_rest(frame["$defs"], definitions)},
    }


def with_scope(frame: Mapping[str, Any]) -> dict[str, Any]:
    """Return `frame`, the schema of the project file, whose scope names each kind of the table that can be in one."""
    scope = frame["$defs"]["scope"]
    kinds = [kind for kind in KINDS.values() if kind.parent is None and not kind.lookup_only]
    globs = {
        kind.collection: {
            "description": f"Globs of {kind.natural_key}, of {kind.collection}. Without them the project has none.",
            "$ref": "#/$defs/globs",
        }
        for kind in kinds
    }
    known = {**scope, "properties": {**globs, **scope["properties"]}}
    return {**frame, "$defs": {**frame["$defs"], "scope": known}}


def _rest(frame: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in frame.items() if name not in said and name not in OF_REUSE}


def _section(kind: Kind) -> dict[str, Any]:
    reference = {"$ref": f"#/$defs/{kind.name}"}
    section = {"description": kind.section, "type": ["object", "null"]}
    if kind.named_by_email and kind.keyed_by_identity:
        return {
            **section,
            "properties": kind.section_keys,
            "patternProperties": {"@": reference},
            "additionalProperties": False,
        }
    return {**section, "propertyNames": _KEY, "additionalProperties": reference}


def _body(kind: Kind) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    settings = {key: dict(value) for key, value in kind.settings.items()}
    if kind.parent is not None:
        properties["key"] = {**settings.pop("key", {"description": "Its key within its parent."}), **_KEY}
    properties.update((field.key, _field(field)) for field in kind.by_key.values())
    properties.update((child.collection, _children(child)) for child in children_of(kind.name))
    properties.update(settings)
    if not kind.lookup_only:
        properties.update(_common(kind))
    body: dict[str, Any] = {"description": kind.about, "type": "object", "additionalProperties": False}
    if kind.required:
        body["required"] = list(kind.required)
    return {**body, "properties": properties}


def _field(field: Field) -> dict[str, Any]:
    values = field.schema if "type" in field.schema or "enum" in field.schema else _TYPES.get(field.type, _TEXT)
    return {"description": field.about, **values, **field.schema}


def _children(child: Kind) -> dict[str, Any]:
    return {
        "description": child.section,
        "type": ["array", "null"],
        "items": {"$ref": f"#/$defs/{child.name}"},
    }


def _common(kind: Kind) -> dict[str, Any]:
    """Return the fields that any resource of a tenant's lists can have."""
    id = {
        "description": f"The live id that this is pinned to; without it the resource is found by {_found_by(kind)}.",
        "type": ["integer", "string"],
        "minimum": 1,
        "pattern": "^[1-9][0-9]{0,17}$",
        "patternErrorMessage": "an id is a whole number from 1",
    }
    return {
        **({} if kind.keyed_by_identity else {"id": id}),
        "ignore": {
            "description": "Fields that are declared here and left alone when they differ in the tenant.",
            "type": "array",
            "items": {"enum": [field.name for field in kind.by_key.values()]},
            "uniqueItems": True,
        },
        "protect": {
            "description": "Never delete it, whatever the configuration says later.",
            "type": "boolean",
        },
    }


def _found_by(kind: Kind) -> str:
    key = kind.by_name[kind.natural_key]
    return (key.label or key.name).lower()


def _address() -> dict[str, Any]:
    kinds = sorted(KINDS.values(), key=lambda kind: kind.lookup_only)
    examples = [_example(kind) for kind in kinds]
    return {
        "description": "The name of a resource in plans and in the state.",
        "type": "string",
        "pattern": f"^({'|'.join(map(_pattern, kinds))})$",
        "patternErrorMessage": f"an address is {', '.join(examples[:-1])} or {examples[-1]}",
    }


def _pattern(kind: Kind) -> str:
    if kind.keyed_by_identity:
        return f"{kind.name}\\..+@.+" if kind.named_by_email else f"{kind.name}\\..+"
    return f"{kind.name}\\.[^.]+" + ("" if kind.parent is None else "\\.[^.]+")


def _example(kind: Kind) -> str:
    if kind.keyed_by_identity and kind.named_by_email:
        return f"{kind.name}.E-MAIL"
    return f"{kind.name}.KEY" if kind.parent is None else f"{kind.name}.{kind.parent.upper()}.KEY"
