"""Evidence of the tenant in a saved plan: tokens and plans do not name their customer."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from sdx_state.kinds import KINDS
from sdx_state.kinds.kind import Kind
from sdx_state.model.resource import Live
from sdx_state.model.snapshot import Snapshot

COUNT = 20  # of each kind, spread over its list
LENGTH = 16  # hexadecimal digits of a hash


def witnesses(snapshot: Snapshot) -> dict[str, str]:
    """Return `kind id` -> hash of the natural key for some of the live resources, managed or not."""
    found = {}
    for kind in _witnessing():
        live = snapshot.of(kind.name)
        for one in live[:: max(1, len(live) // COUNT)][:COUNT]:
            found[f"{kind.name} {kind.identity_of(one.id)}"] = _hash(kind, one)
    return found


def agree(remembered: Mapping[str, str], snapshot: Snapshot) -> bool:
    """Tell whether at least half of what is remembered, of the kinds that were read, is there under its name."""
    wanted = {key: digest for key, digest in remembered.items() if key.partition(" ")[0] in snapshot.read}
    there = sum(
        wanted.get(f"{kind.name} {kind.identity_of(one.id)}") == _hash(kind, one)
        for kind in _witnessing()
        for one in snapshot.of(kind.name)
        if f"{kind.name} {kind.identity_of(one.id)}" in wanted
    )
    return 2 * there >= len(wanted)


def _witnessing() -> list[Kind]:
    return [kind for kind in KINDS.values() if kind.parent is None and not kind.lookup_only]


def _hash(kind: Kind, live: Live) -> str:
    key = kind.natural_key_of(live.raw.get(kind.natural_key))
    return hashlib.sha256(f"{kind.name}\0{live.id}\0{key}".encode()).hexdigest()[:LENGTH]
