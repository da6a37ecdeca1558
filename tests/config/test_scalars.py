"""The meaning of an unquoted value: YAML 1.2 core, and text where another YAML reader could see another value."""

from __future__ import annotations

import pytest
import yaml

from sdx_state.config.parse import build
from sdx_state.config.scalars import Unquoted, reads_as_text, resolve
from sdx_state.config.source_text import SourceText
from sdx_state.config.tree import Table

SURPRISES = [
    ("yes", "yes"), ("no", "no"), ("on", "on"), ("off", "off"), ("y", "y"), ("True", "True"), ("FALSE", "FALSE"),
    ("true", True), ("false", False), ("null", None), ("~", None), ("", None), ("Null", "Null"), ("NULL", "NULL"),
    ("0", 0), ("7", 7), ("-3", -3), ("+3", "+3"),
    ("010", "010"), ("0o17", "0o17"), ("0x1F", "0x1F"), ("1_000", "1_000"),
    ("0400000000", "0400000000"), ("61400000000", 61400000000), ("+61488000001", "+61488000001"),
    ("12:30", "12:30"), ("190:20:30", "190:20:30"), ("2024-01-01", "2024-01-01"), ("2024-01-01T10:00:00Z",) * 2,
    ("1.5", 1.5), ("1.10", 1.1), ("1.", "1."), (".5", ".5"), ("1e3", "1e3"), ("1.0e3", 1000.0), (".inf", ".inf"),
    ("-.INF", "-.INF"), (".nan", ".nan"), ("NaN", "NaN"), ("=", "="), ("-", "-"), ("--", "--"), ("9" * 30, "9" * 30),
    ("1.2.3", "1.2.3"), ("%x%", "%x%"),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "meant"), SURPRISES)
def test_an_unquoted_value_means_what_it_says(typed: str, meant: object) -> None:
    found = resolve(typed)
    assert found == meant
    assert isinstance(found, type(meant)), f"{typed} is a {type(found).__name__}"


@pytest.mark.parametrize("typed", ["0400000000", "+61488000001", "1_000", "010", "0x1F", "12:30", "1.2.3", "9" * 30])
def test_text_that_looks_like_a_number_is_marked_as_such(typed: str) -> None:
    assert isinstance(resolve(typed), Unquoted)


@pytest.mark.parametrize(("typed", "meant"), [one for one in SURPRISES if one[0] not in ("-", "%x%")])
def test_the_reader_resolves_values_in_a_file_the_same_way(typed: str, meant: object) -> None:
    diagnostics: list[object] = []
    root = build(SourceText("a.yaml", f"key: {typed}\n"), diagnostics.append)
    assert diagnostics == []
    assert isinstance(root, Table)
    assert root["key"] == meant


@pytest.mark.parametrize("typed", [one for one, _ in SURPRISES if one not in ("", "-", "=", "%x%")])
@pytest.mark.parametrize("quote", ["'", '"'])
def test_a_quoted_value_is_text(typed: str, quote: str) -> None:
    root = build(SourceText("a.yaml", f"key: {quote}{typed}{quote}\n"), pytest.fail)
    assert root == {"key": typed}


@pytest.mark.parametrize("typed", [one for one, _ in SURPRISES if one not in ("", "-", "%x%")])
def test_scalars_reported_as_text_are_text_in_yaml_1_1_too(typed: str) -> None:
    if reads_as_text(typed):
        assert yaml.safe_load(f"key: {typed}\n") == {"key": typed}
