"""A review: one plan with all that was read to make it, which is what somebody consents to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
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
from sdx_state.state.unfinished import Unfinished

if TYPE_CHECKING:
    from sdx_state.apply.approval import ApprovedPlan


@dataclass(frozen=True)
class Review:
    """A plan with what it was made from.

    Attributes:
        plan: The plan, narrowed to what was asked for.
        whole: The plan before it was narrowed.
        intention: What is declared.
        snapshot: What is live.
        ledger: What is remembered, with what was learnt while planning.
        saved: What the store holds.
        unfinished: What an earlier run left without an end.
        settled: Addresses that are live as declared.
        scope: The addresses that were looked at, None for all.
        guards: What the project says must be kept.
        evidence: Responses and pending interactions, counted for the changes that may endanger them.
        destroying: The configuration is not what decides which resources are deleted: `destroy` and `undo`.
        reviewed: The plan as somebody saw it before; a riskier one is not approved without further consent.
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
        """Return the part that changes the state alone: imports, moves, and resources that are managed no more."""
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
        """Return this plan as approved.

        Args:
            level: The highest risk that is approved.
            allow: Globs of addresses whose changes are approved whatever their risk.
            allow_deletes: The exact number of deletes that is approved; None for as many as the limits allow.
            now: For freezes and the expiry of policies; the time of this machine unless given.

        Raises:
            Refused: The plan has errors, or does more than is approved: limits, protect, freezes, risk.
            PlanStale: The plan was altered after it was made.
            ValueError: Nobody can approve that level or number.
        """
        from sdx_state.apply.approval import Consent, approve  # approval is of reviews, and so imports this module

        consent = Consent(level, tuple(allow), allow_deletes, self.plan.fingerprint)
        return approve(self, consent, now or THIS_MACHINE.moment())
