"""Who holds the lock of a state, as the lock says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone

from sdx_state.decoding.strict import DecodingError, parse
from sdx_state.decoding.typed import filled, member, member_or, natural, number, record, text


@dataclass(frozen=True)
class Holder:
    """A run that holds a lock.

    Attributes:
        purpose: The command.
        pid: Number of its process.
        host: Name of its machine.
        since: Seconds since the epoch, by the clock of that machine.
        id: Name of the lock.
        user: Who runs it, empty where the lock does not say.
        job: Address of the CI job, empty outside of one.
        commit: Git commit of the configuration, empty where that is not known.
    """

    purpose: str
    pid: int
    host: str
    since: float
    id: str
    user: str = ""
    job: str = ""
    commit: str = ""

    @property
    def begun(self) -> datetime:
        """When it took the lock, in UTC."""
        return datetime.fromtimestamp(self.since, timezone.utc)

    def described(self, now: float) -> str:
        """Return what messages say of it at `now`, in seconds since the epoch."""
        at = f"{self.user}@{self.host}" if self.user else self.host
        more = "".join(f", {what}" for what in (self.job, self.commit and f"commit {self.commit[:12]}") if what)
        age = max(0, int(now - self.since))
        return f"`sdx-state {self.purpose}` (process {self.pid} on {at}, lock {self.id}{more}), for {age} s"


def holder_of(written: str) -> Holder | None:
    """Return who wrote a lock file; None where it does not say, which is no reason to stop."""
    try:
        return holder_in(parse(written))
    except DecodingError:
        return None


def holder_in(value: object) -> Holder:
    """Return the holder that a document describes.

    Raises:
        Malformed: It describes none.
    """
    document = record(value)
    return Holder(
        purpose=member(document, "purpose", filled),
        pid=member(document, "pid", natural),
        host=member(document, "host", text),
        since=member(document, "since", number),
        id=member(document, "id", filled),
        user=member_or(document, "user", text, ""),
        job=member_or(document, "job", text, ""),
        commit=member_or(document, "commit", text, ""),
    )
