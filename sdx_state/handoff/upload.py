"""Missing users in the platform's CSV upload format."""

from __future__ import annotations

from collections.abc import Sequence

from sdx_state.kinds.user import SEND_RESET, UPLOAD_COLUMNS
from sdx_state.model.formulas import is_formula, safe_cell
from sdx_state.model.resource import Desired
from sdx_state.records import dataclass


@dataclass(frozen=True)
class Upload:
    """Content of the upload file.

    Attributes:
        rows: One row for each user, in the order of `UPLOAD_COLUMNS`.
        neutralised: Number of cells with an apostrophe in front, so that spreadsheets do not execute them.
    """

    rows: tuple[tuple[str, ...], ...]
    neutralised: int

    @property
    def resets(self) -> int:
        """Number of users that get a password reset e-mail."""
        index = UPLOAD_COLUMNS.index(SEND_RESET)
        return sum(row[index] == "TRUE" for row in self.rows)


def upload_of(users: Sequence[Desired]) -> Upload:
    """Return the upload that creates `users`."""
    rows = []
    for user in users:
        values = {name: str(value) for name, value in user.values.items() if value is not None}
        cells = values | {column: cell for column, cell in user.upload.items() if cell}
        cells.setdefault(SEND_RESET, "FALSE")
        rows.append([cells.get(column, "") for column in UPLOAD_COLUMNS])
    neutralised = sum(is_formula(cell) for row in rows for cell in row)
    return Upload(tuple(tuple(map(safe_cell, row)) for row in rows), neutralised)
