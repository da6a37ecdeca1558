"""Survey configuration as code for Survey Dynamix, and a typed client of its API."""

TYPE_CHECKING = False  # type checkers know this name; importing typing would cost more than all of the rest
if TYPE_CHECKING:
    from sdx_state.api import (
        APIConnectionError,
        APIResponseError,
        APIStatusError,
        APITimeoutError,
        AuthenticationError,
        BadRequestError,
        CAFileError,
        CertificateError,
        Client,
        ConflictError,
        ConnectionFailedError,
        ConnectTimeoutError,
        Credentials,
        CredentialsError,
        CredentialStoreError,
        GoneError,
        Interaction,
        InteractionDatum,
        InternalServerError,
        InvalidIdError,
        InvalidResponseError,
        InvalidURLError,
        InvalidValueError,
        KeyringError,
        MethodNotAllowedError,
        NonAPIResponseError,
        NoResponseError,
        NotFoundError,
        OAuthUnavailableError,
        PermissionDeniedError,
        PhoneNumber,
        Prompt,
        Question,
        RateLimitError,
        ReadTimeoutError,
        RedirectError,
        Response,
        ResponseOption,
        RetryBudgetExhaustedError,
        ServiceUnavailableError,
        SignInError,
        SignInTimeoutError,
        Survey,
        SurveyDynamixError,
        Turn,
        UntrustedHostError,
        User,
    )

__all__ = [
    "APIConnectionError",
    "APIResponseError",
    "APIStatusError",
    "APITimeoutError",
    "AuthenticationError",
    "BadRequestError",
    "CAFileError",
    "CertificateError",
    "Client",
    "ConflictError",
    "ConnectTimeoutError",
    "ConnectionFailedError",
    "CredentialStoreError",
    "Credentials",
    "CredentialsError",
    "GoneError",
    "Interaction",
    "InteractionDatum",
    "InternalServerError",
    "InvalidIdError",
    "InvalidResponseError",
    "InvalidURLError",
    "InvalidValueError",
    "KeyringError",
    "MethodNotAllowedError",
    "NoResponseError",
    "NonAPIResponseError",
    "NotFoundError",
    "OAuthUnavailableError",
    "PermissionDeniedError",
    "PhoneNumber",
    "Prompt",
    "Question",
    "RateLimitError",
    "ReadTimeoutError",
    "RedirectError",
    "Response",
    "ResponseOption",
    "RetryBudgetExhaustedError",
    "ServiceUnavailableError",
    "SignInError",
    "SignInTimeoutError",
    "Survey",
    "SurveyDynamixError",
    "Turn",
    "UntrustedHostError",
    "User",
    "__version__",
]

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    # Imported when it is first used, so that `sdx-state --version` waits for nothing.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found: object = getattr(import_module("sdx_state.api"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
