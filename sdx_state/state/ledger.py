"""The ledger as a store keeps it: a new one, and what older versions wrote."""

from __future__ import annotations

from collections.abc import Mapping

from sdx_state.kinds import KINDS
from sdx_state.model.address import Address
from sdx_state.model.ledger import Entry, Ledger
from sdx_state.programs.machine import THIS_MACHINE, Machine
from sdx_state.state.errors import TENANT_ADVICE, StateOfAnother, StateUnusable

LINEAGE_ADVICE = (
    "Check where `state` in sdx.yaml says that the state is, and the credentials of that store. If this is a new "
    "beginning, remove `lineage` there."
)


def new_ledger(machine: Machine = THIS_MACHINE) -> Ledger:
    """Return an empty ledger of a new lineage, by the chance of `machine`."""
    return Ledger(lineage=machine.uuid())


def with_identities(entries: Mapping[Address, Entry]) -> dict[Address, Entry]:
    """Return `entries` with each that an identity names under the address of that.

    Earlier versions folded every letter (`user.strasse@...` for `straße@...`) and kept domains as they were written.
    """
    kept = dict(entries)
    for address, entry in entries.items():
        if address.isascii() and entry.id.isascii():
            continue
        kind = KINDS[address.kind]
        if not kind.keyed_by_identity:
            continue
        today = kind.address(entry.id)
        if address.name == entry.id.casefold() and today not in kept:
            kept[today] = kept.pop(address)
    return kept


def shared_id(entries: Mapping[Address, Entry]) -> tuple[Address, Address] | None:
    """Return two addresses that have one id, None where each has its own.

    A question may be in several surveys under one id (API reference, "Questions"): its survey distinguishes it.
    """
    ids: dict[str, list[str]] = {}
    for address, entry in entries.items():
        ids.setdefault(address.parent or address.kind, []).append(entry.id)
    if all(len(set(inside)) == len(inside) for inside in ids.values()):
        return None  # nearly always, decided without a pair for each entry
    owners: dict[tuple[str, str], Address] = {}
    for address, entry in entries.items():
        place = address.parent or address.kind
        owner = owners.setdefault((place, entry.id), address)
        if owner != address:
            return owner, address
    return None


def require_tenant(ledger: Ledger, tenant: str | None, where: str) -> None:
    """Return if `ledger`, which was read from `where`, is that of `tenant`, or no tenant is asked.

    Raises:
        StateOfAnother: It belongs to another tenant.
    """
    if tenant is not None and ledger.tenant and not _same_tenant(ledger.tenant, tenant):
        raise StateOfAnother(
            f"{where} belongs to the tenant {ledger.tenant}, and this run talks to {tenant}", TENANT_ADVICE
        )


def require_lineage(ledger: Ledger | None, lineage: str, where: str) -> None:
    """Return if `ledger`, which was read from `where`, is of the pinned `lineage`, or none is pinned.

    Args:
        ledger: The state; None where there is none.
        lineage: Empty where none is pinned.
        where: The state, for messages.

    Raises:
        StateUnusable: It is of another lineage, or does not exist.
    """
    if not lineage or (ledger is not None and ledger.lineage == lineage):
        return
    if ledger is None:
        raise StateUnusable(f"{where} does not exist, and the project pins its lineage {lineage}", LINEAGE_ADVICE)
    raise StateUnusable(f"{where} has the lineage {ledger.lineage}, and the project pins {lineage}", LINEAGE_ADVICE)


def _same_tenant(one: str, other: str) -> bool:
    """Compare `origin#customer`; where one of the two does not know its customer, the origin decides."""
    (origin, _, customer), (other_origin, _, other_customer) = one.partition("#"), other.partition("#")
    return origin == other_origin and (not customer or not other_customer or customer == other_customer)
