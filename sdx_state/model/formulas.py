"""Cells of CSV files as spreadsheets take them: what begins like a formula is executed on opening the file."""

from __future__ import annotations

import re

_BEGINNINGS = frozenset("=+-@\t\r\uff1d\uff0b\uff0d\uff20")  # the last four are full-width
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")  # is shown and not executed; telephone numbers (E.164) among them


def is_formula(cell: str) -> bool:
    """Tell whether a spreadsheet would execute `cell`."""
    return cell[:1] in _BEGINNINGS and _NUMBER.fullmatch(cell) is None


def safe_cell(cell: str) -> str:
    """Return `cell` as a CSV file may hold it: a formula with an apostrophe in front, which makes it a text.

    NUL becomes U+FFFD: no CSV reader takes it, some writers fail on it, and a file that lost power may end in many.
    """
    return (f"'{cell}" if is_formula(cell) else cell).replace("\0", "\ufffd")
