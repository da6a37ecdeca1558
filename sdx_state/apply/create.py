"""The create protocol: look, write the intent down, send, and believe the answer only after reading.

An id in an answer that somebody has already is no answer, and neither is one under which something else is read: what
became of the create is then found out as if its answer had been lost.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

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
from sdx_state.plan.origin import applied_hashes
from sdx_state.state.errors import StateNotSaved

if TYPE_CHECKING:
    from sdx_state.apply.write import Writer

LOST = "the answer to the create was lost"


def create(writer: Writer, change: Change) -> Outcome:
    """Create the resource of `change` and return what became of it.

    Raises:
        SurveyDynamixError: The server refused, or what became of it is unknown.
        StateError: An intent could not be written down, or the lock was lost; nothing was sent.
        Withheld: Somebody created it since the plan was made; nothing was sent.
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
    hashes = applied_hashes(desired, writer.ledger)
    operation = writer.journal.intend(change.address, parent_id, before, hashes)

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
        why = f"the create was answered with id {created}, which is another {kind.noun}"
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
        change, "ambiguous", f"{why}, and id {found} changes while it is read", "run apply again"
    )


def _came_back(writer: Writer, change: Change, kind: Kind) -> Outcome | None:
    """Look again for what was deleted in the tenant, as the plan has it: only 410, or a 404 that lasts, is proof."""
    id = writer.gone.get(change.address)
    if id is None:
        return None
    if writer.readback.is_gone(change.address, kind, id):
        return None
    return stale(change, f"that id {id} is gone, as the plan has it, is not proven")


def _look(writer: Writer, change: Change, kind: Kind, desired: Desired, parent_id: str | None) -> list[str]:
    """Return the ids of what bears the same name at this moment.

    A survey that this run made is looked into as well: another run may be at work on it since it can be seen.

    Raises:
        Withheld: One of them was created, or renamed to that, since the plan was made, and not by this run.
        SurveyDynamixError: That could not be read.
        StateNotSaved: A conflict could not be written down.
    """
    planned = writer.namesakes.planned(kind, desired, parent_id)
    now = writer.namesakes.now(kind, desired, parent_id)
    new = [id for id in writer.claims.unowned(change.address, now) if id not in planned]
    if new:
        writer.journal.met(change.address, parent_id, new[0])
        label = f"{kind.natural_key} {str(desired.values.get(kind.natural_key))!r}"
        message = f"a {kind.noun} with the {label} has appeared since the plan was made: id {new[0]}"
        raise Withheld(message, "nothing was sent; run plan: it imports that one")
    return [*dict.fromkeys([*planned, *now])]


def _send(
    writer: Writer,
    change: Change,
    kind: Kind,
    form: dict[str, str],
    operation: str,
    before_again: Callable[[], None],
) -> str | Outcome | None:
    """Send the create, and return the id in the answer; None where the answer does not tell."""
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
        return stale(change, f"{error}: it was created since the plan was made", "run plan: it imports that one")
    except SurveyDynamixError as error:
        if error.ambiguous:
            return None
        writer.journal.settled(operation, "refused")
        raise
    return str(created[kind.identity])


def _settle_for(
    writer: Writer, change: Change, kind: Kind, desired: Desired, id: str, operation: str, hashes: dict[str, str]
) -> Outcome | None:
    """Take `id` for what was created and verify it by reading; None, and nothing taken, where it is another one."""
    if not writer.claims.take(change.address, id, writer.gone.get(change.address)):
        return None
    parent_id = writer.ids[change.parent] if change.parent is not None else None
    writer.ids[change.address] = id
    try:
        writer.journal.created(operation, change.address, Entry(id, hashes, desired.protect))
    except StateNotSaved as error:
        raise StateNotSaved(f"{change.address} was created as id {id}, and {error}") from error
    try:
        raw = writer.settling.watch(
            change.address, lambda: writer.readback.item(kind, id), lambda seen: seen is not None
        )
    except GoneError:
        return Outcome(change, "failed", f"it was created as id {id}, and deleted right after", "run plan again", id)
    if raw is None:
        later = f"{settling.SETTLE:.0f} s later reading it still answers 404"
        message = f"it was created as id {id}, and {settling.STOPPED if writer.settling.halted() else later}"
        return Outcome(change, "failed", message, "run apply again: it looks for that id first", id)
    key = kind.natural_key_of(desired.values.get(kind.natural_key))
    if kind.natural_key_of(raw.get(kind.natural_key)) != key:
        writer.journal.disowned(operation, change.address)
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
