"""Formulas in CSV files: spreadsheets execute cells that begin like a formula."""

from __future__ import annotations

import re

_BEGINNINGS = frozenset("=+-@\t\r\uff1d\uff0b\uff0d\uff20")  # The last four are full-width.
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")  # Shown and not executed, for example phone numbers (E.164).


def is_formula(cell: str) -> bool:
    """Return True if a spreadsheet would execute `cell`."""
    return cell[:1] in _BEGINNINGS and _NUMBER.fullmatch(cell) is None


def safe_cell(cell: str) -> str:
    """Return `cell` for a CSV file: a formula gets an apostrophe in front, which makes it a text.

    NUL becomes U+FFFD: CSV readers reject it, some writers fail on it, and it marks the end of a damaged file.
    """
    return (f"'{cell}" if is_formula(cell) else cell).replace("\0", "\ufffd")


def protected_cell(text: str) -> str:
    """Return `text` for a cell that comes back: as `safe_cell`, and so that `restored_cell` returns `text`."""
    return f"'{text}" if is_formula(text.lstrip("'")) else text


def restored_cell(cell: str) -> str:
    """Return the text that `protected_cell` was given."""
    return cell[1:] if cell.startswith("'") and is_formula(cell.lstrip("'")) else cell
