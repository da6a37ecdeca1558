"""Which live ids are spoken for: an id in an answer to a create that somebody has already is no answer to it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping

from sdx_state.kinds import KINDS
from sdx_state.model.address import Address
from sdx_state.model.ledger import Ledger
from sdx_state.model.snapshot import Snapshot


class Claims:
    """The ids of one tenant that a run knows, and whose they are. Thread-safe.

    Args:
        snapshot: What was live when the plan was made.
        ledger: What is remembered.
        ids: Address -> live id, of all that is declared and live.
    """

    def __init__(self, snapshot: Snapshot, ledger: Ledger, ids: Mapping[Address, str]) -> None:
        self._live = {(name, KINDS[name].identity_of(one.id)) for name in KINDS for one in snapshot.of(name)}
        self._owners: dict[tuple[str, str], Address] = {}
        for address, id in (*((one, entry.id) for one, entry in ledger.entries.items()), *ids.items()):
            self._owners[_key(address, id)] = address
        self._lock = threading.Lock()

    def take(self, address: Address, id: str, gone: str | None) -> bool:
        """Give `id`, which a create of `address` was answered, to it; tell whether nobody had it before.

        Args:
            address: What was created.
            id: The id in the answer.
            gone: The id that `address` had before that was deleted in the tenant, if any.
        """
        key = _key(address, id)
        with self._lock:
            owner = self._owners.get(key)
            returned = gone is not None and _key(address, gone) == key
            if key in self._live or (owner is not None and not (returned and owner == address)):
                return False
            self._owners[key] = address
            return True

    def release(self, address: Address, id: str) -> None:
        """Take `id` from `address`: it turned out to be somebody else's."""
        with self._lock:
            self._live.add(_key(address, id))
            self._owners.pop(_key(address, id), None)

    def known(self, address: Address, id: str) -> bool:
        """Tell whether `id` was live before the run or belongs to another address than `address`."""
        key = _key(address, id)
        with self._lock:
            return key in self._live or self._owners.get(key, address) != address

    def unowned(self, address: Address, ids: Iterable[str]) -> list[str]:
        """Return those of `ids`, of the kind of `address`, that belong to no address."""
        with self._lock:
            return [id for id in ids if _key(address, id) not in self._owners]


def _key(address: Address, id: str) -> tuple[str, str]:
    kind = KINDS[address.kind]
    return kind.name, kind.identity_of(id)
