"""A complaint about one value: why it cannot be declared, or what is odd about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Complaint:
    """Why a value is wrong, and what to do."""

    message: str
    hint: str | None = None
