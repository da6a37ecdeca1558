"""A create whose answer was lost: find out by reading whether it happened. Never by sending it again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sdx_state.api import Endpoints
from sdx_state.api.errors import Gone, NotFound
from sdx_state.kinds import KINDS
from sdx_state.kinds.resource import Desired, Live
from sdx_state.plan.diff import differences

# Seconds in which a request that was given up may still be carried out: longer than the client itself waits for one.
SETTLE = 65.0
PAUSES = (0.02, 0.03, 0.05, 0.1, 0.3, 0.5)  # shares of it between two looks


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
    before: frozenset[str],
    sleep: Callable[[float], None],
) -> str | Lost:
    """Return the id of what a create with an unclear answer made.

    Looks at once and then ever more rarely, until nothing that was sent can be on its way any more.

    Args:
        client: The API.
        desired: What was sent.
        parent_id: Id of the survey it was sent into.
        before: Ids that bore the same natural key before: none of these is it.
        sleep: Waits; called only if nothing is found at first.
    """
    candidates = _candidates(client, desired, parent_id, before)
    for share in PAUSES:
        if candidates:
            break
        sleep(SETTLE * share)
        candidates = _candidates(client, desired, parent_id, before)
    if not candidates:
        return Lost(
            True,
            f"the answer to the create was lost, and {SETTLE:.0f} s later nothing has appeared",
            "run apply again",
        )
    ids = ", ".join(live.id for live in candidates)
    if len(candidates) > 1:
        return Lost(
            False,
            f"the answer to the create was lost, and {len(candidates)} resources could be it: ids {ids}",
            f"delete all but one, or say which one it is: `sdx-state state resolve {desired.address} --adopt "
            f"{candidates[0].id}`; then run apply again",
        )
    different = [path for path, _, _ in differences(desired, candidates[0], "flat")]
    if different:
        return Lost(
            False,
            f"the answer to the create was lost, and id {ids} could be it, but differs in {', '.join(different)}",
            f"somebody else may have made it. If it is the one: `sdx-state state resolve {desired.address} --adopt "
            f"{ids}`; then run apply again",
        )
    return candidates[0].id


def _candidates(client: Endpoints, desired: Desired, parent_id: str | None, before: frozenset[str]) -> list[Live]:
    kind = KINDS[desired.kind]
    endpoint = client.endpoint(kind.collection)
    key = kind.natural_key_of(desired.values.get(kind.natural_key))
    if kind.identity == kind.natural_key:
        try:
            rows = [endpoint.get(str(desired.values[kind.natural_key]))]
        except (NotFound, Gone):
            rows = []
    elif kind.parent_field is not None:
        rows = endpoint.list(**{kind.parent_field: parent_id})
    else:
        rows = endpoint.list()
    found = [Live(kind.name, str(row[kind.identity]), row, parent_id) for row in rows]
    return [
        live for live in found if live.id not in before and kind.natural_key_of(live.raw.get(kind.natural_key)) == key
    ]
