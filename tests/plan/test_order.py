"""The order of questions is compared relatively, and written with as few changes as will do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdx_state.plan.order import moves, positions

orders = st.integers(0, 9).flatmap(
    lambda n: st.tuples(st.permutations(range(n)), st.lists(st.integers(0, 40), min_size=n, max_size=n))
)


@pytest.mark.parametrize("first", [0, 1, 10])
@pytest.mark.parametrize("step", [1, 5])
def test_where_order_starts_and_its_gaps_do_not_matter(world, first, step):
    world.declare("survey", "a", name="A")
    world.exists("survey", "1", name="A")
    for place, key in enumerate("xyz"):
        world.declare("question", key, "a", question_label=key)
        world.exists("question", f"1{place}", "1", question_label=key, order=first + place * step)
    assert not any(change.writes for change in world.plan().changes)


def test_one_question_moved_is_one_change(world):
    world.declare("survey", "a", name="A")
    world.exists("survey", "1", name="A")
    for place, key in enumerate("zxy"):  # live: z x y
        world.exists("question", f"1{place}", "1", question_label=key, order=place)
    for key in "xyz":
        world.declare("question", key, "a", question_label=key)
    (change,) = [change for change in world.plan().changes if change.writes]
    (field,) = change.fields
    assert (change.address, field.path, field.before, field.after) == ("question.a.z", "order", 1, 3)


@given(orders)
def test_moves_are_the_least_that_lead_to_the_declared_order(drawn):
    live, _ = drawn
    declared = sorted(live)
    moved = {int(move.key) for move in moves([str(key) for key in live], [str(key) for key in declared])}
    staying = [key for key in live if key not in moved]
    assert staying == sorted(staying)
    assert len(moved) == len(live) - _longest_rising(live)


@given(orders)
def test_positions_written_bring_the_declared_order_about(drawn):
    permutation, values = drawn
    current = {str(key): value for key, value in zip(permutation, values, strict=True)}
    declared = [str(key) for key in sorted(permutation)]
    written = {**current, **positions(current, declared)}
    assert sorted(declared, key=lambda key: written[key]) == declared
    assert len(set(written.values())) == len(written)


@given(st.permutations(range(6)))
def test_undeclared_siblings_keep_their_places(permutation):
    current = {str(key): place * 10 for place, key in enumerate(permutation)}
    declared = ["0", "2", "4"]
    written = positions({key: current[key] for key in declared}, declared)
    assert set(written.values()) <= {current[key] for key in declared}


def _longest_rising(values):
    best = [1] * len(values)
    for i in range(len(values)):
        for j in range(i):
            if values[j] < values[i]:
                best[i] = max(best[i], best[j] + 1)
    return max(best, default=0)
