"""The write protocols: how one create, update or delete is carried out, and proven by reading.

Updates and deletes look before they write: what changed since the plan was made is left alone. A create is written
down before it is sent, and an unclear answer to it is resolved by reading, never by sending again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from sdx_state.api import Endpoints
from sdx_state.api.errors import ApiError, Gone, MethodNotAllowed, NotFound
from sdx_state.apply.journal import Journal
from sdx_state.apply.outcome import Outcome, handed_off
from sdx_state.apply.resolve import Lost, find_created
from sdx_state.kinds import KINDS
from sdx_state.kinds.address import Address
from sdx_state.kinds.field import Value
from sdx_state.kinds.kind import Kind, Verb
from sdx_state.kinds.resource import Desired, Live
from sdx_state.kinds.snapshot import Snapshot
from sdx_state.kinds.wire import form_fields, lay_over, needs_nested, read_field, shape_of
from sdx_state.plan.diff import differences
from sdx_state.plan.model import ORDER_PATH, Action, Change
from sdx_state.plan.order import order_of
from sdx_state.plan.origin import applied_hashes
from sdx_state.plan.route import verb_of
from sdx_state.state.errors import StateNotSaved
from sdx_state.state.ledger import Entry, Ledger


@dataclass(frozen=True)
class Fault:
    """A write that did not do what it should, though the server raised no error.

    Attributes:
        message: What is wrong.
        advice: What to do next.
        status: What that makes of the change.
    """

    message: str
    advice: str
    status: Literal["failed", "handoff"] = "failed"


class Writer:
    """Carries out the changes of one run. Thread-safe.

    Attributes:
        ids: Address -> live id, of all that exists and is declared; grows with each create.
    """

    def __init__(
        self,
        client: Endpoints,
        journal: Journal,
        resources: Mapping[Address, Desired],
        snapshot: Snapshot,
        ledger: Ledger,
        ids: dict[Address, str],
        sleep: Callable[[float], None],
    ) -> None:
        self.client = client
        self.journal = journal
        self.resources = resources
        self.snapshot = snapshot
        self.ledger = ledger
        self.ids = ids
        self.sleep = sleep
        self._rows = {(live.kind, live.id, live.parent_id): live for kind in KINDS for live in snapshot.of(kind)}
        self._refused: set[tuple[str, Verb]] = set()
        self._last_order: dict[str, int] = {}
        self._lock = threading.Lock()
        for question in snapshot.of("question"):
            survey, order = question.parent_id or "", order_of(question.raw, "order")
            self._last_order[survey] = max(order, self._last_order.get(survey, 0))

    def perform(self, change: Change) -> Outcome:
        """Carry `change` out and return what became of it.

        Raises:
            ApiError: The server refused, or what became of it is unknown.
            StateNotSaved: An intent could not be written down; nothing was sent.
        """
        verb = verb_of(change)
        if verb is None:
            return Outcome(change, "done", id=change.id)
        if change.via != "api" or (change.kind, verb) in self._refused:
            return handed_off(change)
        try:
            if change.action is Action.CREATE:
                return self._create(change)
            if change.action is Action.UPDATE:
                return self._update(change)
            return self._delete(change)
        except MethodNotAllowed:
            self._refused.add((change.kind, verb))
            return handed_off(change)

    def _create(self, change: Change) -> Outcome:
        kind, desired = KINDS[change.kind], self.resources[change.address]
        endpoint = self.client.endpoint(kind.collection)
        form = form_fields(kind, desired.values)
        parent_id = self.ids[change.parent] if change.parent is not None else None
        if kind.parent_field is not None and kind.order_field is not None and parent_id is not None:
            form[kind.parent_field] = parent_id
            form[kind.order_field] = str(self._next_order(parent_id))
        before = self._namesakes(kind, desired, parent_id)
        hashes = applied_hashes(desired, self.ledger)
        operation = self.journal.intend(change.address, parent_id, before, hashes)
        try:
            created = endpoint.create(form, before_again=lambda: self.journal.send_again(operation, change.address))
            id = str(created[kind.identity])
        except ApiError as error:
            if not error.ambiguous:
                self.journal.settled(operation, "refused")
                raise
            found = find_created(self.client, desired, parent_id, frozenset(before), self.sleep)
            if isinstance(found, Lost):
                if found.absent:
                    self.journal.settled(operation, "absent")
                return Outcome(change, "failed" if found.absent else "ambiguous", found.message, found.advice)
            id = found
        entry = Entry(id, hashes, desired.protect)
        self.ids[change.address] = id
        try:
            self.journal.created(operation, change.address, entry)
        except StateNotSaved as error:
            raise StateNotSaved(f"{change.address} was created as id {id}, and {error}") from error
        fault = self._complete(kind, desired, id, parent_id)
        if fault is not None:
            return Outcome(change, "failed", fault.message, fault.advice, id)
        return Outcome(change, "done", id=id)

    def _complete(self, kind: Kind, desired: Desired, id: str, parent_id: str | None) -> Fault | None:
        """Verify a create by reading it, and write in the nested shape what flat form fields cannot say."""
        endpoint = self.client.endpoint(kind.collection)
        raw = endpoint.get(id)
        if shape_of(kind, raw) == "nested" and needs_nested(kind, desired.values):
            endpoint.replace(id, lay_over(kind, raw, desired.values, "nested"))
            raw = endpoint.get(id)
        return self._unproven(desired, Live(kind.name, id, raw, parent_id))

    def _update(self, change: Change) -> Outcome:
        kind, desired, id = KINDS[change.kind], self.resources[change.address], _id_of(change)
        parent_id = self.ids.get(change.parent) if change.parent else None
        changed = {_top(field.path) for field in change.fields if field.path != ORDER_PATH}
        if not changed:
            return Outcome(change, "done", id=id)
        live = self._read(kind, id, parent_id)
        if live is None:
            return _stale(change, f"{kind.noun} {id} was deleted since the plan was made")
        if not self._unproven(desired, live):
            return Outcome(change, "done", "already as declared", id=id)
        moved = _moved_on(kind, change, live)
        if moved is not None:
            return _stale(change, moved)
        before = {one.path: self.ledger.hash(one.before) for one in change.fields}
        applied = {one.path: self.ledger.hash(one.after) for one in change.fields}
        self.journal.overwrite("update", change.address, id, before, applied)
        shape = shape_of(kind, live.raw) or self.snapshot.shape or "flat"
        wanted = {name: desired.values[name] for name in desired.values if name in changed}
        body = lay_over(kind, live.raw, wanted, shape)
        self.replace(kind, id, body)
        after = self._read(kind, id, parent_id)
        if after is None:
            return Outcome(change, "failed", "it is gone right after it was written", "run plan", id)
        fault = self._unproven(desired, after)
        if fault is not None:
            return Outcome(change, "failed", fault.message, fault.advice, id)
        return Outcome(change, "done", _side_effects(live, after, body), id=id)

    def _delete(self, change: Change) -> Outcome:
        kind, id = KINDS[change.kind], _id_of(change)
        endpoint = self.client.endpoint(kind.collection)
        try:
            live = Live(kind.name, id, endpoint.get(id))
        except (NotFound, Gone):
            return Outcome(change, "done", "it was gone already", id=id)
        moved = _moved_on(kind, change, live)
        if moved is not None:
            return _stale(change, moved)
        lost = {name: self.ledger.hash(value) for name, value in change.before.items()}
        self.journal.overwrite("delete", change.address, id, lost, {})
        try:
            endpoint.delete(id)
        except (NotFound, Gone):
            pass
        except ApiError as error:
            if not error.ambiguous:
                raise
        try:
            endpoint.get(id)
        except (NotFound, Gone):
            return Outcome(change, "done", id=id)
        return Outcome(
            change, "failed", f"it was deleted, and GET {kind.collection}/{id} still answers it", "run plan again", id
        )

    def replace(self, kind: Kind, id: str, body: Mapping[str, object]) -> None:
        """PUT `body`. An unclear answer is left to the reading that follows every write."""
        try:
            self.client.endpoint(kind.collection).replace(id, body)
        except ApiError as error:
            if not error.ambiguous:
                raise

    def _read(self, kind: Kind, id: str, parent_id: str | None) -> Live | None:
        """Return the resource as it is now, with what only its list shows (a question's survey and place)."""
        try:
            raw = self.client.endpoint(kind.collection).get(id)
        except (NotFound, Gone):
            return None
        row = self._rows.get((kind.name, id, parent_id))
        listed = {}
        if row is not None:
            shown_in_lists = (kind.parent_field, kind.order_field)
            listed = {name: row.raw[name] for name in shown_in_lists if name is not None and name in row.raw}
        return Live(kind.name, id, {**listed, **raw}, parent_id)

    def _unproven(self, desired: Desired, live: Live) -> Fault | None:
        found = differences(desired, live, self.snapshot.shape)
        if not found:
            return None
        paths = ", ".join(path for path, _, _ in found)
        return Fault(
            f"the server took the write, and reading it back shows another value for {paths}",
            "the server rewrites or ignores this: declare what it keeps, or list the field under `ignore`",
        )

    def _namesakes(self, kind: Kind, desired: Desired, parent_id: str | None) -> list[str]:
        """Return the ids of what bears the same natural key already, such as something that is about to go."""
        key = kind.natural_key_of(desired.values.get(kind.natural_key))
        return [
            live.id
            for live in self.snapshot.of(kind.name)
            if live.parent_id == parent_id and kind.natural_key_of(live.raw.get(kind.natural_key)) == key
        ]

    def _next_order(self, survey_id: str) -> int:
        with self._lock:
            self._last_order[survey_id] = order = self._last_order.get(survey_id, 0) + 1
            return order


def _top(path: str) -> str:
    return path.partition(".")[0].partition("[")[0]


def _id_of(change: Change) -> str:
    if change.id is None:
        raise ValueError(f"{change.address}: {change.action.value} without an id")
    return change.id


def _moved_on(kind: Kind, change: Change, live: Live) -> str | None:
    """Return what the tenant changed of the planned values since the plan was made."""
    for name, before in change.before.items():
        now: Value = read_field(kind.by_name[name], live.raw)
        if now != before:
            return f"{name} changed in the tenant since the plan was made"
    return None


def _side_effects(before: Live, after: Live, body: Mapping[str, object]) -> str:
    """Name the fields that nobody wrote and that changed all the same."""
    changed = [name for name in before.raw if before.raw[name] == body.get(name) != after.raw.get(name)]
    return f"the server also changed {', '.join(changed)}" if changed else ""


def _stale(change: Change, message: str) -> Outcome:
    return Outcome(
        change, "stale", message, "nothing was written to it; run plan to see what is there now", change.id
    )
