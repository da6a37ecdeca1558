"""`Complaint`: an error or a warning about one value."""

from __future__ import annotations

from sdx_state.records import dataclass


@dataclass(frozen=True)
class Complaint:
    """An error or a warning about a value: the code of the rule, the message, and the fix."""

    code: str
    message: str
    help: str | None = None
