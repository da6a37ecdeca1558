"""Resources that a few comparisons settle: the thorough way finds nothing to say of them either."""

from __future__ import annotations

from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdx_state.model.address import Address
from sdx_state.model.ledger import Entry
from sdx_state.model.resource import Moved
from sdx_state.plan import match as matching
from sdx_state.plan.build import Intention, _Planner, build_plan
from sdx_state.records import replace
from tests.plan.conftest import World
from tests.tiers import tries


def agreed():
    """Return a world in which everything is live and remembered as it is declared."""
    world = World()
    for number, key in enumerate("ab", 1):
        fields = {"name": key, "description": "x"}
        world.declare("survey", key, **fields)
        world.exists("survey", f"{number}", **fields)
        world.remember_as_declared(f"survey.{key}", f"{number}")
        for place, label in enumerate("pq", 2 * number - 1):
            fields = {"question_label": label, "question_text": "x", "max_response": 1}
            world.declare("question", label, key, **fields)
            world.exists("question", f"{place}", f"{number}", order=place, **fields)
            world.remember_as_declared(f"question.{key}.{label}", f"{place}")
        world.declare("user", f"{key}@x.com", email=f"{key}@x.com", name=key)
        world.exists("user", f"{key}@x.com", name=key)
        world.remember_as_declared(f"user.{key}@x.com", f"{key}@x.com")
    return world


VALUES = [None, 1, "1", "", "x", "y", {"de-default": "x"}]
FIELDS = {
    "survey": ["name", "description", "greeting_text", "logo_text"],
    "question": ["question_label", "question_text", "max_response", "timeout"],
    "user": ["email", "name", "timezone"],
}
DEVIATIONS = ["declared", "left out", "pinned", "ignored", "undeclared", "entry", "applied", "moved"]
DEVIATIONS += ["live", "order", "gone", "other", "twice", *["both"] * 5]
OTHER_IDS = {"user": ["a@x.com", "A@x.com", "b@x.com"], "survey": ["1", "2", "9"], "question": ["1", "2", "4", "9"]}


def deviate(draw, world):
    """Change one thing of what is declared, live or remembered."""
    address = draw(st.sampled_from([*world.resources]))
    one, rows = world.resources[address], world.live[address.kind]
    entry = world.ledger.entries.get(address, Entry("9"))
    choices = FIELDS[address.kind], VALUES, OTHER_IDS[address.kind]
    name, value, id = (draw(st.sampled_from(known)) for known in choices)
    value = id if name == "email" else value
    places = [place for place, row in enumerate(rows) if row.id == entry.id][:1]
    what = draw(st.sampled_from(DEVIATIONS))
    if what in ("declared", "both"):
        world.resources[address] = replace(one, values={**one.values, name: value})
    if what == "left out":
        world.resources[address] = replace(one, values={key: one.values[key] for key in one.values if key != name})
    if what == "pinned":
        world.resources[address] = replace(one, id=id)
    if what == "ignored":
        world.resources[address] = replace(one, ignore=frozenset({name}))
    if what == "undeclared" and address.kind != "survey" and len(world.resources) > 1:
        del world.resources[address]
    if what == "entry":
        world.ledger = world.ledger.with_entry(address, replace(entry, id=id))
    if what == "applied":
        world.ledger = world.ledger.with_entry(address, replace(entry, applied={**entry.applied, name: "00"}))
    if what == "moved":
        before = Address(address.kind, f"old-{address.key}", address.parent)
        world.moved.append(Moved(before, address, one.source))
        entries = {before if known == address else known: entry for known, entry in world.ledger.entries.items()}
        world.ledger = replace(world.ledger, entries=entries)
    for place in places:
        if what in ("live", "both"):
            rows[place] = replace(rows[place], raw={**rows[place].raw, name: value})
        if what == "order":
            rows[place] = replace(rows[place], raw={**rows[place].raw, "order": 9})
        if what in ("gone", "other", "twice"):
            key = "email" if address.kind == "user" else "id"
            row = replace(rows[place], id=id, raw={**rows[place].raw, key: id})
            rows[place : place + 1] = {"gone": [], "other": [row], "twice": [row, rows[place]]}[what]


@st.composite
def worlds(draw):
    """Return a world in which a few things are not as declared, and addresses that do not show yet."""
    world = agreed()
    world.shape = draw(st.sampled_from([None, "flat", "nested"]))
    for _ in range(draw(st.integers(0, 4))):
        deviate(draw, world)
    pending = draw(st.lists(st.sampled_from([*world.resources]), max_size=1))
    return world, pending


def plan_of(world, pending):
    intention = Intention(world.resources, world.moved)
    return build_plan(intention, world.snapshot(), world.ledger, pending=pending)


@tries(200, 4000)
@given(worlds())
def test_plan_is_that_of_the_thorough_way(made):
    plan = plan_of(*made)
    with mock.patch.object(matching, "_as_remembered", lambda *_: None):
        thorough = plan_of(*made)
    assert plan == thorough
    assert [*plan.ids] == [*thorough.ids]


@pytest.mark.parametrize("shape", ["flat", "nested", None])
def test_resources_as_declared_need_no_closer_look(shape):
    world = agreed()
    world.shape = shape
    with mock.patch.object(matching, "known_as", None), mock.patch.object(_Planner, "_existing", None):
        plan = world.plan()
    assert (plan.unchanged, plan.empty) == (8, True)
