"""Scope of a reviewed plan: the resources to read again before it is applied."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sdx_state.kinds import KINDS
from sdx_state.model.address import Address
from sdx_state.model.plan import Plan
from sdx_state.model.resource import Desired


def scope_of(
    reviewed: Plan, resources: Mapping[Address, Desired], remembered: Collection[Address]
) -> frozenset[Address]:
    """Return the addresses that `reviewed` changes, with what these name, and with the whole survey of each.

    A survey's questions have one order, so that one of them cannot be judged alone.

    Args:
        reviewed: The plan.
        resources: What is declared.
        remembered: The addresses that the state knows.
    """
    touched = {change.address for change in reviewed.changes}
    touched |= {change.previous for change in reviewed.changes if change.previous is not None}
    families = {family for address in touched if (family := _family(address)) is not None}
    scope = touched | {address for address in (*resources, *remembered) if _family(address) in families}
    return frozenset(scope.union(*(resources[address].depends_on for address in scope if address in resources)))


def _family(address: Address) -> Address | None:
    """Return the address of the survey that `address` is, or is a question of."""
    kind = KINDS[address.kind]
    if kind.parent is not None:
        return address.parent
    return address if any(child.parent == kind.name for child in KINDS.values()) else None
