"""The create protocol: look, journal the intent, send, and trust the answer only after reading.

An id in an answer does not count if it belongs to another resource: the create is then resolved as if the answer had
been lost.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sdx_state.api.answer import Row
from sdx_state.api.errors import ConflictError, GoneError, SurveyDynamixError
from sdx_state.apply import settling
from sdx_state.apply.outcome import Outcome, Withheld, stale
from sdx_state.apply.resolve import Lost, find_created
from sdx_state.kinds import KINDS
from sdx_state.kinds.kind import Kind
from sdx_state.kinds.wire import form_fields, lay_over, needs_nested, shape_of
from sdx_state.model.ledger import Entry
from sdx_state.model.plan import Change
from sdx_state.model.resource import Desired, Live
from sdx_state.state.errors import StateNotSaved

if TYPE_CHECKING:
    from sdx_state.apply.write import Writer

LOST = "the answer to the create was lost"


def create(writer: Writer, change: Change) -> Outcome:
    """Create the resource of `change` and return the outcome.

    Raises:
        SurveyDynamixError: The server rejected it, or the outcome is unknown.
        StateError: The intent could not be journaled, or the lock was lost; nothing was sent.
        Withheld: It was created after the plan was made; nothing was sent.
    """
    kind, desired = KINDS[change.kind], writer.resources[change.address]
    parent_id = writer.ids[change.parent] if change.parent is not None else None
    back = _came_back(writer, change, kind)
    if back is not None:
        return back
    before = _look(writer, change, kind, desired, parent_id)
    form = form_fields(kind, desired.values)
    if kind.parent_field is not None and parent_id is not None:
        form[kind.parent_field] = parent_id
    if kind.order_field is not None and parent_id is not None:
        form[kind.order_field] = str(writer.next_order(kind, parent_id))
    hashes = writer.ahead.hashes_of(desired)
    operation = writer.ahead.intend(change, parent_id, before, hashes)

    def before_again() -> None:
        _look(writer, change, kind, desired, parent_id)
        writer.journal.send_again(operation, change.address)

    created = _send(writer, change, kind, form, operation, before_again)
    if isinstance(created, Outcome):
        return created
    why = LOST
    if created is not None:
        answered = _settle_for(writer, change, kind, desired, created, operation, hashes)
        if answered is not None:
            return answered
        why = f"the answer to the create has id {created}, which is another {kind.noun}"
    found = find_created(
        writer.client,
        desired,
        parent_id,
        lambda id: id in before or writer.claims.known(change.address, id),
        writer.settling,
        why,
    )
    if isinstance(found, Lost):
        if found.absent:
            writer.journal.settled(operation, "absent")
        return Outcome(change, "failed" if found.absent else "ambiguous", found.message, found.advice)
    return _settle_for(writer, change, kind, desired, found, operation, hashes) or Outcome(
        change, "ambiguous", f"{why}, and id {found} changed during reading", "run apply again"
    )


def _came_back(writer: Writer, change: Change, kind: Kind) -> Outcome | None:
    """Return a stale outcome if the resource that the plan expects to be deleted still exists.

    Only 410, or a 404 that lasts, proves the delete."""
    id = writer.gone.get(change.address)
    if id is None:
        return None
    if writer.readback.is_gone(change.address, kind, id):
        return None
    return stale(change, f"the plan expects that id {id} was deleted, but reading does not prove it")


def _look(writer: Writer, change: Change, kind: Kind, desired: Desired, parent_id: str | None) -> list[str]:
    """Return the ids of the resources that have the same name now.

    This includes surveys that this run created: another run can see them and work on them.

    Raises:
        Withheld: One of them was created or renamed after the plan was made, and not by this run.
        SurveyDynamixError: The list could not be read.
        StateNotSaved: A conflict could not be journaled.
    """
    planned = writer.live_names.planned(kind, desired, parent_id)
    now = writer.live_names.now(kind, desired, parent_id)
    new = [id for id in writer.claims.unassigned(change.address, now) if id not in planned]
    if new:
        writer.journal.name_taken(change.address, parent_id, new[0])
        label = f"{kind.natural_key} {str(desired.values.get(kind.natural_key))!r}"
        message = f"a {kind.noun} with the {label} was created after the plan was made: id {new[0]}"
        raise Withheld(message, "nothing was sent. Run plan: it imports this resource")
    return [*dict.fromkeys([*planned, *now])]


def _send(
    writer: Writer,
    change: Change,
    kind: Kind,
    form: dict[str, str],
    operation: str,
    before_again: Callable[[], None],
) -> str | Outcome | None:
    """Send the create and return the id in the answer, None if the answer is ambiguous."""
    endpoint = writer.client.endpoint(kind.collection)
    try:
        created = endpoint.create(form, before_again)
    except Withheld:
        writer.journal.settled(operation, "refused")
        raise
    except ConflictError as error:
        writer.journal.settled(operation, "refused")
        if not kind.keyed_by_identity:
            raise
        return stale(change, f"{error}: it was created after the plan was made", "run plan: it imports this resource")
    except SurveyDynamixError as error:
        if error.ambiguous:
            return None
        writer.journal.settled(operation, "refused")
        raise
    return str(created[kind.identity])


def _settle_for(
    writer: Writer, change: Change, kind: Kind, desired: Desired, id: str, operation: str, hashes: dict[str, str]
) -> Outcome | None:
    """Record `id` as the created resource and verify it by reading; None, without a record, if it is another one."""
    if not writer.claims.take(change.address, id, writer.gone.get(change.address)):
        return None
    parent_id = writer.ids[change.parent] if change.parent is not None else None
    writer.ids[change.address] = id
    try:
        writer.journal.created(operation, change.address, Entry(id, hashes, desired.protect))
    except StateNotSaved as error:
        raise StateNotSaved(f"{change.address} was created with id {id}, but {error}") from error
    if kind.parent_field is not None and parent_id is not None and _listed(writer, kind, desired, id, parent_id):
        return Outcome(change, "done", id=id)
    try:
        raw = writer.settling.watch(
            change.address, lambda: writer.readback.item(kind, id), lambda seen: seen is not None
        )
    except GoneError:
        return Outcome(
            change, "failed", f"it was created with id {id} and then deleted in the tenant", "run plan again", id
        )
    if raw is None:
        later = f"reading it still returns 404 after {settling.SETTLE:.0f} s"
        message = f"it was created with id {id}, but {settling.STOPPED if writer.settling.halted() else later}"
        return Outcome(change, "failed", message, "run apply again: it first reads this id", id)
    if not _same_name(kind, desired, raw):
        writer.journal.unconfirmed(operation, change.address)
        writer.ids.pop(change.address)
        writer.claims.release(change.address, id)
        return None
    if shape_of(kind, raw) == "nested" and needs_nested(kind, desired.values):
        endpoint = writer.client.endpoint(kind.collection)
        before = Live(kind.name, id, raw, parent_id)
        again = writer.before_again(lambda: writer.readback.require_same(change.address, kind, before))
        writer.journal.fence()
        endpoint.replace(id, lay_over(kind, raw, desired.values, "nested"), again)
        fault = writer.readback.verified(change.address, desired, before, set(desired.values))[1]
    else:
        fault = writer.readback.unproven(desired, Live(kind.name, id, raw, parent_id))
    if fault is not None:
        return Outcome(change, "failed", fault.message, fault.advice, id)
    return Outcome(change, "done", id=id)


def _listed(writer: Writer, kind: Kind, desired: Desired, id: str, parent_id: str) -> bool:
    """Return True if the list of the parent shows the created resource as it is declared.

    The next create in the parent needs this list anyway. If it does not show that, reading the item decides.
    """
    row = writer.live_names.created(kind, id, parent_id)
    return (
        row is not None
        and _same_name(kind, desired, row)
        and not (shape_of(kind, row) == "nested" and needs_nested(kind, desired.values))
        and writer.readback.unproven(desired, Live(kind.name, id, row, parent_id)) is None
    )


def _same_name(kind: Kind, desired: Desired, raw: Row) -> bool:
    wanted, shown = desired.values.get(kind.natural_key), raw.get(kind.natural_key)
    return kind.natural_key_of(shown) == kind.natural_key_of(wanted)
