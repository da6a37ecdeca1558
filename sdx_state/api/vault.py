"""Storage of credentials, one record for each origin: the keyring, or a private file."""

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
    """Return `what` as a document."""
    if isinstance(what, Grant):
        return {"way": "oauth", "grant": dict(vars(what))}
    if what.customer_uuid is None:
        return {"way": "token", "token": what.token}
    return {"way": "basic", "token": what.token, "uuid": what.customer_uuid}


def _stored(written: str) -> Grant | Credentials:
    """Return the credentials of a document of `_document_of`.

    Raises:
        DecodingError: It is not such a document.
    """
    document = record(parse(written))
    way = member(document, "way", one_of(("oauth", "token", "basic")))
    if way == "oauth":
        return member(document, "grant", grant_of)
    return Credentials(
        member(document, "token", token), member(document, "uuid", customer_uuid) if way == "basic" else None
    )


class Vault:
    """Storage with one record for each origin.

    Args:
        folder: Directory of the lock, and of the file if there is no keyring.
        keyring: A module like `keyring`; None for the file.
    """

    def __init__(self, folder: Path, keyring: Any = None) -> None:
        self._folder = folder
        self._keyring = keyring
        self._file = folder / "credentials.json"

    @classmethod
    def of_this_machine(cls, environ: Mapping[str, str]) -> Vault:
        """Return the vault of this user, in the system keyring if there is a working one.

        Args:
            environ: `SDX_NO_KEYRING` disables the keyring.
        """
        return cls(_folder_of_this_user(), _working_keyring(environ))

    @staticmethod
    def was_used() -> bool:
        """Return False if this user certainly has no credentials stored: `save` makes the directory in any case.

        It is cheap: the libraries of a keyring are slow to import.
        """
        return _folder_of_this_user().exists()

    @property
    def where(self) -> str:
        """The storage, in words."""
        return "the keyring" if self._keyring is not None else str(self._file)

    @contextmanager
    def held(self, *, create: bool = False) -> Iterator[None]:
        """Lock the records for the duration of the block, because a refresh token is valid once.

        Args:
            create: Create the directory first; without one there is nothing to lock.
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
        """Return the record of `origin`, None if there is none.

        Raises:
            SignInError: The record cannot be read.
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
        """Store `what` for `origin`, durably.

        Raises:
            OSError: It could not be written.
        """
        written = json.dumps(_document_of(what))
        # The directory has the lock, also if the keyring has the record.
        with _private():
            make_private_folder(self._folder)
        if self._keyring is not None:
            self._keyring.set_password(SERVICE, origin, written)
        else:
            self._write({**self._all(), origin: written})

    def delete(self, origin: str) -> bool:
        """Remove the record of `origin`, readable or not; return True if there was one."""
        if self._written(origin) is None:
            return False
        if self._keyring is not None:
            self._keyring.delete_password(SERVICE, origin)
        else:
            self._write({name: written for name, written in self._all().items() if name != origin})
        return True

    def open_to_others(self) -> str | None:
        """Return the command that makes the file private, None if it is private."""
        if self._keyring is not None or not self._file.exists():
            return None
        return f"chmod 600 {self._file}" if stat.S_IMODE(self._file.stat().st_mode) & 0o077 else None

    def _written(self, origin: str) -> object:
        """Return the raw record of `origin`, None if there is none."""
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


def _folder_of_this_user() -> Path:
    try:
        from platformdirs import user_config_path
    except ModuleNotFoundError:
        return Path.home() / ".config" / SERVICE
    return user_config_path(SERVICE)


@contextmanager
def _private() -> Iterator[None]:
    """Raise on a file or directory that another user may have created."""
    try:
        yield
    except ForeignFile as error:
        raise SignInError("", error.what, advice=error.advice) from error


class _Keyring:
    """The system keyring, with its failures as `KeyringError`."""

    def __init__(self, module: Any) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: str) -> Any:
            try:
                return getattr(self._module, name)(*arguments)
            except Exception as error:  # noqa: BLE001 - every backend has its own errors, which may contain secrets
                message = f"the keyring failed ({type(error).__name__})"
                raise KeyringError("", message) from None

        return call


def _working_keyring(environ: Mapping[str, str]) -> _Keyring | None:
    """Return the system keyring if there is a working one and it is not disabled."""
    found = None if environ.get("SDX_NO_KEYRING") else system_keyring()
    return None if found is None else _Keyring(found)
