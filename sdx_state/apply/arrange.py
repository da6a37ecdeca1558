"""Ordering of children, such as the questions of a survey, after all of them exist.

Only declared children exchange their positions, so that an unmanaged child keeps its place.
"""

from __future__ import annotations

from itertools import pairwise

from sdx_state.apply.readback import Fault
from sdx_state.apply.write import Writer
from sdx_state.kinds import KINDS
from sdx_state.model.address import Address
from sdx_state.model.field_path import ORDER_PATH
from sdx_state.plan.order import order_of, positions

ORDER_FIELD = "order"
Rows = dict[str, dict[str, object]]


def arrange(writer: Writer, parent: Address) -> Fault | None:
    """Write `order` where it must change and read the list again. Return the remaining fault, if any.

    Raises:
        SurveyDynamixError: A request was refused or failed.
        Withheld: Another client changed a child, or the run was stopped.
        LockLost: Another run may be writing.
    """
    wanted = sorted(
        (
            desired
            for desired in writer.resources.values()
            if desired.parent == parent and desired.address in writer.ids and ORDER_PATH not in desired.ignore
        ),
        key=lambda desired: desired.position,
    )
    if not wanted:
        return None
    kind, parent_id = KINDS[wanted[0].kind], writer.ids[parent]
    declared = [writer.ids[desired.address] for desired in wanted]

    def read() -> Rows:
        rows = writer.live_names.children(kind, parent_id)
        return {str(row[kind.identity]): row for row in rows}

    rows = writer.settling.watch(parent, read, lambda seen: not _missing(seen, declared))
    missing = _missing(rows, declared)
    if missing:
        return Fault(f"{kind.noun} {missing[0]} is missing from the list of the {parent.kind}", "run plan again")
    changes = positions({id: _order(rows[id]) for id in declared}, declared)
    if not changes:
        return None
    for id, order in changes.items():
        item = writer.readback.whole(parent, kind, id, parent_id)
        if item is None:
            return Fault(f"{kind.noun} {id} was deleted in the tenant after the plan was made", "run plan again")
        writer.journal.fence()
        writer.replace(parent, item, {**rows[id], **item.raw, ORDER_FIELD: order})

    def wrong(seen: Rows) -> bool:
        places = [_order(seen[id]) if id in seen else None for id in declared]
        # Two children with the same position have no reliable order.
        return any(one is None or other is None or one >= other for one, other in pairwise(places))

    place = (kind.name, ORDER_FIELD)
    if wrong(
        writer.settling.watch(
            parent,
            read,
            lambda seen: place in writer.settling.ignored or not wrong(seen),
        )
    ):
        if not writer.settling.halted():
            writer.settling.ignored.add(place)
        return Fault(
            "the server accepted the new order, but the list still has a different order",
            "run plan to see the remaining changes",
        )
    return None


def _missing(rows: Rows, declared: list[str]) -> list[str]:
    return [id for id in declared if id not in rows]


def _order(row: dict[str, object]) -> int:
    return order_of(row, ORDER_FIELD)
