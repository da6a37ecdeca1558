"""The plan as JSON, for machines: pure ASCII, whole with every exit code."""

from __future__ import annotations

import json

from sdx_state.model.plan import Plan
from sdx_state.plan.codec import to_document


def plan_json(plan: Plan, hash: str = "") -> str:
    """Return `plan` as an indented JSON document with a line end; where it is a file, with that file's `hash`."""
    document = to_document(plan)
    if hash:
        document["digest"] = hash
    return json.dumps(document, ensure_ascii=True, indent=2, default=str) + "\n"
