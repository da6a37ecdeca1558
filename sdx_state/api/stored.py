"""Credentials for an origin: from the environment, or else stored ones, which are renewed when they expire."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from sdx_state.api.credentials import VARIABLES, Credentials, credentials_from
from sdx_state.api.errors import CredentialsError
from sdx_state.model.urls import BaseUrl
from sdx_state.programs.machine import THIS_MACHINE, Machine
from sdx_state.records import dataclass

if TYPE_CHECKING:
    from sdx_state.api.oauth import Grant
    from sdx_state.api.vault import Vault

ENVIRONMENT = "the environment"
Renew = Callable[[Credentials], Credentials | None]


@dataclass(frozen=True)
class Found:
    """Credentials and their source.

    Attributes:
        credentials: The credentials to send.
        way: `HTTP Basic`, `access token`, or `signed in through the browser`.
        source: Their storage, in words.
        secrets: All texts to redact.
        renew: Returns new credentials after a 401, None if there are none; see `Connection`. None if they
            cannot be renewed.
        mend: Command that makes their file private, None if it is private.
    """

    credentials: Credentials
    way: str
    source: str = ENVIRONMENT
    secrets: tuple[str, ...] = field(default=(), repr=False)
    renew: Renew | None = field(default=None, repr=False)
    mend: str | None = None


def find_credentials(
    base: BaseUrl,
    environ: Mapping[str, str],
    vault: Vault | None = None,
    machine: Machine = THIS_MACHINE,
) -> Found:
    """Return the credentials for `base`: from the environment, or else those stored for its origin.

    A token that is about to expire is exchanged for a new one, which is stored before use.

    Raises:
        CredentialsError: There are none, or those of the environment are invalid.
        SignInError: A token has expired and cannot be renewed.
    """
    if any(environ.get(name, "").strip() for name in VARIABLES):
        credentials = credentials_from(environ)
        way = "access token" if credentials.customer_uuid is None else "HTTP Basic"
        return Found(credentials, way, secrets=(credentials.token,))
    from sdx_state.api.vault import Vault

    missing = CredentialsError("", f"there are no credentials for {base.origin}")
    if vault is None and not Vault.was_used():
        raise missing
    vault = vault or Vault.of_this_machine(environ)
    with vault.held():
        kept = vault.load(base.origin)
        if kept is None:
            raise missing
        if isinstance(kept, Credentials):
            way = "access token" if kept.customer_uuid is None else "HTTP Basic"
            return Found(kept, way, vault.where, (kept.token,), mend=vault.open_to_others())
        grant = kept
        exchange = _Exchange(base, vault, machine, environ.get("SDX_CA_FILE") or None)
        if grant.is_over(machine.now()):
            grant = exchange.of(grant)
    secrets = tuple(one for one in (grant.access_token, grant.refresh_token, grant.client_secret) if one)
    return Found(
        Credentials(grant.access_token),
        "signed in through the browser",
        vault.where,
        secrets,
        exchange.renewed,
        vault.open_to_others(),
    )


@dataclass(frozen=True)
class _Exchange:
    """Exchanges a refresh token for new tokens, which are stored before use."""

    base: BaseUrl
    vault: Vault
    machine: Machine
    ca_file: str | None

    def of(self, grant: Grant) -> Grant:
        """Return the grant that follows `grant`. Call it with the lock of the vault."""
        from sdx_state.api.oauth import refreshed, token_transport

        transport = token_transport(self.base, self.ca_file, self.machine)
        try:
            fresh = refreshed(grant, transport, self.machine)
        finally:
            transport.close()
        self.vault.save(self.base.origin, fresh)
        return fresh

    def renewed(self, refused: Credentials) -> Credentials | None:
        """Return new credentials for the rejected ones, None if there are none.

        Raises:
            SignInError, SurveyDynamixError: As in `refreshed`.
        """
        from sdx_state.api.oauth import Grant

        with self.vault.held():
            grant = self.vault.load(self.base.origin)
            if not isinstance(grant, Grant):
                return None
            if grant.access_token == refused.token:  # Otherwise another process was first.
                if grant.refresh_token is None:
                    return None
                grant = self.of(grant)
        return Credentials(grant.access_token)
