"""Remarks on a change: what its symbol and its fields do not say."""

from __future__ import annotations

from sdx_state.kinds import KINDS
from sdx_state.model.plan import Action, Change
from sdx_state.report.escape import escape

_WHOSE = {
    "branch": "from this branch",
    "pending": "pending on the base already",
    "drift": "drift",
    "both": "from this branch and elsewhere",
}


def remarks_of(change: Change, *, whose: bool = True) -> str:
    """Return the remarks on `change`, safe to show and with commas between them; empty if there are none.

    Args:
        change: The change.
        whose: Say whose change it is, if that is known.
    """
    remarks = []
    if change.id and KINDS[change.kind].numbered:
        remarks.append(f"id {escape(change.id)}")
    if change.importing:
        remarks.append("import" if not change.writes else "import and change")
    if change.writes and change.via in ("manual", "csv"):
        remarks.append(f"{change.action.value} by {'hand' if change.via == 'manual' else 'CSV upload'}")
    if change.previous:
        remarks.append(f"was {escape(change.previous)}")
    if change.action is Action.FORGET:
        remarks.append("forget")
    if change.protected and change.action is Action.DELETE:
        remarks.append("protected")
    if change.attribution and whose:
        remarks.append(_WHOSE[change.attribution])
    if change.reason:
        remarks.append(escape(change.reason))
    return ", ".join(remarks)
