"""Policies of a project: exceptions to risk rules, limits, and freezes."""

from __future__ import annotations

from dataclasses import field
from datetime import date, datetime
from typing import Literal

from sdx_state.model.resource import Source
from sdx_state.records import dataclass

Level = Literal["low", "medium", "high", "critical", "blocked"]  # blocked: no consent covers it
LEVELS: tuple[Level, ...] = ("low", "medium", "high", "critical", "blocked")
CONSENTABLE: tuple[Level, ...] = ("low", "medium", "high", "critical")


@dataclass(frozen=True)
class Policy:
    """One exception to the rules of risk.

    Attributes:
        rule: Glob of rules.
        address: Glob of addresses.
        level: The new level; None waives the risk.
        reason: The reason.
        expires: Last day on which it applies.
        source: Place of the declaration.
    """

    rule: str
    address: str
    level: Level | None
    reason: str
    expires: date
    source: Source


@dataclass(frozen=True)
class Freeze:
    """A period without writes.

    Attributes:
        begins: Its start.
        ends: Its end, exclusive.
        reason: The reason.
        source: Place of the declaration.
    """

    begins: datetime
    ends: datetime
    reason: str
    source: Source


@dataclass(frozen=True)
class Guards:
    """Policies, limits and freezes of a project.

    Attributes:
        policies: Exceptions to the rules of risk.
        operator: E-mail address of the user that the credentials belong to. The API does not have it.
        administrators: E-mail addresses of the administrators of the tenant. The API does not have them.
        deletes: Deletes allowed without consent.
        deletes_percent: Share of the managed resources that may be deleted without consent, in percent.
        freezes: Periods without writes.
    """

    policies: tuple[Policy, ...] = ()
    operator: str | None = None
    administrators: frozenset[str] = field(default_factory=frozenset)
    deletes: int = 3
    deletes_percent: int = 10
    freezes: tuple[Freeze, ...] = ()
