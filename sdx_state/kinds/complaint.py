"""A complaint about one value: why it cannot be declared, or what is odd about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Complaint:
    """Why a value is wrong: the code of the rule, the message, and what to do."""

    code: str
    message: str
    help: str | None = None
