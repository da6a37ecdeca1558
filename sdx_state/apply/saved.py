"""A saved plan: written for review, and applied only if what would be done now is what was reviewed."""

from __future__ import annotations

import json
from pathlib import Path

from sdx_state.plan.codec import PlanUnreadable, from_document, to_document
from sdx_state.plan.model import Change, Plan
from sdx_state.state.files import write_atomically


class PlanStale(Exception):
    """What would be done now is not what was reviewed. Nothing was written."""


def save_plan(plan: Plan, path: Path) -> None:
    """Write `plan` to `path`, readable by its owner alone: it holds texts of the tenant.

    Raises:
        OSError: It could not be written; an older file there is as it was.
    """
    text = json.dumps(to_document(plan), ensure_ascii=True, indent=1, default=str)
    write_atomically(path, text.encode("ascii") + b"\n")


def load_plan(path: Path) -> Plan:
    """Return the plan saved at `path`.

    Raises:
        PlanUnreadable: There is none, it was altered, or another version of the format made it.
    """
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise PlanUnreadable(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise PlanUnreadable(f"{path} is not a saved plan: it is not JSON") from error
    if not isinstance(document, dict):
        raise PlanUnreadable(f"{path} is not a saved plan")
    try:
        return from_document(document)
    except PlanUnreadable as error:
        raise PlanUnreadable(f"{path} is not a plan that can be used: {error}") from error


def require_same(saved: Plan, now: Plan) -> None:
    """Compare a reviewed plan with the one that would be carried out now.

    Raises:
        PlanStale: They differ; the message names what moved.
    """
    if saved.tenant != now.tenant:
        raise PlanStale(f"this plan was made for the tenant {saved.tenant}, and this run talks to {now.tenant}")
    if saved.lineage and now.lineage and saved.lineage != now.lineage:
        raise PlanStale("this plan was made with another state than the one here")
    if saved.fingerprint == now.fingerprint:
        return
    reviewed = {change.address: change for change in saved.changes}
    current = {change.address: change for change in now.changes}
    lines = []
    for address in [*reviewed, *(address for address in current if address not in reviewed)]:
        line = _difference(reviewed.get(address), current.get(address))
        if line is not None:
            lines.append(f"  {address}: {line}")
    raise PlanStale("what would be done now is not what was reviewed:\n" + "\n".join(lines))


def _difference(reviewed: Change | None, now: Change | None) -> str | None:
    if now is None:
        return "was in the plan, and needs nothing any more"
    if reviewed is None:
        return f"was not in the plan, and would now be: {now.action.value}"
    if reviewed.action is not now.action or reviewed.id != now.id:
        return (
            f"was {reviewed.action.value} {reviewed.id or ''}, would now be {now.action.value} {now.id or ''}".strip()
        )
    before = {field.path: (field.before, field.after) for field in reviewed.fields}
    after = {field.path: (field.before, field.after) for field in now.fields}
    moved = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    if moved:
        return f"{', '.join(moved)} differ from what was reviewed"
    return None if reviewed == now else "goes another way than was reviewed" if reviewed.via != now.via else None
