"""The signed-in user, and the writes that the server allows, as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sdx_state.kinds.kind import Verb
from sdx_state.live.capabilities import Capability
from sdx_state.live.glimpse import COUNTED, Glimpse
from sdx_state.model.whereabouts import Whereabouts
from sdx_state.report.whereabouts import where_document

_VERBS: Mapping[Verb, str] = {"POST": "create", "PUT": "update", "DELETE": "delete"}


def identity_json(where: Whereabouts, pinned: bool, method: str, source: str, seen: Glimpse) -> str:
    """Return whose credentials are in use, as JSON in ASCII without a line end.

    Args:
        where: The environment, the host and the tenant.
        pinned: The project file names the tenant.
        method: The authentication method.
        source: Where the credentials come from.
        seen: The surveys that they show.
    """
    surveys = {
        "count": seen.count,
        "complete": seen.count < COUNTED,
        "first": [{"id": id, "name": name} for id, name in seen.names],
    }
    told = {"pinned": pinned, "method": method, "source": source, "accepted": True, "surveys": surveys}
    return _text({"where": where_document(where), **told})


def capabilities_json(where: Whereabouts, found: Mapping[tuple[str, Verb], Capability]) -> str:
    """Return which writes the server of `where` supports, as JSON in ASCII without a line end."""
    writes = [
        {"type": kind, "action": _VERBS[verb], "allowed": one.allowed, "source": one.source}
        for (kind, verb), one in found.items()
    ]
    return _text({"where": where_document(where), "writes": writes})


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=True, indent=2)
