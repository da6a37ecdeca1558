"""Everything that one command works with: a configuration, a tenant, and what is remembered of it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from sdx_state.api.endpoints import Endpoints
from sdx_state.app.earlier import left_by_runs
from sdx_state.app.extensions import Extensions
from sdx_state.app.judge import Judge
from sdx_state.app.observe import Reading, TenantReader, clocks, require_same_tenant
from sdx_state.apply import settling
from sdx_state.apply.review import Review
from sdx_state.garbage import uncollected
from sdx_state.kinds import KINDS, SURVEY, parent_names, veiled_kinds, written_names
from sdx_state.kinds.tenant_scope import WHOLE_TENANT, TenantScope
from sdx_state.live import Progress, Wanted, read_live, wanted_of
from sdx_state.model.address import Address
from sdx_state.model.evidence import Counts
from sdx_state.model.ledger import Ledger
from sdx_state.model.plan import Plan
from sdx_state.model.policy import Guards
from sdx_state.model.snapshot import Snapshot
from sdx_state.model.suppression import unsuppressed
from sdx_state.model.whereabouts import Whereabouts
from sdx_state.plan.build import Intention, build_plan
from sdx_state.plan.divide import divide
from sdx_state.plan.effort import effort_of
from sdx_state.plan.route import route, verb_of
from sdx_state.plan.scope import scope_of
from sdx_state.plan.select import select
from sdx_state.plan.targets import live_addresses, unmatched
from sdx_state.programs.machine import Machine
from sdx_state.records import dataclass, replace
from sdx_state.state.backend import Backend
from sdx_state.state.errors import StateError
from sdx_state.state.journal import Journal
from sdx_state.state.memory import Memory, journal_of, keep, open_journal, recall

if TYPE_CHECKING:
    from sdx_state.app.begun import Begun
    from sdx_state.app.stored_evidence import StoredEvidence
    from sdx_state.apply.run import Observer, Run
    from sdx_state.live.capabilities import Setting


@dataclass(frozen=True)
class Workspace:
    """A tenant and its state.

    Attributes:
        client: The API of the tenant.
        store: Where its state is kept.
        origin: Scheme and host that people log in to.
        capabilities: `api.capabilities` of the project file.
        parallelism: Requests in flight at a time.
        guards: What the project says must be kept, and exceptions to the rules of risk.
        where: The environment, the host and the tenant, for people.
        proven: The credentials, or the project, name the tenant.
        stored: What was counted in a tenant that was stored; None for a live one, which is asked.
        extensions: What installed packages add: their rules judge every plan.
        rescue: File for the ledger of a run whose final save fails; None for no file.
        scope: The part of the tenant that the project manages.
        begun: What was read before the first plan; None for nothing.
    """

    client: Endpoints
    store: Backend
    origin: str = ""
    capabilities: Setting = "auto"
    parallelism: int = 8
    guards: Guards = field(default_factory=Guards)
    where: Whereabouts = field(default_factory=lambda: Whereabouts(None, None))
    proven: bool = True
    stored: StoredEvidence | None = None
    extensions: Extensions = field(default_factory=Extensions)
    rescue: Path | None = None
    scope: TenantScope = WHOLE_TENANT
    begun: Begun | None = None

    @property
    def machine(self) -> Machine:
        """Time, waiting and chance: those of the store."""
        return self.store.machine

    def plan(
        self,
        intention: Intention,
        progress: Progress,
        *,
        ask_again: bool = False,
        targets: Sequence[str] = (),
        excludes: Sequence[str] = (),
        allowed: Sequence[str] = (),
        base: Intention | None = None,
        reviewed: Plan | None = None,
        protected: Collection[Address] = (),
        graded: bool = True,
        destroying: bool = False,
        waiting: Callable[[float], None] | None = None,
        holding: bool = False,
        read: Reading | None = None,
    ) -> Review:
        """Read the tenant and return the plan for `intention`. Sends nothing but GET, HEAD and OPTIONS.

        Args:
            intention: What is declared.
            progress: Told of each request.
            ask_again: Look numbers up even if the answer is remembered.
            targets: Globs of the addresses that are planned, none for all.
            excludes: Globs of the addresses that are not.
            allowed: Globs of the addresses that are allowed whatever their risk. An error where one matches nothing.
            base: What was declared before: each change is attributed to what `intention` changes of it, or to that.
            reviewed: A plan to which reading and planning is narrowed.
            protected: Addresses that are protected whatever the state remembers.
            graded: Grade the changes, which asks the tenant about those that may endanger something.
            destroying: The configuration is not what decides which resources are deleted.
            waiting: For a run that writes: told how many seconds are waited for what does not show yet.
            holding: This run holds the lock of the state, as every run with `waiting` does.
            read: What this run has read, and planned for this `intention`. Only what leaves a doubt is read again.

        Raises:
            SurveyDynamixError: The tenant could not be read.
            StateError: The state cannot be used.
            TooMuchMissing, UnprovenTenant: This looks like the wrong tenant.
        """
        memory, ahead = self.begun.hand_over() if self.begun is not None else (None, None)
        memory = read.memory if read is not None else memory or self.memory()
        unfinished, ledger = memory.unfinished, memory.ledger
        scope = scope_of(reviewed, intention.resources, ledger.entries) if reviewed is not None else None
        ledger = ledger.protecting(protected)
        declared = [*intention.resources.values(), *(base.resources.values() if base is not None else ())]
        declared = [one for one in declared if scope is None or one.address in scope]
        wanted = wanted_of(declared, ledger, scope, unfinished.leaving)
        reader = self.reader(waiting)
        begun, sent = self.machine.monotonic(), self.client.requests
        if ahead is not None:
            begun, sent = begun - ahead.seconds, sent - ahead.requests
        seen = reader.observe(wanted, ledger, unfinished, progress, ask_again=ask_again, read=read, ahead=ahead)
        took, sent = self.machine.monotonic() - begun, self.client.requests - sent
        snapshot = seen.snapshot
        if read is not None and snapshot is read.snapshot and ledger is memory.saved and scope is None:
            plan = read.plan
        else:
            with uncollected():
                plan = build_plan(intention, snapshot, seen.ledger, scope, seen.pending, self.scope)
        ledger = seen.ledger
        plan = self.routed(plan)
        diagnostics = (
            *intention.diagnostics,
            *plan.diagnostics,
            *seen.diagnostics,
            *left_by_runs(memory, self.store, holding=holding or waiting is not None),
            *clocks(self.client.server_ahead),
        )
        stored = self.stored.source(self.machine.moment()) if self.stored is not None else None
        plan = replace(plan, diagnostics=diagnostics, stored=stored)
        if base is not None:
            from sdx_state.plan.attribute import attribute

            plan = attribute(plan, build_plan(base, snapshot, ledger, tenant_scope=self.scope))
        changing = {change.address for change in plan.changes}
        narrowed = select(plan, targets, excludes)
        narrowing = {"--target": targets, "--exclude": excludes} if reviewed is None else {}
        known = chain(intention.resources, ledger.entries, changing, live_addresses(plan))
        former = [move for move in intention.moved if move.before not in {*intention.resources, *changing}]
        wrong = unmatched({**narrowing, "--allow": allowed}, known, former)
        narrowed = replace(narrowed, diagnostics=(*narrowed.diagnostics, *wrong))
        reported, evidence = self.judged(narrowed, snapshot) if graded else (narrowed, {})
        effort = effort_of(reported.changes, sent, took) if stored is None else None
        reported = replace(
            reported, effort=effort, diagnostics=unsuppressed(reported.diagnostics, intention.suppressions)
        )
        return Review(
            reported,
            plan,
            intention,
            snapshot,
            _readdressed(ledger, plan),
            memory.saved,
            unfinished,
            frozenset(plan.ids).difference(changing),
            scope,
            self.guards,
            evidence,
            destroying,
        )

    def remember_lookups(self, planned: Review) -> None:
        """Keep what was paid for while planning, if the state is free: asking again would cost again."""
        if self.store.shared or planned.ledger.lookups == planned.saved.lookups:
            return  # a plan writes nothing to what others share; the next apply keeps them
        with contextlib.suppress(StateError), self.store.lock("plan") as fence:
            journal = open_journal(self.store, fence)
            now = recall(self.store, journal).ledger
            if now.serial == 0:  # the first state of its lineage, which keys the look-ups
                keep(self.store, journal, replace(planned.ledger, entries=now.entries, steps=now.steps))
            elif now.lineage == planned.ledger.lineage:
                keep(self.store, journal, replace(now, lookups={**now.lookups, **planned.ledger.lookups}))

    @contextlib.contextmanager
    def writing(self, purpose: str, waiting: Callable[[float], None]) -> Iterator[Journal]:
        """Hold the state's lock, and wait for requests that an earlier run may still have in flight.

        Args:
            purpose: The command, for users who find the state locked.
            waiting: Told how many seconds are waited.

        Raises:
            StateLocked: Another run holds the lock.
            StateUnusable, StateNotSaved: The journal cannot be used.
        """
        with self.store.lock(purpose) as fence, self.client.gated(fence):
            journal = open_journal(self.store, fence)
            left = journal.unfinished()
            now = self.machine.uptime()
            rest = max((settling.SETTLE - now.since(intent.sent) for intent in left.pending), default=0.0)
            if fence.overtook and left.interrupted is not None:
                rest = settling.SETTLE  # what that holder had checked already may be on its way, updates too
            if rest > 0:
                waiting(rest)
                self.machine.sleep(rest)
            yield journal

    def run(self, journal: Journal, observer: Observer, command: str) -> Run:
        """Return a run of `command` that writes to this tenant."""
        from sdx_state.apply.run import Run

        return Run(
            self.client,
            self.store,
            journal,
            command=command,
            parallelism=self.parallelism,
            observer=observer,
            sleep=self.machine.sleep,
            rescue=self.rescue,
        )

    def memory(self) -> Memory:
        """Return what is remembered.

        Raises:
            StateUnusable: State or journal cannot be read, or do not belong together.
        """
        return recall(self.store, journal_of(self.store))

    def read_all(self, ledger: Ledger, progress: Progress) -> Snapshot:
        """Read everything in scope that the tenant lists, and the children of what is managed."""
        managed, parents = {address.kind for address in ledger.entries}, parent_names()
        wanted = Wanted(
            kinds=frozenset(name for name in written_names() if name in managed or self.scope.has(KINDS[name])),
            parents=frozenset((one.kind, entry.id) for one, entry in ledger.entries.items() if one.kind in parents),
            all_children=True,
            scope=self.scope,
        )
        snapshot, _ = read_live(self.client, wanted, ledger, self.parallelism, progress)
        return divide(snapshot, self.scope).with_managed(ledger)

    def read_for_storing(self, ledger: Ledger, progress: Progress, *, personal: bool) -> Snapshot:
        """Read the tenant as `read_all` does. Pseudonyms match no glob: with them, users outside are left out."""
        snapshot = self.read_all(ledger, progress)
        if personal:
            return snapshot
        inside = divide(snapshot, self.scope).inside
        resources = {
            name: inside.of(name) if name in veiled_kinds() else live for name, live in snapshot.resources.items()
        }
        return replace(snapshot, resources=resources)

    def evidence(self, ledger: Ledger, snapshot: Snapshot, progress: Progress) -> StoredEvidence:
        """Count what a plan may endanger, in the managed surveys; where none is managed, in all."""
        from sdx_state.app.stored_evidence import StoredEvidence
        from sdx_state.live.evidence import count_all

        managed = {entry.id for address, entry in ledger.entries.items() if address.kind == SURVEY.name}
        live = {one.id for one in snapshot.of(SURVEY.name)}
        taken = self.machine.moment()
        counts = count_all(self.client, (managed & live) or live, snapshot, self.parallelism, progress)
        return StoredEvidence(self.store.tenant or self.origin, taken, counts)

    def require_same_tenant(self, ledger: Ledger, snapshot: Snapshot) -> None:
        """Refuse a tenant of which nothing shows that it is the one of the state.

        Raises:
            UnprovenTenant: The credentials do not say it, and what is live is not what the state remembers.
        """
        if not self.proven:
            require_same_tenant(ledger, snapshot)

    def reader(self, waiting: Callable[[float], None] | None) -> TenantReader:
        """Return a reader of this tenant, which tells `waiting` how many seconds it waits."""
        return TenantReader(self.client, self.parallelism, self.proven, self.machine, waiting)

    def judged(self, plan: Plan, snapshot: Snapshot) -> tuple[Plan, Mapping[Address, Counts]]:
        """Return `plan` with the risks of its changes, and the counts that they rest on; see `Judge`."""
        judge = Judge(self.client, self.parallelism, self.guards, self.stored, self.extensions, self.machine)
        return judge.judged(plan, snapshot)

    def routed(self, plan: Plan) -> Plan:
        """Return `plan` with the way of each change: through the API, or as a hand-off."""
        needs = [(change.kind, verb, change.id) for change in plan.changes if (verb := verb_of(change)) is not None]
        if not needs:
            return plan
        from sdx_state.live.capabilities import writable

        return route(plan, writable(self.client, needs, self.capabilities))


def _readdressed(ledger: Ledger, plan: Plan) -> Ledger:
    """Return `ledger` under the addresses of `plan`: these change in the state alone, and all at once."""
    return replace(ledger, entries=ledger.entries if plan.entries is None else plan.entries, steps=plan.steps)
