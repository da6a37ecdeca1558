"""Where configuration and tenant have gone apart since the last apply, and which of it a team has accepted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from fnmatch import fnmatchcase

from sdx_state.model.accepted import Accepted
from sdx_state.model.address import Address
from sdx_state.model.diagnostic import Diagnostic, Severity
from sdx_state.model.plan import Action, Origin, Plan
from sdx_state.model.resource import Source
from sdx_state.model.value import Value
from sdx_state.records import dataclass


@dataclass(frozen=True)
class Divergence:
    """One field, or one whole resource, that is not the same on both sides.

    Attributes:
        address: Its address.
        path: The field; empty where the tenant deleted the whole resource, or the configuration added or dropped it.
        origin: `config`, `drift`, or `both`: who changed it.
        live: The value in the tenant.
        declared: The value in the configuration.
        source: Where it is declared.
        summary: What happened, where no field says it.
    """

    address: Address
    path: str
    origin: Origin
    live: Value = None
    declared: Value = None
    source: Source | None = None
    summary: str = ""


@dataclass(frozen=True)
class Verdict:
    """Drift of a tenant, split by the accepted baseline.

    Attributes:
        drift: Drift without an entry that accepts it: changed in the tenant, or on both sides.
        accepted: Drift with the entry that accepts it.
        pending: Changed in the configuration alone, not yet applied.
        expired: Entries whose day is over.
        idle: Entries that are about nothing any more.
    """

    drift: tuple[Divergence, ...]
    accepted: tuple[tuple[Divergence, Accepted], ...]
    pending: tuple[Divergence, ...]
    expired: tuple[Accepted, ...]
    idle: tuple[Accepted, ...]

    def diagnostics(self, *, strict: bool) -> tuple[Diagnostic, ...]:
        """Return the verdict as diagnostics, without values: those of the tenant may be personal.

        Args:
            strict: A baseline was given: drift that it does not accept is an error.
        """
        found = [_diagnostic(one, "error" if strict else "warning") for one in self.drift]
        for one, entry in self.accepted:
            message = f"{_name(one)}: accepted until {entry.expires}: {entry.reason}"
            found.append(Diagnostic("drift-accepted", "info", message, entry.source, one.address))
        found += [_diagnostic(one, "info") for one in self.pending]
        for entry in self.expired:
            message = f"the entry on {entry.address} {entry.path} expired on {entry.expires}"
            found.append(Diagnostic("expired-baseline", "error", message, entry.source))
        for entry in self.idle:
            message = f"the entry on {entry.address} {entry.path} accepts no drift"
            found.append(Diagnostic("unused-baseline", "warning", message, entry.source, help="remove it"))
        return tuple(found)


def _name(one: Divergence) -> str:
    return f"{one.address}: {one.path}" if one.path else f"{one.address}"


def _diagnostic(one: Divergence, severity: Severity) -> Diagnostic:
    if one.origin == "config":
        message = f"{_name(one)}: {one.summary or 'declared and not applied yet'}"
        return Diagnostic("drift-pending", severity, message, one.source, one.address)
    if one.origin == "both":
        message = f"{_name(one)}: changed in the tenant and in the configuration"
        return Diagnostic("drift-conflict", severity, message, one.source, one.address)
    message = f"{_name(one)}: {one.summary or 'changed in the tenant after the last apply'}"
    return Diagnostic("drift", severity, message, one.source, one.address)


def divergences(plan: Plan) -> Iterator[Divergence]:
    """Yield everything in which `plan` finds the two sides apart."""
    deleted = {drift.address for drift in plan.drift if drift.deleted}
    for address in sorted(deleted):
        yield Divergence(address, "", "drift", summary="deleted in the tenant")
    for change in plan.changes:
        if change.address in deleted or not change.writes:
            continue
        if change.action is not Action.UPDATE:
            what = "not in the tenant yet" if change.action is Action.CREATE else "no longer declared"
            yield Divergence(change.address, "", "config", source=change.source, summary=what)
            continue
        for field in change.fields:
            yield Divergence(change.address, field.path, field.origin, field.before, field.after, field.source)


def judge(found: Sequence[Divergence], entries: Sequence[Accepted], today: date) -> Verdict:
    """Return which of `found` the baseline `entries` accept on the day `today`."""
    drift, accepted, pending = [], [], []
    for divergence in found:
        if divergence.origin == "config":
            pending.append(divergence)
            continue
        entry = next((one for one in entries if _covers(one, divergence) and one.expires >= today), None)
        if entry is None:
            drift.append(divergence)
        else:
            accepted.append((divergence, entry))
    everything = [divergence for divergence in found if divergence.origin != "config"]
    return Verdict(
        drift=tuple(drift),
        accepted=tuple(accepted),
        pending=tuple(pending),
        expired=tuple(entry for entry in entries if entry.expires < today),
        idle=tuple(entry for entry in entries if not any(_covers(entry, divergence) for divergence in everything)),
    )


def _covers(entry: Accepted, divergence: Divergence) -> bool:
    """Tell whether `entry` is about `divergence`, expired or not."""
    return fnmatchcase(divergence.address, entry.address) and fnmatchcase(divergence.path, entry.path)
