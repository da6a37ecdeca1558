"""Times in the format of the API: UTC, without a marker. Source: API reference, "Interactions"."""

from __future__ import annotations

import re
from datetime import date, datetime, timezone

Bound = date | datetime | str  # of a period

_BOUND = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?)?", re.ASCII)
FORM = "%Y-%m-%d %H:%M:%S"


def moment_of(value: object) -> datetime | None:
    """Return `value` as a time in UTC; None for an empty value, a zero date, or an invalid time.

    Zero dates are `0000-00-00 00:00:00` or `-0001-11-30 00:00:00`.
    """
    if not isinstance(value, str):
        return None
    try:
        return datetime.strptime(value.strip(), FORM).replace(tzinfo=timezone.utc)
    except ValueError:
        return None


def written(moment: datetime) -> str:
    """Return `moment` in the format of the API: in UTC, to the second.

    Raises:
        ValueError: It has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError("the time has no time zone: add one, such as datetime.timezone.utc")
    return moment.astimezone(timezone.utc).strftime(FORM)


def bound(when: Bound) -> str:
    """Return a bound of a period as public clients of the live service write it: a date, or ISO 8601 in UTC.

    Args:
        when: A date, a moment with its time zone, or either of them as text, which is sent as it is.

    Raises:
        ValueError: A moment without a time zone, or a text that is neither a date nor a time.
    """
    if isinstance(when, datetime):
        return f"{written(when).replace(' ', 'T')}Z"
    if isinstance(when, date):
        return when.isoformat()
    if not _BOUND.fullmatch(when):
        raise ValueError(f"{when!r} is neither a date nor a time: write 2026-01-31 or 2026-01-31T18:00:00Z")
    try:
        datetime.fromisoformat(when.replace("Z", "+00:00"))
    except ValueError:
        raise ValueError(f"{when!r} is not a valid date or time") from None
    return when
