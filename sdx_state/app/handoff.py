"""The hand-off of a plan: found, written to files, and ticked off by reading the tenant again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from sdx_state.app.workspace import Workspace
from sdx_state.apply.approval import Consent, approve, limits, refused, refused_for
from sdx_state.apply.outcome import ApplyResult
from sdx_state.apply.review import Review
from sdx_state.apply.run import Silence
from sdx_state.handoff.pack import Pack, write_pack
from sdx_state.handoff.steps import HandOff, hand_off
from sdx_state.live import Progress
from sdx_state.model.address import Address
from sdx_state.model.plan import Action, Plan
from sdx_state.plan.build import Intention
from sdx_state.plan.route import by_hand
from sdx_state.records import dataclass, replace
from sdx_state.state.journal import Journal

Rendered = Callable[[HandOff], Mapping[str, str]]


def hand_off_of(workspace: Workspace, plan: Plan, planned: Review, links: Mapping[str, str]) -> HandOff:
    """Return the changes of `plan` that are managed by hand."""
    return hand_off(plan, planned.intention.resources, workspace.origin, links)


def left_to_do(plan: Plan, result: ApplyResult) -> Plan:
    """Return the part of `plan` that a run left to a person, also where the server had promised to take it."""
    return replace(plan, changes=tuple(by_hand(outcome.change) for outcome in result.of("handoff")))


@dataclass(frozen=True)
class Look:
    """The hand-off after one reading of the tenant.

    Attributes:
        plan: The plan as it is now.
        handoff: What is left to a person.
        pack: What was written.
    """

    plan: Plan
    handoff: HandOff
    pack: Pack


def look(
    workspace: Workspace,
    journal: Journal,
    intention: Intention,
    folder: Path,
    links: Mapping[str, str],
    written: Rendered,
    progress: Progress,
    consented: int | None = None,
    before: Plan | None = None,
) -> Look:
    """Read the tenant, import what is live now, and write what is left into `folder`. Writes nothing to the tenant.

    Args:
        workspace: The tenant and its state.
        journal: Of this run.
        intention: What is declared.
        folder: Where the pack goes.
        links: Kind -> path of its page in the admin UI.
        written: Writes a hand-off as the files of a pack.
        progress: Told of each request.
        consented: The exact number of deletes that was agreed to, None for none.
        before: The plan of the look before this one; what is left of its deletes is agreed to.

    Raises:
        Refused: The plan has errors, or must not be handed off. Nothing was written.
        SurveyDynamixError, StateError: As in planning.
        OSError: The pack could not be written.
    """
    planned = workspace.plan(intention, progress, holding=True)
    if planned.plan.errors:
        raise refused_for(planned.plan)
    if before is not None and _deletes(planned.plan) <= _deletes(before):
        consented = len(_deletes(planned.plan))  # the person is deleting what was agreed to
    now = workspace.machine.moment()
    if found := limits(planned, consented, now):
        raise refused(found)
    workspace.run(journal, Silence(), "handoff").apply(approve(planned.without_writes(), Consent("low"), now))
    handoff = hand_off_of(workspace, planned.plan, planned, links)
    return Look(planned.plan, handoff, write_pack(folder, written(handoff)))


def _deletes(plan: Plan) -> set[tuple[Address, str | None]]:
    return {(change.address, change.id) for change in plan.changes if change.action is Action.DELETE}
