"""What the server lets us write: its own word (`Allow`, RFC 9110 section 9.3.7), else what the reference documents.

The reference (version 1.0.0) documents no write on surveys, questions and users: "read only".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from sdx_state.api import Client
from sdx_state.kinds import ALL_KINDS, KINDS
from sdx_state.kinds.kind import VERBS, Verb

Setting = Literal["auto", "documented", "writable"]
Need = tuple[str, Verb, str | None]  # kind, verb, id of one item that is to be written

DOCUMENTED: frozenset[tuple[str, Verb]] = frozenset()
EVERYTHING: frozenset[tuple[str, Verb]] = frozenset(
    (kind.name, verb) for kind in ALL_KINDS if not kind.lookup_only for verb in VERBS
)


def writable(client: Client, needs: Iterable[Need], setting: Setting) -> frozenset[tuple[str, Verb]]:
    """Return the pairs of kind and verb that may be written, asking only about `needs`.

    Args:
        client: Asked with `OPTIONS`, once a pair, and only if `setting` is `auto`.
        needs: What a plan wants to write.
        setting: `api.capabilities` of the project file.
    """
    if setting == "writable":
        return EVERYTHING
    if setting == "documented":
        return DOCUMENTED
    answers: dict[tuple[str, Verb], bool] = {}
    for kind, verb, id in needs:
        if (kind, verb) not in answers:
            allowed = client.endpoint(KINDS[kind].collection).allowed(None if verb == "POST" else id)
            answers[kind, verb] = (kind, verb) in DOCUMENTED if allowed is None else verb in allowed
    return frozenset(pair for pair, yes in answers.items() if yes)
