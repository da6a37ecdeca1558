"""The executor accepts only plans that `approve` approved."""

from __future__ import annotations

import copy
import dataclasses
import types
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdx_state.apply.approval import ApprovedPlan, Consent, PlanStale, Refused, approve, require_genuine
from sdx_state.apply.review import Review
from sdx_state.model.address import Address
from sdx_state.model.ledger import Entry
from sdx_state.model.plan import Action, Change, Plan, Risk
from sdx_state.model.policy import Freeze, Guards
from sdx_state.model.resource import Source
from sdx_state.model.snapshot import Snapshot
from sdx_state.plan.build import Intention
from sdx_state.plan.codec import fingerprint_of
from sdx_state.state.ledger import new_ledger
from sdx_state.state.unfinished import Unfinished

NOW = datetime(2026, 11, 28, 12, tzinfo=timezone.utc)
YES = Consent("high")
FREEZE = Freeze(NOW.replace(hour=0), NOW.replace(hour=23), "release", Source("sdx.yaml", 9, 1))


def review(*changes: Change, protect: bool = False, deletes: int = 100, percent: int = 100, freezes=()) -> Review:
    ledger = new_ledger()
    entries = {change.address: Entry(change.id, protect=protect) for change in changes if change.id}
    ledger = dataclasses.replace(ledger, entries=entries)
    plan = Plan("t", "l", changes, fingerprint=fingerprint_of(changes))
    guards = Guards(freezes=tuple(freezes), deletes=deletes, deletes_percent=percent)
    some = Intention({Address("survey", "kept"): None})  # type: ignore[dict-item]  # only their number counts here
    return Review(plan, plan, some, Snapshot(), ledger, ledger, Unfinished(), guards=guards)


def change(action: Action, number: int = 1, **options) -> Change:
    address = Address("user", f"u{number}@example.com")
    id = None if action is Action.CREATE else f"u{number}@example.com"
    return Change(address, "user", action, id=id, via="api", **options)


def test_only_approve_creates_an_approved_plan():
    made = review(change(Action.UPDATE))
    with pytest.raises(TypeError, match="approve"):
        ApprovedPlan(made, YES)
    approved = approve(made, YES, NOW)
    require_genuine(approved)
    with pytest.raises(TypeError):
        dataclasses.replace(approved, review=review(change(Action.DELETE)))
    with pytest.raises(TypeError):
        require_genuine(copy.deepcopy(approved))


@pytest.mark.parametrize(("name", "value"), [("review", review()), ("consent", Consent("high", ("*",), 9))])
def test_modified_approved_plan_is_rejected(name, value):
    approved = approve(review(change(Action.UPDATE)), YES, NOW)
    object.__setattr__(approved, name, value)
    with pytest.raises(TypeError, match="only approve"):
        require_genuine(approved)


def test_other_types_are_rejected_as_approved_plan():
    approved = approve(review(change(Action.UPDATE)), YES, NOW)

    class Other(ApprovedPlan):
        pass

    other = object.__new__(Other)
    vars(other).update(vars(approved))
    for one in (other, types.SimpleNamespace(**vars(approved)), approved.review, None):
        with pytest.raises(TypeError, match="only approve"):
            require_genuine(one)


def test_modified_plan_and_consent_to_another_plan_are_stale():
    made = review(change(Action.UPDATE))
    altered = dataclasses.replace(made, plan=dataclasses.replace(made.plan, changes=(change(Action.DELETE),)))
    with pytest.raises(PlanStale):
        approve(altered, YES, NOW)
    with pytest.raises(PlanStale):
        approve(made, dataclasses.replace(YES, fingerprint="another"), NOW)


def test_plan_without_consent_is_not_approved():
    with pytest.raises(Refused, match="not approved"):
        approve(review(change(Action.CREATE)), Consent(), NOW)


def test_protection_in_the_state_overrides_the_plan():
    with pytest.raises(Refused, match="protect"):
        approve(review(change(Action.DELETE), protect=True), Consent("high", ("*",), 1), NOW)


def test_freeze_stops_every_consent():
    with pytest.raises(Refused, match="freeze"):
        approve(review(change(Action.CREATE), freezes=[FREEZE]), Consent("high", ("*",)), NOW)


@given(st.integers(1, 8), st.integers(0, 8), st.none() | st.integers(0, 9), st.sampled_from(["critical", "blocked"]))
def test_approved_plan_never_exceeds_the_consent(count, limit, agreed, level):
    leaving = [change(Action.DELETE, number) for number in range(count)]
    made = review(*leaving, deletes=limit)
    allowed = Consent("high", deletes=agreed)
    if agreed == count or (agreed is None and count <= limit):
        assert approve(made, allowed, NOW).plan is made.plan
    else:
        with pytest.raises(Refused):
            approve(made, allowed, NOW)
    risky = change(Action.UPDATE, 99, risks=(Risk("some-rule", level, "for a reason"),))
    with pytest.raises(Refused):
        approve(review(risky), YES, NOW)
    address = Consent("high", (risky.address,))
    if level == "blocked":
        with pytest.raises(Refused):
            approve(review(risky), address, NOW)
    else:
        approve(review(risky), address, NOW)


def test_consent_without_matching_address_is_an_error():
    with pytest.raises(Refused) as refused:
        approve(review(change(Action.UPDATE)), Consent("high", ("survey.nope",)), NOW)
    assert "--allow survey.nope matches nothing" in str(refused.value)
