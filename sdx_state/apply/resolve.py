"""Resolution of a create whose answer was lost: by reading, never by sending it again."""

from __future__ import annotations

from collections.abc import Callable

from sdx_state.api.endpoints import Endpoints
from sdx_state.api.errors import GoneError, NotFoundError
from sdx_state.apply import settling
from sdx_state.apply.settling import Settling
from sdx_state.kinds import KINDS
from sdx_state.model.resource import Desired, Live
from sdx_state.plan.diff import differences
from sdx_state.records import dataclass


@dataclass(frozen=True)
class Lost:
    """The created resource was not identified.

    Attributes:
        absent: No new resource appeared within the settle time.
        message: The finding.
        advice: The next step for the user.
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
    """Return the id of the resource that a create with an ambiguous answer created.

    Looks immediately and then with growing pauses, until the request can no longer arrive.

    Args:
        client: The API.
        desired: The resource that was sent.
        parent_id: Id of its survey.
        known: Returns True for an id that existed before or belongs to another address.
        waits: Waits between two looks.
        why: The fault of the answer.
    """
    candidates = waits.watch(desired.address, lambda: _candidates(client, desired, parent_id, known), bool)
    if not candidates:
        if waits.halted():
            return Lost(False, f"{why}, and the run was stopped before the resource was found", "run apply again")
        return Lost(True, f"{why}, and no new resource appeared within {settling.SETTLE:.0f} s", "run apply again")
    ids = ", ".join(live.id for live in candidates)
    if len(candidates) > 1:
        return Lost(
            False,
            f"{why}, and {len(candidates)} resources match: ids {ids}",
            f"delete all but one, or choose one: `sdx-state state resolve {desired.address} --adopt "
            f"{candidates[0].id}`. Then run apply again",
        )
    different = [path for path, _, _ in differences(desired, candidates[0], "flat")]
    if different:
        return Lost(
            False,
            f"{why}, and id {ids} matches by name but differs in {', '.join(different)}",
            f"another user may have created it. If it is the right one: `sdx-state state resolve {desired.address} "
            f"--adopt {ids}`. Then run apply again",
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
