"""Who changed a field: the configuration, the tenant, or both, told by the hash of what was last applied."""

from __future__ import annotations

from sdx_state.plan.model import Origin
from sdx_state.state.ledger import Entry, Ledger


def origin_of(ledger: Ledger, entry: Entry | None, path: str, live: object, declared: object) -> Origin:
    """Return the origin of a difference at `path`; both values are normalised."""
    last = entry.applied.get(path) if entry else None
    if last is None or last == ledger.hash(live):
        return "config"
    return "drift" if last == ledger.hash(declared) else "both"
