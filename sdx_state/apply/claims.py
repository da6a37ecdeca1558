"""Live ids in use: an answer to a create with an id in use is not trusted."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping

from sdx_state.kinds import KINDS
from sdx_state.model.address import Address
from sdx_state.model.ledger import Ledger
from sdx_state.model.snapshot import Snapshot


class Claims:
    """The known ids of one tenant, by address. Thread-safe.

    Args:
        snapshot: The live resources when the plan was made.
        ledger: The ledger.
        ids: Address -> live id of every declared live resource.
    """

    def __init__(self, snapshot: Snapshot, ledger: Ledger, ids: Mapping[Address, str]) -> None:
        self._live = {(name, KINDS[name].identity_of(one.id)) for name in KINDS for one in snapshot.of(name)}
        self._owners: dict[tuple[str, str], Address] = {}
        for address, id in (*((one, entry.id) for one, entry in ledger.entries.items()), *ids.items()):
            self._owners[_key(address, id)] = address
        self._lock = threading.Lock()

    def take(self, address: Address, id: str, gone: str | None) -> bool:
        """Assign `id`, from the answer to a create, to `address`. Return False if the id is already in use.

        Args:
            address: Address of the created resource.
            id: The id in the answer.
            gone: Former id of `address` if it was deleted in the tenant.
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
        """Remove `id` from `address`: it belongs to another resource."""
        with self._lock:
            self._live.add(_key(address, id))
            self._owners.pop(_key(address, id), None)

    def known(self, address: Address, id: str) -> bool:
        """Return True if `id` was live before the run, or belongs to an address other than `address`."""
        key = _key(address, id)
        with self._lock:
            return key in self._live or self._owners.get(key, address) != address

    def unassigned(self, address: Address, ids: Iterable[str]) -> list[str]:
        """Return the `ids`, of the kind of `address`, that belong to no address."""
        with self._lock:
            return [id for id in ids if _key(address, id) not in self._owners]


def _key(address: Address, id: str) -> tuple[str, str]:
    kind = KINDS[address.kind]
    return kind.name, kind.identity_of(id)
