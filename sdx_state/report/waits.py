"""A wait that the server asks for, in one line."""

from __future__ import annotations

from datetime import datetime, timezone

from sdx_state.api.retry import Wait
from sdx_state.report.escape import escape


def wait_line(wait: Wait) -> str:
    """Return until when the server asks to wait, when the request is retried, and how to end the wait."""
    asked = f"{wait.status}: the server asks to wait {_until(wait.asked_until)} ({wait.asked:.0f} s)"
    again = "Trying again then." if wait.asked <= wait.seconds else f"Trying again in {wait.seconds:.0f} s."
    return f"{escape(wait.request)}: {asked}. {again} Ctrl-C ends the wait."


def _until(moment: float) -> str:
    try:
        return f"until {datetime.fromtimestamp(moment, timezone.utc):%Y-%m-%d %H:%M:%S} UTC"
    except (ValueError, OverflowError, OSError):  # later than a calendar has
        return "very long"
