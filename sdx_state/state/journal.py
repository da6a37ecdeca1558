"""The journal: every run, what it was about to write, and what became of it, each line chained to the one before.

What is about to be written is on the disk before it is sent. One JSON object a line; it contains addresses, ids and
keyed hashes, and no texts. After a crash it says what may exist in the tenant without the state knowing: an intent
without an end. Each line carries the hash of the one before and its own: one that was altered or taken out shows.
With a key each line is signed.

The journal has an open part, which every plan reads, and closed ones, which only the history reads. A save of the
state closes the open part if nothing in it is without an end: the state then names its last line as the head.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sdx_state.model.address import Address
from sdx_state.model.ledger import Entry
from sdx_state.records import dataclass
from sdx_state.state.journal_end import JournalEnd


@dataclass(frozen=True)
class Intention:
    """A create that is about to be sent.

    Attributes:
        address: What is to be created.
        parent_id: Id of the survey it goes into, if any.
        before_ids: Ids of resources that already have its natural key: these are not the created one.
        hashes: Path -> hash of every field that is sent.
    """

    address: Address
    parent_id: str | None
    before_ids: Sequence[str]
    hashes: Mapping[str, str]


class Journal(JournalEnd):
    """Records the events of a run: one method for each event."""

    def begin(self, command: str, fingerprint: str, changes: int, document: str) -> None:
        """Record that a run begins: who runs it, its CI job and commit, its plan, and the hash of its document."""
        who = f"{self.machine.user()}@{self.machine.host()}"
        holder = self.fence.holder
        known = {"job": holder.job, "commit": holder.commit} if holder is not None else {}
        more = {name: value for name, value in known.items() if value}
        self.append(
            True,
            event="begin",
            command=command,
            who=who,
            plan=fingerprint,
            changes=changes,
            document=document,
            **more,
        )

    def restarted(self, lost: str) -> None:
        """Write down that there was no journal, though the state names `lost` as the last line of one."""
        self.append(True, event="restarted", lost=lost)

    def signed(self) -> None:
        """Write down that all lines so far are accepted as they are; this line is signed, and proves them."""
        self.append(True, event="signed")

    def intend(
        self, address: Address, parent_id: str | None, before_ids: Sequence[str], hashes: Mapping[str, str]
    ) -> str:
        """Write down that `address` is about to be created, and return the operation's name.

        Args:
            address: What is to be created.
            parent_id: Id of the survey it goes into, if any.
            before_ids: Ids of resources that already have its natural key: these are not the one created now.
            hashes: Path -> hash of every field that is sent.

        Raises:
            StateNotSaved, LockLost: It is not on the disk, or another run may be writing. Nothing may be sent.
        """
        self.fence()
        operation = self.machine.token(6)
        self.append(
            True,
            event="intent",
            operation=operation,
            **self.now(),
            address=address,
            parent_id=parent_id,
            before_ids=list(before_ids),
            fields=dict(hashes),
        )
        return operation

    def intend_ahead(self, intentions: Sequence[Intention]) -> list[str]:
        """Write down together that all of `intentions` are about to be created, and return their operations' names.

        All but the first are sent later, at a moment that is not known: after a crash, each counts as sent just then.

        Raises:
            StateNotSaved, LockLost: They are not on the disk, or another run may be writing. Nothing may be sent.
        """
        self.fence()
        operations = [self.machine.token(6) for _ in intentions]
        for number, (intention, operation) in enumerate(zip(intentions, operations, strict=True), start=1):
            self.append(
                number == len(intentions),
                event="intent",
                operation=operation,
                **(self.now() if number == 1 else {}),
                address=intention.address,
                parent_id=intention.parent_id,
                before_ids=[*intention.before_ids],
                fields=dict(intention.hashes),
            )
        return operations

    def send_again(self, operation: str, address: Address) -> None:
        """Record that the create of `address`, which the server did not process, is about to be retried.

        Raises:
            StateNotSaved, LockLost: It is not on the disk, or another run may be writing. Nothing may be sent.
        """
        self.fence()
        self.append(True, event="again", operation=operation, **self.now(), address=address)

    def name_taken(self, address: Address, parent_id: str | None, id: str) -> None:
        """Record that nothing was sent for `address`, since `id` of another user has its name by now.

        A list that lags may not show it when the next run plans.

        Raises:
            StateNotSaved: It is not on the disk.
        """
        self.append(True, event="name-taken", **self.now(), address=address, parent_id=parent_id, id=id)

    def created(self, operation: str, address: Address, entry: Entry) -> None:
        """Write down that the operation created `entry`. Lost in a crash, it is found out by reading."""
        self.append(
            False,
            event="created",
            operation=operation,
            **self.now(),
            address=address,
            id=entry.id,
            fields=dict(entry.applied),
            protect=entry.protect,
        )

    def unconfirmed(self, operation: str, address: Address) -> None:
        """Record that the resource reported as created by the operation is another one: its end is open again."""
        self.append(False, event="unconfirmed", operation=operation, **self.now(), address=address)

    def settled(self, operation: str, how: str) -> None:
        """Write down that the operation is over and created nothing."""
        self.append(False, event="settled", operation=operation, how=how)

    def overwrite(
        self, verb: str, address: Address, id: str, before: Mapping[str, str], after: Mapping[str, str]
    ) -> None:
        """Write down that `address` is about to be changed or deleted, with hashes of its fields before and after.

        Raises:
            StateNotSaved, LockLost: It is not on the disk, or another run may be writing. Nothing may be sent.
        """
        self.fence()
        self.append(True, event=verb, address=address, id=id, before=dict(before), after=dict(after))

    def ended(self, address: Address, status: str) -> None:
        """Write down what became of a change."""
        self.append(False, event="outcome", address=address, status=status)

    def seal(self, epoch: int) -> None:
        """Write down that the holder of `epoch` took over: nothing that the one before sent can come behind this.

        Raises:
            LineTaken: A line of the one before arrived first; read the journal again.
        """
        self.append(True, event="seal", epoch=epoch)

    def saving(self, lineage: str, serial: int) -> None:
        """Write down that the state is about to be saved as `serial`, so that there is a line that it closes."""
        self.append(True, event="saving", lineage=lineage, serial=serial)

    def saved(self, lineage: str, serial: int) -> None:
        """Record that the state of `serial` includes everything so far."""
        self.append(False, event="saved", lineage=lineage, serial=serial)

    def superseded(self, ended: str) -> None:
        """Write down that nothing is left to do of the run `ended`, which was cut off."""
        self.append(True, event="superseded", ended=ended)

    def end(self, counts: Mapping[str, int]) -> None:
        """Write down that the run is over once the state is saved, and how many changes ended in which way."""
        self.append(True, event="end", counts=dict(counts), unsaved=True)
