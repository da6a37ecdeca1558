"""Variables: how they are declared, and which of several values each one has."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sdx_state.config.errors import ConfigurationError
from sdx_state.config.variables import read_values

DECLARED = """\
sdx: 1
variables:
  company: Acme
  region: {description: Who answers, required: true}
  seats: {type: number, default: 3}
  open: {type: bool, default: false}
  note: {required: false}
environments:
  demo: {variables: {company: Demo, region: eu, seats: 4, open: true}}
"""


def values(files: Any, environ: Mapping[str, str], environment: str | None = None) -> dict[str, str]:
    return dict(files.load(environment, environ).project.variables)


def said(files: Any, environ: Mapping[str, str]) -> list[str]:
    with pytest.raises(ConfigurationError) as error:
        files.load(None, environ)
    return [str(one) for one in error.value.diagnostics]


@pytest.fixture
def declared(files: Any) -> Any:
    files.write("sdx.yaml", DECLARED)
    files.write("a.yaml", "surveys: {a: {name: A}}\n")
    return files


def test_a_variable_has_its_default_without_another_value(declared: Any) -> None:
    assert values(declared, {"SDX_VAR_region": "us"}) == {
        "company": "Acme",
        "region": "us",
        "seats": "3",
        "open": "false",
        "note": "",
    }


def test_the_last_of_several_values_wins_as_terraform_has_it(declared: Any) -> None:
    environ: dict[str, str] = {}
    assert values(declared, environ, "demo")["company"] == "Demo"
    environ["SDX_VAR_company"] = "Process"
    assert values(declared, environ, "demo")["company"] == "Process"
    environ["--var-file company"] = "File"
    assert values(declared, environ, "demo")["company"] == "File"
    environ["--var company"] = "Option"
    assert values(declared, environ, "demo") == {
        "company": "Option",
        "region": "eu",
        "seats": "4",
        "open": "true",
        "note": "",
    }


def test_an_undeclared_variable_of_the_process_environment_is_one(declared: Any) -> None:
    assert values(declared, {"SDX_VAR_region": "us", "SDX_VAR_more": "x"})["more"] == "x"


def test_values_that_do_not_fit_are_listed(declared: Any) -> None:
    environ = {"SDX_VAR_seats": "many", "--var open": "yes", "--var compny": "A"}
    assert said(declared, environ) == [
        "sdx.yaml:2:1: there is no variable `compny`",
        "sdx.yaml:4:3: the variable `region` has no value",
        "sdx.yaml:5:3: `seats` must be a number, got `many` from SDX_VAR_seats",
        "sdx.yaml:6:3: `open` must be true or false, got `yes` from --var",
    ]


def test_an_undeclared_variable_of_a_file_is_a_warning(declared: Any) -> None:
    loaded = declared.load(None, {"SDX_VAR_region": "us", "--var-file other": "x"})
    assert [str(one) for one in loaded.warnings] == [
        "sdx.yaml:2:1: the file of --var-file has a variable `other` that is not declared"
    ]
    assert "other" not in loaded.project.variables


@pytest.mark.parametrize(
    ("declaration", "message"),
    [
        ("{type: number, default: x}", "sdx.yaml:2:40: the default of `v` must be a number, got `x`"),
        ("{required: true, default: x}", "sdx.yaml:2:42: `v` is required and has a default, which nothing would use"),
        ("{type: text}", "sdx.yaml:2:23: `type` cannot be `text`"),
        ("{defualt: x}", "sdx.yaml:2:17: unknown field `defualt`"),
        ("5", "sdx.yaml:2:16: `v` must be a string, got `5`"),
    ],
)
def test_wrong_declarations_are_listed(files: Any, declaration: str, message: str) -> None:
    files.write("sdx.yaml", f"sdx: 1\nvariables: {{v: {declaration}}}\n")
    assert said(files, {}) == [message]


def test_a_file_of_values_is_a_mapping_of_texts_numbers_and_booleans(tmp_path: Path) -> None:
    path = tmp_path / "acme.vars"
    path.write_text("company: Acme\nseats: 3\nopen: true\n", "utf-8")
    assert read_values(path) == {"company": "Acme", "seats": "3", "open": "true"}
    path.write_text("company: [a]\nother:\n", "utf-8")
    with pytest.raises(ConfigurationError) as error:
        read_values(path)
    assert [str(one) for one in error.value.diagnostics] == [
        "acme.vars:1:10: `company` must be a text, a number, or true or false",
        "acme.vars:2:7: `other` must be a text, a number, or true or false",
    ]
