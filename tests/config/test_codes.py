"""The registry of diagnostics, against the source that creates them and the projects that provoke them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import sdx_state
from sdx_state.app.declared import load_declared
from sdx_state.config.codes import Rule, guide_texts, nearest_code, rules
from sdx_state.config.errors import ConfigurationError
from sdx_state.model.diagnostic import DECISIONS, LIMITS, Diagnostic
from sdx_state.risk.rules import RULES
from tests.parsed import modules, parsed, walk

PACKAGE = Path(sdx_state.__file__).parent
KEBAB = re.compile("[a-z]+(-[a-z]+)*")
DEFAULT = "sdx: 1\napi: {host: demo.surveydynamix.com}\n"


def trees() -> list[tuple[str, ast.Module]]:
    files = (path for path in modules() if "sandbox" not in path.parts)
    return [(path.relative_to(PACKAGE).as_posix(), parsed(path)) for path in files]


def takes_a_code_first(node: ast.AST) -> bool:
    if isinstance(node, ast.FunctionDef):
        names = [one.arg for one in node.args.args if one.arg not in ("self", "cls")]
        return names[:1] == ["code"]
    if isinstance(node, ast.ClassDef):
        fields = [one.target for one in node.body if isinstance(one, ast.AnnAssign)]
        return bool(fields) and isinstance(fields[0], ast.Name) and fields[0].id == "code"
    return False


def name_of(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def texts_in(node: ast.AST) -> Iterator[str]:
    for one in ast.walk(node):
        if isinstance(one, ast.Constant) and isinstance(one.value, str) and KEBAB.fullmatch(one.value):
            yield one.value


def named_code(node: ast.Assign | ast.AnnAssign) -> list[ast.expr]:
    """Return the values that are assigned to names `code`, `codes` and `..._CODES`."""
    found: list[ast.expr] = []
    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            pairs = zip(target.elts, node.value.elts, strict=True)
            found += [value for one, value in pairs if name_of(one) == "code"]
        elif re.search("^codes?$|CODES$", name_of(target)) and node.value is not None:
            found.append(node.value)
    return found


def codes_in(tree: ast.Module, creators: frozenset[str]) -> Iterator[str]:
    """Yield every code in `tree`: the first argument or `code` of a creator, or the value of a name for a code."""
    constants = {
        name_of(node.targets[0]): node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
    }
    for node in walk(tree):
        if isinstance(node, ast.Call) and name_of(node.func) in creators:
            given = [*node.args[:1], *(one.value for one in node.keywords if one.arg == "code")]
            for one in (constants.get(name_of(one), one) for one in given):
                yield from texts_in(one) if isinstance(one, ast.Constant | ast.IfExp) else ()
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            for value in named_code(node):
                values = value.values if isinstance(value, ast.Dict) else [value]
                if isinstance(value, ast.Call):  # a table of codes, with a code for whatever is not in it
                    values = value.args[1:] if name_of(value.func) == "get" else []
                for one in values:
                    yield from texts_in(one)
        elif isinstance(node, ast.FunctionDef) and node.name.endswith("_code"):
            for one in ast.walk(node):
                if isinstance(one, ast.Return) and one.value is not None:
                    yield from texts_in(one.value)
        elif isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple) and len(node.value.elts) > 3:
            first = node.value.elts[0]
            yield from texts_in(first) if isinstance(first, ast.Constant) else ()


@pytest.fixture(scope="module")
def used() -> dict[str, set[str]]:
    parsed = trees()
    creators = frozenset(
        node.name
        for _, tree in parsed
        for node in walk(tree)
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and takes_a_code_first(node)
    )
    assert creators >= {"Diagnostic", "Complaint", "diagnostic", "at"}
    found: dict[str, set[str]] = {rule.id: {"risk/rules.py"} for rule in RULES}
    for name, tree in parsed:
        for code in codes_in(tree, creators):
            found.setdefault(code, set()).add(name)
    return found


def test_every_code_of_the_source_is_explained(used):
    assert len(used) > 100
    assert {code: sorted(files) for code, files in used.items() if code not in rules()} == {}


def test_every_explained_code_is_used_in_the_source(used):
    assert [code for code in rules() if code not in used] == []


def test_every_section_of_the_guides_is_whole():
    headings = [heading for _, text in guide_texts() for heading in re.findall(r"^## (\S+)", text, re.MULTILINE)]
    assert sorted(headings) == sorted(rules())
    for rule in rules().values():
        assert KEBAB.fullmatch(rule.code)
        assert rule.kind in ("error", "warning", "info", "risk")
        assert rule.title and rule.text and rule.blocks and rule.fix, rule.code


def test_the_guides_say_which_codes_are_limits_and_decisions():
    said = {
        detail: {one.code for one in rules().values() if one.detail == detail} for detail in ("limit", "decision")
    }
    assert said == {"limit": LIMITS, "decision": DECISIONS}


def test_the_guides_say_the_highest_level_of_each_risk():
    said = {one.code: one.detail for one in rules().values() if one.kind == "risk"}
    assert said == {rule.id: rule.level for rule in RULES}


def test_a_misspelt_code_has_a_nearest_one():
    assert nearest_code("unknwon-key") == "unknown-key"
    assert nearest_code("zzzzzzzz") is None


def found_in(folder: Path) -> list[Diagnostic]:
    try:
        configuration = load_declared(folder, None, {})
    except ConfigurationError as error:
        return list(error.diagnostics)
    return list(configuration.diagnostics)


OFFLINE = [
    rule
    for rule in rules().values()
    if any(block.file for block in rule.blocks) and all(block.language != "console" for block in rule.blocks)
]


@pytest.mark.parametrize("rule", OFFLINE, ids=lambda rule: rule.code)
def test_the_example_provokes_its_diagnostic(rule: Rule, tmp_path: Path):
    (tmp_path / "sdx.yaml").write_text(DEFAULT, "utf-8")
    for block in rule.blocks:
        encoding = "latin-1" if block.language == "latin-1" else "utf-8"
        (tmp_path / block.file).write_bytes(block.text.encode(encoding))
    found = [one for one in found_in(tmp_path) if one.code == rule.code]
    assert found, [str(one) for one in found_in(tmp_path)]
    assert {one.severity for one in found} == {rule.kind}


def test_most_examples_are_projects_that_run():
    assert len(OFFLINE) >= 50
