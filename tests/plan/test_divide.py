"""Projects whose scopes share no resource never match, list, change or delete what is the other's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdx_state.kinds import KINDS, SURVEY, USER
from sdx_state.kinds.identity import identity
from sdx_state.kinds.tenant_scope import WHOLE_TENANT, TenantScope
from sdx_state.model.address import Address
from sdx_state.model.ledger import Entry
from sdx_state.model.plan import Action, Plan
from sdx_state.model.resource import Desired, Live, Removed, Source
from sdx_state.model.snapshot import Snapshot
from sdx_state.plan.build import Intention, build_plan
from sdx_state.plan.divide import FORGOTTEN, divide
from sdx_state.plan.origin import applied_hashes
from sdx_state.plan.undo import Past, undo_plan
from sdx_state.state.ledger import new_ledger

ACME = TenantScope({"survey": ("Acme *",), "user": ("*@acme.example",)})
ZENITH = TenantScope({"survey": ("Zenith *",), "user": ("*@ZENITH.example",)})
WHERE = Source("a.yaml", 1, 1)


def plan_in(world: Any, scope: TenantScope = ACME) -> Plan:
    return build_plan(
        Intention(world.resources, world.moved, world.removed), world.snapshot(), world.ledger, tenant_scope=scope
    )


@pytest.mark.parametrize(
    ("kind", "glob", "key", "covered"),
    [
        (SURVEY, "Acme *", "Acme CSAT", True),
        (SURVEY, "Acme *", " Acme CSAT\n", True),
        (SURVEY, "Acme *", "ACME CSAT", False),
        (SURVEY, "Caf\u00e9", "Cafe\u0301", True),
        (SURVEY, "Cafe\u0301 *", "Caf\u00e9 1", True),
        (SURVEY, "[[]Acme] *", "[Acme] CSAT", True),
        (SURVEY, "Acme *", None, False),
        (USER, "*@acme.example", "Joe@ACME.example", True),
        (USER, "*@Acme.Example", "joe@acme.example", True),
        (USER, "*@acme.example", "joe@acme.example.org", False),
        (USER, "*@*.m\u00fcnchen.example", "joe@a.xn--mnchen-3ya.example", True),
        (USER, "joe*", "joe@acme.example", True),
    ],
)
def test_globs_match_names_as_resources_are_matched(kind, glob, key, covered):
    assert TenantScope({kind.name: (glob,)}).covers(kind, key) is covered


def test_kind_without_globs_is_not_in_scope():
    scope = TenantScope({"survey": ("*",)})
    assert scope.has(SURVEY)
    assert scope.has(KINDS["question"])
    assert scope.has(KINDS["phone_number"])
    assert not scope.has(USER)
    assert not scope.covers(USER, "joe@acme.example")
    assert WHOLE_TENANT.covers(USER, "joe@acme.example")


def test_unmanaged_resources_outside_are_not_listed(world):
    world.exists("survey", "1", name="Acme A")
    world.exists("survey", "2", name="Zenith Z")
    world.exists("question", "3", "2", question_label="Q")
    world.exists("user", "joe@zenith.example", name="Joe")
    assert [(one.kind, one.id) for one in plan_in(world).unmanaged] == [("survey", "1")]


def test_survey_renamed_out_of_scope_is_an_error_that_plans_nothing(world):
    world.declare("survey", "a", name="Acme A")
    world.declare("question", "q", "a", question_label="Q")
    world.remember_as_declared("survey.a", "1")
    world.remember_as_declared("question.a.q", "3")
    world.exists("survey", "1", name="Zenith A")
    world.exists("question", "3", "1", question_label="Changed")
    plan = plan_in(world)
    assert not plan.changes
    (error,) = plan.errors
    assert (error.code, error.address, error.needs_decision) == ("live-outside-scope", "survey.a", True)
    assert "survey 1, which has the name 'Zenith A' in the tenant" in error.message


def test_survey_that_is_pinned_to_one_outside_is_an_error(world):
    world.declare("survey", "a", name="Acme A", id="1")
    world.exists("survey", "1", name="Zenith A")
    plan = plan_in(world)
    assert [one.code for one in plan.errors] == ["live-outside-scope"]
    assert not plan.changes


def test_question_moved_into_a_survey_outside_is_an_error_that_creates_no_other(world):
    world.declare("survey", "a", name="Acme A")
    world.declare("question", "q", "a", question_label="Q")
    world.remember_as_declared("survey.a", "1")
    world.remember_as_declared("question.a.q", "3")
    world.exists("survey", "1", name="Acme A")
    world.exists("survey", "2", name="Zenith Z")
    world.exists("question", "3", "2", question_label="Q")
    plan = plan_in(world)
    assert [(one.code, one.address) for one in plan.errors] == [("live-outside-scope", "question.a.q")]
    assert "in a survey outside `scope`" in plan.errors[0].message
    assert not plan.changes


@pytest.mark.parametrize("removed", [[], [Removed(Address("survey", "a"), destroy=True, source=WHERE)]])
def test_undeclared_resource_outside_is_no_longer_managed_and_not_deleted(world, removed):
    world.remember("survey.a", "1")
    world.remember("question.a.q", "3")
    world.remember("user.joe@zenith.example", "joe@zenith.example")
    world.removed = removed
    world.exists("survey", "1", name="Zenith A")
    world.exists("question", "3", "1", question_label="Q")
    world.exists("user", "joe@zenith.example")
    plan = plan_in(world)
    assert {(one.action, one.reason) for one in plan.changes} == {(Action.FORGET, FORGOTTEN)}
    assert len(plan.changes) == 3
    assert not plan.drift


def test_address_that_is_pinned_to_another_id_leaves_the_one_outside_alone(world):
    world.declare("survey", "a", name="Acme A", id="2")
    world.remember("survey.a", "1")
    world.exists("survey", "1", name="Zenith A")
    world.exists("survey", "2", name="Acme A")
    plan = plan_in(world)
    assert [(one.action, one.id) for one in plan.changes if one.id == "1"] == [(Action.FORGET, "1")]


def test_child_whose_parent_was_not_read_is_outside(world):
    world.remember("question.a.q", "3")
    world.exists("question", "3", None, question_label="Q")
    (change,) = plan_in(world).changes
    assert change.action is Action.FORGET


def test_undo_leaves_what_is_outside_alone(world):
    world.declare("survey", "a", name="Acme A", description="new")
    world.remember_as_declared("survey.a", "1")
    world.exists("survey", "1", name="Zenith A", description="new")
    done = build_plan(
        Intention(world.resources),
        Snapshot({"survey": [Live("survey", "1", {"id": 1, "name": "Acme A", "description": "old"})]}),
        world.ledger,
    )
    before = {Address("survey", "a"): Live("survey", "1", {"id": 1, "name": "Acme A", "description": "old"})}
    past = Past("r1", done, before, {})
    plan, _ = undo_plan(past, world.snapshot(), world.ledger, ACME)
    assert not plan.changes
    assert ["is outside `scope`" in one.message for one in plan.diagnostics] == [True]
    (change,) = undo_plan(past, world.snapshot(), world.ledger)[0].changes
    assert change.action is Action.UPDATE


NAMES = ["Acme A", "Acme B", "Zenith A", "Zenith B", "Nobody's"]
EMAILS = ["a@acme.example", "B@Acme.Example", "a@zenith.example", "c@nobody.example"]
KEYS = ["x", "y", "z"]


@st.composite
def tenants(draw: Any) -> dict[str, list[Live]]:
    surveys, questions = [], []
    for number in range(draw(st.integers(0, 5))):
        surveys.append(Live("survey", str(number), {"id": number, "name": draw(st.sampled_from(NAMES))}))
        for place in range(draw(st.integers(0, 2))):
            id = number * 10 + place + 100
            raw = {"id": id, "question_label": draw(st.sampled_from("pq")), "order": place}
            parent = draw(st.sampled_from([str(number), str(number), None, "99"]))
            questions.append(Live("question", str(id), raw, parent))
    users = [Live("user", one, {"email": one, "name": "N"}) for one in draw(st.sets(st.sampled_from(EMAILS)))]
    return {"survey": surveys, "question": questions, "user": users}


@st.composite
def projects(draw: Any, scope: TenantScope, live: dict[str, list[Live]]) -> tuple[Intention, Any]:
    """Return what a project declares in its scope, and a state that knows anything, as after another scope."""
    resources: dict[Address, Desired] = {}
    ids = [one.id for one in live["survey"]]
    names = [name for name in NAMES if scope.covers(SURVEY, name)]
    for key, name in zip(KEYS, draw(st.permutations(names)), strict=False):
        address = Address("survey", key)
        pin = draw(st.sampled_from([None, None, None, *ids]))
        values = {"name": name, "description": "declared"}
        resources[address] = Desired(address, "survey", key, values, WHERE, id=pin)
        for place, label in enumerate(draw(st.sampled_from(["", "p", "pq"]))):
            below = Address("question", label, address)
            text = {"question_label": label, "question_text": "declared"}
            resources[below] = Desired(below, "question", label, text, WHERE, parent=address, position=place)
    for email in draw(st.sets(st.sampled_from([one for one in EMAILS if scope.covers(USER, one)]))):
        address = USER.address(email)
        resources[address] = Desired(address, "user", email, {"email": email, "name": "declared"}, WHERE)
    ledger = new_ledger()
    entries: dict[Address, Entry] = {}
    for one in (*live["survey"], *live["user"]):
        if draw(st.booleans()):
            key = draw(st.sampled_from(KEYS)) if one.kind == "survey" else one.id
            entries[KINDS[one.kind].address(key)] = Entry(one.id, {})
    for one in live["question"]:
        if draw(st.booleans()):
            survey = Address("survey", draw(st.sampled_from(KEYS)))
            entries[Address("question", draw(st.sampled_from("pqr")), survey)] = Entry(one.id, {})
    for address in draw(st.sets(st.sampled_from([*entries]))) if entries else ():
        if address in resources:
            entries[address] = replace(entries[address], applied=applied_hashes(resources[address], ledger))
    removed = [Removed(address, destroy=True, source=WHERE) for address in entries if address not in resources]
    intention = Intention(resources, removed=draw(st.sampled_from([[], removed])))
    return intention, replace(ledger, entries=entries)


@given(st.data())
def test_no_plan_of_one_project_is_about_what_is_in_the_scope_of_the_other(data):
    live = data.draw(tenants())
    read = frozenset({"survey", "question", "user"})
    snapshot = Snapshot(live, read, frozenset(("survey", one.id) for one in live["survey"]))
    for mine, other in ((ACME, ZENITH), (ZENITH, ACME)):
        intention, ledger = data.draw(projects(mine, live))
        plan = build_plan(intention, snapshot, ledger, tenant_scope=mine)
        theirs = divide(snapshot, other).inside
        foreign = {identity(kind, one.id) for kind in read for one in theirs.of(kind)}
        writes = {identity(one.kind, one.id) for one in plan.changes if one.writes and one.id is not None}
        assert not writes & foreign
        assert not {identity(one.kind, one.id) for one in plan.unmanaged} & foreign
        assert not {identity(address.kind, id) for address, id in plan.ids.items()} & foreign
        created = [one for one in plan.changes if one.action is Action.CREATE and one.parent is None]
        assert all(mine.covers(KINDS[one.kind], one.after.get(KINDS[one.kind].natural_key)) for one in created)
        destroyed = build_plan(Intention({}), snapshot, ledger, tenant_scope=mine)
        gone = {identity(one.kind, one.id) for one in destroyed.changes if one.writes and one.id is not None}
        assert not gone & foreign
