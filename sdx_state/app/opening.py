"""Opening a tenant and its state: a live one, the sandbox of the project, or one stored in a file."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from sdx_state.api.address import base_url, require_trusted
from sdx_state.api.credentials import Credentials, credentials_from
from sdx_state.api.endpoints import Connection, Endpoints
from sdx_state.api.retry import Wait
from sdx_state.api.stored import Found
from sdx_state.app.place import Place, whereabouts
from sdx_state.app.tenant import tenant_name
from sdx_state.app.workspace import Workspace
from sdx_state.config.errors import ConfigurationError
from sdx_state.config.settings import Project
from sdx_state.kinds import veiled_kinds
from sdx_state.model.advised import AdvisedError
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.urls import BaseUrl
from sdx_state.model.whereabouts import Whereabouts
from sdx_state.plan.build import Intention
from sdx_state.state.backend import Backend
from sdx_state.state.files import make_private_folder
from sdx_state.state.local import LocalStore

if TYPE_CHECKING:
    from sdx_state.app.begun import Begun
    from sdx_state.app.rehearsal import StoredTenant

LISTED = 10  # environments that an error names


class SandboxUnusable(AdvisedError):
    """The sandbox cannot be used."""


def trusted_base(project: Project | None, environ: Mapping[str, str]) -> BaseUrl:
    """Return the address of the API: of `project`, where `SDX_API_URL` counts already; without one, that variable.

    Raises:
        ConfigurationError: The project is one of environments, and none is chosen.
        InvalidURLError: Nothing names it, it cannot be used, or credentials may not be sent there.
    """
    if project is not None:
        _require_environment(project)
    named = environ.get("SDX_API_URL") or None
    base = base_url(project.api.host, project.api.url) if project is not None else base_url(None, named)
    require_trusted(base, named)
    return base


def _require_environment(project: Project) -> None:
    """Return if it is clear which environment is meant: the chosen one, or the base where that names a host."""
    if project.environment is not None or not project.environments or project.declared_host is not None:
        return
    first = project.environments[0]
    listed = ", ".join(project.environments[:LISTED]) + (", ..." if len(project.environments) > LISTED else "")
    raise ConfigurationError(
        [
            Diagnostic(
                "no-environment",
                "error",
                f"no environment is chosen; sdx.yaml declares {listed}",
                project.environments_place,
                help=f"choose one: add `--env {first}` to the command, or run `export SDX_ENV={first}` before it",
            )
        ]
    )


@contextmanager
def open_chosen(
    project: Project,
    place: Place,
    environ: Mapping[str, str],
    find: Callable[[BaseUrl], Found],
    *,
    sandbox: bool,
    waiting: Callable[[Wait], None] = lambda _: None,
    begun: Begun | None = None,
) -> Iterator[Workspace]:
    """Open the live tenant of a project, or its sandbox, and the state while the block runs.

    Args:
        project: The project file.
        place: Where the state and the sandbox are.
        environ: `SDX_API_URL` and `SDX_CA_FILE` are read.
        find: Returns the credentials for the address of a live tenant.
        sandbox: Open the sandbox.
        waiting: Called with each long wait that the server asks for.
        begun: The live tenant, if it is being read ahead.

    Raises:
        InvalidURLError: Nothing names the API, or credentials may not be sent there.
        CredentialsError: There are none.
        WrongTenant: The credentials belong to another tenant than the one that the project pins.
        CAFileError: `SDX_CA_FILE` contains no certificates.
        SandboxUnusable: The packages of the sandbox are not installed, or its file is not one of a sandbox.
    """
    if sandbox:
        with open_sandbox(project, place) as workspace:
            yield workspace
        return
    base = trusted_base(project, environ)
    with open_tenant(project, place, base, find(base), ca_file_in(environ), waiting, begun) as workspace:
        yield workspace


def ca_file_in(environ: Mapping[str, str]) -> str | None:
    """Return the certificates (PEM) to trust instead of the usual ones, None for the usual ones."""
    return environ.get("SDX_CA_FILE") or None


@contextmanager
def open_tenant(
    project: Project,
    place: Place,
    base: BaseUrl,
    found: Found,
    ca_file: str | None,
    waiting: Callable[[Wait], None] = lambda _: None,
    begun: Begun | None = None,
) -> Iterator[Workspace]:
    """Open a live tenant and its state while the block runs.

    Args:
        project: The project file.
        place: Where the state is.
        base: Where the API is.
        found: The credentials.
        ca_file: Certificates (PEM) to trust instead of the usual ones.
        waiting: Called with each long wait that the server asks for.
        begun: This tenant, if it is being read ahead.

    Raises:
        WrongTenant: The credentials belong to another tenant than the one that the project pins.
        CAFileError: `ca_file` contains no certificates.
    """
    customer = found.credentials.customer_uuid
    store = begun.store if begun is not None else state_of(project, place, base, found)
    connection = connection_of(project, base, found, ca_file, waiting)
    opened = nullcontext(begun.client) if begun is not None else Endpoints(connection, machine=place.machine)
    with opened as client:
        settings = project.api.capabilities, project.api.parallelism, project.guards
        proven = bool(project.tenant or customer)
        where = whereabouts(project, base, project.tenant or customer)
        added, rescue = place.extensions, place.rescue
        yield Workspace(
            client,
            store,
            base.origin,
            *settings,
            where,
            proven,
            extensions=added,
            rescue=rescue,
            scope=project.scope,
            begun=begun,
        )


def connection_of(
    project: Project, base: BaseUrl, found: Found, ca_file: str | None, waiting: Callable[[Wait], None]
) -> Connection:
    """Return the connection settings of the live tenant of a project; see `open_tenant`."""
    return Connection(
        base,
        found.credentials,
        project.api.parallelism,
        ca_file=ca_file,
        renew=found.renew,
        one_run=True,
        waiting=waiting,
    )


def state_of(project: Project, place: Place, base: BaseUrl, found: Found) -> Backend:
    """Return the state of the live tenant of a project; see `open_tenant`."""
    return place.store(sandbox=False).of(tenant_name(base.origin, project.tenant, found.credentials.customer_uuid))


@contextmanager
def open_sandbox(project: Project, place: Place) -> Iterator[Workspace]:
    """Open the sandbox of a project and its state while the block runs.

    Raises:
        SandboxUnusable: Its packages are not installed, or its file is not one of a sandbox.
    """
    with require_sandbox():
        from sdx_state.sandbox import SandboxOptions, SandboxServer
    make_private_folder(place.hidden)
    options = SandboxOptions(shape=project.sandbox.shape, documented=project.sandbox.documented)
    credentials = _credentials_of(options.customer_uuid, options.auth_token)
    parallelism = project.api.parallelism
    with usable_database(place.database), SandboxServer(place.database, options) as server:
        base = base_url(None, server.url)
        store = place.store(sandbox=True).of("sandbox")
        connection = Connection(base, credentials, parallelism, one_run=True)
        with Endpoints(connection, machine=place.machine) as client:
            settings = project.api.capabilities, parallelism, project.guards
            choice = bool(project.environments)
            where = Whereabouts(project.environment, None, choice=choice, local=place.sandbox_name)
            added, rescue = place.extensions, place.rescue
            yield Workspace(
                client,
                store,
                base.origin,
                *settings,
                where,
                extensions=added,
                rescue=rescue,
                scope=project.scope,
            )


@contextmanager
def open_stored(
    project: Project, place: Place, stored: StoredTenant, intention: Intention, base: Intention | None
) -> Iterator[tuple[Workspace, Intention, Intention | None]]:
    """Open a tenant that was stored in a file, with a state that knows what of it is declared.

    Args:
        project: The project file.
        place: Whose machine counts.
        stored: The tenant.
        intention: What is declared.
        base: What was declared before, if that is compared.

    Yields:
        The tenant; `intention` and `base` with the pseudonyms of the file.

    Raises:
        SandboxUnusable: The packages of the sandbox are not installed.
    """
    from sdx_state.app.rebuild import rebuild
    from sdx_state.app.rehearsal import remembered, veiled
    from sdx_state.live import NO_PROGRESS

    with require_sandbox():
        from sdx_state.sandbox import SandboxOptions, SandboxServer
    options = SandboxOptions(shape=stored.shape, documented=project.sandbox.documented)
    credentials = _credentials_of(options.customer_uuid, options.auth_token)
    pseudonyms = stored.pseudonyms
    intentions = [intention] if base is None else [base, intention]
    before, now = veiled(intentions[0], pseudonyms), veiled(intention, pseudonyms)
    with tempfile.TemporaryDirectory() as folder, SandboxServer(":memory:", options) as server:
        server.store.load_snapshot(stored.rows)
        connection = Connection(base_url(None, server.url), credentials, one_run=True)
        with Endpoints(connection, machine=place.machine) as client:
            store = LocalStore(Path(folder), "state", "snapshot", machine=place.machine)
            settings = project.api.capabilities, project.api.parallelism, project.guards
            workspace = Workspace(
                client,
                store,
                connection.base.origin,
                *settings,
                Whereabouts(project.environment, None, choice=bool(project.environments), local=_stored_name(stored)),
                stored=stored.evidence,
                extensions=place.extensions,
                # The file has what was in scope when it was stored; pseudonyms match no glob.
                scope=project.scope.without(veiled_kinds()) if pseudonyms.salt else project.scope,
            )
            if stored.ledger is not None:
                store.save(remembered(stored.ledger, intentions, pseudonyms))
            else:
                store.save(rebuild(workspace, before, NO_PROGRESS).ledger)
            yield workspace, now, before if base is not None else None


@contextmanager
def require_sandbox() -> Iterator[None]:
    """Import the sandbox within the block.

    Raises:
        SandboxUnusable: A package of it is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        message = f"the sandbox needs {error.name}"
        raise SandboxUnusable(message, "Install it: pip install 'sdx-state[sandbox]'") from error


@contextmanager
def usable_database(database: Path) -> Iterator[None]:
    """Use the sandbox of `database` within the block.

    Raises:
        SandboxUnusable: It is not a file of the sandbox, or is damaged.
    """
    import sqlite3

    try:
        yield
    except sqlite3.Error as error:
        raise SandboxUnusable(
            f"{database} cannot be used by the sandbox: {error}",
            "The sandbox contains no data of yours. Move the file away, and the next command creates a new one.",
        ) from error


def _stored_name(stored: StoredTenant) -> str:
    return f"snapshot of {stored.evidence.tenant or 'a tenant that it does not name'}"


def _credentials_of(customer_uuid: str, auth_token: str) -> Credentials:
    return credentials_from({"SDX_CUSTOMER_UUID": customer_uuid, "SDX_AUTH_TOKEN": auth_token})
