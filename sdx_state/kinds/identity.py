"""The identity of a live resource, which is unique in its tenant."""

from __future__ import annotations

from sdx_state.kinds import KINDS

Identity = tuple[str, str]


def identity(kind: str, id: str) -> Identity:
    """Return the form in which the live id `id` of `kind` is compared. The case of e-mail addresses is ignored."""
    return kind, KINDS[kind].identity_of(id)
