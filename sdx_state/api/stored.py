"""Credentials that `login` stored, each for one origin: in the keyring, or in a file of its user alone."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sdx_state.api.credentials import VARIABLES, Credentials, credentials_from
from sdx_state.api.errors import CredentialsError
from sdx_state.api.oauth import Grant, customer_uuid, grant_of, refreshed, token, token_transport
from sdx_state.api.sign_in_errors import CredentialStoreError, KeyringError, SignInError
from sdx_state.decoding.strict import DecodingError, parse
from sdx_state.decoding.typed import member, one_of, record, text
from sdx_state.model.urls import BaseUrl
from sdx_state.programs.keyrings import system_keyring
from sdx_state.programs.machine import THIS_MACHINE, Machine
from sdx_state.state import platform
from sdx_state.state.errors import ForeignFile
from sdx_state.state.files import make_private_folder, open_folder, read_private, write_atomically

SERVICE = "sdx-state"
ENVIRONMENT = "the environment"
Renew = Callable[[Credentials], Credentials | None]


@dataclass(frozen=True)
class Found:
    """Credentials, and where they come from.

    Attributes:
        credentials: To be sent.
        way: `HTTP Basic`, `access token`, or `signed in through the browser`.
        source: Where they are kept, in words.
        secrets: All that must not be shown.
        renew: Returns others for those that the API refused, None if there are none; see `Connection`. None where
            nothing can be exchanged for others.
        mend: What to run because others can read where they are stored, None if they cannot.
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
    """Return the credentials for `base`: those of the environment, else those that were stored for its origin.

    A token that is about to end is exchanged for a new one, which is stored before it is used.

    Raises:
        CredentialsError: There are none, or those of the environment cannot be sent.
        SignInError: A token is over and cannot be exchanged.
    """
    if any(environ.get(name, "").strip() for name in VARIABLES):
        credentials = credentials_from(environ)
        way = "access token" if credentials.customer_uuid is None else "HTTP Basic"
        return Found(credentials, way, secrets=(credentials.token,))
    vault = vault or Vault.of_this_machine(environ)
    with vault.held():
        kept = vault.load(base.origin)
        if kept is None:
            raise CredentialsError("", f"there are no credentials for {base.origin}")
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
    """Exchanges a refresh token for new tokens, which are stored before they are used."""

    base: BaseUrl
    vault: Vault
    machine: Machine
    ca_file: str | None

    def of(self, grant: Grant) -> Grant:
        """Return the grant that follows `grant`. Call it while the vault is held."""
        transport = token_transport(self.base, self.ca_file, self.machine)
        try:
            fresh = refreshed(grant, transport, self.machine)
        finally:
            transport.close()
        self.vault.save(self.base.origin, fresh)
        return fresh

    def renewed(self, refused: Credentials) -> Credentials | None:
        """Return credentials for those that were refused, None if there are none.

        Raises:
            SignInError, SurveyDynamixError: As in `refreshed`.
        """
        with self.vault.held():
            grant = self.vault.load(self.base.origin)
            if not isinstance(grant, Grant):
                return None
            if grant.access_token == refused.token:  # else another process was first
                if grant.refresh_token is None:
                    return None
                grant = self.of(grant)
        return Credentials(grant.access_token)


def _document_of(what: Grant | Credentials) -> dict[str, object]:
    """Return how `what` is stored."""
    if isinstance(what, Grant):
        return {"way": "oauth", "grant": dict(vars(what))}
    if what.customer_uuid is None:
        return {"way": "token", "token": what.token}
    return {"way": "basic", "token": what.token, "uuid": what.customer_uuid}


def _stored(written: str) -> Grant | Credentials:
    """Return what `_document_of` made a document of.

    Raises:
        DecodingError: It is not one.
    """
    document = record(parse(written))
    way = member(document, "way", one_of(("oauth", "token", "basic")))
    if way == "oauth":
        return member(document, "grant", grant_of)
    return Credentials(
        member(document, "token", token), member(document, "uuid", customer_uuid) if way == "basic" else None
    )


