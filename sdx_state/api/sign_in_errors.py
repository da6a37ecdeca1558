"""Errors of sign-in through the browser and of stored credentials."""

from __future__ import annotations

from sdx_state.api.errors import SurveyDynamixError


class SignInError(SurveyDynamixError):
    """Sign-in through the browser, or a renewal of its token, failed."""

    default_advice = "Sign in again."


class SignInTimeoutError(SignInError):
    """The browser did not return in time."""


class OAuthUnavailableError(SignInError):
    """The server does not support OAuth now ("temporarily unavailable" in the API reference)."""

    default_advice = "Use an auth token or a personal access token instead."


class CredentialStoreError(SignInError):
    """Stored credentials cannot be read.

    Attributes:
        path: The file.
    """

    default_advice = "Move the file away, then sign in again for each host."

    def __init__(self, request: str, message: str, *, path: str) -> None:
        super().__init__(request, message)
        self.path = path


class KeyringError(SignInError):
    """The system keyring cannot be used."""

    default_advice = "Unlock the keyring, or use a file instead."
