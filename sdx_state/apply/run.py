"""Run of a plan: applies every change, and then saves the state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from sdx_state.api.endpoints import Endpoints
from sdx_state.api.errors import (
    AuthenticationError,
    MethodNotAllowedError,
    PermissionDeniedError,
    RateLimitError,
    RetryBudgetExhaustedError,
    SurveyDynamixError,
)
from sdx_state.apply.approval import ApprovedPlan, require_genuine
from sdx_state.apply.arrange import arrange
from sdx_state.apply.graph import Operation, Schedule, arrangement_of, has_place, operations_of
from sdx_state.apply.history import run_document
from sdx_state.apply.outcome import ApplyResult, Outcome, Status, Withheld, handed_off, not_started
from sdx_state.apply.readback import Fault
from sdx_state.apply.settling import Settling
from sdx_state.apply.write import Writer
from sdx_state.model.address import Address
from sdx_state.model.ledger import Entry, Ledger
from sdx_state.model.plan import Action, Change
from sdx_state.model.resource import Desired
from sdx_state.plan.origin import applied_hashes
from sdx_state.records import replace
from sdx_state.state.backend import Backend
from sdx_state.state.errors import LockLost, StateNotSaved
from sdx_state.state.journal import Journal
from sdx_state.state.memory import keep
from sdx_state.state.rescue import rescued

# After these errors, no other request of the run can succeed.
_HOPELESS = (AuthenticationError, PermissionDeniedError, RetryBudgetExhaustedError)


class Observer(Protocol):
    """Receives start, waits and outcome of each change. Called from worker threads."""

    def started(self, change: Change) -> None: ...
    def ended(self, outcome: Outcome) -> None: ...
    def waiting(self, address: Address, seconds: float) -> None: ...


class Silence:
    """Observer of a run that writes nothing to the tenant."""

    def started(self, change: Change) -> None: ...

    def ended(self, outcome: Outcome) -> None: ...

    def waiting(self, address: Address, seconds: float) -> None: ...


class Run:
    """One run of one plan against one tenant. The state's lock must be held.

    Attributes:
        rescue: File for the ledger if the final save fails; None for no file.
        stop: If set, no further change is started; those in flight end, and the state is saved.
    """

    def __init__(
        self,
        client: Endpoints,
        store: Backend,
        journal: Journal,
        *,
        command: str,
        parallelism: int,
        observer: Observer,
        sleep: Callable[[float], None],
        rescue: Path | None = None,
    ) -> None:
        self.client = client
        self.store = store
        self.journal = journal
        self.command = command
        self.parallelism = parallelism
        self.observer = observer
        self.sleep = sleep
        self.rescue = rescue
        self.stop = False
        self._hopeless = False

    def apply(self, approved: ApprovedPlan) -> ApplyResult:
        """Apply `approved`, and close operations of earlier runs whose outcome the live tenant shows.

        Raises:
            TypeError: `approve` did not create it.
            StateNotSaved: The state could not be saved at the end; the message lists the applied changes.
            CopyNotKept: The run is complete and the state is saved, but the copy of the state could not be saved.
        """
        require_genuine(approved)
        review = approved.review
        plan, snapshot, ledger, saved = review.plan, review.snapshot, review.ledger, review.saved
        resources = review.intention.resources
        writes = any(change.writes and change.via == "api" for change in plan.changes)
        if writes:
            self.journal.take_name(self.store.kept_runs())
        for intent in review.unfinished.pending:
            if review.scope is None or intent.address in review.scope:
                self.journal.settled(intent.operation, "read")
        gone = {one.address: one.id for one in plan.drift if one.deleted}
        waits = Settling(self.sleep, lambda: self.stop or self._hopeless, self.observer.waiting)
        writer = Writer(
            self.client, self.journal, resources, snapshot, ledger, dict(plan.ids), gone, waits, plan.changes
        )

        def perform(operation: Operation) -> Outcome | Fault | None:
            if operation.survey is not None:
                return self._guarded_arrangement(writer, operation.survey)
            change = operation.change
            if change is None:
                return None
            self.observer.started(change)
            outcome = self._guarded(writer, change)
            if change.writes and change.via == "api":
                self._note(outcome)
            self.observer.ended(outcome)
            return outcome

        schedule: Schedule[Outcome | Fault | None] = Schedule(
            perform=perform,
            succeeded=lambda one: isinstance(one, Outcome) and one.status == "done",
            halted=lambda: self.stop or self._hopeless,
            parallelism=self.parallelism,
        )
        if writes:
            if _moved(saved, ledger):  # These come first: a created resource can get the address of a removed one.
                ledger = saved = keep(self.store, self.journal, ledger)
            document = self.store.save_run(self.journal.run, run_document(self.command, plan, snapshot))
            self.journal.begin(self.command, plan.fingerprint, len(plan.changes), document)
        operations = operations_of(plan.changes)
        ended = schedule.run(operations)
        with suppress(StateNotSaved):  # what is not withdrawn is read by the next run
            writer.ahead.withdraw()
        outcomes = _outcomes(plan.changes, ended, schedule.blocked)
        ledger = _remembered(ledger, outcomes, resources, review.settled, writer.ids)
        withheld = any(isinstance(one, Outcome) and _gave_way(one) for one in ended.values())
        interrupted = self.stop and (
            withheld or any(one.key not in ended and schedule.blocked.get(one.key) is None for one in operations)
        )
        finished = writes and not interrupted and not self._hopeless
        if finished:
            try:
                self.journal.end(Counter(outcome.status for outcome in outcomes))
            except StateNotSaved:
                self._keep_last(ledger)  # which may have room still
                raise
        left = review.unfinished.interrupted
        over = left is not None and not writes and review.scope is None and not (plan.targets or plan.excludes)
        if left is not None and over:
            self.journal.superseded(left)  # what it left is done, or is not wanted any more
        if finished or over or ledger != saved:
            ledger = self._keep_last(ledger)
        return ApplyResult(outcomes, ledger, interrupted)

    def _keep_last(self, ledger: Ledger) -> Ledger:
        """Save what the run did; if that fails, write the rescue file and say so."""
        try:
            return keep(self.store, self.journal, ledger)
        except (StateNotSaved, LockLost) as error:
            if self.rescue is None:
                raise
            raise rescued(self.rescue, self.store, ledger, error) from error

    def _note(self, outcome: Outcome) -> None:
        """Journal the outcome of a change. A journal that cannot be written stops the run."""
        try:
            self.journal.ended(outcome.change.address, outcome.status)
        except StateNotSaved:
            self._hopeless = True

    def _guarded(self, writer: Writer, change: Change) -> Outcome:
        try:
            return writer.perform(change)
        except _HOPELESS as error:
            self._hopeless = True
            return Outcome(change, "failed", str(error), id=change.id, error=error)
        except SurveyDynamixError as error:
            if self.stop and isinstance(error, RateLimitError) and not error.request.startswith("GET"):
                return not_started(change)  # certainly not processed: the wait before the retry was interrupted
            status: Status = "ambiguous" if error.ambiguous else "failed"
            return Outcome(change, status, str(error), id=change.id, error=error)
        except (StateNotSaved, LockLost) as error:
            self._hopeless = True
            message, _, advice = str(error).partition("\n")
            return Outcome(change, "failed", message, advice, change.id)

    def _guarded_arrangement(self, writer: Writer, survey: Address) -> Fault | None:
        try:
            return arrange(writer, survey)
        except Withheld as why:
            return Fault(why.message, why.advice)
        except MethodNotAllowedError:
            return Fault("the server does not support a change of order: it is in the hand-off", "", "handoff")
        except SurveyDynamixError as error:
            self._hopeless = self._hopeless or isinstance(error, _HOPELESS)
            return Fault(str(error), "", error=error)
        except LockLost as error:
            self._hopeless = True
            message, _, advice = str(error).partition("\n")
            return Fault(message, advice)


def _gave_way(outcome: Outcome) -> bool:
    """Tell whether a change ended because the wait that the server asked for was ended."""
    return outcome.status == "not started" or (outcome.error is not None and outcome.error.status in (429, 503))


def _outcomes(
    changes: Sequence[Change], ended: Mapping[str, Outcome | Fault | None], blocked: Mapping[str, str | None]
) -> tuple[Outcome, ...]:
    """Return the outcome of each change. A change that depends on a handed-off one is handed off too."""
    found: dict[str, Outcome] = {}
    for change in changes:
        needed = found.get(blocked.get(change.address) or "")
        if change.address not in ended and needed is not None and needed.status == "handoff":
            found[change.address] = handed_off(change)
        else:
            found[change.address] = _final(change, ended, blocked)
    return tuple(found.values())


def _final(change: Change, ended: Mapping[str, Outcome | Fault | None], blocked: Mapping[str, str | None]) -> Outcome:
    """Return the outcome of `change`, including the order of the questions."""
    outcome = ended.get(change.address)
    if not isinstance(outcome, Outcome):
        return not_started(change, blocked.get(change.address))
    if outcome.status != "done" or not has_place(change):
        return outcome
    key = arrangement_of(change.parent or change.address)
    if key not in ended:
        return replace(outcome, status="failed", message="its position among the questions was not written")
    fault = ended[key]
    if isinstance(fault, Fault):
        return replace(outcome, status=fault.status, message=fault.message, advice=fault.advice, error=fault.error)
    return outcome


def _moved(saved: Ledger, ledger: Ledger) -> bool:
    """Return True if any saved resource has another address now."""
    known = ledger.entries
    return any(address not in known or known[address].id != entry.id for address, entry in saved.entries.items())


def _remembered(
    ledger: Ledger,
    outcomes: tuple[Outcome, ...],
    resources: Mapping[Address, Desired],
    settled: Collection[Address],
    ids: Mapping[Address, str],
) -> Ledger:
    """Return the ledger after the run: done or settled resources as declared, the others unchanged."""
    entries = dict(ledger.entries)
    applied = set(settled)
    for outcome in outcomes:
        change = outcome.change
        if outcome.status == "done":
            if change.action in (Action.DELETE, Action.FORGET):
                entries.pop(change.address, None)
            else:
                applied.add(change.address)
            continue
        id = ids.get(change.address)
        if id is not None and change.address in resources:
            known = entries.get(change.address)
            kept = known.applied if known is not None and known.id == id else {}
            entries[change.address] = Entry(id, kept, resources[change.address].protect)
    for address in applied:
        desired = resources[address]
        entries[address] = Entry(ids[address], applied_hashes(desired, ledger), desired.protect)
    return replace(ledger, entries=entries)
