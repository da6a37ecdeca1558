"""Who holds the lock of a state, as the lock file says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone

from sdx_state.decoding.strict import DecodingError, parse
from sdx_state.decoding.typed import filled, member, natural, number, record, text


@dataclass(frozen=True)
class Holder:
    """A run that holds a lock.

    Attributes:
        purpose: The command.
        pid: Number of its process.
        host: Name of its machine.
        since: Seconds since the epoch, by the clock of that machine.
        id: Name of the lock.
    """

    purpose: str
    pid: int
    host: str
    since: float
    id: str

    @property
    def begun(self) -> datetime:
        """When it took the lock, in UTC."""
        return datetime.fromtimestamp(self.since, timezone.utc)


def holder_of(written: str) -> Holder | None:
    """Return who wrote a lock file; None where it does not say, which is no reason to stop."""
    try:
        document = record(parse(written))
        return Holder(
            purpose=member(document, "purpose", filled),
            pid=member(document, "pid", natural),
            host=member(document, "host", text),
            since=member(document, "since", number),
            id=member(document, "id", filled),
        )
    except DecodingError:
        return None
