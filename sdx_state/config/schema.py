"""The JSON Schemas of the files: their text, and the descriptions that `explain` prints."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sdx_state.config.compose import composed, with_scope
from sdx_state.config.compose_reuse import PLACEHOLDER, with_reuse
from sdx_state.decoding.strict import parse
from sdx_state.decoding.typed import record
from sdx_state.kinds import cached_by_table
from sdx_state.records import dataclass

# The files as they are written, and the resource files once templates and blocks are replaced by what they make.
NAMES = ("project", "resources", "resolved")


@dataclass(frozen=True)
class Description:
    """The description of a kind, a section or a field.

    Attributes:
        name: Its dotted name, such as `survey.greeting_text`.
        text: What it is for.
        type: Which values it takes, in words.
        required: Whether it has to be there.
        fields: The names below it with their descriptions; empty for a plain field.
    """

    name: str
    text: str
    type: str
    required: bool
    fields: Mapping[str, str]


def schema_text(name: str) -> str:
    """Return the text of the JSON Schema `name`, one of `NAMES`.

    Raises:
        KeyError: There is no such schema.
        FileNotFoundError: The installation is incomplete.
    """
    return json.dumps(schema_document(name), ensure_ascii=False, indent=2) + "\n"


def _packed(name: str) -> str:
    if name not in NAMES:
        raise KeyError(name)
    file = f"{'resources' if name == 'resolved' else name}.schema.json"
    from importlib import resources  # a wheel has the schemas as code, and reads them to explain an error

    packed = resources.files("sdx_state").joinpath("schemas").joinpath(file)
    if packed.is_file():
        return packed.read_text(encoding="utf-8")
    # A source checkout has the folder beside the package.
    return (Path(__file__).resolve().parents[2] / "schemas" / file).read_text(encoding="utf-8")


@cached_by_table
def schema_document(name: str) -> dict[str, Any]:
    """Return the JSON Schema `name`; those of the resources as the table of kinds has it."""
    document: dict[str, Any] = record(parse(_packed(name)))
    if name == "project":
        return with_scope(document)
    resolved = composed(document)
    return with_reuse(resolved) if name == "resources" else {**resolved, "$id": f"urn:sdx-state:schema:{name}:1"}


def describe(name: str) -> Description | None:
    """Return what there is to say about `name`, or None where there is no such thing.

    Args:
        name: A kind, a section or a field: `survey`, `question.max_response`, `user.csv.team`, `project.api.host`.
    """
    first, *rest = name.split(".")
    if first == "project":
        return _descend(schema_document("project"), schema_document("project"), name, rest)
    document = schema_document("resources")
    found = document["$defs"].get(first) or document["properties"].get(first)
    return _descend(document, found, name, rest) if found else None


def project_keys() -> tuple[str, ...]:
    """Return the keys of `sdx.yaml`, which `describe` knows behind `project.`."""
    project = describe("project")
    return tuple(project.fields) if project is not None else ()


def described_names() -> tuple[str, ...]:
    """Return the first names that `describe` knows."""
    document = schema_document("resources")
    return (
        "project",
        *document["$defs"],
        *(name for name in document["properties"] if name not in document["$defs"]),
    )


def _descend(document: Mapping[str, Any], node: Mapping[str, Any], name: str, path: list[str]) -> Description | None:
    required = False
    text = ""
    for step in [*path, None]:
        text = node.get("description", text) if "$ref" in node else node.get("description", "")
        node = _resolved(document, node)
        if step is None:
            break
        properties = dict(_fields(document, node))
        if step not in properties:
            return None
        required = step in node.get("required", ())
        node = properties[step]
    fields = {field: below.get("description", "") for field, below in _fields(document, node)}
    return Description(name, text or node.get("description", ""), _type_of(document, node), required, fields)


def _resolved(document: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = node.get("$ref")
    return document["$defs"][reference.removeprefix("#/$defs/")] if reference else node


def _fields(document: Mapping[str, Any], node: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The named fields below `node`, or below each of its items."""
    items = node.get("items")
    below = _resolved(document, items) if items else node
    yield from below.get("properties", {}).items()


_TYPE_WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "array": "list",
    "object": "mapping",
}


def type_words(types: object) -> str:
    """Return in words what the JSON Schema keyword `type` says; null, which clears a field, is left out."""
    names = [types] if isinstance(types, str) else list(types) if isinstance(types, list) else []
    return " or ".join(_TYPE_WORDS[name] for name in names if name in _TYPE_WORDS)


def _type_of(document: Mapping[str, Any], node: Mapping[str, Any]) -> str:
    if node is document["$defs"].get("prompt"):
        return "text, or a text for each language"
    if node.get("pattern") == PLACEHOLDER:
        return type_words([one for one in node["type"] if one != "string"])
    node = node["anyOf"][0] if "anyOf" in node else node
    if "enum" in node:
        return "one of " + ", ".join(str(value) for value in node["enum"])
    if "const" in node:
        return str(node["const"])
    return type_words(node.get("type"))
