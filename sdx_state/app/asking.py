"""Questions to a person at a terminal before a plan is approved, and the consent in the answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from glob import escape
from typing import Protocol

from sdx_state.apply.approval import (
    UNATTENDED,
    Consent,
    not_approved,
    refused,
    refused_for,
    violations,
)
from sdx_state.apply.review import Review
from sdx_state.model.address import Address
from sdx_state.model.plan import Action
from sdx_state.records import replace


class Person(Protocol):
    """A user who can be asked."""

    def agrees(self, question: str) -> bool:
        """Tell whether the answer is yes."""
        ...

    def names_tenant(self, question: str, reasons: Sequence[str], tenant: str) -> bool:
        """Tell whether the name of `tenant` was typed."""
        ...

    def types(self, reason: str, address: Address) -> bool:
        """Tell whether `address` was typed."""
        ...


def consent_of(
    review: Review, given: Consent, person: Person | None, question: str, now: datetime, *, name_always: bool = False
) -> Consent:
    """Return what was agreed to: `given` beforehand, or else by `person`.

    Yes covers changes up to high risk. Deletes beyond the limits need the name of the tenant, critical changes each
    its address.

    Args:
        review: The plan, and what it was made from.
        given: What was agreed to beforehand; without a level, the person is asked.
        person: The user to ask; None if no user is there.
        question: What they are asked.
        now: For freezes and the expiry of policies.
        name_always: The name of the tenant is asked for whatever the plan does, and covers all of it.

    Raises:
        Refused: The plan has errors, violates limits that no consent can exceed, or was not agreed to.
    """
    plan = review.plan
    if plan.errors:
        raise refused_for(plan)
    if person is None or given.level is not None:
        return given
    found = violations(review, given, now)
    deletes = [one for one in found if one.code == "deletes" and given.deletes is None]
    critical = [one for one in found if one.code == "risk"]
    if rest := [one for one in found if one not in deletes and one not in critical]:
        raise refused(rest)
    agreed = replace(given, level=UNATTENDED, fingerprint=plan.fingerprint)
    if not plan.changes:
        return agreed
    named = name_always or bool(deletes)
    by_name = [*deletes, *critical] if name_always else deletes
    by_address = [] if name_always else critical
    if named:
        reasons = [f"{one.code}: {one.message}" for one in by_name]
        if not person.names_tenant(question, reasons, plan.tenant):
            raise refused(by_name) if by_name else not_approved()
    elif len(by_address) < len(plan.changes) and not person.agrees(question):
        raise not_approved()
    for one in by_address:
        if one.address is None or not person.types(f"{one.code}: {one.message}", one.address):
            raise refused([one])
    return replace(
        agreed,
        allow=(*given.allow, *(escape(one.address) for one in critical if one.address is not None)),
        deletes=sum(change.action is Action.DELETE for change in plan.changes) if deletes else given.deletes,
    )
