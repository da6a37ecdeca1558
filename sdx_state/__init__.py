"""Survey configuration as code for Survey Dynamix: `Project` plans and applies it, `Client` is the API with types."""

from sdx_state.version import __version__

TYPE_CHECKING = False  # type checkers know this name; importing typing would cost more than all of the rest
if TYPE_CHECKING:
    from sdx_state.api.client import Client
    from sdx_state.api.credentials import Credentials
    from sdx_state.api.errors import (
        APIConnectionError,
        APIResponseError,
        APIStatusError,
        APITimeoutError,
        AuthenticationError,
        BadRequestError,
        CAFileError,
        CertificateError,
        ConflictError,
        ConnectionFailedError,
        ConnectTimeoutError,
        CredentialsError,
        GoneError,
        InternalServerError,
        InvalidIdError,
        InvalidResponseError,
        InvalidURLError,
        InvalidValueError,
        MethodNotAllowedError,
        NonAPIResponseError,
        NoResponseError,
        NotFoundError,
        PermissionDeniedError,
        RateLimitError,
        ReadTimeoutError,
        RedirectError,
        RetryBudgetExhaustedError,
        ServiceUnavailableError,
        SurveyDynamixError,
        UntrustedHostError,
    )
    from sdx_state.api.records import (
        Interaction,
        InteractionDatum,
        PhoneNumber,
        Prompt,
        Question,
        Response,
        ResponseOption,
        Survey,
        Turn,
        User,
    )
    from sdx_state.api.sign_in_errors import (
        CredentialStoreError,
        KeyringError,
        OAuthUnavailableError,
        SignInError,
        SignInTimeoutError,
    )
    from sdx_state.app.opening import SandboxUnusable
    from sdx_state.app.project import Project
    from sdx_state.app.tenant import UnprovenTenant, WrongTenant
    from sdx_state.apply.approval import ApprovedPlan, PlanStale, Refused
    from sdx_state.apply.outcome import ApplyResult, Outcome
    from sdx_state.apply.review import Review
    from sdx_state.config.errors import ConfigurationError
    from sdx_state.live import TooMuchMissing
    from sdx_state.state.errors import StateError, StateLocked

__all__ = [
    "APIConnectionError",
    "APIResponseError",
    "APIStatusError",
    "APITimeoutError",
    "ApplyResult",
    "ApprovedPlan",
    "AuthenticationError",
    "BadRequestError",
    "CAFileError",
    "CertificateError",
    "Client",
    "ConfigurationError",
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
    "Outcome",
    "PermissionDeniedError",
    "PhoneNumber",
    "PlanStale",
    "Project",
    "Prompt",
    "Question",
    "RateLimitError",
    "ReadTimeoutError",
    "RedirectError",
    "Refused",
    "Response",
    "ResponseOption",
    "RetryBudgetExhaustedError",
    "Review",
    "SandboxUnusable",
    "ServiceUnavailableError",
    "SignInError",
    "SignInTimeoutError",
    "StateError",
    "StateLocked",
    "Survey",
    "SurveyDynamixError",
    "TooMuchMissing",
    "Turn",
    "UnprovenTenant",
    "UntrustedHostError",
    "User",
    "WrongTenant",
    "__version__",
]


# Where each name is; the others are errors of the API, in `sdx_state.api.errors`.
_WHERE = {
    "ApplyResult": "sdx_state.apply.outcome",
    "ApprovedPlan": "sdx_state.apply.approval",
    "Client": "sdx_state.api.client",
    "ConfigurationError": "sdx_state.config.errors",
    "CredentialStoreError": "sdx_state.api.sign_in_errors",
    "Credentials": "sdx_state.api.credentials",
    "Interaction": "sdx_state.api.records",
    "InteractionDatum": "sdx_state.api.records",
    "KeyringError": "sdx_state.api.sign_in_errors",
    "OAuthUnavailableError": "sdx_state.api.sign_in_errors",
    "Outcome": "sdx_state.apply.outcome",
    "PhoneNumber": "sdx_state.api.records",
    "PlanStale": "sdx_state.apply.approval",
    "Project": "sdx_state.app.project",
    "Prompt": "sdx_state.api.records",
    "Question": "sdx_state.api.records",
    "Refused": "sdx_state.apply.approval",
    "Response": "sdx_state.api.records",
    "ResponseOption": "sdx_state.api.records",
    "Review": "sdx_state.apply.review",
    "SandboxUnusable": "sdx_state.app.opening",
    "SignInError": "sdx_state.api.sign_in_errors",
    "SignInTimeoutError": "sdx_state.api.sign_in_errors",
    "StateError": "sdx_state.state.errors",
    "StateLocked": "sdx_state.state.errors",
    "Survey": "sdx_state.api.records",
    "TooMuchMissing": "sdx_state.live",
    "Turn": "sdx_state.api.records",
    "UnprovenTenant": "sdx_state.app.tenant",
    "User": "sdx_state.api.records",
    "WrongTenant": "sdx_state.app.tenant",
}


def __getattr__(name: str) -> object:
    # Imported when it is first used, so that `sdx-state --version` waits for nothing.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found: object = getattr(import_module(_WHERE.get(name, "sdx_state.api.errors")), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
