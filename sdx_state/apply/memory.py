"""The state with its journal: what is remembered, and how it is kept so that no older state can pass for it."""

from __future__ import annotations

from dataclasses import replace

from sdx_state.apply.journal import Journal
from sdx_state.state.ledger import Ledger
from sdx_state.state.local import LocalStore


def remembered(store: LocalStore, journal: Journal) -> Ledger:
    """Return the newest state, with what a run created that died before it could save.

    Raises:
        StateUnusable: State or journal cannot be read, or an older state was put in the place of the newest.
    """
    saved, unfinished = store.load(), journal.unfinished()
    store.require_newest(saved, unfinished.serial)
    if not unfinished.created:
        return saved
    return replace(saved, entries={**unfinished.created, **saved.entries})


def keep(store: LocalStore, journal: Journal, ledger: Ledger) -> Ledger:
    """Save `ledger`, write down that it is the newest, and return it as saved. The lock must be held.

    Raises:
        StateNotSaved: The old state is as it was, or is the new one without a word of it in the journal.
        StateUnusable: The journal cannot be read; nothing was saved.
    """
    journal.head()
    saved = store.save(ledger)
    journal.saved(saved.lineage, saved.serial)
    return saved
