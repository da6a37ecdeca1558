"""What the options before a command say, and what a command opens with them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sdx_state.cli.failure import Stop

if TYPE_CHECKING:
    from sdx_state.api import BaseUrl, Credentials
    from sdx_state.api.stored import Found
    from sdx_state.app.base import Before
    from sdx_state.app.rehearsal import StoredTenant
    from sdx_state.app.workspace import Workspace
    from sdx_state.config import Configuration, Project, ProjectFiles
    from sdx_state.plan.build import Intention
    from sdx_state.state.backend import Backend
    from sdx_state.state.signing import SigningKey

    Opened = tuple[Workspace, Intention, Intention | None]

HIDDEN_FOLDER = ".sdx"

sandbox_option = click.option(
    "--sandbox", is_flag=True, help="Use a tenant on this machine, kept in .sdx/sandbox.db, instead of the real one."
)


@contextmanager
def opened_sandbox(database: Path) -> Iterator[None]:
    """Say what to do where `database` is not the sandbox's, or is damaged.

    Raises:
        Stop: It cannot be used.
    """
    import sqlite3

    try:
        yield
    except sqlite3.Error as error:
        raise Stop(
            f"{database} cannot be used by the sandbox: {error}",
            "The sandbox holds no data of yours. Move the file away, and it begins anew with the next command.",
        ) from error


@dataclass(frozen=True)
class Context:
    """The project folder and the environment that a command works with."""

    folder: Path
    environment: str | None

    def project(self) -> Project:
        """Load the project file."""
        from sdx_state.config import load_project

        return load_project(self.folder, self.environment, os.environ)

    def place_in_repository(self) -> str:
        """Return where the project stands in its repository, with a slash at the end; empty at its top.

        Outside of a repository, where it stands seen from here.
        """
        folder = self.folder.resolve()
        top = next((one for one in (folder, *folder.parents) if (one / ".git").exists()), Path.cwd())
        if folder == top or not folder.is_relative_to(top):
            return ""
        return f"{folder.relative_to(top).as_posix()}/"

    def base(self, project: Project | None = None) -> BaseUrl:
        """Return where the API is; without a project file the environment says it.

        Raises:
            InvalidURLError: Nothing says it, or credentials may not be sent there.
        """
        from sdx_state.api import base_url, require_trusted
        from sdx_state.config.sift import PROJECT_FILE

        named = os.environ.get("SDX_API_URL") or None
        if project is None and (self.folder / PROJECT_FILE).exists():
            project = self.project()
        base = base_url(project.api.host, project.api.url) if project is not None else base_url(None, named)
        require_trusted(base, named)
        return base

    def pinned_tenant(self) -> str | None:
        """Return the tenant that the project file pins, if there is one."""
        from sdx_state.config.sift import PROJECT_FILE

        return self.project().tenant if (self.folder / PROJECT_FILE).exists() else None

    def configuration(self, files: ProjectFiles | None = None) -> Configuration:
        """Load the project file and every resource file, and say what is odd about them; nothing of given `files`."""
        from sdx_state.cli.console import err_colour, say
        from sdx_state.config import load_configuration
        from sdx_state.report.problems import problems_text

        configuration = load_configuration(self.folder, self.environment, os.environ, files)
        if configuration.warnings and files is None:
            say(problems_text(configuration.warnings, colour=err_colour()))
        return configuration

    def intention(self) -> Intention:
        """Load what is declared."""
        from sdx_state.app.pull import intention_of

        return intention_of(self.configuration())

    def before(self, revision: str) -> Before:
        """Load what was declared at `revision` of the repository."""
        from sdx_state.app.base import declared_at

        return declared_at(revision, self.folder, self.environment, os.environ)

    def state_name(self, sandbox: bool) -> str:
        """Return the name of the state: one for each environment, and others for the sandbox."""
        name = "sandbox-state" if sandbox else "state"
        return f"{name}.{self.environment}" if self.environment else name

    def store(self, sandbox: bool) -> Backend:
        """Return the state, whichever tenant it belongs to.

        Raises:
            KeyUnusable: The key for signatures could be guessed.
        """
        from sdx_state.state.local import LocalStore

        return LocalStore(self.folder / HIDDEN_FOLDER, self.state_name(sandbox), None, self.key())

    def key(self) -> SigningKey | None:
        """Return the key for signatures, None if there is none.

        Raises:
            KeyUnusable: It could be guessed.
        """
        from sdx_state.state.signing import key_from

        return key_from(os.environ)

    def credentials(self, base: BaseUrl) -> Found:
        """Return the credentials for `base`; none of their secrets is shown from now on.

        Raises:
            CredentialsError: There are none.
            SignInError: A token is over and cannot be exchanged.
        """
        from sdx_state.api.stored import find_credentials
        from sdx_state.cli.console import say
        from sdx_state.cli.redaction import learn

        found = find_credentials(base, os.environ)
        learn(found.secrets, found.credentials.customer_uuid)
        if found.mend:
            say(f"warning: others can read your credentials: {found.mend}")
        renew = found.renew
        if renew is None:
            return found

        def renewed(refused: Credentials) -> Credentials | None:
            fresh = renew(refused)
            learn([fresh.token] if fresh else [])
            return fresh

        return replace(found, renew=renewed)

    @contextmanager
    def workspace(self, project: Project, *, sandbox: bool) -> Iterator[Workspace]:
        """Open the tenant and its state while the block runs."""
        from sdx_state.api import Connection, Endpoints
        from sdx_state.app.tenant import tenant_name
        from sdx_state.app.workspace import Workspace

        hidden = self.folder / HIDDEN_FOLDER
        parallelism = project.api.parallelism
        if sandbox:
            with self._sandbox(project, hidden) as (base, credentials):
                store = self.store(True).of("sandbox")
                with Endpoints(Connection(base, credentials, parallelism, one_run=True)) as client:
                    yield Workspace(client, store, base.origin, project.api.capabilities, parallelism, project.guards)
            return
        base = self.base(project)
        found = self.credentials(base)
        tenant = tenant_name(base.origin, project.tenant, found.credentials.customer_uuid)
        store = self.store(False).of(tenant)
        ca_file = os.environ.get("SDX_CA_FILE") or None
        connection = Connection(
            base, found.credentials, parallelism, ca_file=ca_file, renew=found.renew, one_run=True
        )
        with Endpoints(connection) as client:
            settings = project.api.capabilities, parallelism, project.guards
            proven = bool(project.tenant or found.credentials.customer_uuid)
            yield Workspace(client, store, base.origin, *settings, proven=proven)

    @contextmanager
    def live(
        self, project: Project, intention: Intention, base: Intention | None, *, sandbox: bool
    ) -> Iterator[Opened]:
        """Open the tenant, for plans of `intention` and `base` as they are."""
        with self.workspace(project, sandbox=sandbox) as workspace:
            yield workspace, intention, base

    @contextmanager
    def rehearsal(
        self, project: Project, stored: StoredTenant, intention: Intention, base: Intention | None
    ) -> Iterator[Opened]:
        """Open a tenant that was stored, with a state that knows what of it is declared."""
        import tempfile

        from sdx_state.api import Connection, Endpoints, base_url, credentials_from
        from sdx_state.app.rebuild import rebuild
        from sdx_state.app.rehearsal import remembered, veiled
        from sdx_state.app.workspace import Workspace
        from sdx_state.cli.console import ReadingProgress
        from sdx_state.sandbox import SandboxOptions, SandboxServer
        from sdx_state.state.local import LocalStore

        options = SandboxOptions(shape=stored.shape, documented=project.sandbox.documented)
        environ = {"SDX_CUSTOMER_UUID": options.customer_uuid, "SDX_AUTH_TOKEN": options.auth_token}
        pseudonyms = stored.pseudonyms
        intentions = [intention] if base is None else [base, intention]
        before, now = veiled(intentions[0], pseudonyms), veiled(intention, pseudonyms)
        with tempfile.TemporaryDirectory() as folder, SandboxServer(":memory:", options) as server:
            server.store.load_snapshot(stored.rows)
            connection = Connection(base_url(None, server.url), credentials_from(environ), one_run=True)
            with Endpoints(connection) as client:
                store = LocalStore(Path(folder), "state", "snapshot")
                settings = project.api.capabilities, project.api.parallelism, project.guards
                workspace = Workspace(client, store, connection.base.origin, *settings, stored=stored.evidence)
                if stored.ledger is not None:
                    store.save(remembered(stored.ledger, intentions, pseudonyms))
                else:
                    store.save(rebuild(workspace, before, ReadingProgress(None, None)).ledger)
                yield workspace, now, before if base is not None else None

    @contextmanager
    def _sandbox(self, project: Project, hidden: Path) -> Iterator[tuple[BaseUrl, Credentials]]:
        from sdx_state.api import base_url, credentials_from
        from sdx_state.state.files import make_private_folder

        try:
            from sdx_state.sandbox import SandboxOptions, SandboxServer
        except ModuleNotFoundError as error:
            raise Stop(f"the sandbox needs {error.name}", "Install it: pip install 'sdx-state[sandbox]'") from error
        make_private_folder(hidden)
        options = SandboxOptions(shape=project.sandbox.shape, documented=project.sandbox.documented)
        environ = {"SDX_CUSTOMER_UUID": options.customer_uuid, "SDX_AUTH_TOKEN": options.auth_token}
        name = f"sandbox.{self.environment}.db" if self.environment else "sandbox.db"
        with opened_sandbox(hidden / name), SandboxServer(hidden / name, options) as server:
            yield base_url(None, server.url), credentials_from(environ)
