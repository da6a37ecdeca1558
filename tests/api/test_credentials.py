"""Credentials from the environment, which are never shown."""

from __future__ import annotations

import pickle

import pytest

from sdx_state.api.credentials import Credentials, credentials_from
from sdx_state.api.errors import CredentialsError
from sdx_state.report.advice import advice_for

UUID, TOKEN = "5f0c0d5e-0000-4000-8000-000000000001", "t0ken-with-signs+/="


def test_customer_and_auth_token_make_basic_credentials() -> None:
    credentials = credentials_from({"SDX_CUSTOMER_UUID": f" {UUID}\n", "SDX_AUTH_TOKEN": f"{TOKEN}\n"})
    assert credentials == Credentials(TOKEN, UUID)
    assert credentials.header.startswith("Basic ")


def test_access_token_gives_bearer_credentials_without_customer() -> None:
    credentials = credentials_from({"SDX_ACCESS_TOKEN": TOKEN})
    assert credentials.header == f"Bearer {TOKEN}"
    assert credentials.customer_uuid is None


def test_complete_pair_takes_precedence_over_access_token() -> None:
    environ = {"SDX_CUSTOMER_UUID": UUID, "SDX_AUTH_TOKEN": TOKEN, "SDX_ACCESS_TOKEN": "other"}
    assert credentials_from(environ).customer_uuid == UUID


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({}, "SDX_CUSTOMER_UUID and SDX_AUTH_TOKEN are missing"),
        ({"SDX_CUSTOMER_UUID": UUID}, "SDX_AUTH_TOKEN is missing"),
        ({"SDX_AUTH_TOKEN": TOKEN}, "SDX_CUSTOMER_UUID is missing"),
        ({"SDX_CUSTOMER_UUID": "  ", "SDX_AUTH_TOKEN": TOKEN}, "SDX_CUSTOMER_UUID is missing"),
        ({"SDX_CUSTOMER_UUID": "a:b", "SDX_AUTH_TOKEN": TOKEN}, "not a UUID"),
        (
            {"SDX_CUSTOMER_UUID": UUID, "SDX_AUTH_TOKEN": f"{TOKEN}\r\nX-Evil: 1"},
            "a character that is not allowed in tokens",
        ),
        ({"SDX_ACCESS_TOKEN": f"{TOKEN} {TOKEN}"}, "a character that is not allowed in tokens"),
    ],
)
def test_missing_or_invalid_variables_are_named_without_values(environ: dict[str, str], named: str) -> None:
    with pytest.raises(CredentialsError, match=named) as caught:
        credentials_from(environ)
    assert TOKEN not in str(caught.value)
    assert "SDX_ACCESS_TOKEN" in advice_for(caught.value)


def test_texts_of_credentials_do_not_contain_the_token() -> None:
    for credentials in (Credentials(TOKEN, UUID), Credentials(TOKEN)):
        for text in (repr(credentials), str(credentials), f"{credentials}"):
            assert TOKEN not in text
            assert credentials.header not in text
        assert pickle.loads(pickle.dumps(credentials)) == credentials  # noqa: S301  # our own bytes
