"""Say which live resource an address is, where only a person can tell."""

from __future__ import annotations

from sdx_state.api.answer import Row
from sdx_state.app.workspace import Workspace
from sdx_state.kinds import KINDS
from sdx_state.kinds.kind import Kind
from sdx_state.kinds.wire import read_field
from sdx_state.model.address import Address
from sdx_state.model.advised import AdvisedError
from sdx_state.model.ledger import Entry, Ledger
from sdx_state.plan.build import Intention
from sdx_state.plan.targets import likeliest
from sdx_state.state.journal import Journal
from sdx_state.state.memory import keep, recall


class NotImportable(AdvisedError):
    """The address cannot be that live resource. Nothing was changed."""

    def __init__(self, message: str, advice: str) -> None:
        super().__init__(message, f"Nothing was changed. {advice}")


def resolve_to(workspace: Workspace, journal: Journal, intention: Intention, address: Address, id: str) -> str:
    """Remember that `address` is the live resource `id`, close what is pending about it, and return its label.

    Raises:
        NotImportable: The address is not declared, or the id belongs to another address or another survey.
        SurveyDynamixError: There is no such resource, or it could not be read.
        StateError: The state cannot be used.
    """
    memory = recall(workspace.store, journal)
    ledger = memory.ledger
    desired = intention.resources.get(address)
    known = ledger.entries.get(address)
    if desired is None and known is None:
        near = likeliest(address, {*intention.resources, *ledger.entries})
        advice = "Declare it in YAML first, or correct the address."
        raise NotImportable(f"{address} is not declared", f"Did you mean {near}?" if near else advice)
    kind = KINDS[address.kind]
    if kind.lookup_only:
        raise NotImportable(f"{address} is looked up and has no live id", "Name a survey, a question or a user.")
    _refuse_managed(kind, address, id, ledger)
    raw = workspace.client.endpoint(kind.collection).get(id)
    if kind.parent is not None:
        raw = _row_in_parent(workspace, kind, address, id, ledger, desired.parent if desired else None) | raw
    label = read_field(kind.by_name[kind.natural_key], raw)
    entry = Entry(id, {kind.natural_key: ledger.hash(label)}, known.protect if known else False)
    for intent in memory.unfinished.pending:
        if intent.address == address:
            journal.settled(intent.operation, "resolved")
    keep(workspace.store, journal, ledger.with_entry(address, entry))
    return str(label or "")


def _refuse_managed(kind: Kind, address: Address, id: str, ledger: Ledger) -> None:
    for other, entry in ledger.entries.items():
        if other != address and other.kind == kind.name and kind.is_same(entry.id, id):
            raise NotImportable(
                f"{kind.noun} {id} is managed as {other} already: one id cannot be two addresses",
                f"Name another id, or move the address: sdx-state state mv {other} {address}",
            )


def _row_in_parent(
    workspace: Workspace, kind: Kind, address: Address, id: str, ledger: Ledger, parent: Address | None
) -> Row:
    """Return the row of the list of its survey, which alone proves that the question is in it."""
    survey = parent or address.parent
    known = ledger.entries.get(survey) if survey else None
    if known is None:
        raise NotImportable(
            f"{survey} is not managed yet", f"Resolve it first: sdx-state state resolve {survey} --adopt ID"
        )
    rows = workspace.client.endpoint(kind.collection).list(**{str(kind.parent_field): known.id})
    row = next((row for row in rows if str(row[kind.identity]) == id), None)
    if row is None:
        raise NotImportable(
            f"{kind.noun} {id} is not in {survey} (id {known.id})", f"Name a {kind.noun} of that {kind.parent}."
        )
    return row
