"""What runs that died have left without an end, as the journal tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sdx_state.apply.uptime import Uptime
from sdx_state.kinds.address import Address
from sdx_state.state.ledger import Entry


@dataclass(frozen=True)
class Intent:
    """A create that was about to be sent and whose end nobody wrote down.

    Attributes:
        operation: Its own name.
        address: What was to be created.
        parent_id: Id of the survey it was to go into, if any.
        sent: Not later than the moment of sending.
    """

    operation: str
    address: Address
    parent_id: str | None
    sent: Uptime


@dataclass(frozen=True)
class Unfinished:
    """What earlier runs left.

    Attributes:
        pending: Creates that may or may not have reached the tenant.
        created: Resources that were created and that no saved state knows yet.
        leaving: `(kind, id)` of what was about to be deleted and that every saved state still knows.
        serial: The highest serial of a state that was ever saved here, by lineage.
        interrupted: The run that has no end, if the last one has none.
    """

    pending: tuple[Intent, ...] = ()
    created: Mapping[Address, Entry] = field(default_factory=dict)
    leaving: frozenset[tuple[str, str]] = frozenset()
    serial: Mapping[str, int] = field(default_factory=dict)
    interrupted: str | None = None
