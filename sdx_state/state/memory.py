"""The state with its journal: what is remembered, and how it is kept so that no older state can pass for it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from sdx_state.model.ledger import Ledger
from sdx_state.state.backend import Backend
from sdx_state.state.chain import Chain
from sdx_state.state.errors import CopyNotKept, StateUnusable
from sdx_state.state.journal import Journal
from sdx_state.state.unfinished import Unfinished


@dataclass(frozen=True)
class Memory:
    """What is remembered.

    Attributes:
        saved: What the store holds.
        unfinished: What earlier runs left without an end.
        ledger: The first, with what a run created that died before it could save.
        history_lost: The state names a journal that is not there, or was not there when this one was begun.
    """

    saved: Ledger
    unfinished: Unfinished
    ledger: Ledger
    history_lost: bool = False


def journal_of(store: Backend, fence: Callable[[], None] = lambda: None) -> Journal:
    """Return the journal beside the state of `store`, for reading; to write to it, `open_journal`."""
    return Journal(store.lines, store.key, fence, store.machine)


def recall(store: Backend, journal: Journal) -> Memory:
    """Return what is remembered.

    Raises:
        StateUnusable: State or journal cannot be read, are not signed as they must be, or do not belong together.
    """
    saved = store.load()
    chain = Chain(store.key, saved.journal)
    unfinished = journal.unfinished(chain)
    chain.require_whole(journal.name, journal.exists())
    store.require_newest(saved, unfinished.serial)
    created = unfinished.created
    ledger = replace(saved, entries={**saved.entries, **created}) if created else saved
    lost = (bool(saved.journal) and not chain.lines) or chain.restarted is not None
    return Memory(saved, unfinished, ledger, lost)


def open_journal(store: Backend, fence: Callable[[], None] = lambda: None) -> Journal:
    """Return the journal beside the state of `store`, ready to be written to. The lock must be held.

    Where the state names a journal that is not there any more, a new one is begun that says so. The state is saved
    first, naming none: else a run that died before it saved would leave a state and a journal that contradict.

    Raises:
        StateUnusable: The journal cannot be read, is not signed as it must be, or is not that of the state.
        StateNotSaved: State or journal cannot be written.
    """
    journal = journal_of(store, fence)
    journal.mend()
    saved = None
    with suppress(StateUnusable):  # whoever needs the state hears of it, and others are about to replace it
        saved = store.load()
    anchor = saved.journal if saved is not None else ""
    chain = journal.followed(Chain(store.key, anchor))
    chain.require_whole(journal.name, journal.exists())
    if saved is not None and anchor and not chain.lines:
        saved = store.save(replace(saved, journal=""))
        journal.restarted(anchor)
        journal.saved(saved.lineage, saved.serial)
    return journal


def put_back(earlier: Ledger, journal: Journal) -> Ledger:
    """Return an earlier state as it can be saved: newer than any, and with what was created since the last save.

    Raises:
        StateUnusable: The journal cannot be read.
    """
    unfinished = journal.unfinished()
    serial = max(earlier.serial, unfinished.serial.get(earlier.lineage, 0))
    return replace(earlier, serial=serial, entries={**earlier.entries, **unfinished.created})


def keep(store: Backend, journal: Journal, ledger: Ledger) -> Ledger:
    """Save `ledger`, write down that it is the newest, and return it as saved. The lock must be held.

    Raises:
        StateNotSaved: The old state is as it was, or is the new one without a word of it in the journal.
        CopyNotKept: The state is saved, and the journal says so.
        StateUnusable: The journal cannot be read; nothing was saved.
        LockLost: Another run may hold the lock; nothing was saved.
    """
    journal.fence()
    ledger = replace(ledger, journal=journal.ready())
    try:
        saved = store.save(ledger)
    except CopyNotKept as error:
        journal.saved(error.saved.lineage, error.saved.serial)
        raise
    journal.saved(saved.lineage, saved.serial)
    return saved
