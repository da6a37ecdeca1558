"""Verdicts of the code that the wheel has, and of the code that a checkout compiles at its start."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from sdx_state.config import verdict
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
    hook = loaded(ROOT / "hatch_build.py")
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


def test_the_code_of_the_wheel_accepts_the_example(compiled):
    from sdx_state.config.builder import build
    from sdx_state.config.source_text import SourceText

    for path in sorted((ROOT / "examples").rglob("*.yaml")):
        document = build(SourceText(path.name, path.read_text(encoding="utf-8")), pytest.fail)
        name = "project" if path.name == "sdx.yaml" else "resources"
        if verdict_of(name)(document):
            assert says(compiled[name], document)
            break
    else:
        pytest.fail("no example is valid")


def test_a_checkout_has_no_code_of_a_wheel():
    """Code left behind by a build would outlive the schema that it was made from."""
    assert list(Path(verdict.__file__).parent.glob("compiled_*.py")) == []
