"""Intents of creates, written down together ahead of sending.

With one commit of the journal a create, a run would wait most of the time: for the disk, or for the store of a shared
state. So a create that is about to be sent takes the intents of others along that could be next. Each is durable
before its create is sent. One that is never sent counts as pending after a crash, and is resolved by reading; a run
that ends withdraws it.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from sdx_state.model.address import Address
from sdx_state.model.ledger import Ledger
from sdx_state.model.plan import Action, Change
from sdx_state.model.resource import Desired
from sdx_state.plan.origin import applied_hashes
from sdx_state.state.journal import Intention, Journal

WINDOW = 64  # intents in one commit


class Ahead:
    """The intents of one run. Thread-safe."""

    def __init__(
        self,
        journal: Journal,
        changes: Sequence[Change],
        resources: Mapping[Address, Desired],
        ledger: Ledger,
        ids: Mapping[Address, str],
    ) -> None:
        """Write nothing yet.

        Args:
            journal: Of the run.
            changes: Those of the plan, in the order in which they are applied.
            resources: What is declared.
            ledger: Keys the hashes.
            ids: Address -> live id, which grows with each create: a child is taken along once its parent exists.
        """
        self._journal, self._resources, self._ledger, self._ids = journal, resources, ledger, ids
        creates = (one for one in changes if one.action is Action.CREATE and one.via == "api")
        self._waiting = {change.address: change for change in creates}
        self._taken_along: set[Address] = set()  # in a commit that may not be over
        self._written: dict[Address, tuple[str | None, str]] = {}
        self._hashes: dict[Address, dict[str, str]] = {}  # of those that were taken along
        self._known, self._turn = threading.Lock(), threading.Lock()

    def intend(self, change: Change, parent_id: str | None, before: Sequence[str], hashes: Mapping[str, str]) -> str:
        """Write down that `change` is about to be created, and return the operation's name.

        Args:
            change: The create.
            parent_id: Id of the survey it goes into, if any.
            before: Ids of what has its natural key already.
            hashes: Path -> hash of every field that is sent.

        Raises:
            StateNotSaved, LockLost: It is not in the journal, or another run may be writing. Nothing may be sent.
        """
        with self._known:
            alone = self._waiting.pop(change.address, None) is None and change.address not in self._taken_along
        if alone:
            return self._journal.intend(change.address, parent_id, before, hashes)
        with self._turn:  # one commit at a time; who waits here may find its intent in it
            operation = self._taken(change.address, parent_id)
            if operation is None:
                operation = self._write(Intention(change.address, parent_id, before, hashes))
        self._journal.fence()
        return operation

    def hashes_of(self, desired: Desired) -> dict[str, str]:
        """Return path -> hash of every field of `desired` that is sent."""
        with self._known:
            known = self._hashes.pop(desired.address, None)
        return applied_hashes(desired, self._ledger) if known is None else known

    def withdraw(self) -> None:
        """Write down of every intent that was not sent that nothing was created.

        Raises:
            StateNotSaved: The journal cannot be written.
        """
        with self._known:
            left, self._written = self._written, {}
        for _, operation in left.values():
            self._journal.settled(operation, "unsent")

    def _taken(self, address: Address, parent_id: str | None) -> str | None:
        with self._known:
            found = self._written.pop(address, None)
        if found is None:
            return None
        if found[0] != parent_id:
            self._journal.settled(found[1], "unsent")
            return None
        return found[1]

    def _write(self, first: Intention) -> str:
        batch = [first, *self._next()]
        operations = self._journal.intend_ahead(batch)
        with self._known:
            for intention, operation in zip(batch[1:], operations[1:], strict=True):
                self._written[intention.address] = (intention.parent_id, operation)
        return operations[0]

    def _next(self) -> list[Intention]:
        found: list[Intention] = []
        with self._known:
            for address, change in [*self._waiting.items()]:
                parent_id = self._ids.get(change.parent) if change.parent is not None else None
                if change.parent is not None and parent_id is None:
                    continue
                hashes = self._hashes[address] = applied_hashes(self._resources[address], self._ledger)
                found.append(Intention(address, parent_id, (), hashes))
                del self._waiting[address]
                self._taken_along.add(address)
                if len(found) == WINDOW - 1:
                    break
        return found
