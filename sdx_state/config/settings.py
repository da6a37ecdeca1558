"""The settings of a project file, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sdx_state.kinds.email import identity_of
from sdx_state.kinds.tenant_scope import WHOLE_TENANT, TenantScope
from sdx_state.model.policy import Freeze, Guards, Policy
from sdx_state.model.resource import Source
from sdx_state.model.suppression import Suppression
from sdx_state.records import dataclass

if TYPE_CHECKING:
    from sdx_state.config.rules import ProjectRule

Capabilities = Literal["auto", "documented", "writable"]


@dataclass(frozen=True)
class Api:
    """Where the API is and how it is spoken to.

    Attributes:
        host: The host that users log in to.
        url: The whole base address; wins over `host`.
        capabilities: What can be written: asked for, as documented, or everything.
        parallelism: Requests at one time.
        user: E-mail address of the user that the credentials belong to.
    """

    host: str | None = None
    url: str | None = None
    capabilities: Capabilities = "auto"
    parallelism: int = 8
    user: str | None = None


@dataclass(frozen=True)
class Limits:
    """Deletes without consent: resources, percent of the managed ones, and users who are never deleted."""

    deletes: int = 3
    deletes_percent: int = 10
    administrators: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lint:
    """Settings of warnings: names that prompts may use as %NAME%, and the text messages of one prompt."""

    placeholders: tuple[str, ...] = ()
    sms_segments: int = 3


@dataclass(frozen=True)
class StateSettings:
    """Where the state is kept.

    Attributes:
        backend: Name of the store.
        settings: Its options, and what is under `settings:`.
        options: Names of the options alone.
        source: Where the store is named.
    """

    backend: str = "local"
    settings: Mapping[str, object] = field(default_factory=dict)
    options: frozenset[str] = frozenset()
    source: Source | None = field(default=None, compare=False)


@dataclass(frozen=True)
class SandboxSettings:
    """The embedded tenant: the shape it answers in, and whether it refuses what is not documented."""

    shape: Literal["flat", "nested"] = "flat"
    documented: bool = False


@dataclass(frozen=True)
class Project:
    """The project file, with one environment laid over it.

    Attributes:
        folder: The project's folder.
        api: Where the API is.
        tenant: UUID of the customer that credentials must belong to.
        state: Where the state is kept.
        limits: What may be deleted without consent.
        policies: Exceptions to the rules of risk.
        freezes: Times in which nothing is written.
        lint: What is warned about.
        sandbox: The embedded tenant.
        handoff_links: Kind -> path of its page in the admin UI, with `{id}`.
        variables: Texts for `${var.NAME}`, those of the process environment included.
        environment: The chosen environment.
        environments: All environments, in their order.
        environments_place: Where they are declared.
        declared_host: Host and port that the project file names, also where `SDX_API_URL` counts in its place.
        suppressions: Codes of warnings under `lint: {ignore: [...]}`, and in comments of the project file.
        scope: The part of the tenant that the project manages.
        rules: Rules of the project, which every declared resource must keep.
    """

    folder: Path
    api: Api = field(default_factory=Api)
    tenant: str | None = None
    state: StateSettings = field(default_factory=StateSettings)
    limits: Limits = field(default_factory=Limits)
    policies: tuple[Policy, ...] = ()
    freezes: tuple[Freeze, ...] = ()
    lint: Lint = field(default_factory=Lint)
    sandbox: SandboxSettings = field(default_factory=SandboxSettings)
    handoff_links: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    environment: str | None = None
    environments: tuple[str, ...] = ()
    environments_place: Source | None = field(default=None, compare=False)
    declared_host: str | None = None
    suppressions: tuple[Suppression, ...] = ()
    scope: TenantScope = WHOLE_TENANT
    rules: tuple[ProjectRule, ...] = ()

    @property
    def guards(self) -> Guards:
        """Users and responses that must be kept."""
        administrators = frozenset(identity_of(email) for email in self.limits.administrators)
        limits = self.limits
        return Guards(
            self.policies, self.api.user, administrators, limits.deletes, limits.deletes_percent, self.freezes
        )
