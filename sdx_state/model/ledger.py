"""The ledger: which live resource each address is, and hashes of what was last applied to it.

It holds no texts. Values are kept as keyed hashes, enough to tell who changed a field: the configuration, the
tenant, or both.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sdx_state.model.address import Address

HASH_BYTES = 6
Step = tuple[Address, Address]


@dataclass(frozen=True)
class Entry:
    """One address that is ours.

    Attributes:
        id: The live id.
        applied: Field path -> hash of the value that was last applied.
        protect: Whether the configuration protected it when last applied.
    """

    id: str
    applied: Mapping[str, str] = field(default_factory=dict)
    protect: bool = False


@dataclass(frozen=True)
class Lookup:
    """What a paid look-up of a telephone number answered, without the number itself."""

    country_code: str
    phone_type: str


@dataclass(frozen=True)
class Ledger:
    """Everything that is remembered between two runs.

    Attributes:
        lineage: Random name of this ledger's life; keys its hashes.
        serial: Grows by one with every save.
        tenant: The tenant it belongs to, empty until first saved.
        entries: The addresses that are ours.
        lookups: Answers of paid look-ups, by the keyed hash of the number.
        journal: Hash of the journal's last line when this was saved, empty if there was none.
        steps: Declared moves from an address that is declared still: made once, as in a swap, and not again.
    """

    lineage: str
    serial: int = 0
    tenant: str = ""
    entries: Mapping[Address, Entry] = field(default_factory=dict)
    lookups: Mapping[str, Lookup] = field(default_factory=dict)
    journal: str = ""
    steps: frozenset[Step] = frozenset()

    def hash(self, value: object) -> str:
        """Return the keyed hash of a normalised value."""
        text = json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"), default=str)
        key = self.lineage.encode()[:64]
        return hashlib.blake2b(text.encode(), digest_size=HASH_BYTES, key=key).hexdigest()

    def lookup_of(self, number: str) -> Lookup | None:
        """Return the remembered answer for `number` (E.164), if it was asked before."""
        return self.lookups.get(self.hash(number))

    def with_lookup(self, number: str, answer: Lookup) -> Ledger:
        """Return this ledger with the answer for `number` remembered."""
        return replace(self, lookups={**self.lookups, self.hash(number): answer})

    def with_entry(self, address: Address, entry: Entry) -> Ledger:
        """Return this ledger with `entry` under `address`."""
        return replace(self, entries={**self.entries, address: entry})

    def moved(self, before: Address, after: Address) -> Ledger:
        """Return this ledger with `before`, and a survey's questions with it, under the address `after`.

        Raises:
            KeyError: Nothing is known under `before`.
            ValueError: `after` is taken, or is of another kind.
        """
        if before not in self.entries:
            raise KeyError(before)
        renamed = moved_addresses(self.entries, before, after)
        taken = [new for old, new in renamed.items() if new in self.entries and new not in renamed]
        if taken:
            raise ValueError(f"{taken[0]} is taken")
        return replace(self, entries={renamed.get(old, old): entry for old, entry in self.entries.items()})


def moved_addresses(known: Mapping[Address, object], before: Address, after: Address) -> dict[Address, Address]:
    """Return old -> new for `before`, and for what lives in it.

    Raises:
        ValueError: The two addresses are of different kinds.
    """
    if before.kind != after.kind:
        raise ValueError(f"{before} is a {before.kind} and {after} a {after.kind}")
    return {before: after} | {address: address.under(after) for address in known if address.parent == before}
