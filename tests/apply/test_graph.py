"""Order of operations, and the effect of a failure."""

from __future__ import annotations

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdx_state.apply.graph import Operation, Schedule, arrangement_of, operations_of
from sdx_state.kinds.addresses import parse_address
from sdx_state.model.plan import Action, Change


def run(operations, failing=frozenset(), parallelism=4, halted=lambda: False):
    begun, ended, lock = [], [], threading.Lock()

    def perform(operation):
        with lock:
            begun.append(operation.key)
        time.sleep(0.0005)  # what would not wait for its end, begins before it
        with lock:
            ended.append(operation.key)
        return operation.key not in failing

    schedule = Schedule(perform=perform, succeeded=bool, halted=halted, parallelism=parallelism)
    outcomes = schedule.run(operations)
    return outcomes, schedule.blocked, begun, ended


@st.composite
def graphs(draw):
    count = draw(st.integers(1, 12))
    operations = []
    for number in range(count):
        earlier = [str(n) for n in range(number)]
        needs = frozenset(draw(st.sets(st.sampled_from(earlier), max_size=3))) if earlier else frozenset()
        after = frozenset(draw(st.sets(st.sampled_from(earlier), max_size=2))) if earlier else frozenset()
        operations.append(Operation(str(number), None, None, needs, after))
    failing = draw(st.sets(st.sampled_from([str(n) for n in range(count)])))
    return draw(st.permutations(operations)), failing


@given(graphs())
def test_failure_blocks_only_dependent_operations(drawn):
    operations, failing = drawn
    outcomes, blocked, _, _ = run(operations, failing)
    by_key = {operation.key: operation for operation in operations}

    def can_run(key):
        return all(can_run(need) and need not in failing for need in by_key[key].needs)

    assert set(outcomes) == {key for key in by_key if can_run(key)}
    assert set(blocked) == set(by_key) - set(outcomes)


@given(graphs())
def test_operations_run_in_the_order_of_dependencies(drawn):
    operations, _ = drawn
    outcomes, _, begun, ended = run(operations)
    moments = {key: place for place, key in enumerate(begun)}
    assert len(outcomes) == len(operations)
    for operation in operations:
        for key in operation.needs | operation.after:
            assert key in ended
            assert moments[key] < moments[operation.key]


def test_no_operation_starts_after_halt():
    operations = [Operation(str(number)) for number in range(50)]
    count = 0

    def halted():
        nonlocal count
        count += 1
        return count > 10

    outcomes, blocked, _, _ = run(operations, halted=halted)
    assert len(outcomes) == 10
    assert len(blocked) == 40
    assert set(blocked.values()) == {None}


def test_independent_operations_run_in_parallel_up_to_the_limit():
    running, most, lock = 0, 0, threading.Lock()
    together = threading.Barrier(3, timeout=10)

    def perform(_):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        together.wait()
        with lock:
            running -= 1
        return True

    Schedule(perform, bool, lambda: False, 3).run([Operation(str(number)) for number in range(6)])
    assert most == 3


def test_questions_of_one_survey_are_created_in_order_then_put_in_order():
    survey = Change(parse_address("survey.a"), "survey", Action.CREATE, via="api")
    questions = [
        Change(
            parse_address(f"question.a.{key}"),
            "question",
            Action.CREATE,
            via="api",
            parent=survey.address,
            depends_on=(survey.address,),
        )
        for key in "xy"
    ]
    operations = {operation.key: operation for operation in operations_of([survey, *questions])}
    assert operations["question.a.x"].needs == {"survey.a"}
    assert operations["question.a.y"].after == {"question.a.x"}
    assert operations[arrangement_of(parse_address("survey.a"))].after == {"question.a.x", "question.a.y"}


def test_an_operation_that_another_one_waited_for_is_next():
    """The look of a create also counts for the next create in the survey, so nothing may come between."""
    chain = [Operation("b", after=frozenset("a")), Operation("c", after=frozenset("b"))]
    _, _, begun, _ = run([Operation("a"), Operation("x"), Operation("y"), *chain], parallelism=1)
    assert begun == ["a", "b", "c", "x", "y"]


def test_no_operation_starts_after_one_that_raised():
    begun = []

    def perform(operation):
        begun.append(operation.key)
        raise KeyError(operation.key)

    with pytest.raises(KeyError):
        Schedule(perform, bool, lambda: False, 1).run([Operation(str(number)) for number in range(5)])
    assert begun == ["0"]
