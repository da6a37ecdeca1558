"""Proof that a store honors conditions: a clone that accepts and ignores them would let two runs write at once."""

from __future__ import annotations

from contextlib import suppress

from sdx_state.programs.machine import Machine
from sdx_state.state.store import Careful, Conflict, Sealed, Store, StoreError, StoreRefused

ADVICE = (
    "Nothing can be locked there. Use a store with conditional writes: S3, MinIO, R2 or Ceph of today, GCS, Azure "
    "Blob Storage, PostgreSQL."
)


def probe(store: Store, prefix: str, machine: Machine) -> None:
    """Try the two conditions that everything rests on.

    Raises:
        StoreRefused: A second create, or an update of what is not there any more, was accepted.
        StoreError: The store does not answer.
    """
    key = f"{prefix}/probe-{machine.token(6)}"
    careful = Careful(store, machine)
    contents = [Sealed(b"").encoded(machine) for _ in range(4)]
    try:
        first = careful.put(key, contents[0], None)
        if _accepted(careful, key, contents[1], None):
            raise StoreRefused(f"{store.name} accepted a second create of {key}", ADVICE)
        careful.put(key, contents[2], first)
        if _accepted(careful, key, contents[3], first):
            raise StoreRefused(f"{store.name} accepted an update of {key} by a version that it has no more", ADVICE)
    finally:
        with suppress(StoreError):
            careful.delete([key])


def _accepted(careful: Careful, key: str, content: bytes, version: str | None) -> bool:
    try:
        careful.put(key, content, version)
    except Conflict:
        return False
    return True
