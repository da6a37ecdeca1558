"""Missing users in the platform's own upload format.

Source: the platform's guide to its user upload: `name` and `email` are required, `phone` has its country code,
`send_password_reset` is TRUE or FALSE.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sdx_state.model.resource import Desired

COLUMNS = (
    "name",
    "email",
    "phone",
    "permissions",
    "agent_id",
    "timezone",
    "team",
    "visible",
    "visibility_level",
    "send_password_reset",
)
_EXECUTED = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # the last four are full-width
_E164 = re.compile(r"\+[0-9]{6,15}")


@dataclass(frozen=True)
class Upload:
    """The content of the file.

    Attributes:
        rows: A row a user, in the order of `COLUMNS`.
        neutralised: How many cells have an apostrophe in front, so that no spreadsheet executes them.
    """

    rows: tuple[tuple[str, ...], ...]
    neutralised: int

    @property
    def resets(self) -> int:
        """How many users get a mail that resets their password."""
        index = COLUMNS.index("send_password_reset")
        return sum(row[index] == "TRUE" for row in self.rows)


def upload_of(users: Sequence[Desired]) -> Upload:
    """Return the upload that creates `users`."""
    rows = []
    neutralised = 0
    for user in users:
        values = {name: str(value) for name, value in user.values.items() if value is not None}
        cells = {"send_password_reset": "FALSE", **values, **user.upload}
        row = [_safe(cells.get(column, "")) for column in COLUMNS]
        neutralised += sum(cell != cells.get(column, "") for cell, column in zip(row, COLUMNS, strict=True))
        rows.append(tuple(row))
    return Upload(tuple(rows), neutralised)


def _safe(cell: str) -> str:
    """Return `cell` so that no spreadsheet takes it for a formula; a telephone number is none."""
    cell = cell.replace("\0", "\ufffd")  # no CSV reader takes this one character, and some writers fall over it
    return f"'{cell}" if cell.startswith(_EXECUTED) and not _E164.fullmatch(cell) else cell
