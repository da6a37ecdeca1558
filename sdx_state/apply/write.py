"""The write protocols: apply one create, update or delete, and verify it by reading.

Every write reads the resource first and skips it if it changed after the plan was made. A write is retried only after
429 or without a connection: before that it reads again and checks the lock. A create is journaled before it is sent;
an ambiguous answer to it is resolved by reading, never by sending it again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence

from sdx_state.api.endpoints import Endpoints
from sdx_state.api.errors import GoneError, MethodNotAllowedError, NotFoundError, SurveyDynamixError
from sdx_state.apply.ahead import Ahead
from sdx_state.apply.claims import Claims
from sdx_state.apply.create import create
from sdx_state.apply.live_names import LiveNames
from sdx_state.apply.outcome import Outcome, Withheld, handed_off, stale
from sdx_state.apply.readback import ReadBack
from sdx_state.apply.settling import Settling
from sdx_state.kinds import KINDS, child_names
from sdx_state.kinds.kind import Kind, Verb
from sdx_state.kinds.wire import lay_over, read_field, shape_of
from sdx_state.model.address import Address
from sdx_state.model.field_path import ORDER_PATH
from sdx_state.model.ledger import Ledger
from sdx_state.model.plan import Action, Change
from sdx_state.model.resource import Desired, Live
from sdx_state.model.snapshot import Snapshot
from sdx_state.model.value import Value
from sdx_state.plan.order import order_of
from sdx_state.plan.route import verb_of
from sdx_state.state.journal import Journal


class Writer:
    """Applies the changes of one run. Thread-safe.

    Attributes:
        ids: Address -> live id of every declared resource that exists; grows with each create.
        gone: Address -> former id of a resource that, according to the plan, was deleted in the tenant.
        settling: Waits for writes to show.
        readback: Reads before and after a write.
        claims: The ids in use.
        live_names: Live resources by name.
        ahead: The intents of creates.
    """

    def __init__(
        self,
        client: Endpoints,
        journal: Journal,
        resources: Mapping[Address, Desired],
        snapshot: Snapshot,
        ledger: Ledger,
        ids: dict[Address, str],
        gone: Mapping[Address, str],
        waits: Settling,
        changes: Sequence[Change] = (),
    ) -> None:
        self.client = client
        self.journal = journal
        self.resources = resources
        self.snapshot = snapshot
        self.ledger = ledger
        self.ids = ids
        self.settling = waits
        self.gone = gone
        self.claims = Claims(snapshot, ledger, ids)
        self.live_names = LiveNames(client, snapshot)
        self.readback = ReadBack(client, snapshot, waits)
        self.ahead = Ahead(journal, changes, resources, ledger, ids)
        self._refused: set[tuple[str, Verb]] = set()
        self._last_order: dict[tuple[str, str], int] = {}
        self._lock = threading.Lock()
        for kind in child_names():
            for child in snapshot.of(kind):
                place, order = (kind, child.parent_id or ""), order_of(child.raw, ORDER_PATH)
                self._last_order[place] = max(order, self._last_order.get(place, 0))

    def perform(self, change: Change) -> Outcome:
        """Apply `change` and return its outcome.

        Raises:
            SurveyDynamixError: The server rejected it, or the outcome is unknown.
            StateNotSaved: The intent could not be journaled; nothing was sent.
        """
        verb = verb_of(change)
        if change.action is Action.FORGET and change.address in self.gone:
            return self._stop_managing(change)
        if verb is None:
            return Outcome(change, "done", id=change.id)
        if change.via != "api" or (change.kind, verb) in self._refused:
            return handed_off(change)
        try:
            if change.action is Action.CREATE:
                return create(self, change)
            if change.action is Action.UPDATE:
                return self._update(change)
            return self._delete(change)
        except Withheld as why:
            return why.outcome(change)
        except MethodNotAllowedError:
            self._refused.add((change.kind, verb))
            return handed_off(change)

    def _update(self, change: Change) -> Outcome:
        kind, desired, id = KINDS[change.kind], self.resources[change.address], _id_of(change)
        parent_id = self.ids.get(change.parent) if change.parent else None
        changed = {field.path.field for field in change.fields if field.path != ORDER_PATH}
        if not changed:
            return Outcome(change, "done", id=id)
        live = self.readback.whole(change.address, kind, id, parent_id)
        if live is None:
            return stale(change, f"{kind.noun} {id} was deleted in the tenant after the plan was made")
        if not self.readback.unproven(desired, live):
            return Outcome(change, "done", "already as declared", id=id)
        moved = _moved_on(kind, change, live)
        if moved is not None:
            return stale(change, moved)
        before: dict[str, str] = {one.path: self.ledger.hash(one.before) for one in change.fields}
        applied: dict[str, str] = {one.path: self.ledger.hash(one.after) for one in change.fields}
        self.journal.overwrite("update", change.address, id, before, applied)
        shape = shape_of(kind, live.raw) or self.snapshot.shape or "flat"
        wanted = {name: desired.values[name] for name in desired.values if name in changed}
        body = lay_over(kind, live.raw, wanted, shape)
        self.replace(change.address, live, body)
        after, fault = self.readback.verified(change.address, desired, live, changed)
        if fault is not None:
            return Outcome(change, "failed", fault.message, fault.advice, id)
        if after is None:
            return Outcome(change, "failed", "it was deleted in the tenant right after the write", "run plan", id)
        return Outcome(change, "done", _side_effects(live, after, body), id=id)

    def _delete(self, change: Change) -> Outcome:
        kind, id = KINDS[change.kind], _id_of(change)
        endpoint = self.client.endpoint(kind.collection)
        live = self.readback.read(kind, id, None)
        if live is None:
            if self.readback.is_gone(change.address, kind, id):
                return Outcome(change, "done", "it was already deleted", id=id)
            return stale(change, f"{kind.noun} {id} could not be read")
        moved = _moved_on(kind, change, live)
        if moved is not None:
            return stale(change, moved)

        def look_again() -> None:
            seen = self.readback.read(kind, id, None)
            moved = _moved_on(kind, change, seen) if seen is not None else None
            if moved is not None:
                raise Withheld(moved)

        lost = {name: self.ledger.hash(value) for name, value in change.before.items()}
        self.journal.overwrite("delete", change.address, id, lost, {})
        try:
            endpoint.delete(id, self.before_again(look_again))
        except (NotFoundError, GoneError):
            pass
        except SurveyDynamixError as error:
            if not error.ambiguous:
                raise
            if not self.readback.is_gone(change.address, kind, id):
                message = "the answer to the delete was lost, and reading still shows the resource"
                return Outcome(change, "failed", message, "run apply again", id)
        left = self.settling.watch(
            change.address, lambda: self.readback.read(kind, id, None), lambda seen: seen is None
        )
        if left is None:
            return Outcome(change, "done", id=id)
        return Outcome(
            change, "failed", f"it was deleted, but GET {kind.collection}/{id} still returns it", "run plan again", id
        )

    def _stop_managing(self, change: Change) -> Outcome:
        """Stop managing a resource that was deleted in the tenant. Stale if it still exists."""
        kind, id = KINDS[change.kind], _id_of(change)
        if kind.unaddressable(id) is not None or self.readback.is_gone(change.address, kind, id):
            return Outcome(change, "done", id=id)
        return stale(change, f"the plan expects that id {id} was deleted, but reading does not prove it")

    def replace(self, address: Address, seen: Live, body: Mapping[str, object]) -> None:
        """PUT `body`, which is based on `seen`. The read after every write resolves an ambiguous answer.

        Raises:
            SurveyDynamixError: The server rejected it.
            Withheld: It had to be retried, and another client had changed the resource.
            LockLost: It had to be retried, and another run may be writing.
        """
        kind = KINDS[seen.kind]
        self.live_names.forget(kind, seen.parent_id)
        again = self.before_again(lambda: self.readback.require_same(address, kind, seen))
        try:
            self.client.endpoint(kind.collection).replace(seen.id, body, again)
        except SurveyDynamixError as error:
            if not error.ambiguous:
                raise

    def before_again(self, look: Callable[[], object]) -> Callable[[], None]:
        """Return the check before the retry of a write: `look`, and then the lock."""

        def again() -> None:
            look()
            self.journal.fence()

        return again

    def next_order(self, kind: Kind, parent_id: str) -> int:
        """Return the next free position among the children of `kind` in the parent."""
        with self._lock:
            self._last_order[kind.name, parent_id] = order = self._last_order.get((kind.name, parent_id), 0) + 1
            return order


def _id_of(change: Change) -> str:
    if change.id is None:
        raise ValueError(f"{change.address}: {change.action.value} without an id")
    return change.id


def _moved_on(kind: Kind, change: Change, live: Live) -> str | None:
    """Return a message if the tenant changed a planned value after the plan was made."""
    for name, before in change.before.items():
        now: Value = read_field(kind.by_name[name], live.raw)
        if now != before:
            return f"{name} changed in the tenant after the plan was made"
    return None


def _side_effects(before: Live, after: Live, body: Mapping[str, object]) -> str:
    """Return a message with the fields that changed without being written."""
    changed = [name for name in before.raw if before.raw[name] == body.get(name) != after.raw.get(name)]
    return f"the server also changed {', '.join(changed)}" if changed else ""
