"""Addresses, methods and credentials of an HTTP state."""

from __future__ import annotations

import pytest

from sdx_state.state.http_requests import http_settings, sender
from sdx_state.state.store import StoreError, StoreRefused

ADDRESS = "https://gitlab.example/api/v4/projects/7/terraform/state/surveys"


def test_methods_and_addresses_are_those_of_gitlab_gitea_and_forgejo_unless_given():
    found = http_settings({"address": ADDRESS}, {})
    assert (found.lock, found.unlock, found.update) == (
        ("POST", f"{ADDRESS}/lock"),
        ("DELETE", f"{ADDRESS}/lock"),
        "POST",
    )
    assert (found.user, found.password) == ("", "")


def test_environment_variables_of_terraform_win():
    other = "https://state.example/x"
    found = http_settings(
        {"address": ADDRESS},
        {
            "TF_HTTP_ADDRESS": other,
            "TF_HTTP_LOCK_ADDRESS": f"{other}/l",
            "TF_HTTP_UNLOCK_ADDRESS": f"{other}/u",
            "TF_HTTP_LOCK_METHOD": "LOCK",
            "TF_HTTP_UNLOCK_METHOD": "UNLOCK",
            "TF_HTTP_UPDATE_METHOD": "PUT",
            "TF_HTTP_USERNAME": "joe",
            "TF_HTTP_PASSWORD": "secret",
        },
    )
    assert (found.address, found.lock, found.unlock) == (other, ("LOCK", f"{other}/l"), ("UNLOCK", f"{other}/u"))
    assert (found.update, found.user, found.password) == ("PUT", "joe", "secret")
    assert "secret" not in repr(found)


@pytest.mark.parametrize(("host", "user"), [("gitlab.example", "gitlab-ci-token"), ("other.example", ""), ("", "")])
def test_token_of_the_job_goes_to_its_own_server_only(host, user):
    found = http_settings({"address": ADDRESS}, {"CI_JOB_TOKEN": "glcbt-secret", "CI_SERVER_HOST": host})
    assert found.user == user
    assert (found.password == "glcbt-secret") == bool(user)


@pytest.mark.parametrize(
    "address",
    [
        "http://gitlab.example/x",
        "ftp://x",
        "gitlab.example/x",
        "https://",
        "https://joe:secret@gitlab.example/x",
        "http://[",
        "",
    ],
)
def test_addresses_without_encryption_or_with_credentials_are_refused(address):
    with pytest.raises(StoreRefused) as refused:
        http_settings({"address": address}, {})
    assert "secret" not in str(refused.value)


def test_server_that_does_not_answer_is_named_without_credentials_or_query():
    settings = http_settings(
        {"address": "http://127.0.0.1:1/x?token=hidden"}, {"TF_HTTP_USERNAME": "joe", "TF_HTTP_PASSWORD": "secret"}
    )
    with pytest.raises(StoreError) as failed:
        sender(settings)("GET", settings.address, {}, None)
    assert "127.0.0.1:1/x" in str(failed.value)
    assert not any(one in str(failed.value) for one in ("hidden", "secret"))
