"""JSON is parsed in one module, so that every document is read by the same rules."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import sdx_state
from sdx_state.decoding import strict
from sdx_state.decoding.strict import DecodingError, Questionable, parse
from tests.parsed import modules, parsed, walk
from tests.tiers import tries

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


SPACES = st.text(" \t\n\r", max_size=2)
# Some of these are one key in two spellings, and some look like a key with its colon.
STRINGS = st.sampled_from(
    ['"a"', '"\\u0061"', '"b"', '""', '"\\": "', '"a :"', '"\\":1,\\"a\\":2"', '"[{"', '"\\ud800"']
)
ATOMS = STRINGS | st.sampled_from(["1", "-0.5e3", "1e999", "NaN", "true", "null", "x"])


def containers(values):
    """Return a strategy for the texts of arrays and objects of `values`, spaced in any way."""
    spaced = st.builds("{}{}{}".format, SPACES, values, SPACES)
    members = st.builds("{}{}{}:{}".format, SPACES, STRINGS, SPACES, spaced)
    arrays = st.lists(spaced, max_size=4).map(lambda items: f"[{','.join(items)}]")
    return arrays | st.lists(members, max_size=4).map(lambda items: f"{{{','.join(items)}}}")


def outcome(text):
    """Return the document in `text`, or the error."""
    try:
        return json.dumps(parse(text, 3))
    except DecodingError as error:
        return type(error), str(error)


@tries(100, 2000)
@given(st.recursive(ATOMS, containers, max_leaves=12))
@example('{"a":1, "a"\n:2}')
@example('[{"a": {"b": 1}, "a": 2}, x]')
@example("[[[[1]]]]")
def test_counting_members_proves_what_the_thorough_way_finds(text):
    with mock.patch.object(strict, "_FAST_DECODER", mock.Mock(**{"decode.side_effect": ValueError})):
        thorough = outcome(text)
    assert outcome(text) == thorough


@pytest.mark.parametrize(
    "text",
    [
        '[{"id": 1, "name": "Care"}, {"id": 2, "name": "[Name]: {x}"}]',
        '{"resources":{"survey.a":{"id":"1","applied":{"name":"ab"}}}}',
        '{"a"\n:\t{"b" : "c"}}',
    ],
)
def test_usual_documents_need_no_call_for_each_object(text):
    with mock.patch.object(strict, "_DECODER", None):
        assert parse(text) == json.loads(text)


def test_keys_that_are_one_in_two_spellings_are_duplicates():
    with pytest.raises(Questionable, match="duplicate key"):
        parse('[{"name": 1, "n\\u0061me": 2}]')
