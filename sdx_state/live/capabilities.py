"""Writes that the server supports: by its `Allow` header (RFC 9110, section 9.3.7), or else by the reference.

The reference (version 1.0.0) documents no write on surveys, questions and users: "read only".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from sdx_state.api.endpoints import Endpoints
from sdx_state.kinds import KINDS
from sdx_state.kinds.kind import VERBS, Verb
from sdx_state.records import dataclass

Setting = Literal["auto", "documented", "writable"]
Need = tuple[str, Verb, str | None]  # kind, verb, id of one item to write

DOCUMENTED: frozenset[tuple[str, Verb]] = frozenset()


@dataclass(frozen=True)
class Capability:
    """Support for a verb on a kind, with the source of the information.

    Attributes:
        allowed: True if the verb is supported.
        source: Source of the information, in words.
    """

    allowed: bool
    source: str


def capabilities(client: Endpoints, needs: Iterable[Need], setting: Setting) -> dict[tuple[str, Verb], Capability]:
    """Return the capability of each pair of kind and verb in `needs`.

    Args:
        client: Gets one `OPTIONS` for each pair, and only if `setting` is `auto`.
        needs: The planned writes; an update or delete without an id is not requested.
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
    """Return the supported pairs of kind and verb in `needs`."""
    found = capabilities(client, needs, setting)
    return frozenset(pair for pair, capability in found.items() if capability.allowed)


def all_needs(client: Endpoints) -> list[Need]:
    """Return every kind with every verb, with the id of one live item if there is one.

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
