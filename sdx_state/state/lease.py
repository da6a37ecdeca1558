"""The lock of a shared state: a lease, which is renewed while its holder lives and may be taken over once it is not.

The rules, of which each was found necessary by simulation (`tests/state/test_lease_rules.py`):

- A lease lasts `LEASE` seconds. Its holder counts from when it first sent the content that is in the store: a later
  try, or the answer, would count from when the store may have had it for long.
- Another takes it over only after it saw the same content for `LEASE` seconds, counted from the answer in which it
  saw that content first.
- Both count by a clock that runs while a machine is suspended, never by the time of day.
- The holder stops `MARGIN` seconds early: for clocks that run at another speed, and for what takes time between the
  check and the last byte.
- Each holder has a higher epoch than the one before.

Each renewal, and the release, also names the last line of the journal: the next run that writes notices if the open
part was cut off before it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import field

from sdx_state.decoding.strict import DecodingError, parse
from sdx_state.decoding.typed import flag, member, member_or, natural, record, text
from sdx_state.model.ledger import Head
from sdx_state.programs.interrupts import postponed
from sdx_state.programs.machine import Machine
from sdx_state.records import dataclass, replace
from sdx_state.state.errors import LockLost, StateLocked, StateUnusable
from sdx_state.state.holder import About, Holder, holder_in, waited
from sdx_state.state.store import Careful, Conflict, Sealed, Store, StoreError, unsealed

LEASE, RENEWAL, MARGIN = 60.0, 15.0, 15.0  # seconds
RELEASE = 2.0  # seconds in which a store that does not answer is asked to free a lock
LOOK = 1.0  # seconds between looks at a lease that another run has


@dataclass(frozen=True)
class Lock:
    """Content of the lock object.

    Attributes:
        epoch: Grows by one with each holder.
        holder: The run that has it, None if it is free.
        probed: The store was found to honor conditions.
        clean: Nothing that an earlier holder sent may arrive yet.
        tail: The last line of the journal that was in the store when this was written.
    """

    epoch: int = 0
    holder: Holder | None = None
    probed: bool = False
    clean: bool = True
    tail: Head = field(default_factory=Head)

    def encoded(self, machine: Machine) -> bytes:
        """Return it as the content of an object."""
        holder = vars(self.holder) if self.holder is not None else None
        document = {"holder": holder, "probed": self.probed, "clean": self.clean, "tail": vars(self.tail)}
        return Sealed(json.dumps(document, ensure_ascii=True).encode(), self.epoch).encoded(machine)


def lock_in(content: bytes, where: str) -> Lock:
    """Return what the lock object at `where` says.

    Raises:
        StateUnusable: It is none, or of a newer version.
    """
    sealed = unsealed(content, where)
    try:
        document = record(parse(sealed.payload))
        found = document.get("holder")
        holder = holder_in(found) if found is not None else None
        probed, clean = member(document, "probed", flag), member(document, "clean", flag)
        tail = member_or(document, "tail", _head, Head())
    except DecodingError as error:
        raise StateUnusable(f"{where} is not a lock: {error}", "Remove that object if no run is active.") from error
    return Lock(sealed.epoch, holder, probed, clean, tail)


def _head(value: object) -> Head:
    document = record(value)
    return Head(member(document, "seq", natural), member(document, "hash", text))


@dataclass
class Lease:
    """One lease, from when it was got until it is released or lost. Thread-safe.

    Attributes:
        store: Where it is.
        key: Of its object.
        machine: The clock.
        lock: What the object says.
        version: Of the object, as it was last written here.
        until: Uptime until which this holder may write.
        overtook: What the holder before it sent to the store may arrive yet.
        tail: The last line of the journal that is in the store; the next renewal says so.
        lost: Why it is not held any more, empty while it is.
    """

    store: Store
    key: str
    machine: Machine
    lock: Lock
    version: str
    until: float
    overtook: bool
    tail: Head = field(default_factory=Head)
    lost: str = ""
    _unanswered: tuple[bytes, float] | None = None
    _guard: threading.RLock = field(default_factory=lambda: threading.RLock())  # noqa: PLW0108 - of this module: a simulation replaces it

    def check(self) -> None:
        """Return if this holder may write now; where it cannot be sure any more, renew the lease first.

        Raises:
            LockLost: Another run may be writing.
        """
        for _ in range(2):  # what was sent long ago and landed says little: then a new one is sent
            if self.lost:
                raise self._loss()
            if self.machine.uptime().seconds < self.until:
                return
            self.renew()
        if self.lost or self.machine.uptime().seconds >= self.until:
            raise self._loss("the store did not confirm it in time")

    def renew(self) -> None:
        """Write the lease again; a write without an answer is retried unchanged.

        Raises:
            LockLost: Another run has it.
        """
        with self._guard:
            if self.lost:
                raise self._loss()
            if self._unanswered is None:
                content = replace(self.lock, tail=self.tail).encoded(self.machine)
                self._unanswered = content, self.machine.uptime().seconds
            content, sent = self._unanswered
            try:
                careful = Careful(self.store, self.machine, patience=RENEWAL)
                self.version = careful.put(self.key, content, self.version)
            except Conflict as error:
                self.lost = "another run has taken it over"
                raise self._loss() from error
            except StoreError:
                return  # as long as it is valid, there is time to try again
            self._unanswered = None
            self.until = max(self.until, sent + LEASE - MARGIN)

    def disown_tail(self) -> None:
        """Stop naming a line of a journal that was moved away, in the store too.

        Raises:
            LockLost: Another run has the lease.
        """
        with self._guard:
            if self._unanswered is not None:
                self.renew()
            self.tail = Head()
            self.renew()

    def release(self, *, clean: bool) -> None:
        """Free the lock, by a write that only its holder can make: a delete could hit the lock of the next one.

        Args:
            clean: Nothing that this holder sent to the store is without an answer.
        """
        with self._guard, suppress(StoreError, LockLost):
            if self._unanswered is not None:
                self.renew()
            if self.lost:
                return
            self.lost = "it was released"
            free = replace(self.lock, holder=None, clean=clean, tail=self.tail).encoded(self.machine)
            Careful(self.store, self.machine, patience=RELEASE).put(self.key, free, self.version)

    def _loss(self, why: str = "") -> LockLost:
        return LockLost(
            f"the lock of {self.store.name} is not held any more ({self.lost or why}): another run may be writing.\n"
            "Nothing more was sent. What was done is in the journal: wait until no run is active, then apply again."
        )


def acquire(
    store: Store,
    key: str,
    holder: Holder,
    machine: Machine,
    about: About,
    *,
    probe: Callable[[], None],
) -> Lease:
    """Return the lease at `key`, got for `holder`.

    Args:
        store: Where it is.
        key: Of its object.
        holder: Who wants it.
        machine: Clock, waiting and chance.
        about: How it waits, and who hears of that.
        probe: Called before the first lease of all: refuses a store that does not honor conditions.

    Raises:
        StateLocked: Another run has it, and lives.
        StoreError: The store does not answer, or refuses.
    """
    careful, timeout = Careful(store, machine, silent=about.silent), about.timeout
    begun, told = machine.uptime().seconds, ""
    seen: str | None = None
    since = begun
    while True:
        found = careful.get(key)
        now = machine.uptime().seconds
        lock = lock_in(found.content, f"{store.name}: {key}") if found is not None else Lock()
        other = lock.holder
        if other is not None and other.id == holder.id:  # an answer to this run's own write was lost
            other = None
        alive = seen is not None and found is not None and found.version != seen
        if found is None or seen != found.version:
            seen, since = (found.version if found is not None else None), now
        if other is not None and now - since < LEASE:
            late = now - begun >= timeout if timeout is not None else alive
            if late:
                raise StateLocked(_held_by(other, machine.now(), timeout))
            if told != other.id:
                told = other.id
                about.waiting(other.described(machine.now()))
            machine.sleep(LOOK)
            continue
        if not lock.probed:
            probe()
        mine = Lock(lock.epoch + 1, replace(holder, since=machine.now()), True, tail=lock.tail)
        content, sent = mine.encoded(machine), machine.uptime().seconds
        before = found.version if found is not None else None
        try:
            version = careful.put(key, content, before)
            return Lease(
                store,
                key,
                machine,
                mine,
                version,
                sent + LEASE - MARGIN,
                overtook=other is not None or not lock.clean,
                tail=lock.tail,
            )
        except Conflict:
            seen = None
        except StoreError:
            raise
        except BaseException:  # Ctrl-C: the lease may be in the store, and no run would have it
            free = replace(lock, epoch=mine.epoch, holder=None, clean=lock.clean and other is None)
            _give_up(store, key, machine, content, before, free)
            raise


def _give_up(store: Store, key: str, machine: Machine, content: bytes, before: str | None, free: Lock) -> None:
    """Free the lease `content`, which was sent to replace the version `before` and may be on its way still."""
    careful = Careful(store, machine, patience=RELEASE)
    with postponed(), suppress(StoreError):
        version = careful.put(key, content, before)  # there, whichever of the two arrived
        careful.put(key, free.encoded(machine), version)


def _held_by(holder: Holder, now: float, timeout: float | None) -> str:
    return (
        f"the state is locked by {holder.described(now)}.\n{waited(timeout)} If that run died, its lock is free "
        f"{LEASE:.0f} s after its last renewal. To free it now: sdx-state state unlock {holder.id}"
    )


def cleared(store: Store, key: str, id: str, machine: Machine) -> bool:
    """Free the lock `id` at `key` of a run that died; tell whether there was one.

    Raises:
        StateLocked: Another lock is there.
        StoreError: The store does not answer, or refuses.
    """
    careful = Careful(store, machine)
    found = careful.get(key)
    lock = lock_in(found.content, f"{store.name}: {key}") if found is not None else Lock()
    if found is None or lock.holder is None:
        return False
    if lock.holder.id != id:
        raise StateLocked(f"the lock is {lock.holder.id}, not {id}.\nNothing was changed.")
    careful.put(key, replace(lock, holder=None, clean=False).encoded(machine), found.version)
    return True


def beat(lease: Lease, stop: threading.Event) -> None:
    """Renew `lease` until told to stop, or it is lost."""
    while not stop.wait(RENEWAL):
        try:
            lease.renew()
        except LockLost:
            return
