"""Short ways to say what is declared, live and remembered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from sdx_state.kinds.addresses import parse_address
from sdx_state.model.address import Address
from sdx_state.model.ledger import Entry, Ledger
from sdx_state.model.plan import Change, Plan
from sdx_state.model.resource import Desired, Live, Shape, Source
from sdx_state.model.snapshot import Snapshot
from sdx_state.plan.build import Intention, build_plan
from sdx_state.plan.origin import applied_hashes
from sdx_state.state.ledger import new_ledger


class World:
    """A configuration, a tenant and a state, to be planned."""

    def __init__(self) -> None:
        self.resources: dict[str, Desired] = {}
        self.live: dict[str, list[Live]] = {"survey": [], "question": [], "user": []}
        self.ledger: Ledger = replace(new_ledger(), tenant="test")
        self.moved: list[Any] = []
        self.removed: list[Any] = []
        self.shape: Shape | None = None

    def declare(self, kind: str, key: str, parent: str | None = None, **options: Any) -> Desired:
        meta = {name: options.pop(name) for name in ("id", "ignore", "protect") if name in options}
        survey = Address("survey", parent) if parent else None
        address = Address(kind, key, survey)
        siblings = sum(one.parent == survey for one in self.resources.values()) if survey else 0
        self.resources[address] = desired = Desired(
            address,
            kind,
            key,
            options,
            Source("a.yaml", len(self.resources) + 1, 1),
            parent=survey,
            position=siblings,
            **meta,
        )
        return desired

    def exists(self, kind: str, id: str, parent_id: str | None = None, **raw: Any) -> Live:
        identity = {"email": id} if kind == "user" else {"id": int(id)}
        live = Live(kind, id, {**identity, **raw}, parent_id)
        self.live[kind].append(live)
        return live

    def remember(
        self, address: str, id: str, applied: Mapping[str, Any] | None = None, protect: bool = False
    ) -> None:
        hashes = {path: self.ledger.hash(value) for path, value in (applied or {}).items()}
        self.ledger = replace(
            self.ledger, entries={**self.ledger.entries, parse_address(address): Entry(id, hashes, protect)}
        )

    def remember_as_declared(self, address: str, id: str) -> None:
        entry = Entry(id, applied_hashes(self.resources[address], self.ledger))
        self.ledger = replace(self.ledger, entries={**self.ledger.entries, parse_address(address): entry})

    def snapshot(self) -> Snapshot:
        return Snapshot(
            self.live,
            frozenset({"survey", "question", "user"}),
            frozenset(survey.id for survey in self.live["survey"]),
            shape=self.shape,
        )

    def plan(self) -> Plan:
        return build_plan(Intention(self.resources, self.moved, self.removed), self.snapshot(), self.ledger)

    def change(self, address: str) -> Change:
        return next(change for change in self.plan().changes if change.address == address)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def new_world() -> Callable[[], World]:
    return World
