"""Declared moves: the address that each resource has today."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sdx_state.model.address import Address
from sdx_state.model.ledger import Step
from sdx_state.model.resource import Moved


class Routes:
    """The `moved:` entries as one map, questions under the addresses that their surveys have today."""

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
        """Return the address of a question under the address that its survey has today."""
        survey = address.parent
        if survey is None:
            return address
        return address.under(self.final(survey))

    def final(self, address: Address) -> Address:
        """Follow the moves from `address` up to the first declared one; where there is none, to the last."""
        seen = {address}
        while address not in self.declared and address in self.to:
            address = self.to[address]
            if address in seen:
                break
            seen.add(address)
        return address

    def end(self, address: Address, known: Collection[Address]) -> Address:
        """Return the address today of what the state knows as `address`.

        A move from an address that is declared still, in a swap or a shift, is made once. It is made by what stands
        there, and, as in Terraform, by what passes through on its way where nothing stood there.
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
        """The moves whose first address is declared still, or was: these are remembered once they are made."""
        return frozenset(step for step in self.to.items() if step[0] in self.declared or step in self.done)

    def _leaves(self, address: Address) -> bool:
        return address in self.to and (address, self.to[address]) not in self.done

    def _circular(self, address: Address) -> bool:
        current, seen = self.to.get(address), {address}
        while current is not None and current not in seen:
            seen.add(current)
            current = self.to.get(current)
        return current == address
