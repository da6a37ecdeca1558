"""The state with its journal: what is remembered, and how it is kept so that no older state can pass for it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from sdx_state.decoding.typed import Record
from sdx_state.model.ledger import Head, Ledger
from sdx_state.records import dataclass, replace
from sdx_state.state.backend import UNFENCED, Backend, Fence
from sdx_state.state.chain import NOTHING, Chain
from sdx_state.state.errors import JOURNAL_ADVICE, CopyNotKept, LineTaken, LockLost, StateUnusable
from sdx_state.state.journal import Journal
from sdx_state.state.journal_reading import closed_head
from sdx_state.state.unfinished import Unfinished

MOST_LATE_LINES = 9  # that a holder which was taken over has sent already: one, at most


@dataclass(frozen=True)
class Memory:
    """The state, with the creates of interrupted runs.

    Attributes:
        saved: The state in the store.
        unfinished: What earlier runs left without an end.
        ledger: The first, with what a run created that died before it could save.
        history_lost: The state names a journal that is not there, or was not there when this one was begun.
    """

    saved: Ledger
    unfinished: Unfinished
    ledger: Ledger
    history_lost: bool = False


def journal_of(store: Backend, fence: Fence = UNFENCED) -> Journal:
    """Return the journal beside the state of `store`, for reading; to write to it, `open_journal`."""
    return Journal(store.lines, store.key, fence, store.machine)


def recall(store: Backend, journal: Journal) -> Memory:
    """Return what is remembered.

    Raises:
        StateUnusable: State or journal cannot be read, are not signed as they must be, or do not belong together.
    """
    saved = store.load()
    chain = Chain(store.key, saved.journal, _head_of(store, saved))
    unfinished = journal.unfinished(chain)
    store.require_newest(saved, unfinished.serial)
    chain.require_whole(journal.name, journal.exists)
    created = unfinished.created
    ledger = replace(saved, entries={**saved.entries, **created}) if created else saved
    return Memory(saved, unfinished, ledger, _is_lost(store, saved, chain) or chain.restarted is not None)


def verified(
    store: Backend, journal: Journal, each: Callable[[Record], None] = lambda _: None, tail: Head = NOTHING
) -> Chain:
    """Read the journal as a whole, closed parts included, and return the chain of its lines.

    Args:
        store: Keeps the state that vouches for the journal.
        journal: What is read.
        each: Told of each line.
        tail: The last line that the lock names.

    Raises:
        StateUnusable: State and journal do not belong together, or something of them is not as it was written.
    """
    saved = store.load()
    chain = Chain(store.key, saved.journal, saved.head, whole=True, tail=tail)
    for where, line in journal.records():
        chain.follow(where, line)
        each(line)
    if (saved.journal or saved.head.seq or tail.seq) and (not chain.lines or _is_lost(store, saved, chain)):
        raise StateUnusable(f"{journal.name} is missing, and the state names its last line", JOURNAL_ADVICE)
    chain.require_whole(journal.name, journal.exists)
    return chain


def open_journal(store: Backend, fence: Fence = UNFENCED) -> Journal:
    """Return the journal beside the state of `store`, ready to be written to. The lock must be held.

    Where the state names lines that are not there any more, the journal is begun again, and says so. The state is
    saved first, naming none: else a run that died before it saved would leave a state and a journal that contradict.

    Raises:
        StateUnusable: The journal cannot be read, is not signed as it must be, or is not that of the state.
        StateNotSaved: State or journal cannot be written.
    """
    for _ in range(MOST_LATE_LINES):
        journal = _opened(store, fence)
        if not fence.overtook:
            return journal
        try:
            journal.seal(fence.epoch)
        except LineTaken:  # by the holder before: it counts, and is read
            continue
        return journal
    raise LockLost(f"the previous holder of {store.lines.name} is still writing.\nNothing was sent.")


def _opened(store: Backend, fence: Fence) -> Journal:
    journal = journal_of(store, fence)
    saved = None
    with suppress(StateUnusable):  # commands that need the state report it; the others replace the state
        saved = store.load()
        if saved.head.seq < store.lines.newest():
            saved = None  # an older one, which knows nothing of the newest lines
    journal.head, journal.opened_with = _head_of(store, saved), saved
    journal.mend()
    anchor = saved.journal if saved is not None else ""
    chain = Chain(store.key, anchor, journal.head, tail=fence.tail)
    journal.unfinished(chain)
    chain.require_whole(journal.name, journal.exists)
    lost = saved is not None and _is_lost(store, saved, chain)
    if lost or chain.cut:
        fence.disown_tail()
    if saved is not None and lost:
        journal.head = closed_head(store.lines)
        saved = store.save(replace(saved, journal="", head=journal.head))
        journal.restarted(anchor)
        journal.saved(saved.lineage, saved.serial)
    elif chain.cut:
        journal.restarted(fence.tail.hash)
    return journal


def _head_of(store: Backend, saved: Ledger | None) -> Head:
    """Return the last closed line, as the state names it; without a state, as the closed parts do."""
    return saved.head if saved is not None and saved.serial else closed_head(store.lines)


def _is_lost(store: Backend, saved: Ledger, chain: Chain) -> bool:
    """Tell whether the lines that the state names are not there at all."""
    if saved.head.seq and not store.lines.holds(saved.head):
        return True
    return bool(saved.journal) and saved.journal != saved.head.hash and not chain.lines


def put_back(earlier: Ledger, store: Backend, journal: Journal) -> Ledger:
    """Return an earlier state as it can be saved: newer than any, and with what was created since the last save.

    Raises:
        StateUnusable: The journal cannot be read.
    """
    unfinished = journal.unfinished()
    serial = max(earlier.serial, unfinished.serial.get(earlier.lineage, 0), *store.kept_serials()[-1:])
    return replace(earlier, serial=serial, entries={**earlier.entries, **unfinished.created})


def keep(store: Backend, journal: Journal, ledger: Ledger) -> Ledger:
    """Save `ledger` and return it as saved; if nothing is without an end, that closes the journal's open part.

    The lock must be held.

    Raises:
        StateNotSaved: The old state is as it was, or is the new one without a word of it in the journal.
        CopyNotKept: The state is saved, and the journal says so.
        StateUnusable: The journal cannot be read; nothing was saved.
        LockLost: Another run may hold the lock; nothing was saved.
    """
    journal.fence()
    closes = journal.closable()
    end = journal.ready()
    head = journal.head or NOTHING
    if closes and end == head:
        journal.saving(ledger.lineage, ledger.serial + 1)
        end = journal.ready()
    ledger = replace(ledger, journal=end.hash, head=end if closes else head)
    try:
        saved = store.save(ledger)
    except CopyNotKept as error:
        _note_saved(journal, error.saved, end, closes=closes)
        raise
    _note_saved(journal, saved, end, closes=closes)
    return saved


def _note_saved(journal: Journal, saved: Ledger, end: Head, *, closes: bool) -> None:
    if closes:
        journal.close(end)
    else:
        journal.saved(saved.lineage, saved.serial)
