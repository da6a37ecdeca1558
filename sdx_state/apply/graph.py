"""Graph of operations: they run in the order of their dependencies, independent ones in parallel."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
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
        waiting = {operation.key: len(operation.needs | operation.after) for operation in operations}
        by_key = {operation.key: operation for operation in operations}
        followers: dict[str, list[str]] = {}
        for operation in operations:
            for key in operation.needs | operation.after:
                followers.setdefault(key, []).append(operation.key)
        ready = deque(key for key, count in waiting.items() if count == 0)
        outcomes: dict[str, Outcome] = {}
        running: dict[Future[Outcome], str] = {}

        def ended(key: str) -> None:
            for follower in followers.get(key, ()):
                waiting[follower] -= 1
                if waiting[follower] == 0:
                    ready.append(follower)

        with ThreadPoolExecutor(self.parallelism, thread_name_prefix="write") as workers:
            while ready or running:
                while ready and len(running) < self.parallelism and not self.halted():
                    key = ready.popleft()
                    failed = self._missing(by_key[key], outcomes)
                    if failed is not None:
                        self.blocked[key] = failed
                        ended(key)
                        continue
                    running[workers.submit(self.perform, by_key[key])] = key
                if not running:
                    break
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    key = running.pop(future)
                    outcomes[key] = future.result()
                    ended(key)
        for operation in operations:
            if operation.key not in outcomes:
                self.blocked.setdefault(operation.key, None)
        return outcomes

    def _missing(self, operation: Operation, outcomes: Mapping[str, Outcome]) -> str | None:
        for key in sorted(operation.needs):
            if key not in outcomes or not self.succeeded(outcomes[key]):
                return key
        return None
