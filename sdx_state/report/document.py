"""The plan as JSON, for machines: pure ASCII, whole with every exit code."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sdx_state.apply.outcome import Outcome
from sdx_state.model.plan import Plan
from sdx_state.model.whereabouts import Whereabouts
from sdx_state.plan.codec import to_document
from sdx_state.report.advice import advice_on
from sdx_state.report.whereabouts import where_document


def plan_json(
    plan: Plan, hash: str = "", outcomes: Sequence[Outcome] | None = None, where: Whereabouts | None = None
) -> str:
    """Return `plan` as an indented JSON document with a line end.

    Args:
        plan: What to show.
        hash: That of the file that the plan is, empty if it is none.
        outcomes: What became of each change, for a command that writes.
        where: The environment, the host and the tenant.
    """
    document = to_document(plan)
    if plan.effort is not None:
        document["effort"] = {"requests": plan.effort.requests, "seconds": round(plan.effort.seconds, 1)}
    if where is not None:
        document["where"] = where_document(where)
    if outcomes is not None:
        document["outcomes"] = [_outcome(one) for one in outcomes]
    if hash:
        document["digest"] = hash
    return json.dumps(document, ensure_ascii=True, indent=2, default=str) + "\n"


def _outcome(one: Outcome) -> dict[str, Any]:
    return {
        "address": one.change.address,
        "action": one.change.action.value,
        "importing": one.change.importing,
        "status": one.status,
        "id": one.id,
        "message": one.message or None,
        "help": advice_on(one) or None,
    }
