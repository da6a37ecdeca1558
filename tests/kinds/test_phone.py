"""Phone numbers are split in one module."""

from __future__ import annotations

import ast

import pytest

from sdx_state.kinds import USER
from sdx_state.kinds.phone import IN_TEXT, SEPARATORS, e164_digits, is_written, may_be_the_same, without_separators
from tests.conftest import Source


@pytest.mark.parametrize("separator", SEPARATORS)
def test_numbers_with_any_separator_are_equal(separator: str) -> None:
    written = f"+61{separator}488{separator}888{separator}888"
    assert without_separators(written) == "+61488888888"
    assert USER.by_name["phone"].means_the_same(written, "+61488888888")


@pytest.mark.parametrize("separator", SEPARATORS)
def test_numbers_with_any_separator_are_found_in_a_text(separator: str) -> None:
    found = IN_TEXT.search(f"call +61{separator}488{separator}888{separator}888 now")
    assert found is not None
    assert without_separators(found[0]) == "+61488888888"


def test_other_characters_are_not_separators() -> None:
    assert without_separators("+61/488_888") == "+61/488_888"


def test_e164_is_recognized_by_its_form() -> None:
    assert e164_digits("+61488888888") == "61488888888"
    assert e164_digits("+061488888888") is None
    assert e164_digits("+61 488 888 888") is None
    assert e164_digits("+" + "1" * 16) is None


def test_only_ascii_digits_and_separators_can_be_sent() -> None:
    assert is_written("(02) 9999-0000")
    assert not is_written("+61488888888/..")
    assert not is_written("+61\u00a0488888888")
    assert not is_written("+61\u2011488888888")


def test_national_and_international_forms_may_be_the_same_number() -> None:
    assert may_be_the_same("0488 888 888", "+61488888888")
    assert not may_be_the_same("0488 888 889", "+61488888888")
    assert not may_be_the_same("", "+61488888888")


def test_separators_are_listed_in_one_module(source: Source) -> None:
    """A text that lists blank, hyphen, brackets and dot beside each other removes or permits separators."""

    def lists_separators(node: ast.AST) -> bool:
        text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
        return set(" -().") <= set(text) and len(text) < 60 and not any(map(str.isalpha, text))

    # The layout of YAML lists characters of keys and values, not of numbers.
    assert set(source.where(lists_separators)) == {"kinds/phone.py", "config/plain_layout.py"}
