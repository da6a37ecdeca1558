"""Copies in a shared store: earlier states and documents of runs, the newest of each, and the tenant's snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from sdx_state.decoding.strict import DecodingError
from sdx_state.decoding.typed import Record
from sdx_state.model.ledger import Ledger
from sdx_state.programs.machine import Machine
from sdx_state.records import dataclass
from sdx_state.state.codec import decode
from sdx_state.state.copies import KEPT, RUN, chosen, decoded_run, encoded_run
from sdx_state.state.errors import RUN_ADVICE, LockLost, StateNotSaved, StateUnusable
from sdx_state.state.shared_lock import StateLock
from sdx_state.state.signing import SigningKey, hash_of_bytes
from sdx_state.state.store import Careful, Conflict, Sealed, Store, StoreError, StoreRefused, unsealed


@dataclass(frozen=True)
class SharedCopies:
    """The copies of one state.

    Attributes:
        store: The store.
        name: Name of the state, the prefix of all keys.
        machine: Clock, waiting and random numbers.
        key: Signs earlier states; None for no signatures.
        lease: The lease of the run that writes; None for reading only.
    """

    store: Store
    name: str
    machine: Machine
    key: SigningKey | None = field(repr=False)
    lease: StateLock | None

    def save_run(self, run: str, document: Mapping[str, object]) -> str:
        """Keep `document` as that of `run`, of all runs the newest `KEPT`, and return its hash for the journal.

        Raises:
            StateNotSaved: The store did not confirm it. Nothing may be sent.
            StoreRefused: The store refuses it.
        """
        data = encoded_run(document)
        try:
            self._keep("runs", run, data)
        except StoreRefused:
            raise  # its advice is better than to run again
        except StoreError as error:
            raise StateNotSaved(
                f"{self.store.name} did not keep the run ({first_line(error)}).\nNothing was sent. Run again."
            ) from error
        return hash_of_bytes(data)

    def load_run(self, run: str, hash: str | None) -> Record:
        """Return the document of `run`.

        Raises:
            StateUnusable: It is not kept, cannot be read, or is not the document that the journal names.
        """
        where = f"{self.store.name}: {self.name}/runs/{run}"
        try:
            found = Careful(self.store, self.machine).get(f"{self.name}/runs/{run}") if RUN.fullmatch(run) else None
            if found is None:
                raise StateUnusable(f"nothing is kept of run {run}", RUN_ADVICE)
            data = unsealed(found.content, where).payload
        except DecodingError as error:
            raise StateUnusable(f"what is kept of run {run} cannot be read: {error}", RUN_ADVICE) from error
        return decoded_run(data, hash, run, where)

    def runs(self) -> list[str]:
        """Return the runs of which something is kept, the oldest first."""
        return [name for name in self._names("runs") if RUN.fullmatch(name)]

    def state(self, serial: int | None) -> Ledger:
        """Return the earlier state of `serial`, or the newest that is kept.

        Raises:
            StateUnusable: There is none, or it cannot be trusted.
        """
        key = f"{self.name}/generations/{chosen(serial, self.serials()):012}"
        found = Careful(self.store, self.machine).get(key)
        where = f"{self.store.name}: {key}"
        return decode(unsealed(found.content, where).payload if found is not None else b"", where, self.key)

    def serials(self) -> list[int]:
        """Return the serials of the earlier states that are kept, the oldest first."""
        return [int(name) for name in self._names("generations") if name.isdecimal()]

    def keep_state(self, serial: int, data: bytes) -> None:
        """Keep the encoded state `data` of `serial`.

        Raises:
            StoreError: The store did not confirm it.
        """
        self._keep("generations", f"{serial:012}", data)

    def keep_snapshot(self, data: bytes) -> None:
        """Replace the snapshot of the tenant by `data`.

        Raises:
            StateNotSaved: The store did not confirm it.
            StoreRefused: The store refuses it.
        """
        key, lease = self._snapshot_key, self._held("snapshot")
        careful = Careful(self.store, self.machine, lease.check)
        content = Sealed(data, lease.lock.epoch).encoded(self.machine)
        try:
            found = careful.get(key)
            careful.put(key, content, found.version if found is not None else None)
        except StoreRefused:
            raise
        except StoreError as error:
            raise StateNotSaved(f"the snapshot could not be kept ({first_line(error)}).\nRun again.") from error

    def snapshot(self) -> bytes | None:
        """Return the snapshot of the tenant, None if there is none.

        Raises:
            StateUnusable: It is damaged, or sealed and its key is not set.
        """
        found = Careful(self.store, self.machine).get(self._snapshot_key)
        return unsealed(found.content, f"{self.store.name}: {self._snapshot_key}").payload if found else None

    @property
    def _snapshot_key(self) -> str:
        return f"{self.name}/snapshot/tenant"

    def _held(self, name: str) -> StateLock:
        if self.lease is None:
            where = f"{self.store.name}: {self.name}/{name}"
            raise LockLost(f"{where} can be written under the lock only.\nNothing was saved.")
        return self.lease

    def _keep(self, kind: str, name: str, data: bytes) -> None:
        key = f"{self.name}/{kind}/{name}"
        lease = self._held(f"{kind}/{name}")
        content = Sealed(data, lease.lock.epoch).encoded(self.machine)
        careful = Careful(self.store, self.machine, lease.check)
        try:
            careful.put(key, content, None)
        except Conflict:  # of a run that was cut off behind this write
            careful.delete([key])
            careful.put(key, content, None)
        careful.delete([f"{self.name}/{kind}/{one}" for one in self._names(kind)[:-KEPT]])

    def _names(self, kind: str) -> list[str]:
        keys = Careful(self.store, self.machine).list(f"{self.name}/{kind}/")
        return sorted(key.rpartition("/")[2] for key in keys)


def first_line(error: Exception) -> str:
    """Return the first line of a message."""
    return str(error).partition("\n")[0]
