"""Origin of a field's change: the configuration, the tenant, or both, by the hash of the last apply."""

from __future__ import annotations

from sdx_state.kinds import KINDS
from sdx_state.model.field_path import ORDER_PATH
from sdx_state.model.ledger import Entry, Ledger
from sdx_state.model.plan import Origin
from sdx_state.model.resource import Desired
from sdx_state.plan.diff import are_scalars, flattened


def origin_of(ledger: Ledger, entry: Entry | None, path: str, live: object, declared: object) -> Origin:
    """Return the origin of a difference at `path`; both values are normalised."""
    last = entry.applied.get(path) if entry else None
    if last is None or last == ledger.hash(live):
        return "config"
    return "drift" if last == ledger.hash(declared) else "both"


def applied_hashes(desired: Desired, ledger: Ledger) -> dict[str, str]:
    """Return path -> hash of everything that `desired` manages: what the state remembers once it is applied."""
    kind, values = KINDS[desired.kind], desired.values
    fields, hash = kind.by_name, ledger.hash
    hashes: dict[str, str]
    if are_scalars(values) and not desired.ignore:  # as nearly always: each path is the name of a field
        hashes = {name: hash(fields[name].normalise(value)) for name, value in values.items()}
    else:
        hashes = {path: hash(fields[path.field].normalise(value)) for path, value in flattened(desired)}
    if kind.order_field is not None and ORDER_PATH not in desired.ignore:
        hashes[ORDER_PATH] = ledger.hash(desired.position)
    return hashes
