"""The period of `start_date` and `end_date` in lists of interactions and responses.

Source: requests of public clients of the live service. The reference does not say which time the
service compares and if the ends are included: the tenant compares `created_at` of interactions and `submitted_at` of
responses, and includes both ends.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from sdx_state.sandbox.protocol import ErrorStatus
from sdx_state.sandbox.shapes import Row

NAMES = ("start_date", "end_date")
_DATE = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2})?(Z|[+-]\d{2}:\d{2})?)?", re.ASCII | re.IGNORECASE
)


@dataclass(frozen=True)
class Period:
    """Two bounds in the time format of rows; "" for no bound."""

    start: str
    end: str

    @property
    def whole(self) -> bool:
        """True if both bounds are given, so that a list needs no id."""
        return bool(self.start and self.end)

    def rows(self, rows: Sequence[Row], field: str) -> list[Row]:
        """Return the rows whose `field` is in the period."""
        if not self.start and not self.end:
            return list(rows)
        return [row for row in rows if self.start <= str(row.get(field) or "") <= (self.end or "9999-12-31 23:59:59")]


def period_of(query: Mapping[str, str]) -> Period:
    """Return the period in `query`.

    Raises:
        ErrorStatus: 400 if a bound is neither a date nor a time.
    """
    start, end = (_bound(name, query[name]) if name in query else "" for name in NAMES)
    return Period(start, end)


def _bound(name: str, text: str) -> str:
    found = _DATE.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        day, minutes, seconds, zone = found.groups()
        clock = f"{minutes}{seconds or ':00'}" if minutes else "23:59:59" if name == "end_date" else "00:00:00"
        moment = datetime.fromisoformat(f"{day}T{clock}{(zone or 'Z').upper().replace('Z', '+00:00')}")
        return moment.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError) as error:
        raise ErrorStatus(400, f"{name} must be a date, or a date and time") from error
