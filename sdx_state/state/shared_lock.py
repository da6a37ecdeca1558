"""The lock of a shared state: a lease in the store, or the lock of a server that has its own."""

from __future__ import annotations

from functools import partial

from sdx_state.model.ledger import Head
from sdx_state.programs.machine import Machine
from sdx_state.state import http_lock, lease
from sdx_state.state.holder import About, Holder
from sdx_state.state.http_lock import HttpLock
from sdx_state.state.http_store import HttpStore
from sdx_state.state.lease import Lease
from sdx_state.state.probe import probe
from sdx_state.state.sealing import SealedStore
from sdx_state.state.store import Careful, Store

StateLock = Lease | HttpLock


def take(store: Store, name: str, holder: Holder, machine: Machine, about: About) -> StateLock:
    """Take the lock of the state `name` for `holder`, and wait for another run as long as `about` says.

    Raises:
        StateLocked: Another run has it.
        StoreError: The store does not answer, refuses, or does not honor conditions.
    """
    server = _server(store)
    if server is not None:
        return http_lock.acquire(server, store, f"{name}/state", holder, machine, about)
    honest = partial(probe, store, name, machine)
    return lease.acquire(store, f"{name}/lock", holder, machine, about, probe=honest)


def free(store: Store, name: str, id: str, machine: Machine) -> bool:
    """Free the lock `id` of a run that died; return whether there was one.

    Raises:
        StateLocked: Another lock is there.
        StoreError: The store does not answer, or refuses.
    """
    server = _server(store)
    if server is not None:
        return http_lock.cleared(server, id, machine)
    return lease.cleared(store, f"{name}/lock", id, machine)


def tail_of(store: Store, name: str, machine: Machine) -> Head:
    """Return the last line of the journal that the lock of the state `name` names; the lock of a server names none.

    Raises:
        StateUnusable: What is there is not a lock.
        StoreError: The store does not answer, or refuses.
    """
    found = Careful(store, machine).get(f"{name}/lock") if _server(store) is None else None
    return lease.lock_in(found.content, f"{store.name}: {name}/lock").tail if found is not None else Head()


def _server(store: Store) -> HttpStore | None:
    """Return the server that has the lock, None if the lock is an object of the store."""
    inner = store.inner if isinstance(store, SealedStore) else store
    return inner if isinstance(inner, HttpStore) else None
