"""Graph of operations: they run in the order of their dependencies, independent ones in parallel."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import field
from typing import Generic, TypeVar

from sdx_state.model.address import Address
from sdx_state.model.field_path import ORDER_PATH
from sdx_state.model.plan import Action, Change
from sdx_state.records import dataclass


def arrangement_of(survey: Address) -> str:
    """Return the key of the operation that orders the questions of `survey`. Addresses never contain a blank."""
    return f"arrange {survey}"


@dataclass(frozen=True)
class Operation:
    """One step of a run.

    Attributes:
        key: The address of its change, or the name of its arrangement.
        change: The change; None for an arrangement.
        survey: The survey whose questions it orders, None for a change.
        needs: Keys of operations that must have succeeded.
        after: Keys of operations that must have ended, with any outcome.
    """

    key: str
    change: Change | None = None
    survey: Address | None = None
    needs: frozenset[str] = frozenset()
    after: frozenset[str] = frozenset()


def operations_of(changes: Sequence[Change]) -> list[Operation]:
    """Return the operations for `changes`.

    The questions of one survey are created one after the other, in their order; different surveys and
    other resources run in parallel. After the questions of a survey exist, one more operation orders them.
    """
    present = {change.address for change in changes}
    latest: dict[Address, Address] = {}
    siblings: dict[Address, list[Address]] = {}
    arranged: dict[Address, None] = {}
    operations = []
    for change in changes:
        after: frozenset[str] = frozenset()
        if change.parent is not None and change.action is Action.CREATE:
            if change.parent in latest:
                after = frozenset({latest[change.parent]})
            latest[change.parent] = change.address
        if change.parent is not None:
            siblings.setdefault(change.parent, []).append(change.address)
            if has_place(change):
                arranged[change.parent] = None
        needs = frozenset(address for address in change.depends_on if address in present)
        operations.append(Operation(change.address, change, None, needs, after))
    for survey in arranged:
        needs = frozenset({survey} & present)
        # It runs after all of its questions: a PUT contains the whole question, with the position that was read.
        operations.append(Operation(arrangement_of(survey), None, survey, needs, frozenset(siblings[survey])))
    return operations


def has_place(change: Change) -> bool:
    """Return True if `change` gives the resource a position among its siblings: by a move or a create."""
    created = change.action is Action.CREATE and change.parent is not None
    return change.via == "api" and (created or any(field.path == ORDER_PATH for field in change.fields))


Outcome = TypeVar("Outcome")


@dataclass
class Schedule(Generic[Outcome]):
    """Executes operations, `parallelism` at a time.

    Attributes:
        perform: Executes one, on a worker thread. Must not raise.
        succeeded: Returns True if dependent operations may start.
        halted: Called before each start; True means that no more operations start.
        parallelism: Operations in flight at a time.
        blocked: Operations that were not started, with the failed key that they needed (None if halted).
    """

    perform: Callable[[Operation], Outcome]
    succeeded: Callable[[Outcome], bool]
    halted: Callable[[], bool]
    parallelism: int
    blocked: dict[str, str | None] = field(default_factory=dict)

    def run(self, operations: Sequence[Operation]) -> Mapping[str, Outcome]:
        """Execute `operations` and return the outcome of each started one, by key."""
        course = _Course(self, operations)
        with ThreadPoolExecutor(self.parallelism, thread_name_prefix="write") as workers:
            course.follow(workers)
        for operation in operations:
            if operation.key not in course.outcomes:
                self.blocked.setdefault(operation.key, None)
        return course.outcomes

    def missing(self, operation: Operation, outcomes: Mapping[str, Outcome]) -> str | None:
        """Return the key of an operation that `operation` needs and that did not succeed; None if there is none."""
        for key in sorted(operation.needs):
            if key not in outcomes or not self.succeeded(outcomes[key]):
                return key
        return None


class _Course(Generic[Outcome]):
    """One execution of a schedule: each worker takes the next operation itself, until none is ready."""

    def __init__(self, schedule: Schedule[Outcome], operations: Sequence[Operation]) -> None:
        self.outcomes: dict[str, Outcome] = {}
        self._schedule = schedule
        self._operations = {operation.key: operation for operation in operations}
        self._waiting = {operation.key: len(operation.needs | operation.after) for operation in operations}
        self._followers: dict[str, list[str]] = {}
        for operation in operations:
            for key in operation.needs | operation.after:
                self._followers.setdefault(key, []).append(operation.key)
        self._ready = deque(key for key, count in self._waiting.items() if count == 0)
        self._working = 0
        self._broken = False
        self._futures: deque[Future[None]] = deque()
        self._lock = threading.Lock()

    def follow(self, workers: ThreadPoolExecutor) -> None:
        """Let `workers` execute the operations, and return when none is left that may start."""
        try:
            self._hire(workers, len(self._ready))
            while self._futures:  # a worker that hires another has not ended yet
                self._futures.popleft().result()
        except BaseException:
            self._broken = True
            raise

    def _hire(self, workers: ThreadPoolExecutor, count: int) -> None:
        """Let up to `count` more workers begin, within the limit."""
        with self._lock:
            count = min(count, self._schedule.parallelism - self._working)
            self._working += max(0, count)
        for _ in range(count):
            self._futures.append(workers.submit(self._work, workers))

    def _work(self, workers: ThreadPoolExecutor) -> None:
        try:
            while (operation := self._next()) is not None:
                outcome = self._schedule.perform(operation)
                with self._lock:
                    self.outcomes[operation.key] = outcome
                    self._ended(operation.key)
                    more = len(self._ready) - 1
                self._hire(workers, more)
        except BaseException:
            self._broken = True
            raise

    def _next(self) -> Operation | None:
        """Return the next operation, None if none may start now: then the worker ends."""
        with self._lock:
            while self._ready and not self._broken and not self._schedule.halted():
                operation = self._operations[self._ready.popleft()]
                failed = self._schedule.missing(operation, self.outcomes)
                if failed is None:
                    return operation
                self._schedule.blocked[operation.key] = failed
                self._ended(operation.key)
            self._working -= 1
            return None

    def _ended(self, key: str) -> None:
        following = self._followers.get(key, ())
        for follower in following:
            self._waiting[follower] -= 1
        # First of all: a create follows immediately on the look that the one before it took (live_names.py).
        self._ready.extendleft(follower for follower in reversed(following) if self._waiting[follower] == 0)
