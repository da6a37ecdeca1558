"""Put a survey's questions into the declared order, once all of them exist.

Positions are given out anew among the declared questions only, so that a question nobody declared keeps its place.
"""

from __future__ import annotations

from itertools import pairwise

from sdx_state.apply.write import Fault, Writer
from sdx_state.kinds import QUESTION
from sdx_state.kinds.address import Address
from sdx_state.plan.model import ORDER_PATH
from sdx_state.plan.order import order_of, positions

ORDER_FIELD = "order"


def arrange(writer: Writer, survey: Address) -> Fault | None:
    """Write `order` where it must change and read the list again; return what is still wrong, if anything.

    Raises:
        ApiError: A request was refused or failed.
    """
    wanted = sorted(
        (
            desired
            for desired in writer.resources.values()
            if desired.parent == survey and desired.address in writer.ids and ORDER_PATH not in desired.ignore
        ),
        key=lambda desired: desired.position,
    )
    survey_id = writer.ids[survey]
    declared = [writer.ids[desired.address] for desired in wanted]
    rows = _rows(writer, survey_id)
    missing = [id for id in declared if id not in rows]
    if missing:
        return Fault(f"question {missing[0]} is not in the survey's list", "run plan again")
    changes = positions({id: _order(rows[id]) for id in declared}, declared)
    if not changes:
        return None
    for id, order in changes.items():
        item = writer.client.questions.get(id)
        writer.replace(QUESTION, id, {**rows[id], **item, ORDER_FIELD: order})
    rows = _rows(writer, survey_id)
    places = [_order(rows[id]) if id in rows else None for id in declared]
    # Two in one place are in no order that could be relied on.
    if any(one is None or other is None or one >= other for one, other in pairwise(places)):
        return Fault("the server took the new order, and its list shows another one", "run plan to see what is left")
    return None


def _rows(writer: Writer, survey_id: str) -> dict[str, dict[str, object]]:
    return {str(row[QUESTION.identity]): row for row in writer.client.questions.list(survey_id=survey_id)}


def _order(row: dict[str, object]) -> int:
    return order_of(row, ORDER_FIELD)
