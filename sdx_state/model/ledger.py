"""The ledger: live id of each address, and hashes of the applied values.

It contains no texts. Keyed hashes of the values show what changed a field: the configuration, the tenant, or both.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import field
from functools import lru_cache

from sdx_state.model.address import Address
from sdx_state.records import dataclass, replace

HASH_BYTES = 6
_CANONICAL = json.JSONEncoder(ensure_ascii=True, sort_keys=True, separators=(",", ":"), default=str)
Step = tuple[Address, Address]


def _canonical(value: object) -> str:
    """Return `value` as JSON. Nearly all values are texts and integers, for which no encoder is made."""
    if type(value) is str:
        return json.encoder.encode_basestring_ascii(value)
    return repr(value) if type(value) is int else _CANONICAL.encode(value)


@lru_cache(maxsize=8)
def _keyed(lineage: str) -> hashlib.blake2b:
    """Return the beginning of each hash of a state."""
    return hashlib.blake2b(digest_size=HASH_BYTES, key=lineage.encode()[:64])


@dataclass(frozen=True, slots=True)
class Entry:
    """One managed resource.

    Attributes:
        id: The live id.
        applied: Field path -> hash of the value that was last applied.
        protect: True if the configuration protected it at the last apply.
    """

    id: str
    applied: Mapping[str, str] = field(default_factory=dict)
    protect: bool = False


@dataclass(frozen=True)
class Lookup:
    """Result of a paid look-up of a phone number, without the number."""

    country_code: str
    phone_type: str


@dataclass(frozen=True)
class Head:
    """The end of the closed part of a journal: the state knows everything up to there.

    Attributes:
        seq: Number of the last closed record, counted from the first ever; 0 where nothing is closed.
        hash: Its hash, empty where nothing is closed.
    """

    seq: int = 0
    hash: str = ""


@dataclass(frozen=True)
class Ledger:
    """The content of the state.

    Attributes:
        lineage: Random name of this state; the key of its hashes.
        serial: Incremented by every save.
        tenant: Its tenant, empty before the first save.
        entries: The managed resources.
        lookups: Answers of paid look-ups, by the keyed hash of the number.
        journal: Hash of the last line of the journal at the save, empty if there was none.
        head: End of the closed part of the journal at the save.
        steps: Completed moves from an address that is still declared, as in a swap; they are not repeated.
    """

    lineage: str
    serial: int = 0
    tenant: str = ""
    entries: Mapping[Address, Entry] = field(default_factory=dict)
    lookups: Mapping[str, Lookup] = field(default_factory=dict)
    journal: str = ""
    head: Head = Head()
    steps: frozenset[Step] = frozenset()

    def hash(self, value: object) -> str:
        """Return the keyed hash of a normalised value."""
        keyed = _keyed(self.lineage).copy()
        keyed.update(_canonical(value).encode())
        return keyed.hexdigest()

    def lookup_of(self, number: str) -> Lookup | None:
        """Return the stored look-up of `number` (E.164), if any."""
        return self.lookups.get(self.hash(number))

    def with_lookup(self, number: str, answer: Lookup) -> Ledger:
        """Return this ledger with the look-up of `number`."""
        return replace(self, lookups={**self.lookups, self.hash(number): answer})

    def with_entry(self, address: Address, entry: Entry) -> Ledger:
        """Return this ledger with `entry` under `address`."""
        return replace(self, entries={**self.entries, address: entry})

    def protecting(self, addresses: Collection[Address]) -> Ledger:
        """Return this ledger with what it knows of `addresses` protected."""
        known = {address: self.entries[address] for address in addresses if address in self.entries}
        if not known:
            return self
        shielded = {address: replace(entry, protect=True) for address, entry in known.items()}
        return replace(self, entries={**self.entries, **shielded})

    def moved(self, before: Address, after: Address) -> Ledger:
        """Return this ledger with `before`, and a survey's questions with it, under the address `after`.

        Raises:
            KeyError: `before` has no entry.
            ValueError: `after` is in use, or of another kind.
        """
        if before not in self.entries:
            raise KeyError(before)
        renamed = moved_addresses(self.entries, before, after)
        taken = [new for old, new in renamed.items() if new in self.entries and new not in renamed]
        if taken:
            raise ValueError(f"{taken[0]} is already in use")
        return replace(self, entries={renamed.get(old, old): entry for old, entry in self.entries.items()})


def moved_addresses(known: Mapping[Address, object], before: Address, after: Address) -> dict[Address, Address]:
    """Return old -> new for `before` and its children.

    Raises:
        ValueError: The two addresses are of different kinds.
    """
    if before.kind != after.kind:
        raise ValueError(f"{before} is a {before.kind}, but {after} is a {after.kind}")
    return {before: after} | {address: address.under(after) for address in known if address.parent == before}


def ids_by_kind(entries: Mapping[Address, Entry]) -> dict[str, set[str]]:
    """Return kind -> ids of `entries`."""
    found: dict[str, set[str]] = {}
    for address, entry in entries.items():
        found.setdefault(address.kind, set()).add(entry.id)
    return found
