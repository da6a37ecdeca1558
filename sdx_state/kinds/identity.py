"""The identity of a live resource: what no two of a tenant share, and what is never compared in another way."""

from __future__ import annotations

from sdx_state.kinds import KINDS

Identity = tuple[str, str]


def identity(kind: str, id: str) -> Identity:
    """Return the form in which the live id `id` of `kind` is compared: an address is not told apart by case."""
    return kind, KINDS[kind].identity_of(id)
