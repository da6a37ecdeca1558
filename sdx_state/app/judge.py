"""Judging a plan: what it may endanger is counted, and the rules of risk, and those of packages, grade it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sdx_state.api.endpoints import Endpoints
from sdx_state.app.extensions import Extensions
from sdx_state.model.address import Address
from sdx_state.model.evidence import Counts
from sdx_state.model.plan import Plan
from sdx_state.model.policy import Guards
from sdx_state.model.snapshot import Snapshot
from sdx_state.programs.machine import Machine
from sdx_state.records import dataclass, replace
from sdx_state.risk.facts import facts_of
from sdx_state.risk.grade import grade, needs_evidence, with_risks

if TYPE_CHECKING:
    from sdx_state.app.stored_evidence import StoredEvidence


@dataclass(frozen=True)
class Judge:
    """Judges the plans of one tenant.

    Attributes:
        client: The API, which is asked for what a plan may endanger.
        parallelism: Requests in flight at a time.
        guards: What the project says must be kept, and exceptions to the rules of risk.
        stored: What was counted in a tenant that was stored; None for a live one, which is asked.
        extensions: What installed packages add: their rules judge every plan.
        machine: Its date decides which exceptions are over.
    """

    client: Endpoints
    parallelism: int
    guards: Guards
    stored: StoredEvidence | None
    extensions: Extensions
    machine: Machine

    def judged(self, plan: Plan, snapshot: Snapshot) -> tuple[Plan, Mapping[Address, Counts]]:
        """Return `plan` with the risks of its changes and what rules say of them, and the counts they rest on.

        Raises:
            SurveyDynamixError: The tenant could not be asked.
        """
        evidence = self._evidence(plan, snapshot)
        facts = facts_of(plan, snapshot, evidence, self.guards)
        policies, today = self.guards.policies, self.machine.moment().date()
        others = [rule.name for rule in self.extensions.of("rules")]
        graded = grade(plan, facts, policies, today, others)
        said = self.extensions.judged(graded, facts)
        graded = with_risks(graded, said.risks, policies, today)
        return replace(graded, diagnostics=(*graded.diagnostics, *said.diagnostics)), evidence

    def _evidence(self, plan: Plan, snapshot: Snapshot) -> Mapping[Address, Counts]:
        now = self.machine.moment()
        asked = needs_evidence(plan, self.guards.policies, now.date())
        if self.stored is not None:
            return self.stored.of(asked, now)
        if not asked:
            return {}
        from sdx_state.live.evidence import gather

        return gather(self.client, asked, snapshot, self.parallelism)
