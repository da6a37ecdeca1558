"""A create whose answer was lost: find out by reading whether it happened. Never by sending it again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sdx_state.api import Endpoints
from sdx_state.api.errors import GoneError, NotFoundError
from sdx_state.apply import settling
from sdx_state.apply.settling import Settling
from sdx_state.kinds import KINDS
from sdx_state.model.resource import Desired, Live
from sdx_state.plan.diff import differences


@dataclass(frozen=True)
class Lost:
    """No single resource can be said to be the one that was sent.

    Attributes:
        absent: Nothing new is there, also after the time in which it could have appeared.
        message: What was found.
        advice: What to do next.
    """

    absent: bool
    message: str
    advice: str


def find_created(
    client: Endpoints,
    desired: Desired,
    parent_id: str | None,
    known: Callable[[str], bool],
    waits: Settling,
    why: str,
) -> str | Lost:
    """Return the id of what a create with an unclear answer made.

    Looks at once and then ever more rarely, until nothing that was sent can be on its way any more.

    Args:
        client: The API.
        desired: What was sent.
        parent_id: Id of the survey it was sent into.
        known: Tells of an id that it was there before, or belongs to another address: that is not it.
        waits: Waits between two looks.
        why: What was wrong with the answer.
    """
    candidates = waits.watch(desired.address, lambda: _candidates(client, desired, parent_id, known), bool)
    if not candidates:
        if waits.halted():
            return Lost(False, f"{why}, and the run was stopped before it was found", "run apply again")
        return Lost(True, f"{why}, and {settling.SETTLE:.0f} s later nothing has appeared", "run apply again")
    ids = ", ".join(live.id for live in candidates)
    if len(candidates) > 1:
        return Lost(
            False,
            f"{why}, and {len(candidates)} resources could be it: ids {ids}",
            f"delete all but one, or say which one it is: `sdx-state state resolve {desired.address} --adopt "
            f"{candidates[0].id}`; then run apply again",
        )
    different = [path for path, _, _ in differences(desired, candidates[0], "flat")]
    if different:
        return Lost(
            False,
            f"{why}, and id {ids} could be it, but differs in {', '.join(different)}",
            f"somebody else may have made it. If it is the one: `sdx-state state resolve {desired.address} --adopt "
            f"{ids}`; then run apply again",
        )
    return candidates[0].id


def _candidates(
    client: Endpoints, desired: Desired, parent_id: str | None, known: Callable[[str], bool]
) -> list[Live]:
    kind = KINDS[desired.kind]
    endpoint = client.endpoint(kind.collection)
    key = kind.natural_key_of(desired.values.get(kind.natural_key))
    if kind.keyed_by_identity:
        try:
            rows = [endpoint.get(str(desired.values[kind.natural_key]))]
        except (NotFoundError, GoneError):
            rows = []
    elif kind.parent_field is not None:
        rows = endpoint.list(**{kind.parent_field: parent_id})
    else:
        rows = endpoint.list()
    found = [Live(kind.name, str(row[kind.identity]), row, parent_id) for row in rows]
    return [
        live for live in found if kind.natural_key_of(live.raw.get(kind.natural_key)) == key and not known(live.id)
    ]
