"""Where a project keeps its state and its sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from sdx_state.app.extension import ExtensionFailed
from sdx_state.app.extensions import Extensions, extensions
from sdx_state.config.settings import Project, StateSettings
from sdx_state.model.ledger import Ledger
from sdx_state.model.urls import BaseUrl, authority_of
from sdx_state.model.whereabouts import Whereabouts
from sdx_state.programs.machine import THIS_MACHINE, Machine
from sdx_state.records import dataclass, replace
from sdx_state.state.backend import LOCAL, Backend
from sdx_state.state.errors import StateUnusable
from sdx_state.state.files import HIDDEN_FOLDER
from sdx_state.state.holder import About
from sdx_state.state.local import LocalStore
from sdx_state.state.rescue import rescue_file
from sdx_state.state.signing import SigningKey
from sdx_state.state.stores import LINEAGE, STORES


@dataclass(frozen=True)
class Place:
    """Where a project keeps its state and its sandbox.

    Attributes:
        folder: The project's folder.
        environment: The chosen environment.
        key: Signs the state; None for no signatures.
        machine: Time, waiting and chance.
        state: Where the state of a real tenant is kept; that of a sandbox is in the folder.
        environ: Environment variables: addresses and credentials of a shared store.
        about: What a run says of itself to those who find the state locked.
    """

    folder: Path
    environment: str | None = None
    key: SigningKey | None = None
    machine: Machine = THIS_MACHINE
    state: StateSettings = field(default_factory=StateSettings)
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    about: About = field(default_factory=About)

    @property
    def hidden(self) -> Path:
        """The folder of the state."""
        return self.folder / HIDDEN_FOLDER

    @property
    def rescue(self) -> Path:
        """The file for the ledger of a run whose final save fails, beside sdx.yaml."""
        return rescue_file(self.folder, self.environment)

    @property
    def database(self) -> Path:
        """The file of the sandbox: one for each environment."""
        return self.hidden / (f"sandbox.{self.environment}.db" if self.environment else "sandbox.db")

    def store(self, *, sandbox: bool) -> Backend:
        """Return the state: one for each environment, and others for the sandbox.

        Raises:
            StateUnusable: The package that keeps it is not installed, or fails.
            StoreRefused: The package of a shared store is not installed, or an option cannot be used.
        """
        name = state_name(self.environment, sandbox=sandbox)
        local = LocalStore(self.hidden, name, None, self.key, self.machine, self.about)
        lineage = str(self.state.settings.get(LINEAGE) or "")
        if sandbox:
            return local
        if self.state.backend == LOCAL:
            return replace(local, lineage=lineage)
        if self.state.backend in STORES:
            from sdx_state.state.sealing import SealedStore, sealing_keys
            from sdx_state.state.shared import SharedStore

            options = self.state.settings
            store = STORES[self.state.backend].connect(options, self.environ, self.machine)
            if self.key is not None:
                store = SealedStore(store, sealing_keys(self.environ), self.machine)
            return SharedStore(store, name, self.machine, local, None, self.key, lineage, self.about)
        try:
            backend = self.extensions.named("state_backends", self.state.backend, (LOCAL, *STORES))
            added: Backend = backend.call(name, self.state.settings, key=self.key, machine=self.machine)
        except ExtensionFailed as error:
            raise StateUnusable(str(error), error.advice) from error
        return added

    @property
    def sandbox_name(self) -> str:
        """The sandbox as people know it."""
        return f"sandbox on this machine ({HIDDEN_FOLDER}/{self.database.name})"

    @property
    def extensions(self) -> Extensions:
        """Extensions of installed packages."""
        return extensions(self.folder)


def state_name(environment: str | None, *, sandbox: bool = False) -> str:
    """Return what the state of `environment` is called in its store: each environment has its own."""
    name = "sandbox-state" if sandbox else "state"
    return f"{name}.{environment}" if environment else name


def whereabouts(project: Project | None, base: BaseUrl, customer: str | None) -> Whereabouts:
    """Return the live tenant of `customer` at `base`, and what of `project` that address overrides."""
    if project is None:
        return Whereabouts(None, base.authority, customer)
    declared = project.declared_host
    overridden = declared if declared != base.authority else None
    return Whereabouts(project.environment, base.authority, customer, overridden, bool(project.environments))


def where_of(place: Place, ledger: Ledger, *, sandbox: bool) -> Whereabouts:
    """Return the tenant that the state `ledger` names: what is asked about a state alone reads no tenant."""
    if sandbox:
        return Whereabouts(place.environment, None, local=place.sandbox_name)
    origin, _, customer = ledger.tenant.partition("#")
    return Whereabouts(place.environment, authority_of(origin) if origin else None, customer or None)
