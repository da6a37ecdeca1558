"""JSON is parsed in one module, so that every document is read by the same rules."""

from __future__ import annotations

import ast
from pathlib import Path

import sdx_state
from tests.parsed import modules, parsed, walk

PACKAGE = Path(sdx_state.__file__).parent
PARSER = PACKAGE / "decoding" / "strict.py"
PARSES = {"load", "loads", "JSONDecoder", "decoder", "scanner"}


def parsing(tree):
    """Return the lines that parse JSON: with the module `json`, or with a method `json()` of an answer."""
    return [node.lineno for node in walk(tree) if _parses(node)]


def _parses(node):
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "json":
        return node.attr in PARSES
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").split(".")[0] in ("json", "simplejson", "orjson")
    if isinstance(node, ast.Import):
        return any(one.asname and one.name == "json" for one in node.names)
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "json"


def test_json_is_parsed_in_one_module_and_in_the_sandbox_which_shares_no_code():
    found = {
        path.relative_to(PACKAGE).as_posix(): lines
        for path in modules()
        if path != PARSER and path.relative_to(PACKAGE).parts[0] != "sandbox" and (lines := parsing(parsed(path)))
    }
    assert found == {}
    assert parsing(parsed(PARSER))


def test_each_way_to_parse_is_noticed():
    for source in (
        "import json as j",
        "from json import loads",
        "json.load(file)",
        "answer.json()",
        "json.JSONDecoder()",
    ):
        assert parsing(ast.parse(source)), source
    assert parsing(ast.parse("json.dumps({})")) == []
