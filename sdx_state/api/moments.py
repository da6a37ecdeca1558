"""Times as the API writes them: UTC, without saying so. Source: API reference, "Interactions"."""

from __future__ import annotations

from datetime import datetime, timezone

FORM = "%Y-%m-%d %H:%M:%S"


def moment_of(value: object) -> datetime | None:
    """Return the moment that `value` says, in UTC; None for nothing, a zero date, or what is no moment.

    A moment that never was is written `0000-00-00 00:00:00` or `-0001-11-30 00:00:00`.
    """
    if not isinstance(value, str):
        return None
    try:
        return datetime.strptime(value.strip(), FORM).replace(tzinfo=timezone.utc)
    except ValueError:
        return None


def written(moment: datetime) -> str:
    """Return `moment` as the API reads it: absolute, in UTC, to the second.

    Raises:
        ValueError: It does not say which time zone it is in.
    """
    if moment.tzinfo is None:
        raise ValueError("a time without a time zone could be any: give it one, such as datetime.timezone.utc")
    return moment.astimezone(timezone.utc).strftime(FORM)
