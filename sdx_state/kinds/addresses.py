"""Parser of addresses. The kind decides which part is the key of the parent."""

from __future__ import annotations

from functools import lru_cache

from sdx_state.kinds import KINDS
from sdx_state.model.address import Address


class NoAddress(ValueError):
    """A text is not an address; the message says why."""


def parse_address(text: str) -> Address:
    """Return `text` as an address.

    Raises:
        NoAddress: Its kind is unknown, or a key is missing.
    """
    kind, _, name = text.partition(".")
    known = KINDS.get(kind)
    if known is None:
        raise NoAddress(f"unknown kind {kind[:40]!r}: expected one of {', '.join(KINDS)}")
    if known.parent is None:
        parent, key = None, name
    else:
        above, _, key = name.partition(".")
        parent = _parent(known.parent, above) if above else None
    if not key or (known.parent is not None and parent is None):
        example = f"{kind}.KEY" if known.parent is None else f"{kind}.{known.parent.upper()}.KEY"
        raise NoAddress(f"{text[:80]!r} has no key: expected {example}")
    return Address(kind, key, parent)


@lru_cache(maxsize=4096)
def _parent(kind: str, key: str) -> Address:
    """Return the parent's address, the same object for all of its children."""
    return Address(kind, key)
