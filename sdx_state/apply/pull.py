"""Live -> YAML: write a whole tenant down, adopt it, and prove that the next plan is empty."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sdx_state.apply.run import Silence
from sdx_state.apply.workspace import Workspace, carry_out
from sdx_state.config import Configuration, why_not, write_resources
from sdx_state.kinds.address import Address, kind_of
from sdx_state.kinds.identity import identity
from sdx_state.live import Progress
from sdx_state.plan.build import Intention, build_plan
from sdx_state.plan.describe import Place, describe, place_of
from sdx_state.plan.model import Finding, Plan


@dataclass(frozen=True)
class Pulled:
    """The end of a pull.

    Attributes:
        files: What was written.
        resources: How many live resources are declared now.
        adopted: How many of them the state did not know before.
        left_out: Live values that YAML cannot declare; they stay as they are and are not managed.
        plan: The next plan, made from a fresh reading; empty of writes unless something could not be said in YAML.
    """

    files: tuple[Path, ...]
    resources: int
    adopted: int
    left_out: tuple[Finding, ...]
    plan: Plan

    @property
    def proven(self) -> bool:
        """Whether nothing is left to write."""
        return not self.plan.errors and not any(change.writes for change in self.plan.changes)


def intention_of(configuration: Configuration) -> Intention:
    """Return what `configuration` asks for."""
    return Intention(configuration.resources, configuration.moved, configuration.removed)


def pull(
    workspace: Workspace,
    load: Callable[[], Configuration],
    folder: Path,
    progress: Progress,
    waiting: Callable[[float], None],
) -> Pulled:
    """Write the tenant of `workspace` into the YAML under `folder`.

    Args:
        workspace: The tenant and its state.
        load: Loads the configuration; called before and after writing.
        folder: The project.
        progress: Told of each request.
        waiting: Told how long an earlier run's requests are waited for.

    Raises:
        ConfigurationError: The configuration is invalid, before or after.
        ApiError, StateError: As in planning.
    """
    with workspace.writing("pull", waiting) as journal:
        before = load()
        ledger = workspace.store.load()
        snapshot = workspace.read_all(ledger, progress)
        workspace.require_same_tenant(ledger, snapshot)
        ids = build_plan(intention_of(before), snapshot, ledger).ids
        surveys = {address: id for address, id in ids.items() if kind_of(address) == "survey"}
        known: dict[Place, Address] = {}
        for address, id in ids.items():
            parent = before.resources[address].parent
            place = (*identity(kind_of(address), id), surveys.get(parent or ""))
            known[place] = address
        for address, entry in ledger.entries.items():
            if kind_of(address) != "question":
                known.setdefault((*identity(kind_of(address), entry.id), None), address)
        described = describe(snapshot, known, before.resources, why_not)
        files = write_resources(folder, described.resources, before.project.variables)
        planned = workspace.plan(intention_of(load()), progress, waiting=waiting)
        adopted = sum(place_of(live) not in known for kind in snapshot.resources for live in snapshot.of(kind))
        if not planned.plan.errors and not any(change.writes for change in planned.plan.changes):
            carry_out(workspace.run(journal, Silence(), "pull"), planned)
        return Pulled(tuple(files), len(described.resources), adopted, tuple(described.left_out), planned.plan)
