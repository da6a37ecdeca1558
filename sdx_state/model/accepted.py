"""Drift that a team lives with for a while, and answers for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sdx_state.model.resource import Source


@dataclass(frozen=True)
class Accepted:
    """One entry of a baseline.

    Attributes:
        address: Glob of addresses.
        path: Glob of fields.
        reason: Why the drift is accepted.
        owner: Who answers for it.
        expires: The last day on which it holds.
        source: Where this is said.
    """

    address: str
    path: str
    reason: str
    owner: str
    expires: date
    source: Source
