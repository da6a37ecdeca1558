"""The columns of the user upload are listed in one module."""

from __future__ import annotations

import ast

from sdx_state.kinds import USER
from sdx_state.kinds.user import UPLOAD_BESIDE_TEAM, UPLOAD_COLUMNS, UPLOAD_REQUIRED, UPLOAD_SWITCHES
from tests.conftest import Source

HEADERS = "headers.py holds other names for columns, each checked against the list"


def test_columns_of_the_upload_are_fields_or_known_to_the_upload_alone() -> None:
    fields = {field.name for field in USER.fields}
    assert set(UPLOAD_COLUMNS) == fields | set(USER.upload)
    assert not fields & set(USER.upload)
    assert len(set(UPLOAD_COLUMNS)) == len(UPLOAD_COLUMNS)
    assert {*UPLOAD_REQUIRED, *UPLOAD_BESIDE_TEAM, *UPLOAD_SWITCHES} <= set(UPLOAD_COLUMNS)


def test_columns_are_listed_in_one_module(source: Source) -> None:
    def lists_columns(node: ast.AST) -> bool:
        if not isinstance(node, ast.Tuple | ast.List | ast.Set):
            return False
        named = [one.value for one in node.elts if isinstance(one, ast.Constant)]
        return len(set(named) & set(UPLOAD_COLUMNS)) > 1 and set(named) <= set(UPLOAD_COLUMNS)

    def names_a_column_of_the_upload(node: ast.AST) -> bool:
        return isinstance(node, ast.Constant) and node.value in set(USER.upload) - {"team"}

    assert set(source.where(lists_columns)) == {"kinds/user.py"}
    assert set(source.where(names_a_column_of_the_upload)) == {"kinds/user.py", "config/headers.py"}, HEADERS
