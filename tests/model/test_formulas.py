"""Cells that a spreadsheet would execute are recognized in one module."""

from __future__ import annotations

import ast

import pytest

from sdx_state.model.formulas import is_formula, protected_cell, restored_cell, safe_cell
from tests.conftest import Source

FORMULAS = ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\uff1d1", "+61499 000", "-", "+"]
TEXTS = ["", "a=1", "12", "-12", "+61488888888", "-1.5", " =1", "'=1"]


@pytest.mark.parametrize("cell", FORMULAS)
def test_formulas_become_texts(cell: str) -> None:
    assert is_formula(cell)
    assert safe_cell(cell) == f"'{cell}"
    assert not is_formula(safe_cell(cell))


@pytest.mark.parametrize("cell", TEXTS)
def test_other_texts_and_numbers_stay(cell: str) -> None:
    assert not is_formula(cell)
    assert safe_cell(cell) == cell


@pytest.mark.parametrize("cell", [*FORMULAS, *TEXTS, "''=1", "'", "''", "'a", "'@b"])
def test_a_protected_cell_is_not_a_formula_and_comes_back(cell: str) -> None:
    assert not is_formula(protected_cell(cell))
    assert restored_cell(protected_cell(cell)) == cell


def test_nul_becomes_a_character_that_readers_take() -> None:
    assert safe_cell("a\0b") == "a\ufffdb"
    assert safe_cell("=\0") == "'=\ufffd"


# Module -> why its cells need no escape.
WRITE_CSV = {
    "report/handoff.py": "writes the rows of `upload_of`, which are safe",
    "report/responses.py": "each cell goes through `safe_cell`",
    "translations/csv_file.py": "writes the rows of `table_of`, each cell of which goes through `protected_cell`",
}


def test_beginnings_of_formulas_are_listed_in_one_module(source: Source) -> None:
    def lists_beginnings(node: ast.AST) -> bool:
        if isinstance(node, ast.Tuple | ast.List | ast.Set):
            return {"=", "+", "-", "@"} <= {one.value for one in node.elts if isinstance(one, ast.Constant)}
        return isinstance(node, ast.Constant) and isinstance(node.value, str) and "=+-@" in node.value

    assert set(source.where(lists_beginnings)) == {"model/formulas.py"}


def test_modules_that_write_csv_are_known(source: Source) -> None:
    def writes(node: ast.AST) -> bool:
        return isinstance(node, ast.Attribute) and ast.unparse(node) in ("csv.writer", "csv.DictWriter")

    assert set(source.where(writes)) == set(WRITE_CSV)
