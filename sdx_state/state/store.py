"""Protocol of a shared store: small objects by key, and conditional writes that name the version they replace.

A bucket or a table of a database is enough. All else that a backend promises is built on these four operations, once
(`shared`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import field
from typing import Protocol, TypeVar

from sdx_state.decoding.strict import DecodingError, parse
from sdx_state.decoding.typed import Record, member, natural, record, text
from sdx_state.programs.machine import Machine
from sdx_state.records import dataclass
from sdx_state.state.errors import StateError, StateUnusable

Answer = TypeVar("Answer")
BASE, CAP = 0.1, 2.0  # seconds between tries: full jitter between none and these
PATIENCE = 30.0  # seconds of retries to a store that does not answer, where no lease ends them sooner
WORTH_A_WORD = 3  # attempts without an answer, after which the user hears of it
SEALED = b"sdx-sealed 1 "  # the beginning of an encrypted object
FOREIGN_ADVICE = "Check bucket, prefix and address: what is there was not written by sdx-state, or a proxy answered."


class StoreError(StateError):
    """The store did not do what it was asked."""


class Conflict(StoreError):
    """The object is not as it was last seen; this write was not carried out, unless an earlier try of it was."""


class Unclear(StoreError):
    """No answer, or one that does not tell: the write may have been carried out, or may be later."""


class StoreRefused(StoreError):
    """The store will not do it however often it is asked: no permission, no such bucket, wrong credentials."""

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(f"{what}.\n{advice}")


@dataclass(frozen=True)
class Found:
    """An object as it was read.

    Attributes:
        content: Its bytes.
        version: Changes with every write; a write names the version that it replaces.
    """

    content: bytes
    version: str


class Store(Protocol):
    """Objects by key. Each operation is one attempt, which ends within seconds; thread-safe.

    All raise `Unclear` and `StoreRefused`.
    """

    @property
    def name(self) -> str:
        """Name of the store in messages, without credentials."""

    def get(self, key: str) -> Found | None:
        """Return the object `key`, None if there is none."""

    def put(self, key: str, content: bytes, version: str | None) -> str:
        """Write `content` if the object has `version` still, or if there is none and `version` is None.

        Returns:
            The new version.

        Raises:
            Conflict: The condition is not true.
        """

    def list(self, prefix: str) -> list[str]:
        """Return the keys that begin with `prefix`, in order."""

    def delete(self, keys: Sequence[str]) -> None:
        """Remove the objects `keys`, those that there are."""


@dataclass(frozen=True)
class Sealed:
    """Content of every object: a payload and its writer.

    Attributes:
        payload: The content.
        epoch: Of the lease under which it was written.
        about: More about it, such as who is writing.
    """

    payload: bytes
    epoch: int = 0
    about: Record = field(default_factory=dict)

    def encoded(self, machine: Machine) -> bytes:
        """Return it as bytes that differ each time: versions of some stores are hashes of contents."""
        head = {
            "sdx": 1,
            "nonce": machine.token(8),
            "sha256": hashlib.sha256(self.payload).hexdigest(),
            "epoch": self.epoch,
            **self.about,
        }
        return json.dumps(head, ensure_ascii=True).encode() + b"\n" + self.payload


def unsealed(content: bytes, where: str) -> Sealed:
    """Return the content of the object at `where`.

    Raises:
        StateUnusable: It is not an object of this program, is damaged, or is of a newer version.
    """
    if content.startswith(SEALED):
        advice = "Set SDX_STATE_KEY to the key of this state. Without the key, the state cannot be read."
        raise StateUnusable(f"{where} is sealed, and SDX_STATE_KEY is not set", advice)
    head, _, payload = content.partition(b"\n")
    try:
        about = record(parse(head))
        version, epoch = member(about, "sdx", natural), member(about, "epoch", natural)
        if version != 1:
            raise StateUnusable(f"{where} was written by a newer version of sdx-state", "Update sdx-state.")
        digest = member(about, "sha256", text)
    except DecodingError as error:
        what = "is empty" if not content.strip() else "is not an object of sdx-state"
        raise StateUnusable(f"{where} {what}", FOREIGN_ADVICE) from error
    if digest != hashlib.sha256(payload).hexdigest():
        raise StateUnusable(f"{where} is damaged or cut off: its hash does not match its content", FOREIGN_ADVICE)
    for name in ("sdx", "nonce", "sha256", "epoch"):
        about.pop(name, None)
    return Sealed(payload, epoch, about)


@dataclass(frozen=True)
class Careful:
    """Asks a store until it answers.

    Attributes:
        store: The store.
        machine: Waiting and chance.
        check: Called right before each attempt to write; raises where nothing may be written any more.
        patience: Seconds after which it stops asking.
        silent: Called with a message where the store does not answer several times in a row.
    """

    store: Store
    machine: Machine
    check: Callable[[], None] = lambda: None
    patience: float = field(default_factory=lambda: PATIENCE)
    silent: Callable[[str], None] = lambda _: None

    def get(self, key: str) -> Found | None:
        """Return the object `key`, None if there is none."""
        return self.until_answered(lambda: self.store.get(key))

    def list(self, prefix: str) -> list[str]:
        """Return the keys that begin with `prefix`."""
        return self.until_answered(lambda: self.store.list(prefix))

    def delete(self, keys: Sequence[str]) -> None:
        """Remove the objects `keys`, those that there are."""
        if keys:
            self.until_answered(lambda: self.store.delete(keys))

    def put(self, key: str, content: bytes, version: str | None) -> str:
        """Write `content` as `Store.put` does, and return the version under which it is there.

        A lost answer is resolved by sending the same content to the same key again: that conflicts if the first
        one arrived, and then the content is read there. Not to find it proves nothing, as it may be on its way.

        Raises:
            Conflict: Something else is there.
        """
        tries, begun = 0, self.machine.monotonic()
        while True:
            self.check()
            try:
                return self.store.put(key, content, version)
            except Conflict:
                found = self.get(key)
                if found is not None and found.content == content:
                    return found.version
                if found is not None or version is not None:
                    raise
                # Some stores reject a create that conflicts with another one, which fails later: nothing exists.
                self._pause(tries, begun, Unclear(f"{self.store.name}: {key} conflicts, and does not exist"))
            except Unclear as error:
                self._pause(tries, begun, error)
            tries += 1

    def until_answered(self, ask: Callable[[], Answer]) -> Answer:
        """Return what `ask` returns, once the store answers.

        Raises:
            StoreError: It does not within `patience`, or refuses.
        """
        tries, begun = 0, self.machine.monotonic()
        while True:
            try:
                return ask()
            except Unclear as error:
                self._pause(tries, begun, error)
            tries += 1

    def _pause(self, tries: int, begun: float, error: Unclear) -> None:
        if self.machine.monotonic() - begun > self.patience:
            raise error
        if tries + 1 == WORTH_A_WORD:
            self.silent(f"{error}. Trying again for up to {self.patience:.0f} s")
        self.machine.sleep(self.machine.uniform(0, min(CAP, BASE * 2**tries)))
