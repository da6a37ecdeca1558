"""Plans about an earlier run: the one that puts back what it changed, and the one that it did not finish."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from sdx_state.app.saved import SavedPlan
from sdx_state.app.tenant import WrongTenant
from sdx_state.app.workspace import Workspace
from sdx_state.apply.history import past_of, run_kept, run_named
from sdx_state.apply.review import Review
from sdx_state.kinds import KINDS
from sdx_state.live import Progress, wanted_of
from sdx_state.model.address import Address
from sdx_state.plan.build import Intention
from sdx_state.plan.targets import unmatched
from sdx_state.plan.undo import undo_plan
from sdx_state.records import replace
from sdx_state.state.journal import Journal
from sdx_state.state.memory import journal_of, recall, verified


def plan_undo(
    workspace: Workspace,
    run: str,
    progress: Progress,
    waiting: Callable[[float], None],
    protected: Collection[Address] = (),
    allowed: Sequence[str] = (),
) -> Review:
    """Read the tenant and return the plan that puts back what `run` changed.

    Args:
        workspace: The tenant and its state.
        run: The run's name or its beginning, or `last`.
        progress: Told of each request.
        waiting: Told how many seconds are waited for what does not show yet.
        protected: Addresses that are protected whatever the state remembers.
        allowed: Globs of the addresses that are allowed whatever their risk.

    Raises:
        SurveyDynamixError: The tenant could not be read.
        StateError: The state cannot be used, or nothing is kept of the run.
    """
    journal = journal_of(workspace.store)
    memory = recall(workspace.store, journal)
    verified(workspace.store, journal)
    run = run_named(journal, run)
    past = past_of(run, run_kept(workspace.store, journal, run), journal)
    unfinished, ledger = memory.unfinished, memory.ledger
    ledger = ledger.protecting(protected)
    if past.plan.tenant != ledger.tenant:
        raise WrongTenant(f"run {run} wrote to {past.plan.tenant}, and this is {ledger.tenant}")
    wanted = wanted_of((), ledger, leaving=unfinished.leaving)
    kinds = {change.kind for change in past.plan.changes if not KINDS[change.kind].lookup_only}
    wanted = replace(wanted, kinds=wanted.kinds | kinds)  # what is managed no more is looked for too
    seen = workspace.reader(waiting).observe(wanted, ledger, unfinished, progress)
    snapshot, ledger = seen.snapshot, seen.ledger
    plan, resources = undo_plan(past, snapshot, ledger, workspace.scope)
    touched = {change.address for one in (past.plan, plan) for change in one.changes}
    wrong = unmatched({"--allow": allowed}, touched.union(ledger.entries))
    plan = replace(plan, diagnostics=(*plan.diagnostics, *wrong))
    plan, evidence = workspace.judged(workspace.routed(plan), snapshot)
    return Review(
        plan,
        plan,
        Intention(resources),
        snapshot,
        ledger,
        memory.saved,
        unfinished,
        guards=workspace.guards,
        evidence=evidence,
        destroying=True,
    )


def interrupted(workspace: Workspace, journal: Journal) -> SavedPlan | None:
    """Return the plan of the last run if that was cut off, None if it completed.

    Raises:
        StateUnusable: What is kept of it cannot be read.
    """
    run = journal.unfinished().interrupted
    if run is None:
        return None
    return SavedPlan(past_of(run, run_kept(workspace.store, journal, run), journal).plan, None, proven=True)
