"""Verdicts of the code that the wheel has, and of the code that a checkout compiles at its start."""

from __future__ import annotations

import builtins
import dis
import importlib.util
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from sdx_state.config.schema import NAMES
from sdx_state.config.verdict import bare_schema, verdict_of
from tests.config.test_schema import documents

ROOT = Path(__file__).parents[2]


def loaded(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def compiled(tmp_path_factory) -> dict[str, Any]:
    hook = loaded(ROOT / "schemas" / "build_hook.py")
    folder = tmp_path_factory.mktemp("compiled")
    modules = {}
    for name in NAMES:
        path = folder / f"compiled_{name}.py"
        path.write_text(hook.module(name, bare_schema(name)), encoding="utf-8")
        modules[name] = loaded(path)
    return modules


def says(module: Any, document: object) -> bool:
    try:
        module.validate(document)
    except module.Refused:
        return False
    return True


@settings(max_examples=3 * settings.default.max_examples)
@given(documents)
def test_the_code_of_the_wheel_agrees_with_that_of_a_checkout(compiled, document):
    for name in NAMES:
        assert says(compiled[name], document) is verdict_of(name)(document)


@pytest.mark.parametrize("name", NAMES)
def test_the_code_of_the_wheel_uses_no_name_that_it_does_not_define(compiled, name):
    def names(code) -> Iterator[str]:
        yield from (one.argval for one in dis.get_instructions(code) if one.opname in ("LOAD_GLOBAL", "LOAD_NAME"))
        for constant in code.co_consts:
            if isinstance(constant, types.CodeType):
                yield from names(constant)

    source = Path(compiled[name].__file__).read_text(encoding="utf-8")
    used = set(names(compile(source, name, "exec")))
    assert "Refused" in used
    assert used - vars(compiled[name]).keys() - vars(builtins).keys() - {"__name__", "__module__"} == set()


VALID = {
    "project": {
        "sdx": 1,
        "api": {"host": "a.example.com", "parallelism": 8, "rate": 2.5},
        "limits": {"deletes": 3, "deletes_percent": 10},
    },
    "resources": {
        "surveys": {"a": {"name": "A", "questions": [{"question_label": "Q", "max_response": 10}]}},
        "users": {"u@example.com": {"name": "U", "phone": "+61488888888"}},
        "phone_numbers": {"a": {"number": "+61488888888", "phone_type": "mobile"}},
        "removed": [{"address": "survey.b", "destroy": False}],
    },
}


@pytest.mark.parametrize("name", VALID)
def test_the_code_of_the_wheel_agrees_on_documents_that_are_nearly_valid(compiled, name):
    valid = VALID[name]

    def variants(node) -> Iterator[object]:
        yield from (None, True, 1, -1, 1.5, "", "x", "x\n", [], {}, [node], {"x": node}, {"x\n": node})
        if isinstance(node, dict):
            for key, value in node.items():
                yield from ({**node, key: one} for one in variants(value))
                yield {one: other for one, other in node.items() if one != key}
        if isinstance(node, list):
            yield from ([one, *node[1:]] for one in variants(node[0]))

    documents = [valid, *variants(valid)]
    verdicts = [verdict_of(name)(one) for one in documents]
    assert [says(compiled[name], one) for one in documents] == verdicts
    assert {True, False} == set(verdicts)


def test_a_checkout_has_no_code_of_a_wheel():
    """Code left behind by a build would outlive the schema that it was made from."""
    checkout = Path(__file__).parents[2]
    assert list((checkout / "sdx_state" / "config").glob("compiled_*.py")) == []
