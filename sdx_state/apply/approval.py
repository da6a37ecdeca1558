"""Approval: the only way from a review to a plan that the executor accepts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import InitVar, field
from datetime import datetime
from weakref import WeakKeyDictionary

from sdx_state.apply.review import Review
from sdx_state.model.advised import AdvisedError
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.plan import Action, Change, Plan
from sdx_state.model.policy import Level
from sdx_state.plan.codec import fingerprint_of
from sdx_state.plan.targets import live_addresses, unmatched
from sdx_state.records import dataclass, replace
from sdx_state.risk.consent import advice_on, beyond_consent, risen
from sdx_state.risk.facts import facts_of
from sdx_state.risk.grade import grade
from sdx_state.risk.limits import broken, frozen

UNATTENDED: Level = "high"  # The highest risk that needs no consent by address.


class PlanStale(AdvisedError):
    """The current plan is not the plan that was reviewed. Nothing was written."""

    def __init__(self, message: str, advice: str = "Nothing was written. Plan again, and review that.") -> None:
        super().__init__(message, advice)


class Refused(Exception):
    """A plan was not approved. Nothing was written.

    Attributes:
        advice: What to do next.
        violations: The limits and risks without consent.
        errors: The errors of the plan. No consent covers them.
        plan: The plan that was not approved, None if the message describes it completely.
    """

    def __init__(
        self,
        message: str,
        advice: str,
        violations: Sequence[Diagnostic] = (),
        plan: Plan | None = None,
    ) -> None:
        super().__init__(message)
        self.advice = f"Nothing was written. {advice}".strip()
        self.violations = tuple(violations)
        self.errors = plan.errors if plan is not None else ()
        self.plan = plan


@dataclass(frozen=True)
class Consent:
    """Consent to a plan.

    Attributes:
        level: The highest risk that is approved: low, medium or high; None approves no change.
        allow: Globs of addresses whose changes are allowed at any risk except blocked.
        deletes: The exact number of approved deletes, None for as many as the limits allow.
        fingerprint: Fingerprint of the plan that the consent is for; None for any plan.

    Raises:
        ValueError: The level cannot be approved, or the number of deletes is negative.
    """

    level: Level | None = None
    allow: tuple[str, ...] = ()
    deletes: int | None = None
    fingerprint: str | None = None

    def __post_init__(self) -> None:
        if self.level not in (None, "low", "medium", "high"):
            raise ValueError(
                f"level must be low, medium or high, got {self.level!r}; use `allow` for critical changes"
            )
        if self.deletes is not None and self.deletes < 0:
            raise ValueError(f"deletes must be at least 0, got {self.deletes}")


class _Seal:
    """Seal of one approved plan."""


_SEALED: WeakKeyDictionary[_Seal, tuple[Review, Consent]] = WeakKeyDictionary()


@dataclass(frozen=True)
class ApprovedPlan:
    """A review with consent. Only `approve` creates it.

    Attributes:
        review: The review.
        consent: The consent to it.

    Raises:
        TypeError: `approve` did not create it.
    """

    review: Review
    consent: Consent
    _seal: _Seal | None = field(init=False, default=None, repr=False, compare=False)
    seal: InitVar[_Seal | None] = None

    def __post_init__(self, seal: _Seal | None) -> None:
        object.__setattr__(self, "_seal", seal)
        require_genuine(self)

    @property
    def plan(self) -> Plan:
        """The approved plan."""
        return self.review.plan


def require_genuine(approved: object) -> None:
    """Return if `approve` created `approved` from the review and consent that it has.

    This is not a method, because a subclass could replace a method.

    Raises:
        TypeError: `approve` did not create it.
    """
    if isinstance(approved, ApprovedPlan) and type(approved) is ApprovedPlan and approved._seal is not None:
        review, consent = _SEALED.get(approved._seal, (None, None))
        if approved.review is review and approved.consent is consent:
            return
    raise TypeError("only approve(review, consent) creates an ApprovedPlan")


def approve(review: Review, consent: Consent, now: datetime) -> ApprovedPlan:
    """Return the approved plan of `review`.

    This does not trust the plan: resources that the state protects are protected, and each change is graded again
    from the data that was read.

    Args:
        review: The plan with the data that it was made from.
        consent: The consent of the user.
        now: For freezes and the expiry of policies.

    Raises:
        PlanStale: The consent is for another plan, or the plan was modified after it was created.
        Refused: The plan has errors, or does more than the consent covers.
    """
    plan = review.plan
    if plan.fingerprint != fingerprint_of(plan.changes):
        raise PlanStale("the plan was modified after it was created: its changes do not match its fingerprint")
    if consent.fingerprint is not None and consent.fingerprint != plan.fingerprint:
        raise PlanStale(f"the consent is for another plan: expected {plan.fingerprint}, got {consent.fingerprint}")
    plan = replace(plan, diagnostics=(*plan.diagnostics, *_unmatched(review, consent)))
    if plan.errors:
        raise refused_for(plan)
    found = violations(_graded_again(review, now), consent, now)
    if found:
        raise refused(found)
    if plan.changes and consent.level is None:
        raise not_approved()
    seal = _Seal()
    _SEALED[seal] = (review, consent)
    return ApprovedPlan(review, consent, seal)


def violations(review: Review, consent: Consent, now: datetime) -> list[Diagnostic]:
    """Return the violations of `review`: limits and risks that `consent` does not cover."""
    found = limits(review, consent.deletes, now)
    if review.reviewed is not None:
        found += risen(review.reviewed, review.plan, consent.allow)
    return found + beyond_consent(review.plan, consent.level or UNATTENDED, consent.allow)


def limits(review: Review, consented: int | None, now: datetime) -> list[Diagnostic]:
    """Return the limits that `review` violates: freezes, protect, blocked risks, and the number of deletes.

    Args:
        review: The review to check.
        consented: The exact number of approved deletes, None if none was given.
        now: For freezes.
    """
    guards = review.guards
    plan = replace(review.plan, changes=tuple(_shielded(change, review) for change in review.plan.changes))
    return frozen(plan, guards.freezes, now) + broken(
        plan,
        managed=len(review.ledger.entries),
        declared=len(review.intention.resources),
        deletes=guards.deletes,
        deletes_percent=guards.deletes_percent,
        consented=consented,
        destroying=review.destroying,
    )


def refused(found: Sequence[Diagnostic]) -> Refused:
    """Return the error for a plan that violates limits."""
    message = "\n".join(map(violation_line, found))
    return Refused(message, advice_on(found), found)


def refused_for(plan: Plan) -> Refused:
    """Return the error for a plan with errors."""
    return Refused("\n".join(["the plan has errors:", *(one.message for one in plan.errors)]), "", plan=plan)


def not_approved() -> Refused:
    """Return the error for a plan without consent."""
    return Refused("not approved", "Without a terminal, approve with --auto-approve.")


def violation_line(violation: Diagnostic) -> str:
    """Return one line for a violation, with its place."""
    source = violation.source
    place = f" ({source.file}:{source.line})" if source is not None and source.line else ""
    return f"{violation.code}: {violation.message}{place}"


def _unmatched(review: Review, consent: Consent) -> list[Diagnostic]:
    """Return an error for each glob of `consent` that matches no address."""
    before = review.reviewed.changes if review.reviewed is not None else ()
    changes = {change.address for change in (*review.plan.changes, *review.whole.changes, *before)}
    known = {
        *review.intention.resources,
        *review.ledger.entries,
        *review.saved.entries,
        *live_addresses(review.whole),
    }
    said = {diagnostic.message for diagnostic in review.plan.errors}
    return [one for one in unmatched({"--allow": consent.allow}, known | changes) if one.message not in said]


def _shielded(change: Change, review: Review) -> Change:
    """Return `change` as protected if the state protects the resource."""
    known = review.ledger.entries.get(change.address)
    unmarked = change.action is Action.DELETE and known is not None and known.protect and not change.protected
    return replace(change, protected=True) if unmarked else change


def _graded_again(review: Review, now: datetime) -> Review:
    """Return `review` with the risks that the rules find in the data that was read, added to those of its plan."""
    plan, guards = review.plan, review.guards
    bare = replace(plan, changes=tuple(replace(change, risks=()) for change in plan.changes))
    facts = facts_of(bare, review.snapshot, review.evidence, guards)
    graded = grade(bare, facts, guards.policies, now.date()).changes
    changes = tuple(
        replace(change, risks=(*change.risks, *(risk for risk in again.risks if risk not in change.risks)))
        for change, again in zip(plan.changes, graded, strict=True)
    )
    return replace(review, plan=replace(plan, changes=changes))
