"""Errors of the API client. The class names the failure; `ambiguous` is True if a write may have been processed.

    SurveyDynamixError
    ├── CredentialsError                   no usable credentials: nothing was sent
    ├── InvalidURLError                    the address cannot be used: nothing was sent
    │   └── UntrustedHostError
    ├── InvalidIdError, InvalidValueError  cannot be put into a request: nothing was sent
    ├── SignInError                        signing in through the browser (`sdx_state.api.sign_in_errors`)
    ├── APIConnectionError                 no complete answer
    │   ├── ConnectionFailedError          nothing was sent
    │   │   └── CertificateError, CAFileError
    │   ├── NoResponseError                sent, and the answer was lost
    │   └── APITimeoutError                ConnectTimeoutError (nothing was sent), ReadTimeoutError (sent)
    ├── APIStatusError                     any 4xx or 5xx
    │   ├── BadRequestError 400, AuthenticationError 401, PermissionDeniedError 403, NotFoundError 404,
    │   │   MethodNotAllowedError 405, ConflictError 409, GoneError 410, RateLimitError 429
    │   └── InternalServerError 5xx, ServiceUnavailableError 503
    ├── APIResponseError                   an answer that cannot be used
    │   ├── NonAPIResponseError            a web page, an empty body, not JSON
    │   │   └── RedirectError              3xx
    │   └── InvalidResponseError           JSON that the API is not documented to answer
    └── RetryBudgetExhaustedError          too many requests failed: no more are sent for now

No message contains a credential. Text that came from the server is cut to a length and escaped before it gets here.
The advice is for callers in Python; the command line has its own (`sdx_state.report.advice`).
"""

from __future__ import annotations

import copyreg
from typing import Any, ClassVar


class SurveyDynamixError(Exception):
    """Base of all errors of this client.

    Attributes:
        request: Verb and path, such as `GET /surveys`, without email addresses and phone numbers. Empty if the
            failure came before any request.
        status: HTTP status of the answer; None if there was none.
        advice: What the caller can do next.
        ambiguous: True if a write may have been processed: only reading can tell.
    """

    default_advice: ClassVar[str] = "Try again; if it keeps failing, contact the platform's support."

    def __init__(
        self,
        request: str,
        message: str,
        *,
        status: int | None = None,
        advice: str | None = None,
        ambiguous: bool = False,
    ) -> None:
        super().__init__(f"{request}: {message}" if request else message)
        self.request = request
        self.status = status
        self.advice = self.default_advice if advice is None else advice
        self.ambiguous = ambiguous

    def __reduce__(self) -> tuple[Any, ...]:
        # By default, pickle rebuilds an exception from `args`, which are not the arguments of these classes, and a
        # process pool that cannot rebuild one breaks.
        return copyreg.__newobj__, (type(self), *self.args), dict(self.__dict__)  # type: ignore[attr-defined]  # not in the stub


class CredentialsError(SurveyDynamixError):
    """Credentials are missing, or cannot be sent. Nothing was sent."""

    default_advice = (
        "Pass `customer_uuid` and `auth_token` (admin UI: customer settings, customer credentials), or `token`."
    )


class InvalidURLError(SurveyDynamixError):
    """The address of the API cannot be used. Nothing was sent."""

    default_advice = (
        "Pass the host that you log in to, such as au1.surveydynamix.com, as `host`, "
        "or an https:// address as `url` (http:// only for this machine)."
    )


class UntrustedHostError(InvalidURLError):
    """The credentials of the environment were not given for this host. Nothing was sent.

    Attributes:
        url: The address of the API.
    """

    default_advice = "Pass the credentials together with the host that they belong to."

    def __init__(self, request: str, message: str, *, url: str) -> None:
        super().__init__(request, message)
        self.url = url


class InvalidIdError(SurveyDynamixError):
    """An id, email address, phone number or country code that cannot be one. Nothing was sent."""

    default_advice = "Correct the id."


class InvalidValueError(SurveyDynamixError):
    """A text that a request cannot carry unchanged. Nothing was sent."""

    default_advice = "Remove the NUL, or the half of a surrogate pair, from the text."


class APIConnectionError(SurveyDynamixError):
    """There was no complete answer."""

    default_advice = "Check the host name and the network, then try again."


class ConnectionFailedError(APIConnectionError):
    """There was no connection: certainly nothing was sent."""