class Vault:
    """Keeps a record for each origin.

    Args:
        folder: Where the file is, if there is no keyring, and the lock.
        keyring: A module like `keyring`; None keeps records in the file.
    """

    def __init__(self, folder: Path, keyring: Any = None) -> None:
        self._folder = folder
        self._keyring = keyring
        self._file = folder / "credentials.json"

    @classmethod
    def of_this_machine(cls, environ: Mapping[str, str]) -> Vault:
        """Return the vault of this user: the system's keyring where there is one that works.

        Args:
            environ: `SDX_NO_KEYRING` leaves the keyring out.
        """
        try:
            from platformdirs import user_config_path
        except ModuleNotFoundError:
            folder = Path.home() / ".config" / SERVICE
        else:
            folder = user_config_path(SERVICE)
        return cls(folder, _working_keyring(environ))

    @property
    def where(self) -> str:
        """Where records are kept, in words."""
        return "the keyring" if self._keyring is not None else str(self._file)

    @contextmanager
    def held(self, *, create: bool = False) -> Iterator[None]:
        """Let no other process change records while the block runs: a refresh token is good once.

        Args:
            create: Make the folder first; without one there is nothing to be held.
        """
        try:
            with _private(), open_folder(self._folder, create=create) as folder:
                descriptor = folder.open("lock", os.O_RDWR | os.O_CREAT)
        except FileNotFoundError:
            yield
            return
        try:
            platform.lock(descriptor, wait=True)
            try:
                yield
            finally:
                platform.unlock(descriptor)
        finally:
            os.close(descriptor)

    def load(self, origin: str) -> Grant | Credentials | None:
        """Return what is kept for `origin`, None if there is nothing.

        Raises:
            SignInError: What is kept cannot be read.
        """
        written = self._written(origin)
        if written is None:
            return None
        try:
            return _stored(text(written))
        except DecodingError as error:
            message = f"the credentials for {origin} in {self.where} cannot be read: {error}"
            raise SignInError("", message) from None

    def save(self, origin: str, what: Grant | Credentials) -> None:
        """Keep `what` for `origin`, durably.

        Raises:
            OSError: It could not be written.
        """
        written = json.dumps(_document_of(what))
        # The folder holds the lock, also where the keyring holds the record.
        with _private():
            make_private_folder(self._folder)
        if self._keyring is not None:
            self._keyring.set_password(SERVICE, origin, written)
        else:
            self._write({**self._all(), origin: written})

    def delete(self, origin: str) -> bool:
        """Remove what is kept for `origin`, readable or not; return whether there was anything."""
        if self._written(origin) is None:
            return False
        if self._keyring is not None:
            self._keyring.delete_password(SERVICE, origin)
        else:
            self._write({name: written for name, written in self._all().items() if name != origin})
        return True

    def open_to_others(self) -> str | None:
        """Return what to run if others can read the file, None if they cannot."""
        if self._keyring is not None or not self._file.exists():
            return None
        return f"chmod 600 {self._file}" if stat.S_IMODE(self._file.stat().st_mode) & 0o077 else None

    def _written(self, origin: str) -> object:
        """Return what is written for `origin`, which may be anything; None if there is nothing."""
        return self._all().get(origin) if self._keyring is None else self._keyring.get_password(SERVICE, origin)

    def _all(self) -> dict[str, object]:
        try:
            with _private():
                return record(parse(read_private(self._file)))
        except FileNotFoundError:
            return {}
        except DecodingError as error:
            message = f"{self._file} cannot be read: {error}"
            raise CredentialStoreError("", message, path=str(self._file)) from error

    def _write(self, records: Mapping[str, object]) -> None:
        with _private():
            write_atomically(self._file, json.dumps(records).encode())


@contextmanager
def _private() -> Iterator[None]:
    """Refuse a file or a folder that others may have put there."""
    try:
        yield
    except ForeignFile as error:
        raise SignInError("", error.what, advice=error.advice) from error


class _Keyring:
    """The system's keyring, whose failures are ours."""

    def __init__(self, module: Any) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: str) -> Any:
            try:
                return getattr(self._module, name)(*arguments)
            except Exception as error:  # noqa: BLE001 - every backend has its own; none may quote what it keeps
                message = f"the keyring cannot be used ({type(error).__name__})"
                raise KeyringError("", message) from None

        return call


def _working_keyring(environ: Mapping[str, str]) -> _Keyring | None:
    """Return the system's keyring if there is one that works, and the person did not say otherwise."""
    found = None if environ.get("SDX_NO_KEYRING") else system_keyring()
    return None if found is None else _Keyring(found)
