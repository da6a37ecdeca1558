"""Where credentials are stored, a record for each origin: the keyring, or a file of its user alone."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sdx_state.api.credentials import Credentials
from sdx_state.api.oauth import Grant, customer_uuid, grant_of, token
from sdx_state.api.sign_in_errors import CredentialStoreError, KeyringError, SignInError
from sdx_state.decoding.strict import DecodingError, parse
from sdx_state.decoding.typed import member, one_of, record, text
from sdx_state.programs.keyrings import system_keyring
from sdx_state.state import platform
from sdx_state.state.errors import ForeignFile
from sdx_state.state.files import make_private_folder, open_folder, read_private, write_atomically

SERVICE = "sdx-state"


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
