"""Earlier states and the documents of runs, wherever a backend keeps them: for `state restore` and `undo`."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Protocol

from sdx_state.decoding.strict import OWN_DEPTH, DecodingError, parse
from sdx_state.decoding.typed import Record, record
from sdx_state.model.ledger import Ledger
from sdx_state.patterns import pattern
from sdx_state.state.codec import encode
from sdx_state.state.errors import NONE_KEPT_ADVICE, RUN_ADVICE, StateUnusable
from sdx_state.state.signing import SigningKey, hash_of_bytes

KEPT = 20  # earlier states, and runs
NAME_OF_A_RUN = r"[0-9]{8}-[0-9]{6}-[0-9a-f]{4}"
RUN = pattern(NAME_OF_A_RUN)


class Copies(Protocol):
    """The copies of one state, as one backend keeps them."""

    def save_run(self, run: str, document: Mapping[str, object]) -> str:
        """See `WithCopies`."""

    def load_run(self, run: str, hash: str | None) -> Record:
        """See `WithCopies`."""

    def runs(self) -> list[str]:
        """See `WithCopies.kept_runs`."""

    def state(self, serial: int | None) -> Ledger:
        """See `WithCopies.generation`."""

    def serials(self) -> list[int]:
        """See `WithCopies.kept_serials`."""

    def keep_state(self, serial: int, data: bytes) -> None:
        """Keep the encoded state `data` of `serial`."""


class WithCopies:
    """The part of a backend that is about copies."""

    key: SigningKey | None

    @property
    @abstractmethod
    def _copies(self) -> Copies:
        """The copies of this state."""

    def save_run(self, run: str, document: Mapping[str, object]) -> str:
        """Keep `document` as that of `run` and return its hash for the journal.

        Raises:
            StateNotSaved: The store did not confirm it. Nothing may be sent.
        """
        return self._copies.save_run(run, document)

    def load_run(self, run: str, hash: str | None) -> Record:
        """Return the document of `run`.

        Args:
            run: Its name.
            hash: The hash that the journal has of the document, None where it has none.

        Raises:
            StateUnusable: It is missing, cannot be read, or has not the hash that the journal names.
        """
        return self._copies.load_run(run, hash)

    def kept_runs(self) -> list[str]:
        """Return the runs whose documents are kept, the oldest first."""
        return self._copies.runs()

    def generation(self, serial: int | None) -> Ledger:
        """Return the earlier state of `serial`, or the newest one.

        Raises:
            StateUnusable: There is none, or it cannot be trusted.
        """
        return self._copies.state(serial)

    def keep_generation(self, ledger: Ledger) -> None:
        """Keep `ledger` as an earlier state. The lock must be held.

        Raises:
            OSError, StoreError: It was not kept.
        """
        self._copies.keep_state(ledger.serial, encode(ledger, self.key))

    def has_newer_copy(self, ledger: Ledger) -> bool:
        """Tell whether a copy is kept of a newer state: it was in place, though the journal may not say so."""
        newest = max(self.kept_serials(), default=0)
        if newest <= ledger.serial:
            return False
        try:
            return self.generation(newest).lineage == ledger.lineage
        except StateUnusable:
            return False

    def kept_serials(self) -> list[int]:
        """Return the serials of the earlier states, the oldest first."""
        return self._copies.serials()


def encoded_run(document: Mapping[str, object]) -> bytes:
    """Return the document of a run as it is kept."""
    return json.dumps(document, ensure_ascii=True, default=str).encode() + b"\n"


def decoded_run(data: bytes, hash: str | None, run: str, where: str) -> Record:
    """Return the document of `run` from `data`.

    Args:
        data: The kept document.
        hash: The hash that the journal has of it, None where it has none.
        run: The name of the run.
        where: The place of the document in messages.

    Raises:
        StateUnusable: It cannot be read, or has another hash.
    """
    if hash is not None and hash_of_bytes(data) != hash:
        raise StateUnusable(f"{where} was altered: its hash is not the one in the journal", RUN_ADVICE)
    try:
        return record(parse(data, OWN_DEPTH))
    except DecodingError as error:
        raise StateUnusable(f"what is kept of run {run} cannot be read: {error}", RUN_ADVICE) from error


def chosen(serial: int | None, kept: Sequence[int]) -> int:
    """Return `serial` if it is one of the `kept` ones; the newest of them for None.

    Raises:
        StateUnusable: There is no such earlier state.
    """
    if not kept or (serial is not None and serial not in kept):
        shown = ", ".join(map(str, kept)) or "none"
        advice = "Name one that is kept: sdx-state state restore SERIAL" if kept else NONE_KEPT_ADVICE
        number = f" {serial}" if serial is not None else ""
        raise StateUnusable(f"there is no earlier state{number} (kept: {shown})", advice)
    return serial if serial is not None else kept[-1]
