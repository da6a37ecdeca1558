"""The holder of the lock of a state, as the lock describes it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone

from sdx_state.decoding.strict import DecodingError, parse
from sdx_state.decoding.typed import filled, member, member_or, natural, number, record, text
from sdx_state.programs.machine import Machine
from sdx_state.records import dataclass


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
        since = f"since {self.begun:%Y-%m-%d %H:%M:%S} UTC, {age} s ago"
        return f"`sdx-state {self.purpose}` (process {self.pid} on {at}, lock {self.id}{more}, {since})"


def holder_now(purpose: str, about: About, machine: Machine) -> Holder:
    """Return this run as the holder of a new lock for the command `purpose`."""
    who = machine.process(), machine.host(), machine.now(), machine.token(4), machine.user()
    return Holder(purpose, *who, about.job, about.commit)


@dataclass(frozen=True)
class About:
    """Description of this run for others who find the state locked, and how it waits for locks.

    Attributes:
        job: Address of the CI job, empty outside of one.
        commit: The Git commit of the configuration, empty where that is not known.
        timeout: Seconds to wait for a lock that another run has; None waits only until that run shows that it lives.
        waiting: Called with the holder of the lock that is waited for.
        silent: Called with a message where a store does not answer, before retries.
        beats: Renew the lease in a thread of its own; a simulation does without.
    """

    job: str = ""
    commit: str = ""
    timeout: float | None = None
    waiting: Callable[[str], None] = lambda _: None
    silent: Callable[[str], None] = lambda _: None
    beats: bool = True


def waited(timeout: float | None) -> str:
    """Return the advice for a lock that another run still has after `timeout` seconds; None did not wait."""
    if timeout is None:
        return "Run the command again later, or let it wait: --lock-timeout 5m."
    return f"Waited {timeout:.0f} s. Run the command again later, or let it wait longer: --lock-timeout."


def holder_of(written: str) -> Holder | None:
    """Return who wrote a lock file; None where it does not say, which does not stop a run."""
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
