"""What a team says about risk and time: rules raised, lowered or waived, and days on which nothing is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from sdx_state.model.resource import Source

Level = Literal["low", "medium", "high", "critical", "blocked"]  # blocked: nobody can consent to it
LEVELS: tuple[Level, ...] = ("low", "medium", "high", "critical", "blocked")


@dataclass(frozen=True)
class Policy:
    """One exception to the rules of risk.

    Attributes:
        rule: Glob of rules.
        address: Glob of addresses.
        level: The level that holds instead; None waives the risk.
        reason: Why.
        expires: The last day on which it holds.
        source: Where this is said.
    """

    rule: str
    address: str
    level: Level | None
    reason: str
    expires: date
    source: Source


@dataclass(frozen=True)
class Freeze:
    """A time in which nothing is written.

    Attributes:
        begins: Its first moment.
        ends: The moment at which it is over.
        reason: Why.
        source: Where this is said.
    """

    begins: datetime
    ends: datetime
    reason: str
    source: Source


@dataclass(frozen=True)
class Guards:
    """What a project says about who and what must be kept.

    Attributes:
        policies: Exceptions to the rules of risk.
        operator: E-mail address of the user that the credentials belong to; the API does not tell.
        administrators: E-mail addresses of those who administer the tenant; the API does not tell.
        deletes: Deletes allowed without consent.
        deletes_percent: Share of the managed resources that may be deleted without consent, in percent.
        freezes: Times in which nothing is written.
    """

    policies: tuple[Policy, ...] = ()
    operator: str | None = None
    administrators: frozenset[str] = field(default_factory=frozenset)
    deletes: int = 3
    deletes_percent: int = 10
    freezes: tuple[Freeze, ...] = ()
