"""Build hook of the wheel: compiles the schemas, so that no start of the program has to.

The modules are written for the wheel alone. A checkout compiles the schemas when it starts (config/verdict.py).
"""

from __future__ import annotations

import ast
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# Keywords that say nothing about a text.
OF_MAPPINGS = frozenset(
    ("type", "properties", "patternProperties", "additionalProperties", "propertyNames", "minProperties", "required")
)
HEAD = '''\
"""The schema "{name}" as code, made when the wheel was built (schemas/build_hook.py)."""

import re


class Refused(Exception):
    """The document does not match."""


class Patterns(dict):
    """Patterns by their text in the schema, each compiled when it is first used."""

    def __missing__(self, text):
        self[text] = found = re.compile(SOURCES[text])
        return found


REGEX_PATTERNS = Patterns()
TEXT = frozenset((str,))
'''


class Shortened(ast.NodeTransformer):
    """Leaves out of generated code the place and the words of a refusal, and `Decimal`, which no document has."""

    def visit_Raise(self, node: ast.Raise) -> ast.Raise:
        return ast.Raise(exc=ast.Name("Refused", ast.Load()))

    def visit_Name(self, node: ast.Name) -> ast.Name:
        refusals = ("JsonSchemaValueException", "JsonSchemaValuesException")
        return ast.Name("Refused", node.ctx) if node.id in refusals else node

    def visit_Tuple(self, node: ast.Tuple) -> Any:
        self.generic_visit(node)
        node.elts = [one for one in node.elts if not (isinstance(one, ast.Name) and one.id == "Decimal")]
        return node

    def visit_Call(self, node: ast.Call) -> Any:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id.startswith("validate"):
            node.args, node.keywords = node.args[:1], []
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        self.generic_visit(node)
        node.args.args, node.args.defaults = node.args.args[:1], []
        return node


def text_fields(schema: Any, name: str) -> frozenset[str]:
    """Return the fields of the definition `name` that may be any text, if a mapping of these alone is valid."""
    definitions = schema["$defs"]
    found = definitions[name]
    if found.keys() != {"type", "properties", "additionalProperties"} or found["additionalProperties"] is not False:
        return frozenset()
    fields = {
        key: definitions[of["$ref"].rpartition("/")[2]] if "$ref" in of else of
        for key, of in found["properties"].items()
    }
    return frozenset(key for key, of in fields.items() if of.keys() <= OF_MAPPINGS and "string" in of["type"])


def with_short_cut(function: ast.FunctionDef, schema: Any) -> list[ast.stmt]:
    """Return `function`, told to accept a mapping of nothing but such texts at once: most users are one."""
    name = function.name.removeprefix("validate____defs_")
    fields = text_fields(schema, name) if name in schema.get("$defs", {}) else frozenset()
    if not fields:
        return [function]
    test = f"isinstance(data, dict) and TEXTS_{name}.issuperset(data) and TEXT.issuperset(map(type, data.values()))"
    function.body[:0] = ast.parse(f"if {test}:\n    return data").body
    return [*ast.parse(f"TEXTS_{name} = frozenset({sorted(fields)!r})").body, function]


def module(name: str, schema: Any) -> str:
    """Return the source of a module whose `validate` raises `Refused` for a document that `schema` does not match."""
    import fastjsonschema

    code = fastjsonschema.compile_to_code(schema, use_default=False, detailed_exceptions=False)
    body: list[ast.stmt] = []
    for node in ast.parse(code).body:
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        if isinstance(target, ast.Name) and target.id == "REGEX_PATTERNS":
            entries = zip(node.value.keys, node.value.values, strict=True)
            sources = {ast.literal_eval(key): ast.literal_eval(value.args[0]) for key, value in entries}
            body.append(ast.parse(f"SOURCES = {sources!r}").body[0])
        elif isinstance(node, ast.FunctionDef) or (isinstance(target, ast.Name) and target.id == "NoneType"):
            short = Shortened().visit(node)
            body += with_short_cut(short, schema) if isinstance(short, ast.FunctionDef) else [short]
    tree = ast.fix_missing_locations(ast.Module(body, []))
    return HEAD.format(name=name) + ast.unparse(tree) + "\n"


class CompileSchemas(BuildHookInterface):  # type: ignore[type-arg]  # it reads no configuration of a builder
    """Adds a module for each schema to the wheel."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the modules, unless the build is an editable one."""
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        from sdx_state.config.schema import NAMES
        from sdx_state.config.verdict import bare_schema, compiled_module

        self.folder = tempfile.TemporaryDirectory()
        for name in NAMES:
            packed = compiled_module(name).rpartition(".")[2] + ".py"
            path = Path(self.folder.name, packed)
            path.write_text(module(name, bare_schema(name)), encoding="utf-8")
            build_data["force_include"][str(path)] = f"sdx_state/config/{packed}"
