"""Read the tenant for a plan: what an earlier run created may not show yet, and it may be another tenant."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from sdx_state.api.endpoints import Endpoints
from sdx_state.app.tenant import UnprovenTenant
from sdx_state.apply import settling
from sdx_state.kinds import KINDS
from sdx_state.live import Progress, Wanted, read_live
from sdx_state.model.address import Address
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.ledger import Ledger
from sdx_state.model.plan import Plan
from sdx_state.model.snapshot import Snapshot
from sdx_state.model.whereabouts import CHECK
from sdx_state.plan.agreement import same_tenant
from sdx_state.programs.machine import Machine, Uptime
from sdx_state.records import dataclass, replace
from sdx_state.state.memory import Memory
from sdx_state.state.unfinished import Unfinished, Unseen

if TYPE_CHECKING:
    from sdx_state.live.ahead import ReadAhead

UNPROVEN = "nothing shows that these credentials are of the tenant that the state belongs to"
SKEW = 300.0  # seconds that two clocks may differ before it is worth a word
PIN = "pin it with `tenant:` in sdx.yaml, or use credentials that name the customer (SDX_CUSTOMER_UUID)"


@dataclass(frozen=True)
class Observed:
    """An observation of the tenant.

    Attributes:
        snapshot: What is live.
        ledger: What is remembered, with the answers of paid look-ups.
        pending: Addresses of what was created a moment ago and does not show yet.
        diagnostics: What there is to say about them.
    """

    snapshot: Snapshot
    ledger: Ledger
    pending: frozenset[Address] = frozenset()
    diagnostics: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True)
class Reading:
    """State and tenant as a run has just read them, and its plan from that. Nothing has been written since.

    Attributes:
        memory: The state.
        snapshot: Everything that the tenant lists.
        plan: The plan for the whole configuration, from the saved state and this snapshot.
    """

    memory: Memory
    snapshot: Snapshot
    plan: Plan


@dataclass(frozen=True)
class TenantReader:
    """Reads one tenant.

    Attributes:
        client: The API.
        parallelism: Requests in flight at a time.
        proven: The credentials, or the project, name the tenant, so that nothing has to be compared.
        machine: Time and waiting.
        waiting: Told how many seconds are waited at most for what does not show yet; None for a plan, which says so
            instead of waiting.
    """

    client: Endpoints
    parallelism: int
    proven: bool
    machine: Machine
    waiting: Callable[[float], None] | None = None

    def observe(
        self,
        wanted: Wanted,
        ledger: Ledger,
        unfinished: Unfinished,
        progress: Progress,
        *,
        ask_again: bool = False,
        read: Reading | None = None,
        ahead: ReadAhead | None = None,
    ) -> Observed:
        """Return what `wanted` asks for.

        Args:
            wanted: What to read.
            ledger: What is remembered.
            unfinished: What earlier runs left.
            progress: Told of each request.
            ask_again: Look numbers up even if the answer is remembered.
            read: A reading of a moment ago. The tenant is read again if that leaves a doubt.
            ahead: Lists that were asked for before.

        Raises:
            SurveyDynamixError: The tenant could not be read.
            TooMuchMissing: This looks like the wrong tenant.
            UnprovenTenant: Nothing shows that this is the tenant of the state, and something may be written to it.
        """
        if read is not None and unfinished.is_empty and wanted.is_in(read.snapshot):
            snapshot, learnt = read.snapshot, ledger
        else:
            snapshot, learnt = read_live(
                self.client, wanted, ledger, self.parallelism, progress, ask_again=ask_again, ahead=ahead
            )
        as_of = ahead.since if ahead is not None else self.machine.uptime()
        absent = _absent(unfinished.unseen, wanted, snapshot, as_of)
        if self.waiting is not None and (absent or snapshot.unlisted):
            now = self.machine.uptime()
            rest = settling.SETTLE if snapshot.unlisted else max(_rest(one, now) for one in absent)
            self.waiting(rest)
            for share in settling.PAUSES:
                self.machine.sleep(rest * share)
                snapshot, learnt = read_live(self.client, wanted, learnt, self.parallelism, progress)
                absent = _absent(unfinished.unseen, wanted, snapshot, self.machine.uptime())
                if not (absent or snapshot.unlisted):
                    break
            absent = []  # the settle time is over: what does not show now is not there
        unproven = self._prove(ledger, unfinished, snapshot)
        pending = [_not_yet(one, as_of) for one in absent]
        return Observed(snapshot, learnt, frozenset(one.address for one in absent), (*pending, *unproven))

    def _prove(self, ledger: Ledger, unfinished: Unfinished, snapshot: Snapshot) -> Iterable[Diagnostic]:
        if self.proven:
            return ()
        entries = {
            address: entry
            for address, entry in ledger.entries.items()
            if (address.kind, entry.id) not in unfinished.leaving
        }
        known = replace(ledger, entries=entries)
        if self.waiting is not None:
            require_same_tenant(known, snapshot)
        if same_tenant(entries, snapshot, ledger):
            return ()
        return (
            Diagnostic(
                "unproven-tenant",
                "warning",
                f"{UNPROVEN}; apply would stop here",
                help=f"{CHECK[0].lower()}{CHECK[1:]}; {PIN}",
            ),
        )


def require_same_tenant(ledger: Ledger, snapshot: Snapshot) -> None:
    """Refuse a tenant of which nothing shows that it is the one of `ledger`.

    Raises:
        UnprovenTenant: Less than half of what is remembered is there as it was applied.
    """
    if not same_tenant(ledger.entries, snapshot, ledger):
        message = f"{UNPROVEN}: of what it remembers, less than half is here as it was applied"
        raise UnprovenTenant(message, PIN)


def _rest(unseen: Unseen, now: Uptime) -> float:
    """Return the seconds in which what was created may not show yet."""
    return settling.SETTLE - now.since(unseen.known)


def _absent(unseen: Iterable[Unseen], wanted: Wanted, snapshot: Snapshot, now: Uptime) -> list[Unseen]:
    """Return what is known to be live for less than the settle time, should have been read, and does not show."""
    fresh = [one for one in unseen if _rest(one, now) > 0 and _was_read(one, wanted, snapshot)]
    if not fresh:
        return []
    kinds = {one.address.kind for one in fresh}
    seen = {(name, KINDS[name].identity_of(live.id)) for name in kinds for live in snapshot.of(name)}
    return [one for one in fresh if (one.address.kind, KINDS[one.address.kind].identity_of(one.id)) not in seen]


def _was_read(unseen: Unseen, wanted: Wanted, snapshot: Snapshot) -> bool:
    """Tell whether what was read would show it."""
    if not unseen.by_others:
        return unseen.id in wanted.managed.get(unseen.address.kind, ())
    if unseen.parent_id is None:
        return unseen.address.kind in snapshot.read
    return (KINDS[unseen.address.kind].parent or "", unseen.parent_id) in snapshot.parents_read


def _not_yet(unseen: Unseen, now: Uptime) -> Diagnostic:
    by = " by another user" if unseen.by_others else ""
    what = f"created a moment ago{by} as id {unseen.id}, and not visible yet"
    return Diagnostic(
        "create-not-visible",
        "warning",
        f"{unseen.address}: {what}; nothing is planned for it",
        address=unseen.address,
        help=f"plan again: it is visible within {_rest(unseen, now):.0f} s, or apply, which waits for it",
    )


def clocks(server_ahead: float | None) -> Iterable[Diagnostic]:
    """Yield a word about a clock that is wrong by more than `SKEW`."""
    if server_ahead is not None and abs(server_ahead) > SKEW:
        direction = "behind" if server_ahead > 0 else "ahead of"
        yield Diagnostic(
            "clock-skew",
            "warning",
            f"this machine's clock is {abs(server_ahead) / 60:.0f} minutes {direction} the server's: freezes, and "
            "exceptions that expire, are judged by this one",
            help="set the clock of this machine",
        )
