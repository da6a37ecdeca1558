"""A state that a team and its CI runners share, in any store with conditional writes (`store.Store`).

Below the name of the state: `lock`, the lease; `state`; `journal/`, `history/`: see `shared_journal`; `runs/` and
`generations/`, the newest of each; `snapshot/tenant`. Every write is conditional: those of the state and the snapshot
on the version that was read or written under the lease, all others on that there is nothing yet.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import field

from sdx_state.decoding.strict import DecodingError
from sdx_state.decoding.typed import natural
from sdx_state.model.ledger import Ledger
from sdx_state.programs.interrupts import postponed
from sdx_state.programs.machine import Machine
from sdx_state.records import dataclass, replace
from sdx_state.state.backend import Fence, Plans
from sdx_state.state.codec import decode, encode
from sdx_state.state.copies import WithCopies
from sdx_state.state.errors import OLDER_ADVICE, CopyNotKept, LockLost, StateNotSaved, StateUnusable
from sdx_state.state.holder import About, Holder, holder_in, holder_now
from sdx_state.state.lease import Lease, beat
from sdx_state.state.ledger import new_ledger, require_lineage, require_tenant
from sdx_state.state.moving import MARK, Move, move_in, require_here
from sdx_state.state.sealing import SealedStore
from sdx_state.state.shared_copies import SharedCopies, first_line
from sdx_state.state.shared_journal import SharedJournal, Vanished
from sdx_state.state.shared_lock import StateLock, free, take
from sdx_state.state.shared_session import Session
from sdx_state.state.signing import SigningKey
from sdx_state.state.store import Careful, Conflict, Found, Sealed, Store, StoreError, unsealed

NEW = Sealed(b"")  # where no state was saved yet, and a run is writing


@dataclass(frozen=True)
class SharedStore(WithCopies):
    """Implements `backend.Backend`.

    Attributes:
        store: Where everything is.
        name: Of the state in that store: one for each environment.
        machine: Clock, waiting and chance.
        plans: Remembers which plans were saved on this machine.
        tenant: The tenant that this run talks to; None where no tenant is asked.
        key: Signs what is written; None for no signatures.
        lineage: That of the state, if the project pins it; empty otherwise.
        about: This run.
        moving: This run moves the state: marks of a move do not stop it.
    """

    store: Store
    name: str
    machine: Machine
    plans: Plans
    tenant: str | None = None
    key: SigningKey | None = None
    lineage: str = ""
    about: About = field(default_factory=About)
    session: Session = field(default_factory=Session, repr=False)
    moving: bool = False

    @property
    def lines(self) -> SharedJournal:
        """The lines of the journal."""
        if self.session.journal is None:
            self.session.journal = SharedJournal(self.store, self.name, self.machine)
        return self.session.journal

    @property
    def shared(self) -> bool:
        """True: only commands that write to the tenant write here."""
        return True

    def of(self, tenant: str) -> SharedStore:
        """Return the same store, for a run that talks to `tenant`."""
        return replace(self, tenant=tenant)

    def unsigned(self) -> SharedStore:
        """Return the same store, without the key for signatures."""
        return replace(self, key=None)

    def exists(self) -> bool:
        """Tell whether a state was ever saved here.

        Raises:
            StateUnusable: It was moved away.
        """
        self._require_here()
        return self.has_state()

    def has_state(self) -> bool:
        """Tell whether a state is there, whatever the mark of a move says."""
        return bool(self._sealed().payload)

    def for_move(self) -> SharedStore:
        """Return the same state, read again, for the run that moves it; under the lock that this run has."""
        return replace(self, moving=True, session=Session(lease=self.session.lease))

    def move(self) -> Move | None:
        """Return the mark of a move, None if there is none."""
        mark = self._sealed().about.get(MARK)
        return move_in(mark) if mark is not None else None

    def mark(self, move: Move | None) -> None:
        """Replace the mark of a move. The lock must be held."""
        sealed = self._sealed()
        self._write(replace(sealed, about={**sealed.about, MARK: vars(move) if move is not None else None}))

    def running(self) -> Holder | None:
        """Return the run that is writing, as the state says it; None if there is none. Writes nothing."""
        with suppress(DecodingError):
            return holder_in(self._sealed().about.get("writer"))
        return None

    def load(self) -> Ledger:
        """Return what is remembered, or a new ledger where there has never been one.

        Raises:
            StateUnusable: What is there cannot be trusted, is another tenant's, or is not of the pinned lineage.
        """
        self._require_here()
        payload = self._sealed().payload
        if not payload:
            require_lineage(None, self.lineage, self.where)
            return replace(new_ledger(self.machine), tenant=self.tenant or "")
        ledger = decode(payload, self.where, self.key)
        require_tenant(ledger, self.tenant, self.where)
        require_lineage(ledger, self.lineage, self.where)
        return ledger

    def save(self, ledger: Ledger) -> Ledger:
        """Write `ledger` with the next serial and return it as written. The lock must be held.

        Raises:
            LockLost: The lease is not held any more; nothing was saved.
            StateNotSaved: The store did not confirm it.
            CopyNotKept: The new state is there; only the copy of it is missing.
        """
        ledger = replace(ledger, serial=ledger.serial + 1, tenant=self.tenant or ledger.tenant)
        data = encode(ledger, self.key)
        about = {"head": ledger.head.seq, "writer": self.session.writer, MARK: self._sealed().about.get(MARK)}
        self._write(Sealed(data, self._held.lock.epoch, about))
        try:
            self._copies.keep_state(ledger.serial, data)
        except StoreError as error:
            raise CopyNotKept(
                f"the state was saved to {self.where} (serial {ledger.serial}), but its copy for `state restore` "
                f"could not be kept ({first_line(error)}).\nNothing is lost. The next save keeps a copy again.",
                ledger,
            ) from error
        return ledger

    def require_newest(self, ledger: Ledger, serials: Mapping[str, int]) -> None:
        """Return if neither an open line of the journal nor a closed part of it knows a newer state.

        Raises:
            StateUnusable: One does.
        """
        newest = serials.get(ledger.lineage, 0)
        older = ledger.serial < newest or ledger.head.seq < self.lines.newest()
        writes = self.session.lease is not None  # who only reads does without another request
        if ledger.serial and (older or (writes and self.has_newer_copy(ledger))):
            raise StateUnusable(
                f"{self.where} is older (serial {ledger.serial}) than the last one saved here: a copy was put back",
                OLDER_ADVICE,
            )

    def saved_plans(self) -> list[str]:
        """Return the hashes of the plans that were saved on this machine."""
        return self.plans.saved_plans()

    def remember_plan(self, hash: str) -> None:
        """Keep the hash of a plan that was saved on this machine."""
        self.plans.remember_plan(hash)

    @contextmanager
    def lock(self, purpose: str) -> Iterator[Fence]:
        """Hold the lease while the block runs, and write state and journal under its epoch alone.

        Raises:
            StateLocked: Another run holds the lease.
            StoreError: The store does not answer, refuses, or does not honor conditions.
        """
        machine, about, session = self.machine, self.about, self.session
        holder, stop = holder_now(purpose, about, machine), threading.Event()
        journal: SharedJournal | None = None
        lease = take(self.store, self.name, holder, machine, about)
        settled = not lease.overtook  # a run that was cut short may not have waited for what the one before it sent
        try:
            if about.beats and isinstance(lease, Lease):
                threading.Thread(target=beat, args=(lease, stop), daemon=True, name="lease").start()
            session.lease = lease
            tail, epoch, check = lease.tail, lease.lock.epoch, lease.check
            journal = SharedJournal(
                self.store, self.name, machine, epoch, check, lambda head: setattr(lease, "tail", head)
            )
            session.journal = journal
            self._seal()
            self._require_here()
            yield Fence(check, epoch, lease.overtook, holder, tail, lease.disown_tail)
            settled = True
        finally:
            with postponed():
                stop.set()
                if settled or isinstance(lease, Lease):  # the lock of a server cannot say that it is not clean
                    with suppress(StoreError, LockLost, StateUnusable):
                        self._name_writer(None)
                lease.release(clean=settled and (journal is None or not journal.unanswered))
                session.clear()

    def unlock(self, id: str) -> bool:
        """Free the lock `id` of a run that died; tell whether there was one.

        Raises:
            StateLocked: Another lock is there.
        """
        return free(self.store, self.name, id, self.machine)

    def keep_snapshot(self, data: bytes) -> None:
        """Replace the snapshot of the tenant by `data`. The lock must be held.

        Raises:
            StateNotSaved, StoreRefused: It was not kept.
        """
        self._copies.keep_snapshot(data)

    def snapshot(self) -> bytes | None:
        """Return the snapshot of the tenant, None if there is none. Reads nothing else."""
        return self._copies.snapshot()

    def reseal(self) -> int:
        """Seal every object with the key of today, and return how many were not. The lock must be held."""
        if not isinstance(self.store, SealedStore):
            return 0
        kinds = ("journal", "history", "runs", "generations", "snapshot")
        return sum(self.store.reseal(f"{self.name}/{kind}/") for kind in kinds)

    @property
    def where(self) -> str:
        """The state, as messages name it."""
        return f"{self.store.name}: {self.name}/state"

    @property
    def _careful(self) -> Careful:
        return Careful(self.store, self.machine, silent=self.about.silent)

    @property
    def _copies(self) -> SharedCopies:
        return SharedCopies(self.store, self.name, self.machine, self.key, self.session.lease)

    @property
    def _held(self) -> StateLock:
        return self.session.held(self.where)

    def _seal(self) -> None:
        """Write the state again under the epoch of this holder: nothing that another one sent can arrive after."""
        self.session.state, self.session.read = self._careful.get(f"{self.name}/state"), True
        self._name_writer(self.session.writer)

    def _name_writer(self, writer: Mapping[str, object] | None) -> None:
        """Write the state under the epoch of this holder with `writer`, also over what was sent and interrupted.

        Raises:
            LockLost: Another run has the lock.
        """
        while True:
            sealed, epoch = self._sealed(), self._held.lock.epoch
            if sealed.epoch > epoch:
                raise LockLost(f"another run wrote {self.where}.\nNothing was saved.")
            with suppress(Conflict):
                self._put(replace(sealed, epoch=epoch, about={**sealed.about, "writer": writer}))
                return
            self.session.state = self._careful.get(f"{self.name}/state")

    def _write(self, sealed: Sealed) -> None:
        try:
            self._put(sealed)
        except Conflict as error:
            self._held.lost = "another run wrote the state"
            raise LockLost(f"another run wrote {self.where}.\nNothing was saved.") from error
        except StoreError as error:
            raise StateNotSaved(f"the state could not be saved: {error}") from error

    def _put(self, sealed: Sealed) -> None:
        content, seen = sealed.encoded(self.machine), self.session.state
        careful = Careful(self.store, self.machine, self._held.check)
        version = careful.put(f"{self.name}/state", content, seen.version if seen is not None else None)
        self.session.state = Found(content, version)

    def _require_here(self) -> None:
        require_here(None if self.moving else self.move(), self.where)

    def _sealed(self) -> Sealed:
        """Return the state object, read once; while no lock is held, together with the journal."""
        if not self.session.read:
            self._read_together()
        found = self.session.state
        return unsealed(found.content, self.where) if found is not None else NEW

    def _read_together(self) -> None:
        """Read state and journal so that they belong together, though another run may be writing."""
        seen: str | None = None
        while True:
            found = self._careful.get(f"{self.name}/state")
            self.session.state, self.session.read = found, True
            head = natural(unsealed(found.content, self.where).about.get("head", 0)) if found is not None else 0
            self.lines.forget()
            try:
                self.lines.fetch(head)
            except Vanished:  # the run that writes has ended: its state is there by now
                continue
            version = found.version if found is not None else ""
            if self.lines.newest() <= head or version == seen:
                return
            seen = version  # closed between the two reads, or an older state was put back
