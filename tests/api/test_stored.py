"""Credentials that are stored on this machine are looked for only where some may be."""

from __future__ import annotations

import pytest

from sdx_state.api import vault
from sdx_state.api.address import base_url
from sdx_state.api.credentials import Credentials, CredentialsError
from sdx_state.api.stored import find_credentials
from sdx_state.api.vault import Vault

BASE = base_url("demo.surveydynamix.com", None)


@pytest.fixture
def keyring(monkeypatch, tmp_path):
    """A keyring that notes how often it is looked for, and a user without a directory of credentials."""
    looked: list[None] = []
    monkeypatch.setattr(vault, "_folder_of_this_user", lambda: tmp_path / "sdx-state")
    monkeypatch.setattr(vault, "system_keyring", lambda: looked.append(None))
    return looked


def test_no_keyring_is_loaded_for_a_user_who_never_stored_credentials(keyring):
    """Its libraries take longer to import than all else of a failing plan."""
    with pytest.raises(CredentialsError):
        find_credentials(BASE, {})
    assert keyring == []


def test_the_keyring_is_asked_once_credentials_were_stored(keyring):
    Vault.of_this_machine({}).save(BASE.origin, Credentials("t0ken"))
    assert find_credentials(BASE, {}).credentials == Credentials("t0ken")
    assert len(keyring) == 2
