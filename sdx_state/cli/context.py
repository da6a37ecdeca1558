"""The options before a command, and the project and tenant that a command opens with them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from sdx_state.records import dataclass, replace

if TYPE_CHECKING:
    from sdx_state.api.credentials import Credentials
    from sdx_state.api.stored import Found
    from sdx_state.app.base import Before
    from sdx_state.app.begun import Begun
    from sdx_state.app.place import Place
    from sdx_state.app.workspace import Workspace
    from sdx_state.config.configuration import Configuration
    from sdx_state.config.files import ProjectFiles
    from sdx_state.config.settings import Project
    from sdx_state.model.ledger import Ledger
    from sdx_state.model.urls import BaseUrl
    from sdx_state.model.whereabouts import Whereabouts
    from sdx_state.plan.build import Intention
    from sdx_state.programs.machine import Machine
    from sdx_state.state.backend import Backend
    from sdx_state.state.signing import SigningKey

    Opened = tuple[Workspace, Intention, Intention | None]

ENVIRON: Mapping[str, str] = os.environ  # noqa: TID251 - what the command line begins with

Shared = Literal["shared"]
SHARED: Shared = "shared"  # the snapshot beside the shared state


def stored_tenant(snapshot: Path | None, shared: bool) -> tuple[Path | Shared | None, str]:
    """Return the place of a stored tenant, and the option that names it; None and "" if neither option is given.

    Raises:
        UsageError: Both are given.
    """
    if snapshot is not None and shared:
        raise click.UsageError("--snapshot and --shared-snapshot cannot be combined")
    if shared:
        return SHARED, "--shared-snapshot"
    return snapshot, "--snapshot" if snapshot is not None else ""


sandbox_option = click.option(
    "--sandbox", is_flag=True, help="Use a tenant on this machine, kept in .sdx/sandbox.db, instead of the real one."
)


@dataclass(frozen=True)
class Context:
    """The project folder, the environment, and the machine that a command works with.

    Attributes:
        folder: The folder of sdx.yaml.
        environment: The chosen environment, None for none.
        environ: Environment variables.
        machine: Clock, sleep and random values.
        lock_timeout: Seconds to wait for a state that another run has locked; None to wait only for a dead run.
    """

    folder: Path
    environment: str | None
    environ: Mapping[str, str]
    machine: Machine
    lock_timeout: float | None = None

    @property
    def ca_file(self) -> str | None:
        """The certificates to trust instead of the usual ones, if any."""
        from sdx_state.app.opening import ca_file_in

        return ca_file_in(self.environ)

    def project(self) -> Project:
        """Load the project file."""
        from sdx_state.config.project import load_project

        return load_project(self.folder, self.environment, self.environ)

    def place_in_repository(self) -> str:
        """Return the path of the project in its repository, with a slash at the end; empty at its top.

        Outside of a repository, return its path relative to the current folder.
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
        from sdx_state.app.opening import trusted_base
        from sdx_state.config.sift import PROJECT_FILE

        if project is None and (self.folder / PROJECT_FILE).exists():
            project = self.project()
        return trusted_base(project, self.environ)

    def project_if_any(self) -> Project | None:
        """Load the project file; return None where there is none."""
        from sdx_state.config.sift import PROJECT_FILE

        return self.project() if (self.folder / PROJECT_FILE).exists() else None

    def pinned_tenant(self) -> str | None:
        """Return the tenant that the project file pins, if there is one."""
        project = self.project_if_any()
        return project.tenant if project is not None else None

    def configuration(
        self, files: ProjectFiles | None = None, *, quiet: bool = False, without: Sequence[str] = ()
    ) -> Configuration:
        """Load the project file and every resource file, and print their warnings.

        Args:
            files: The files, where they are not those of the folder; of these nothing is printed.
            quiet: Print nothing: the plan reports it.
            without: Codes of warnings that are not printed.
        """
        from sdx_state.app.declared import load_declared
        from sdx_state.cli.console import err_colour, say
        from sdx_state.report.diagnostics import diagnostics_text

        configuration = load_declared(self.folder, self.environment, self.environ, files)
        warnings = [one for one in configuration.warnings if one.code not in without]
        if warnings and files is None and not quiet:
            say(diagnostics_text(warnings, colour=err_colour()))
        return configuration

    def intention(self, *, quiet: bool = False) -> Intention:
        """Load what is declared; `quiet` where the plan reports its warnings."""
        from sdx_state.app.declared import intention_of

        return intention_of(self.configuration(quiet=quiet))

    def before(self, revision: str) -> Before:
        """Load what was declared at `revision` of the repository."""
        from sdx_state.app.base import declared_at

        return declared_at(revision, self.folder, self.environment, self.environ)

    def place(self, project: Project | None = None) -> Place:
        """Return where the state and the sandbox are, as `project` says it, or as the project file does.

        Raises:
            KeyUnusable: The key for signatures could be guessed.
            ConfigurationError: The project file is invalid.
        """
        from sdx_state.app.place import Place
        from sdx_state.cli.console import say
        from sdx_state.config.sift import PROJECT_FILE
        from sdx_state.programs.pipeline import commit_of, job_address
        from sdx_state.report.escape import escape
        from sdx_state.state.holder import About

        if project is None and (self.folder / PROJECT_FILE).exists():
            project = self.project()
        about = About(
            job_address(self.environ),
            commit_of(self.environ),
            self.lock_timeout,
            lambda holder: say(f"The state is locked by {escape(holder)}. Waiting."),
            lambda what: say(f"{escape(what)}; Ctrl-C ends that."),
        )
        place = Place(self.folder, self.environment, self.key(), self.machine, environ=self.environ, about=about)
        return place if project is None else replace(place, state=project.state)

    def store(self, sandbox: bool) -> Backend:
        """Return the state, whichever tenant it belongs to.

        Raises:
            KeyUnusable: The key for signatures could be guessed.
            ConfigurationError: The project file is invalid.
        """
        return self.place().store(sandbox=sandbox)

    def key(self) -> SigningKey | None:
        """Return the key for signatures, None if there is none.

        Raises:
            KeyUnusable: It could be guessed.
        """
        from sdx_state.state.signing import key_from

        return key_from(self.environ)

    def credentials(self, base: BaseUrl) -> Found:
        """Return the credentials for `base`; none of their secrets is shown afterwards.

        Raises:
            CredentialsError: There are none.
            SignInError: A token is over and cannot be exchanged.
        """
        from sdx_state.api.stored import find_credentials
        from sdx_state.cli.console import say
        from sdx_state.cli.redaction import learn

        found = find_credentials(base, self.environ, machine=self.machine)
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

    def where_of(self, ledger: Ledger, sandbox: bool) -> Whereabouts:
        """Return the tenant that a state says it is of, where no tenant is asked."""
        from sdx_state.app.place import where_of

        return where_of(self.place(), ledger, sandbox=sandbox)

    @contextmanager
    def reading_ahead(self, project: Project, *, live: bool = True) -> Iterator[Begun | None]:
        """Read the tenant ahead while the block loads what is declared, unless it is not a `live` one."""
        if not live:
            yield None
            return
        from sdx_state.app.ahead import reading_ahead
        from sdx_state.cli.console import say_server_busy

        place = self.place(project)
        with reading_ahead(project, place, self.environ, self.credentials, say_server_busy) as begun:
            yield begun

    @contextmanager
    def workspace(self, project: Project, *, sandbox: bool, begun: Begun | None = None) -> Iterator[Workspace]:
        """Open the tenant and its state while the block runs, and print which tenant it is."""
        from sdx_state.app.opening import open_chosen
        from sdx_state.cli.console import say_server_busy, say_where

        place = self.place(project)
        opened = open_chosen(
            project,
            place,
            self.environ,
            self.credentials,
            sandbox=sandbox,
            waiting=say_server_busy,
            begun=begun,
        )
        with opened as workspace:
            say_where(workspace.where)
            yield workspace

    @contextmanager
    def tenant(
        self,
        project: Project,
        intention: Intention,
        base: Intention | None,
        *,
        sandbox: bool,
        snapshot: Path | Shared | None = None,
        begun: Begun | None = None,
    ) -> Iterator[Opened]:
        """Open the tenant, for plans of `intention` and `base`; from `snapshot`, these get its pseudonyms.

        Args:
            project: The project file.
            intention: What is declared.
            base: What was declared before, if that is compared.
            sandbox: Open the sandbox.
            snapshot: The file of a stored tenant, or `SHARED` for the one beside the state; None for none.
            begun: The live tenant, if it is being read ahead.
        """
        if snapshot is None:
            with self.workspace(project, sandbox=sandbox, begun=begun) as workspace:
                yield workspace, intention, base
            return
        from sdx_state.app.opening import open_stored
        from sdx_state.app.rehearsal import load_tenant

        place = self.place(project)
        if snapshot == SHARED:
            from sdx_state.app.shared_snapshot import load_snapshot, snapshot_shelf

            stored = load_snapshot(snapshot_shelf(place.store(sandbox=False)))
        else:
            stored = load_tenant(snapshot)
        with open_stored(project, place, stored, intention, base) as opened:
            yield opened
