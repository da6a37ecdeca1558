"""`--var` and `--var-file`, before and after the name of a command."""

from __future__ import annotations

import re
from typing import Any

import pytest


@pytest.fixture
def named(project: Any) -> Any:
    """A project whose survey is named by a variable, and so is each of its duplicates."""
    project.write("sdx.yaml", "sdx: 1\nvariables: {name: Default, other: O}\n")
    project.write("a.yaml", 'surveys: {a: {name: "${var.name}"}, b: {name: "${var.name}"}}\n')
    project.write("one.vars", "name: One\n")
    project.write("two.vars", "name: Two\n")
    return project


def name_in(ended: Any) -> str:
    """The value of the variable, as the error about the duplicate has it."""
    found = re.search(r"two surveys have the name `(\w+)`", ended.err)
    assert found is not None, ended.err
    return found[1]


@pytest.mark.parametrize(
    ("before", "after", "name"),
    [
        ((), (), "Default"),
        (("--var", "name=X"), (), "X"),
        ((), ("--var", "name=X"), "X"),
        ((), ("--var=name=X", "--var", "name=Y"), "Y"),
        (("--var", "name=X"), ("--var", "name=Y"), "Y"),
        (("--var-file", "one.vars"), ("--var", "name=Y"), "Y"),
        (("--var", "name=Y"), ("--var-file", "one.vars"), "One"),
        ((), ("--var-file", "one.vars", "--var", "name=Y", "--var-file=two.vars"), "Two"),
        ((), ("--var-file", "two.vars", "--var-file", "one.vars", "--var", "other=Y"), "One"),
    ],
)
def test_the_last_value_of_the_command_line_wins(
    named: Any, monkeypatch: pytest.MonkeyPatch, before: tuple[str, ...], after: tuple[str, ...], name: str
) -> None:
    monkeypatch.chdir(named.folder)
    assert name_in(named.run(*before, "validate", *after)) == name


def test_a_value_without_a_name_is_a_usage_error(named: Any) -> None:
    ended = named.run("validate", "--var", "name")
    assert (ended.code, ended.out) == (2, "")
    assert "write --var NAME=VALUE" in ended.err


def test_an_unknown_variable_is_an_error_with_a_hint(named: Any) -> None:
    ended = named.run("validate", "--var", "nmae=X")
    assert ended.code == 1
    assert "error[unknown-variable]: there is no variable `nmae`" in ended.err
    assert "did you mean `name`?" in ended.err
