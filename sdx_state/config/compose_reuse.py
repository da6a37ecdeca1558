"""The JSON Schema of the resource files as they are written: with templates, blocks and their placeholders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sdx_state.config.blocks import AFTER, BEFORE, EXTENDS, FOR_EACH, OMIT, OVERRIDES, TEMPLATES
from sdx_state.kinds import KINDS, Kind, children_of, parent_names
from sdx_state.model.address import KEY_PATTERN, KEY_RULE

FOR_EACH_DEFINITION = "for_each"
TEMPLATE, OVERRIDE = "template", "override"
PLACEHOLDER = "\\$\\{\\s*each\\."
_KEY = {"pattern": KEY_PATTERN, "patternErrorMessage": KEY_RULE}
_ITEMS = {
    "description": "Make a declaration for each item; texts refer to its values as ${each.NAME}. A mapping of items "
    "by key, a list of keys, or {csv: FILE, key: COLUMN} for the rows of a spreadsheet.",
    "type": ["object", "array"],
}
_EXTENDS = {
    "description": "Templates, or other surveys, whose fields this one takes; its own fields win, later ones before "
    "earlier ones.",
    "type": ["string", "array"],
    "minLength": 1,
    "items": {"type": "string", "minLength": 1},
}


def with_reuse(resolved: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of files as they are written, given that of files without templates and blocks."""
    definitions = {name: _relaxed(body) if name in KINDS else body for name, body in resolved["$defs"].items()}
    sections = dict(resolved["properties"])
    for kind in KINDS.values():
        if kind.parent is not None:
            continue
        definitions[kind.name] = _block(kind, definitions[kind.name])
        if "patternProperties" in sections[kind.collection]:
            sections[kind.collection] = _with_blocks(kind, sections[kind.collection])
        for child in children_of(kind.name):
            definitions[child.name] = _placed(child, definitions[child.name])
    definitions[FOR_EACH_DEFINITION] = _ITEMS
    parent = next(KINDS[name] for name in KINDS if name in parent_names())
    definitions[TEMPLATE] = _part(definitions[parent.name], "Fields that others take.", FOR_EACH, OVERRIDES)
    definitions[OVERRIDE] = _part(definitions[TEMPLATE], "Fields of one item.", EXTENDS)
    templates = {
        "description": f"Fields that {parent.collection} take with `{EXTENDS}`. A template declares nothing itself.",
        "type": ["object", "null"],
        "propertyNames": _KEY,
        "additionalProperties": {"$ref": f"#/$defs/{TEMPLATE}"},
    }
    return {**resolved, "properties": {TEMPLATES: templates, **sections}, "$defs": definitions}


def _relaxed(body: Mapping[str, Any]) -> dict[str, Any]:
    properties = body.get("properties")
    if not isinstance(properties, Mapping):
        return dict(body)
    return {**body, "properties": {name: _with_placeholder(value) for name, value in properties.items()}}


def _with_placeholder(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of a value with a placeholder in place of a number, a boolean or one of some texts."""
    types = value.get("type")
    names = [types] if isinstance(types, str) else list(types or ())
    if "enum" in value:
        rest = {name: one for name, one in value.items() if name != "enum"}
        return {**rest, "anyOf": [{"enum": value["enum"]}, {"type": "string", "pattern": PLACEHOLDER}]}
    if "pattern" in value:
        return {**value, "pattern": f"(?:{value['pattern']})|{PLACEHOLDER}"}
    if "string" not in names and {"integer", "boolean"} & set(names):
        return {**value, "type": [*names, "string"], "pattern": PLACEHOLDER}
    return dict(value)


def _block(kind: Kind, body: Mapping[str, Any]) -> dict[str, Any]:
    properties = dict(body["properties"])
    if kind.name in parent_names():
        properties[EXTENDS] = _EXTENDS
        child = children_of(kind.name)[0]
        properties[OMIT] = {
            "description": f"Keys of {child.collection} that are not taken from what this extends.",
            "type": "array",
            "items": {"type": "string", "minLength": 1},
        }
    if not kind.lookup_only:
        of = OVERRIDE if kind.name in parent_names() else kind.name
        properties[OVERRIDES] = {
            "description": f"Fields of single items of `{FOR_EACH}`, by the key of the item.",
            "type": "object",
            "additionalProperties": {"$ref": f"#/$defs/{of}"},
        }
    properties[FOR_EACH] = {
        "description": "Make a declaration for each of these items.",
        "$ref": f"#/$defs/{FOR_EACH_DEFINITION}",
    }
    return {**body, "properties": properties}


def _with_blocks(kind: Kind, section: Mapping[str, Any]) -> dict[str, Any]:
    """Return the section of a kind whose keys are identities, with blocks, whose keys are any."""
    block = {"allOf": [{"$ref": f"#/$defs/{kind.name}"}, {"required": [FOR_EACH]}]}
    besides = "|".join(kind.section_keys)
    pattern = f"^(?!(?:{besides})$)[^@]+$" if besides else "^[^@]+$"
    return {**section, "patternProperties": {**section["patternProperties"], pattern: block}}


def _placed(kind: Kind, body: Mapping[str, Any]) -> dict[str, Any]:
    placing = {
        how: {
            "description": f"Place it {how} the {kind.noun} of this key, among those that the {kind.parent} extends.",
            "type": "string",
            "minLength": 1,
        }
        for how in (AFTER, BEFORE)
    }
    return {**body, "properties": {**body["properties"], **placing}}


def _part(body: Mapping[str, Any], description: str, *without: str) -> dict[str, Any]:
    properties = {name: value for name, value in body["properties"].items() if name not in without}
    return {**body, "description": description, "properties": properties}
