"""Which stored tenant a plan was made against, and how old that is."""

from __future__ import annotations

import re

from sdx_state.model.plan import Plan
from sdx_state.patterns import pattern
from sdx_state.report.escape import escape

_MOMENT = pattern(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)", re.ASCII)


def stored_line(plan: Plan, tenant: str = "") -> str | None:
    """Return what a reader must know of a plan that read no live tenant; None of any other.

    Args:
        plan: The plan.
        tenant: The tenant's name as the format shows it, if not as it is.
    """
    stored = plan.stored
    if stored is None:
        return None
    of = f" of {tenant or escape(stored.tenant)}" if stored.tenant else " of a tenant that it does not name"
    moment = _MOMENT.match(stored.taken)
    when = f"taken {moment[1]} {moment[2]} UTC" if moment else "taken at a time that it does not say"
    age = f" ({_age(stored.age)} before this plan)" if stored.age is not None else ""
    return f"Planned against a snapshot{of}, {when}{age}. The live tenant was not read."


def _age(seconds: int) -> str:
    for unit, length in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            count = seconds // length
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return "less than a minute"
