"""Rebuild the state by finding resources by name. Resources that are no longer declared are not found."""

from __future__ import annotations

from sdx_state.app.workspace import Workspace
from sdx_state.kinds import parent_names, written_names
from sdx_state.kinds.identity import Identity, identity
from sdx_state.live import Progress, read_live, wanted_of
from sdx_state.model.address import Address
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.ledger import Entry, Ledger
from sdx_state.plan.build import Intention, build_plan
from sdx_state.plan.origin import applied_hashes
from sdx_state.records import dataclass, replace
from sdx_state.state.errors import StateOfAnother, StateUnusable
from sdx_state.state.ledger import new_ledger


@dataclass(frozen=True)
class Gone:
    """An entry of the old state whose address the new one does not have.

    Attributes:
        id: Its live id.
        now: The address that it has now, if any.
        live: Whether it is in the tenant.
    """

    id: str
    now: Address | None
    live: bool


@dataclass(frozen=True)
class Rebuilt:
    """A proposed state; nothing is saved yet.

    Attributes:
        ledger: The proposal.
        found: Address -> live id that the old state did not have so.
        lost: What became of the addresses that the old state knew and this one does not.
        diagnostics: What could not be decided.
        readable: Whether the old state could be read.
    """

    ledger: Ledger
    found: dict[Address, str]
    lost: dict[Address, Gone]
    diagnostics: tuple[Diagnostic, ...]
    readable: bool


def rebuild(workspace: Workspace, intention: Intention, progress: Progress) -> Rebuilt:
    """Return the state that fits the tenant as it is: declared live resources are managed.

    An id that the old state knows and that still exists stays under its address, whatever its name is by now.

    Raises:
        SurveyDynamixError: The tenant could not be read.
        StateOfAnother: The state is good, and not for this run.
    """
    readable = True
    try:
        old = workspace.store.load()
    except StateOfAnother:
        raise
    except StateUnusable:
        readable, old = False, replace(new_ledger(workspace.machine), tenant=workspace.store.tenant or "")
    forgetful = replace(old, entries={})
    wanted = replace(wanted_of(intention.resources.values(), forgetful), kinds=written_names())
    wanted = replace(wanted, parents=wanted.parents | _parents(old))
    snapshot, forgetful = read_live(workspace.client, wanted, forgetful, workspace.parallelism, progress)
    live = {identity(one.kind, one.id) for kind in snapshot.resources for one in snapshot.of(kind)}
    certain = {
        address: entry
        for address, entry in old.entries.items()
        if address in intention.resources and identity(address.kind, entry.id) in live
    }
    plan = build_plan(intention, snapshot, replace(forgetful, entries=certain), tenant_scope=workspace.scope)
    different = {change.address for change in plan.changes if change.writes}
    entries: dict[Address, Entry] = {}
    for address, id in plan.ids.items():
        desired, known = intention.resources[address], old.entries.get(address)
        if address not in different:
            applied = applied_hashes(desired, forgetful)
        else:
            applied = dict(known.applied) if known and known.id == id else {}
        entries[address] = Entry(id, applied, desired.protect)
    found = {identity(address.kind, entry.id) for address, entry in entries.items()}
    for address, entry in old.entries.items():
        if identity(address.kind, entry.id) in live - found:
            entries.setdefault(address, entry)
    now = {identity(address.kind, entry.id): address for address, entry in entries.items()}
    return Rebuilt(
        ledger=replace(forgetful, entries=entries, steps=plan.steps),
        found={
            address: entry.id
            for address, entry in entries.items()
            if address not in old.entries or old.entries[address].id != entry.id
        },
        lost={
            address: Gone(entry.id, now.get(one := identity(address.kind, entry.id)), one in live)
            for address, entry in old.entries.items()
            if address not in entries or entries[address].id != entry.id
        },
        diagnostics=plan.errors,
        readable=readable,
    )


def _parents(ledger: Ledger) -> frozenset[Identity]:
    kinds = parent_names()
    return frozenset((address.kind, entry.id) for address, entry in ledger.entries.items() if address.kind in kinds)
