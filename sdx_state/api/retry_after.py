"""Times in the headers of answers: when to come back (RFC 9110, section 10.2.3), and the server's clock."""

from __future__ import annotations

from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

from sdx_state.api.exchange import Answer

_LATEST = 253_402_300_799.0  # The last second that a calendar has.


def come_back(moment: float, seconds: float) -> str:
    """Return the advice to come back at `moment`, which is `seconds` from now."""
    until = datetime.fromtimestamp(moment, timezone.utc) if moment < _LATEST else None
    when = f"{until:%Y-%m-%d %H:%M:%S} UTC " if until is not None else ""
    return f"The server asks to wait until {when}({seconds:.0f} s). Run it again then."


def retry_after(answer: Answer, now: float) -> float:
    """Return the seconds of a Retry-After (RFC 9110, section 10.2.3), a number or a date; 0 without one.

    A date is compared with the server's `Date`, because the clock of this machine may be wrong.
    """
    value = answer.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit() and len(value) < 10:
        return float(value)
    moment = timestamp(value)
    if moment is None:
        return 0.0
    server_now = timestamp(answer.headers.get("Date", ""))
    return max(0.0, moment - (now if server_now is None else server_now))


def timestamp(date: str) -> float | None:
    """Return the moment of an HTTP date in seconds since the epoch, None if it is none."""
    try:
        moment = parsedate_to_datetime(date)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()
