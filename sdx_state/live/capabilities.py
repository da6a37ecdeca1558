"""What the server lets us write: its own word (`Allow`, RFC 9110 section 9.3.7), else what the reference documents.

The reference (version 1.0.0) documents no write on surveys, questions and users: "read only".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sdx_state.api import Endpoints
from sdx_state.kinds import KINDS
from sdx_state.kinds.kind import VERBS, Verb

Setting = Literal["auto", "documented", "writable"]
Need = tuple[str, Verb, str | None]  # kind, verb, id of one item that is to be written

DOCUMENTED: frozenset[tuple[str, Verb]] = frozenset()


@dataclass(frozen=True)
class Capability:
    """Whether a kind takes a verb, and who says so.

    Attributes:
        allowed: Whether it does.
        source: Where the answer came from, in words.
    """

    allowed: bool
    source: str


def capabilities(client: Endpoints, needs: Iterable[Need], setting: Setting) -> dict[tuple[str, Verb], Capability]:
    """Return for each pair of kind and verb in `needs` whether it may be written.

    Args:
        client: Asked with `OPTIONS`, once a pair, and only if `setting` is `auto`.
        needs: What is to be written; a change or delete without the id of an item cannot be asked about.
        setting: `api.capabilities` of the project file.
    """
    answers: dict[tuple[str, Verb], Capability] = {}
    for kind, verb, id in needs:
        if (kind, verb) in answers:
            continue
        if setting != "auto":
            answers[kind, verb] = Capability(setting == "writable", f"capabilities: {setting}")
            continue
        asked = verb == "POST" or id is not None
        allowed = client.endpoint(KINDS[kind].collection).allowed(None if verb == "POST" else id) if asked else None
        if allowed is None:
            answers[kind, verb] = Capability((kind, verb) in DOCUMENTED, "API reference")
        else:
            answers[kind, verb] = Capability(verb in allowed, "Allow header")
    return answers


def writable(client: Endpoints, needs: Iterable[Need], setting: Setting) -> frozenset[tuple[str, Verb]]:
    """Return the pairs of kind and verb in `needs` that may be written."""
    found = capabilities(client, needs, setting)
    return frozenset(pair for pair, capability in found.items() if capability.allowed)


def all_needs(client: Endpoints) -> list[Need]:
    """Return every kind with every verb, with the id of one live item where there is one.

    Raises:
        SurveyDynamixError: A list could not be read.
    """
    needs: list[Need] = []
    for kind in KINDS.values():
        if kind.lookup_only:
            continue
        row = next(iter(client.endpoint(kind.collection).iterate()), None)
        id = str(row[kind.identity]) if row is not None else None
        needs += [(kind.name, verb, None if verb == "POST" else id) for verb in VERBS]
    return needs
