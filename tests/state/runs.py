"""A run against a shared state, as `apply` makes one."""

from __future__ import annotations

from sdx_state.model.ledger import Entry
from sdx_state.state.memory import keep, open_journal, recall


def run(store, address, id, *, end=True, save=True):
    """Write as a run does that creates `address`."""
    with store.lock("apply") as fence:
        journal = open_journal(store, fence)
        journal.begin("apply", "sha256:0", 1, store.save_run(journal.run, {"run": address}))
        operation = journal.intend(address, None, [], {})
        journal.created(operation, address, Entry(id))
        journal.ended(address, "done")
        ledger = recall(store, journal).ledger.with_entry(address, Entry(id))
        if end:
            journal.end({"done": 1})
        return keep(store, journal, ledger) if save else None
