"""Facts about a tenant that risk rules use besides the change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from sdx_state.kinds import PHONE_NUMBER, USER
from sdx_state.model.address import Address
from sdx_state.model.evidence import Counts
from sdx_state.model.plan import Action, Plan
from sdx_state.model.policy import Guards
from sdx_state.model.snapshot import Snapshot
from sdx_state.records import dataclass


@dataclass(frozen=True)
class Facts:
    """Facts for grading a plan.

    Attributes:
        counts: Counted evidence, for the changes that need it.
        phone_types: E.164 number -> `mobile`, `landline` or `voip`, from the look-up.
        operator: E-mail address of the user that the credentials belong to, if the project declares it.
        administrators: E-mail addresses of the administrators of the tenant, if the project declares them.
        staying: Live users that the plan does not delete; None if the users were not read.
    """

    counts: Mapping[Address, Counts] = field(default_factory=dict)
    phone_types: Mapping[str, str] = field(default_factory=dict)
    operator: str | None = None
    administrators: frozenset[str] = frozenset()
    staying: frozenset[str] | None = None


def facts_of(plan: Plan, snapshot: Snapshot, counts: Mapping[Address, Counts], guards: Guards) -> Facts:
    """Return the facts from the live tenant, the project file and the counted evidence."""
    users = frozenset(USER.identities_of([live.id for live in snapshot.of(USER.name)]))
    leaving = {
        USER.identity_of(change.id)
        for change in plan.changes
        if change.kind == USER.name and change.action is Action.DELETE and change.id is not None
    }
    return Facts(
        counts,
        {live.id: str(live.raw.get("phone_type") or "") for live in snapshot.of(PHONE_NUMBER.name)},
        guards.operator,
        guards.administrators,
        users - leaving if USER.name in snapshot.read else None,
    )
