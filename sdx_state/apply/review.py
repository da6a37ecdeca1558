"""`Review`: a plan with the data that it was made from, ready for approval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from sdx_state.model.address import Address
from sdx_state.model.evidence import Counts
from sdx_state.model.ledger import Ledger
from sdx_state.model.plan import Plan
from sdx_state.model.policy import Guards
from sdx_state.model.snapshot import Snapshot
from sdx_state.plan.build import Intention
from sdx_state.plan.codec import fingerprint_of
from sdx_state.programs.machine import THIS_MACHINE
from sdx_state.records import dataclass, replace
from sdx_state.state.unfinished import Unfinished

if TYPE_CHECKING:
    from sdx_state.apply.approval import ApprovedPlan


@dataclass(frozen=True)
class Review:
    """A plan with the data that it was made from.

    Attributes:
        plan: The plan, limited to the targets.
        whole: The plan without targets.
        intention: The declared resources.
        snapshot: The live resources.
        ledger: The ledger, with the look-ups of this plan.
        saved: The ledger in the store.
        unfinished: Unfinished operations of earlier runs.
        settled: Addresses whose live resource matches the declaration.
        scope: The addresses in scope, None for all.
        guards: Policies, limits and freezes of the project.
        evidence: Counts of responses and pending interactions, for risky changes.
        destroying: For `destroy` and `undo`, where the configuration does not decide which resources are deleted.
        reviewed: The plan that was reviewed earlier. A riskier plan needs further consent.
    """

    plan: Plan
    whole: Plan
    intention: Intention
    snapshot: Snapshot
    ledger: Ledger
    saved: Ledger
    unfinished: Unfinished
    settled: frozenset[Address] = frozenset()
    scope: frozenset[Address] | None = None
    guards: Guards = field(default_factory=Guards)
    evidence: Mapping[Address, Counts] = field(default_factory=dict)
    destroying: bool = False
    reviewed: Plan | None = None

    def without_writes(self) -> Review:
        """Return the part that only changes the state: imports, moves, and resources to stop managing."""
        changes = tuple(change for change in self.plan.changes if not change.writes)
        return replace(self, plan=replace(self.plan, changes=changes, fingerprint=fingerprint_of(changes)))

    def approve(
        self,
        *,
        level: Literal["low", "medium", "high"] = "high",
        allow: Sequence[str] = (),
        allow_deletes: int | None = None,
        now: datetime | None = None,
    ) -> ApprovedPlan:
        """Return the approved plan.

        Args:
            level: The highest risk that is approved.
            allow: Globs of addresses whose changes are approved at any risk.
            allow_deletes: The exact number of approved deletes; None for as many as the limits allow.
            now: For freezes and the expiry of policies; the time of this machine unless given.

        Raises:
            Refused: The plan has errors, or does more than is approved: limits, protect, freezes, risk.
            PlanStale: The plan was modified after it was created.
            ValueError: The level or the number cannot be approved.
        """
        from sdx_state.apply.approval import Consent, approve  # The module `approval` imports this one.

        consent = Consent(level, tuple(allow), allow_deletes, self.plan.fingerprint)
        return approve(self, consent, now or THIS_MACHINE.moment())
