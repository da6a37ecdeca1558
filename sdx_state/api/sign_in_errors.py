"""Errors of signing in through the browser, and of the credentials that it stores."""

from __future__ import annotations

from sdx_state.api.errors import SurveyDynamixError


class SignInError(SurveyDynamixError):
    """Signing in through the browser, or staying signed in, failed."""

    default_advice = "Sign in again."


class SignInTimeoutError(SignInError):
    """The browser did not come back in time."""


class OAuthUnavailableError(SignInError):
    """The server does not offer OAuth now, which the API reference calls temporarily unavailable."""

    default_advice = "Use an auth token or a personal access token instead."


class CredentialStoreError(SignInError):
    """Stored credentials cannot be read.

    Attributes:
        path: The file.
    """

    default_advice = "Move the file away and sign in again for each host."

    def __init__(self, request: str, message: str, *, path: str) -> None:
        super().__init__(request, message)
        self.path = path


class KeyringError(SignInError):
    """The system's keyring cannot be used."""

    default_advice = "Unlock the keyring, or use a file instead."
