"""Resources of which a plan has nothing to say: nearly all of them, each told by a few comparisons."""

from __future__ import annotations

from sdx_state.kinds import KINDS
from sdx_state.model.ledger import Entry
from sdx_state.model.resource import Desired, Live, Shape
from sdx_state.plan.diff import are_scalars, says_the_same
from sdx_state.plan.released import all_declared


def is_settled(desired: Desired, live: Live, entry: Entry | None, shape: Shape | None) -> bool:
    """Return True only where `differences`, `not_carried` and `no_longer_managed` have nothing to report.

    False is a doubt, which they decide.

    Args:
        desired: What is declared.
        live: The resource as it is.
        entry: What was last applied, None for nothing.
        shape: The wire shape of the tenant.
    """
    values = desired.values
    return (
        says_the_same(values, live.raw)
        and are_scalars(values)
        and (entry is None or all_declared(entry.applied, values))
        and (shape != "flat" or KINDS[desired.kind].nested_only.isdisjoint(values))
    )
