"""Survey configuration as code for Survey Dynamix: `Project` plans and applies it, `Client` is the API with types."""

from sdx_state.version import __version__

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
    from sdx_state.app.opening import SandboxUnusable
    from sdx_state.app.project import Project
    from sdx_state.app.tenant import UnprovenTenant, WrongTenant
    from sdx_state.apply.approval import ApprovedPlan, PlanStale, Refused
    from sdx_state.apply.outcome import ApplyResult, Outcome
    from sdx_state.apply.review import Review
    from sdx_state.config import ConfigurationError
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


# Where the names of the tool are; all others are in `sdx_state.api`.
_TOOL = {
    "ApplyResult": "sdx_state.apply.outcome",
    "ApprovedPlan": "sdx_state.apply.approval",
    "ConfigurationError": "sdx_state.config",
    "Outcome": "sdx_state.apply.outcome",
    "PlanStale": "sdx_state.apply.approval",
    "Project": "sdx_state.app.project",
    "Refused": "sdx_state.apply.approval",
    "Review": "sdx_state.apply.review",
    "SandboxUnusable": "sdx_state.app.opening",
    "StateError": "sdx_state.state.errors",
    "StateLocked": "sdx_state.state.errors",
    "TooMuchMissing": "sdx_state.live",
    "UnprovenTenant": "sdx_state.app.tenant",
    "WrongTenant": "sdx_state.app.tenant",
}


def __getattr__(name: str) -> object:
    # Imported when it is first used, so that `sdx-state --version` waits for nothing.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found: object = getattr(import_module(_TOOL.get(name, "sdx_state.api")), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
