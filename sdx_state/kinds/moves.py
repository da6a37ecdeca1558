"""Declared moves: the current address of each resource."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sdx_state.model.address import Address
from sdx_state.model.ledger import Step
from sdx_state.model.resource import Moved


class Routes:
    """The `moved:` entries as one map, with questions under the current addresses of their surveys."""

    def __init__(self, moved: Iterable[Moved], declared: Collection[Address], done: Collection[Step] = ()) -> None:
        self.declared, self.done = declared, done
        self.to: dict[Address, Address] = {}
        self.said: dict[Address, Moved] = {}
        moves = list(moved)
        for move in moves:
            if move.before.parent is None:
                self._add(move, move.before, move.after)
        for move in moves:
            if move.before.parent is not None:
                self._add(move, self.today(move.before), self.today(move.after))

    def _add(self, move: Moved, before: Address, after: Address) -> None:
        if before != after and before.kind == after.kind:
            self.to.setdefault(before, after)
            self.said.setdefault(before, move)

    def today(self, address: Address) -> Address:
        """Return the address of a question under the current address of its survey."""
        survey = address.parent
        if survey is None:
            return address
        return address.under(self.final(survey))

    def final(self, address: Address) -> Address:
        """Follow the moves from `address` to the first declared address, or else to the last."""
        seen = {address}
        while address not in self.declared and address in self.to:
            address = self.to[address]
            if address in seen:
                break
            seen.add(address)
        return address

    def end(self, address: Address, known: Collection[Address]) -> Address:
        """Return the current address of the resource that is `address` in the state.

        A move from an address that is still declared (a swap or a shift) is made once: by the resource at that
        address or, as in Terraform, by a resource that passes through it if it was free.
        """
        if not self._leaves(address):
            return address
        current, seen = self.to[address], {address}
        while current not in seen:
            seen.add(current)
            passing = current not in self.declared or (
                current not in known and self._leaves(current) and not self._circular(current)
            )
            if not passing or current not in self.to:
                break
            current = self.to[current]
        return current

    @property
    def steps(self) -> frozenset[Step]:
        """The moves whose first address is or was still declared. The state records them when they are made."""
        return frozenset(step for step in self.to.items() if step[0] in self.declared or step in self.done)

    def _leaves(self, address: Address) -> bool:
        return address in self.to and (address, self.to[address]) not in self.done

    def _circular(self, address: Address) -> bool:
        current, seen = self.to.get(address), {address}
        while current is not None and current not in seen:
            seen.add(current)
            current = self.to.get(current)
        return current == address
