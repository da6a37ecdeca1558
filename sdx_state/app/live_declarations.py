"""The live tenant as declarations: those that a pull writes."""

from __future__ import annotations

from collections.abc import Sequence

from sdx_state.config.configuration import Configuration
from sdx_state.config.sayable import why_not
from sdx_state.kinds import child_names
from sdx_state.kinds.identity import Identity, identity
from sdx_state.model.address import Address
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.ledger import Ledger
from sdx_state.model.plan import Action, Plan, Unmanaged
from sdx_state.model.resource import Desired, Live
from sdx_state.model.snapshot import Snapshot
from sdx_state.plan.describe import Description, Place, describe
from sdx_state.plan.select import is_named
from sdx_state.plan.targets import unmatched
from sdx_state.records import dataclass, replace


@dataclass(frozen=True)
class LiveDeclarations:
    """The declarations that a pull of some addresses can make.

    Attributes:
        before: What the files declare.
        plan: The plan for that.
        snapshot: The resources in scope.
        ledger: What is remembered.
        targets: Globs of the addresses that are pulled; none for all.
    """

    before: Configuration
    plan: Plan
    snapshot: Snapshot
    ledger: Ledger
    targets: Sequence[str] = ()

    def names(self, address: Address) -> bool:
        """Tell whether `address` is pulled."""
        return not self.targets or is_named(address, self.targets)

    def unmatched(self) -> list[Diagnostic]:
        """Return an error for each target that names no address: declared, managed, or that of what is live."""
        if not self.targets:
            return []
        live = (one.address for one in self._described(everything=True).resources if self._has_place(one))
        known = {*self.before.resources, *self.ledger.entries, *live}
        otherwise = "all addresses that a pull can write: sdx-state pull --diff --new"
        return [*unmatched({"--target": self.targets}, known, self.before.moved, otherwise)]

    def new(self) -> list[Unmanaged]:
        """Return the live resources that no file declares and that are pulled if they are to be declared."""
        if not self.targets:
            return [*self.plan.unmanaged]
        found = self._described(everything=True)
        named = {
            found.live[one.address] for one in found.resources if self.names(one.address) and self._has_place(one)
        }
        return [one for one in self.plan.unmanaged if identity(one.kind, one.id) in named]

    def described(self, *, everything: bool) -> Description:
        """Return what is to be declared: all that is now, and what of it is pulled as it is live.

        Args:
            everything: Declare the unmanaged resources that are pulled, too.
        """
        found = self._described(everything=everything)
        if not self.targets:
            return found
        live = {one.address: one for one in found.resources if self.names(one.address) and self._has_place(one)}
        kept = [live.pop(address, one) for address, one in self.before.resources.items()]
        places = self._places(found.resources, [*live.values()])
        return Description(
            resources=[
                replace(one, position=places.get(one.address, one.position)) for one in (*kept, *live.values())
            ],
            left_out=[one for one in found.left_out if one.address is not None and self.names(one.address)],
            unwritable={at: why for at, why in found.unwritable.items() if self.names(at[0])},
        )

    def _has_place(self, one: Desired) -> bool:
        """Tell whether `one` can be declared: a question is declared in a survey that is, or that is pulled."""
        return one.parent is None or one.parent in self.before.resources or self.names(one.parent)

    def _places(self, live: Sequence[Desired], new: Sequence[Desired]) -> dict[Address, int]:
        """Return the positions of the children whose parent is not pulled: as declared, new ones as they are live."""
        added = {one.address for one in new}
        orders: dict[Address, list[Address]] = {}
        for one in sorted(self.before.resources.values(), key=lambda one: one.position):
            if one.parent is not None and not self.names(one.parent):
                orders.setdefault(one.parent, []).append(one.address)
        last: dict[Address, Address] = {}
        for one in live:
            if one.parent is None or self.names(one.parent):
                continue
            order = orders.setdefault(one.parent, [])
            if one.address in added:
                order.insert(order.index(last[one.parent]) + 1 if one.parent in last else 0, one.address)
            if one.address in order:
                last[one.parent] = one.address
        return {address: place for order in orders.values() for place, address in enumerate(order)}

    def _described(self, *, everything: bool) -> Description:
        """Return the tenant as declarations: what is declared, what was, and everything else if that is wanted."""
        before, plan, ledger = self.before, self.plan, self.ledger
        entries = ledger.entries if plan.entries is None else plan.entries  # under the addresses of today
        parents = {address: entry.id for address, entry in entries.items() if address.parent is None}
        parents |= {address: id for address, id in plan.ids.items() if address.parent is None}
        known: dict[Place, Address] = {}

        def place(address: Address, id: str) -> Place:
            return (*identity(address.kind, id), parents.get(address.parent) if address.parent else None)

        known.update((place(address, id), address) for address, id in plan.ids.items())
        for address, entry in entries.items():
            if plan.ids.get(address) != entry.id:  # else it is known by now
                known.setdefault(place(address, entry.id), address)

        def identities(action: Action) -> set[Identity]:
            return {identity(one.kind, one.id) for one in plan.changes if one.action is action and one.id is not None}

        back, forgotten = identities(Action.DELETE), identities(Action.FORGET)
        unmanaged = {identity(one.kind, one.id) for one in plan.unmanaged}
        children = child_names()

        def included(live: Live, address: Address | None) -> bool:
            if address in before.resources:
                return True
            one = identity(live.kind, live.id)
            if one in forgotten:
                return False
            # A child of a parent that no file declares comes with it.
            return one in back or everything or (live.kind in children and one not in unmanaged)

        return describe(self.snapshot, known, before.resources, why_not, included)
