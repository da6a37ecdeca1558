"""The state with its journal: what is remembered, and how it is kept so that no older state can pass for it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sdx_state.apply.journal import Journal, Unfinished
from sdx_state.state.errors import CopyNotKept
from sdx_state.state.ledger import Ledger
from sdx_state.state.local import LocalStore


@dataclass(frozen=True)
class Memory:
    """What is remembered.

    Attributes:
        saved: What the store holds.
        unfinished: What earlier runs left without an end.
        ledger: The first, with what a run created that died before it could save.
    """

    saved: Ledger
    unfinished: Unfinished
    ledger: Ledger


def recall(store: LocalStore, journal: Journal) -> Memory:
    """Return what is remembered.

    Raises:
        StateUnusable: State or journal cannot be read, or an older state was put in the place of the newest.
    """
    saved, unfinished = store.load(), journal.unfinished()
    store.require_newest(saved, unfinished.serial)
    created = unfinished.created
    ledger = replace(saved, entries={**created, **saved.entries}) if created else saved
    return Memory(saved, unfinished, ledger)


def keep(store: LocalStore, journal: Journal, ledger: Ledger) -> Ledger:
    """Save `ledger`, write down that it is the newest, and return it as saved. The lock must be held.

    Raises:
        StateNotSaved: The old state is as it was, or is the new one without a word of it in the journal.
        CopyNotKept: The state is saved, and the journal says so.
        StateUnusable: The journal cannot be read; nothing was saved.
    """
    journal.ready()
    try:
        saved = store.save(ledger)
    except CopyNotKept as error:
        journal.saved(error.saved.lineage, error.saved.serial)
        raise
    journal.saved(saved.lineage, saved.serial)
    return saved