class CertificateError(ConnectionFailedError):
    """The server's TLS certificate cannot be verified. Nothing was sent."""

    default_advice = (
        "Check the host; a proxy that inspects TLS shows a certificate that is not the service's own. "
        "To trust that proxy, pass its certificates as `ca_file`."
    )


class CAFileError(CertificateError):
    """`ca_file` contains no readable certificates. Nothing was sent."""

    default_advice = "Pass a file with PEM certificates."


class NoResponseError(APIConnectionError):
    """The request was sent, and no complete answer came back. A write may have been processed (`ambiguous`)."""

    default_advice = "Read the current data before sending it again."


class APITimeoutError(APIConnectionError):
    """A timeout: `ConnectTimeoutError` or `ReadTimeoutError`."""


class ConnectTimeoutError(ConnectionFailedError, APITimeoutError):
    """There was no connection within the timeout: certainly nothing was sent."""


class ReadTimeoutError(NoResponseError, APITimeoutError):
    """The request was sent, and no complete answer came within the timeout."""


class APIStatusError(SurveyDynamixError):
    """The answer has an error status. This class itself is a 4xx that the API reference does not list."""

    default_advice = "Something between here and the API may have answered: check the proxies and the host."


class BadRequestError(APIStatusError):
    """400: the server considers the request malformed."""

    default_advice = "Correct the value that the server names; nothing was changed by this request."


class AuthenticationError(APIStatusError):
    """401: wrong credentials, or no permission.

    The API answers 401 to both (API reference, "Errors"), so this is the error of a user without permission, too.
    """

    default_advice = (
        "Check the credentials, that the host is the one you log in to, and that this user may use the API."
    )


class PermissionDeniedError(APIStatusError):
    """403. The API reference has no 403: a proxy or a newer server may answer it."""

    default_advice = "Check that this user may use the API, and that no proxy blocks the request."


class NotFoundError(APIStatusError):
    """404: there is no such resource."""

    default_advice = "Check that it still exists, and that host and credentials belong to the right tenant."


class MethodNotAllowedError(APIStatusError):
    """405: this endpoint does not allow this verb.

    Attributes:
        allowed: The verbs that the answer lists as allowed, in upper case; empty if it lists none.
    """

    default_advice = "The API does not support this write: make the change in the admin UI."

    def __init__(
        self,
        request: str,
        message: str,
        *,
        status: int | None = None,
        advice: str | None = None,
        ambiguous: bool = False,
        allowed: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__(request, message, status=status, advice=advice, ambiguous=ambiguous)
        self.allowed = allowed


class ConflictError(APIStatusError):
    """409: a resource like it exists, or it is not in a state in which it can be deleted."""

    default_advice = "Read the current data. A resource with collected responses may not be deletable."


class GoneError(APIStatusError):
    """410: it was deleted."""

    default_advice = "It was deleted in the tenant."


class RateLimitError(APIStatusError):
    """429: too many requests. This one was certainly not processed."""

    default_advice = "Wait, then try again with fewer requests at a time."


class InternalServerError(APIStatusError):
    """500, or another 5xx that is not 503. A write may have been processed (`ambiguous`)."""

    default_advice = "The server failed. Wait, then read the current data before sending it again."


class ServiceUnavailableError(APIStatusError):
    """503: busy or under maintenance. The request may have been processed: a write is `ambiguous`."""

    default_advice = "The service is busy or under maintenance. Wait, then try again."


class APIResponseError(SurveyDynamixError):
    """An answer came, and cannot be used."""


class NonAPIResponseError(APIResponseError):
    """Something other than the API answered: a web page, an empty body, or no JSON where JSON is expected."""

    default_advice = "Check the host; a proxy, a login page or a maintenance page may be answering instead."


class RedirectError(NonAPIResponseError):
    """3xx. Redirects are never followed, so that credentials go to the given host only."""

    default_advice = "Use the host that you log in to; redirects are never followed."


class InvalidResponseError(APIResponseError):
    """JSON, but not what the API is documented to answer: wrong shape, too large, or a filter was ignored."""

    default_advice = (
        "The API answered something that its reference does not document. Report it, together with the request."
    )


class RetryBudgetExhaustedError(SurveyDynamixError):
    """Too many requests failed, so no more are sent for now. This one was not sent, or not retried."""

    default_advice = "Wait until the service has recovered, then try again."
