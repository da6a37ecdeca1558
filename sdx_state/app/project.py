"""The Python interface of the tool: what `plan` and `apply` do, without a command line.

>>> from sdx_state import Project
>>> project = Project.open("surveys", environment="prod")
>>> review = project.plan()
>>> for change in review.plan.changes:
...     print(change.action.value, change.address)
create survey.support-csat
create question.support-csat.nps
>>> result = project.apply(review.approve())
>>> [(str(outcome.change.address), outcome.status, outcome.id) for outcome in result.outcomes]
[('survey.support-csat', 'done', '1'), ('question.support-csat.nps', 'done', '1')]
>>> project.plan().plan.empty
True
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import field
from pathlib import Path

from sdx_state.api.credentials import Credentials
from sdx_state.api.stored import Found, find_credentials
from sdx_state.app.declared import intention_of, load_declared
from sdx_state.app.opening import open_chosen
from sdx_state.app.place import Place
from sdx_state.app.saved import SavedPlan, configuration_hash, consent_of, rest_of
from sdx_state.app.witness import witnesses
from sdx_state.app.workspace import Workspace
from sdx_state.apply.approval import ApprovedPlan, approve, require_genuine
from sdx_state.apply.outcome import ApplyResult
from sdx_state.apply.review import Review
from sdx_state.apply.run import Observer, Silence
from sdx_state.config.configuration import Configuration
from sdx_state.live import NO_PROGRESS, Progress
from sdx_state.model.address import Address
from sdx_state.model.urls import BaseUrl
from sdx_state.plan.build import Intention
from sdx_state.programs.machine import THIS_MACHINE, Machine
from sdx_state.programs.pipeline import commit_of, job_address
from sdx_state.records import dataclass, replace
from sdx_state.state.holder import About
from sdx_state.state.signing import key_from


@dataclass(frozen=True)
class Project:
    """A folder of survey configuration, and the tenant that it is for. Made by `open`.

    It prints nothing, and nothing stays open between two calls. It may be used by several threads, of which one at a
    time applies; the state is locked meanwhile, as by the command line.

    Attributes:
        folder: The project's folder.
        environment: The chosen environment.
        sandbox: The tenant is the one in `.sdx/sandbox.db`, on this machine.
        configuration: What the files declared when it was opened; `configuration.warnings` are its warnings.
    """

    folder: Path
    environment: str | None
    sandbox: bool
    configuration: Configuration = field(repr=False)
    _credentials: Credentials | None = field(repr=False)
    _environ: Mapping[str, str] = field(repr=False)
    _place: Place = field(repr=False)

    @classmethod
    def open(
        cls,
        folder: str | os.PathLike[str] = ".",
        *,
        environment: str | None = None,
        sandbox: bool = False,
        credentials: Credentials | None = None,
        environ: Mapping[str, str] | None = None,
        machine: Machine = THIS_MACHINE,
        lock_timeout: float | None = None,
    ) -> Project:
        """Read the project in `folder`. Sends nothing.

        Args:
            folder: The project's folder, which has an `sdx.yaml`.
            environment: One of `environments:` in that file.
            sandbox: Use the tenant in `.sdx/sandbox.db`, on this machine.
            credentials: Of the tenant; unless given, those of `environ`, else those that `sdx-state login` stored.
            environ: The environment variables, as the command line knows them; those of the process unless given.
                `SDX_ENV` is not read: name the environment.
            machine: Time, waiting and chance.
            lock_timeout: Seconds that `apply` waits for a state that another run has locked, as `--lock-timeout`.
                None waits only until that run shows that it lives.

        Raises:
            ValueError: `lock_timeout` is negative or not finite.
            ConfigurationError: Everything that is wrong with the files, each with its place.
            KeyUnusable: `SDX_STATE_KEY` could be guessed.
        """
        if lock_timeout is not None and not 0 <= lock_timeout < math.inf:
            raise ValueError(f"lock_timeout must be a number of seconds from 0 on, got {lock_timeout}")
        environ = dict(os.environ if environ is None else environ)  # noqa: TID251 - the default
        path = Path(folder)
        configuration = load_declared(path, environment, environ)
        about = About(job_address(environ), commit_of(environ), lock_timeout)
        place = Place(path, environment, key_from(environ), machine, configuration.project.state, environ, about)
        return cls(path, environment, sandbox, configuration, credentials, environ, place)

    def plan(
        self,
        *,
        targets: Sequence[str] = (),
        excludes: Sequence[str] = (),
        allow: Sequence[str] = (),
        destroy: bool = False,
        refresh_phones: bool = False,
        progress: Progress = NO_PROGRESS,
    ) -> Review:
        """Return the plan that makes the tenant what is declared. Sends nothing but GET, HEAD and OPTIONS.

        Args:
            targets: Globs of the addresses that are planned; none for all.
            excludes: Globs of the addresses that are not.
            allow: Globs of the addresses that will be allowed whatever their risk. One that matches nothing is an
                error of the plan.
            destroy: Plan to delete all managed resources instead.
            refresh_phones: Look up phone numbers again (each look-up is paid for).
            progress: Told of each request.

        Raises:
            SurveyDynamixError: There are no credentials, or the tenant could not be read.
            WrongTenant, TooMuchMissing: This looks like the wrong tenant.
            StateError: The state cannot be used.
            SandboxUnusable: The sandbox is not installed, or its file is damaged.
        """
        intention = self._intention(destroy)
        with self._workspace() as workspace:
            review = workspace.plan(
                intention,
                progress,
                ask_again=refresh_phones,
                targets=targets,
                excludes=excludes,
                allowed=allow,
                protected=self._protected(destroy),
                destroying=destroy,
            )
            workspace.remember_lookups(review)
        return review

    def apply(
        self, approved: ApprovedPlan, *, progress: Progress = NO_PROGRESS, observer: Observer | None = None
    ) -> ApplyResult:
        """Carry `approved` out, if it still is what would be done; otherwise nothing is written.

        The tenant is read again under the lock of the state. Changes that are done already are left out.

        Args:
            approved: A plan of this project, from `Review.approve`.
            progress: Told of each request of reading.
            observer: Told when a change begins and ends; called by worker threads.

        Returns:
            One outcome for each change. It raises nothing for a change that failed: look at `of("failed")`,
            `of("ambiguous")`, `of("stale")`, `of("not started")`, and at `of("handoff")` for what a person must do.

        Raises:
            TypeError: `approved` was not made by `approve`.
            PlanStale: What would be done now is not what was approved. Nothing was written.
            Refused: It does more than was approved, or is riskier. Nothing was written.
            StateLocked: Another run writes to this tenant, still after `lock_timeout`.
            UnprovenTenant: Nothing shows that this is the tenant of the state.
            StateError, SurveyDynamixError, WrongTenant, TooMuchMissing, SandboxUnusable: As in `plan`.
        """
        require_genuine(approved)
        review = approved.review
        reviewed = SavedPlan(
            review.plan, configuration_hash(review.intention), witnesses=witnesses(review.snapshot), proven=True
        )
        with self._workspace() as workspace, workspace.writing("apply", lambda _: None) as journal:
            again = workspace.plan(
                self._intention(review.destroying),
                progress,
                targets=review.plan.targets,
                excludes=review.plan.excludes,
                allowed=approved.consent.allow,
                reviewed=review.plan,
                protected=self._protected(review.destroying),
                destroying=review.destroying,
                waiting=lambda _: None,
            )
            again = rest_of(reviewed, again, proven=workspace.proven)
            deletes = approved.consent.deletes
            counted = replace(reviewed, plan=replace(review.plan, consented=deletes))
            consent = replace(approved.consent, deletes=consent_of(counted, again.plan), fingerprint=None)
            plan = approve(again, consent, self._place.machine.moment())
            command = "destroy" if review.destroying else "apply"
            return workspace.run(journal, observer or Silence(), command).apply(plan)

    def _intention(self, destroy: bool) -> Intention:
        return Intention({}) if destroy else intention_of(self.configuration)

    def _protected(self, destroy: bool) -> frozenset[Address]:
        return frozenset(intention_of(self.configuration).protected) if destroy else frozenset()

    def _workspace(self) -> AbstractContextManager[Workspace]:
        project = self.configuration.project
        return open_chosen(project, self._place, self._environ, self._found, sandbox=self.sandbox)

    def _found(self, base: BaseUrl) -> Found:
        given = self._credentials
        if given is not None:
            return Found(given, "given", "the caller", (given.token,))
        return find_credentials(base, self._environ, machine=self._place.machine)
