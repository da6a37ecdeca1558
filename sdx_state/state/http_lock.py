"""The lock of an HTTP state: the server has it, and it never expires. `state unlock ID` frees that of a dead run."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import field

from sdx_state.model.ledger import Head
from sdx_state.programs.interrupts import postponed
from sdx_state.programs.machine import Machine
from sdx_state.records import dataclass, replace
from sdx_state.state.errors import LockLost, StateLocked
from sdx_state.state.holder import About, Holder, waited
from sdx_state.state.http_store import HttpStore
from sdx_state.state.lease import LOOK, Lock
from sdx_state.state.store import PATIENCE, Careful, Store, StoreRefused, Unclear, unsealed


def acquire(
    store: HttpStore,
    objects: Store,
    key: str,
    holder: Holder,
    machine: Machine,
    about: About,
) -> HttpLock:
    """Take the lock of the server and return it.

    Args:
        store: The server.
        objects: Reads the objects of the server, sealed ones too.
        key: Key of the state that is locked.
        holder: This run.
        machine: Clock and waiting.
        about: How it waits while another run has the lock, and who hears of that.

    Raises:
        StateLocked: Another run has it.
        StoreError: The server does not answer, or refuses.
    """
    try:
        _wait_for(store, holder, machine, about)
        found = Careful(objects, machine).get(key)
        before = unsealed(found.content, f"{store.name}: {key}") if found is not None else None
        if before is None:
            probing = replace(holder, id=machine.token(4))
            Careful(store, machine).until_answered(lambda: store.probe(probing))
        epoch = before.epoch + 1 if before is not None else 1
        overtook = before is not None and before.about.get("writer") is not None
        return HttpLock(store, machine, Lock(epoch, holder, probed=True), overtook)
    except StateLocked:
        raise
    except BaseException:  # Ctrl-C, too: the server would keep a lock that no run has
        with postponed():
            cleared(store, holder.id, machine, quietly=True)
        raise


def _wait_for(store: HttpStore, holder: Holder, machine: Machine, about: About) -> None:
    """Take the lock of the server; while another run has it, wait as long as `about` says.

    Raises:
        StateLocked: Another run still has it.
        StoreError: The server does not answer, or refuses.
    """
    begun, named, timeout = machine.monotonic(), "", about.timeout or 0.0

    def attempt() -> Holder | None:
        with postponed():  # a lock whose answer nothing reads could be given after it was freed
            return store.lock(holder)

    while True:
        patience = max(0.0, PATIENCE - (machine.monotonic() - begun))
        other = Careful(store, machine, patience=patience, silent=about.silent).until_answered(attempt)
        waits = machine.monotonic() - begun
        if other is None:
            return
        if waits >= timeout:
            raise StateLocked(
                f"the state is locked by {other.described(machine.now())}.\n{waited(about.timeout)} "
                f"If that run died, free its lock: sdx-state state unlock {other.id}"
            )
        if named != other.id:
            named = other.id
            about.waiting(other.described(machine.now()))
        machine.sleep(min(LOOK, timeout - waits))


@dataclass
class HttpLock:
    """The lock of a server, from when it was taken until it is released or lost.

    Attributes:
        store: The server.
        machine: Clock and waiting.
        lock: This run, and its epoch.
        overtook: The state says that an earlier run was still writing.
        lost: Why it is not held any more, empty while it is.
        tail: The last line of the journal; the server does not keep it.
    """

    store: HttpStore
    machine: Machine
    lock: Lock
    overtook: bool
    lost: str = ""
    tail: Head = field(default_factory=Head)

    def disown_tail(self) -> None:
        """Return: the server keeps no line."""

    def check(self) -> None:
        """Return if this run has the lock, as far as it knows; the server checks it with every write.

        Raises:
            LockLost: A write was refused, or the lock was released.
        """
        if self.lost:
            raise LockLost(
                f"the lock of {self.store.name} is not held any more ({self.lost}).\nNothing more was sent."
            )

    def release(self, *, clean: bool) -> None:
        """Free the lock; one that cannot be freed stays until `state unlock`."""
        if self.lost:
            return
        holder, self.lost = self.lock.holder, "it was released"
        if holder is not None:
            cleared(self.store, holder.id, self.machine, quietly=True)


def cleared(store: HttpStore, id: str, machine: Machine, *, quietly: bool = False) -> bool:
    """Free the lock `id`, with retries; return whether there was one.

    Raises:
        StateLocked, StoreError: It was not freed, unless `quietly`.
    """
    begun = machine.monotonic()
    while True:
        try:
            with suppress(*((StateLocked, StoreRefused) if quietly else ())):
                return store.free(id)
            return False
        except Unclear:
            if machine.monotonic() - begun > PATIENCE:
                if quietly:
                    return False
                raise
            machine.sleep(machine.uniform(0, 1.0))
