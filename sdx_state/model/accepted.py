"""Accepted drift: the entries of a baseline."""

from __future__ import annotations

from datetime import date

from sdx_state.model.resource import Source
from sdx_state.records import dataclass


@dataclass(frozen=True)
class Accepted:
    """One entry of a baseline.

    Attributes:
        address: Glob of addresses.
        path: Glob of fields.
        reason: Why the drift is accepted.
        owner: The responsible person.
        expires: Last day on which it applies.
        source: Place of the entry.
    """

    address: str
    path: str
    reason: str
    owner: str
    expires: date
    source: Source
