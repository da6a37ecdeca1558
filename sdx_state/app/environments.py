"""The environments of a project: the tenant of each, and where its state is kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sdx_state.app.place import state_name
from sdx_state.config.project import load_project
from sdx_state.config.settings import StateSettings
from sdx_state.model.urls import host_of, without_secrets
from sdx_state.records import dataclass
from sdx_state.state.backend import LOCAL
from sdx_state.state.files import HIDDEN_FOLDER

SCHEMA = "sdx_state"


@dataclass(frozen=True)
class Environment:
    """One environment as `sdx.yaml` declares it.

    Attributes:
        name: Its name; None for the project itself, where no environments are declared.
        host: Host and port of the API, None if the project file does not name one.
        tenant: UUID of the pinned customer, None if none is pinned.
        backend: Name of the store of the state.
        location: Where the state is in that store, without credentials.
    """

    name: str | None
    host: str | None
    tenant: str | None
    backend: str
    location: str


def environments_of(folder: Path) -> list[Environment]:
    """Return the environments of the project in `folder`, in their order; the project itself if it declares none.

    Only the project file counts: `SDX_API_URL` and `SDX_ENV` choose what one command works with.

    Raises:
        ConfigurationError: The project file is invalid.
    """
    names = load_project(folder, None, {}).environments
    return [_environment(folder, name) for name in names or (None,)]


def _environment(folder: Path, name: str | None) -> Environment:
    project = load_project(folder, name, {})
    state = project.state
    return Environment(name, project.declared_host, project.tenant, state.backend, location_of(state, name))


def location_of(state: StateSettings, environment: str | None) -> str:
    """Return where the state of `environment` is kept, as people and their tools write it. Without credentials."""
    name, options = state_name(environment), state.settings
    if state.backend == LOCAL:
        return f"{HIDDEN_FOLDER}/{name}.json"
    if state.backend == "postgres":
        return f"{options.get('schema') or SCHEMA}: {name}"
    if state.backend == "http":
        return f"{without_secrets(str(options.get('address') or 'TF_HTTP_ADDRESS'))}: {name}"
    within = _joined(options, "bucket", "account", "container", "prefix")
    address = host_of(str(options.get("endpoint") or options.get("address") or ""))
    scheme = {"gcs": "gs"}.get(state.backend, state.backend)
    return f"{scheme}://{'/'.join((*within, name))}" + (f" at {address}" if address else "")


def _joined(options: Mapping[str, object], *names: str) -> list[str]:
    return [str(options[name]).strip("/") for name in names if options.get(name)]
