"""The snapshot of a tenant beside its shared state, for plans of those who can read the store and not the tenant."""

from __future__ import annotations

import zlib

from sdx_state.app.rehearsal import SnapshotUnreadable, StoredTenant, tenant_document, tenant_in
from sdx_state.app.stored_evidence import StoredEvidence
from sdx_state.model.ledger import Ledger
from sdx_state.model.snapshot import Snapshot
from sdx_state.programs.machine import Machine
from sdx_state.state.backend import Backend
from sdx_state.state.errors import StateUnusable
from sdx_state.state.shared import SharedStore

LARGEST = 256 * 1024 * 1024  # bytes of a snapshot that is read
MAKE_ONE = "Make a new one: sdx-state pull --shared-snapshot"


def snapshot_shelf(store: Backend) -> SharedStore:
    """Return `store` if a snapshot can be kept in it.

    Raises:
        StateUnusable: The state is on this machine, or an installed package keeps it.
    """
    if isinstance(store, SharedStore):
        return store
    raise StateUnusable(
        "a snapshot can be kept beside a state in a shared store, and this state is not in one",
        "Name a file: --snapshot FILE. Or choose a shared store: sdx-state help shared-state",
    )


def keep_snapshot(
    shelf: SharedStore,
    snapshot: Snapshot,
    ledger: Ledger,
    *,
    personal: bool,
    evidence: StoredEvidence,
    machine: Machine,
) -> int:
    """Keep `snapshot` beside the state, and return how many resources it has. Takes the lock of the state.

    Users keep the pseudonyms of the snapshot that it replaces.

    Args:
        shelf: The store of the state.
        snapshot: The whole tenant.
        ledger: What the state remembers.
        personal: Keep what is known of users as it is.
        evidence: Which tenant it is, as of when, and what was counted in it.
        machine: Chance.

    Raises:
        StateLocked: Another run writes.
        StateNotSaved, StoreError: The store did not confirm it.
    """
    with shelf.lock("pull"):
        try:
            salt = load_snapshot(shelf).salt
        except SnapshotUnreadable:
            salt = ""
        salt = "" if personal else salt or machine.token(16)
        document, count = tenant_document(snapshot, ledger, salt=salt, evidence=evidence)
        shelf.keep_snapshot(zlib.compress(document))
    return count


def load_snapshot(shelf: SharedStore) -> StoredTenant:
    """Return the tenant that is stored beside the state.

    Raises:
        SnapshotUnreadable: There is none, it is damaged, or of another format.
        StateUnusable: It is sealed, and its key is not set.
        StoreError: The store does not answer, or refuses.
    """
    where, packed = f"the snapshot in {shelf.store.name}", shelf.snapshot()
    if packed is None:
        raise SnapshotUnreadable(f"there is no snapshot in {shelf.store.name}", MAKE_ONE)
    unpacking = zlib.decompressobj()
    try:
        document = unpacking.decompress(packed, LARGEST)
    except zlib.error as error:
        raise SnapshotUnreadable(f"{where} is damaged: {error}", MAKE_ONE) from error
    if not unpacking.eof:
        raise SnapshotUnreadable(f"{where} is cut off, or has more than {LARGEST // 1024 // 1024} MiB", MAKE_ONE)
    try:
        return tenant_in(document, where)
    except SnapshotUnreadable as error:
        raise SnapshotUnreadable(str(error), MAKE_ONE) from error
