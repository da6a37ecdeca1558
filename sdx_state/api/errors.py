"""What can go wrong with a request, as types that say what the person should do next.

No message holds a credential. Text that came from the server is cut to a length and escaped before it gets here.
"""

from __future__ import annotations

from typing import ClassVar


class SurveyDynamixError(Exception):
    """A request that did not do what it was sent for.

    Attributes:
        request: Verb and path, such as `GET /surveys`; e-mail addresses and telephone numbers are left out. Empty
            if the failure came before any request.
        status: The HTTP status, None if there was no answer.
        advice: What the person should do next.
        ambiguous: A write that may have been carried out, or not: only reading can tell.
    """

    default_advice: ClassVar[str] = "Try again; if it goes on, ask the platform's support."

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


class MissingCredentialsError(SurveyDynamixError):
    """The environment holds no usable credentials. Nothing was sent."""

    default_advice = (
        "Set SDX_CUSTOMER_UUID and SDX_AUTH_TOKEN (admin UI: customer settings, customer credentials), "
        "or SDX_ACCESS_TOKEN."
    )


class InvalidURLError(SurveyDynamixError):
    """The API's address cannot be used. Nothing was sent."""

    default_advice = (
        "Give `api.host` the host that you log in to, such as au1.surveydynamix.com, "
        "or `api.url` an https:// address (http:// only for this machine)."
    )


class SignInError(SurveyDynamixError):
    """Signing in through the browser, or staying signed in, did not work."""

    default_advice = "Run `sdx-state login` again."


class InvalidIdError(SurveyDynamixError):
    """An id that cannot be one of its kind, and so has no place in a path. Nothing was sent."""

    default_advice = "Correct the id in the configuration, or stop managing it: sdx-state state rm ADDRESS"


class InvalidValueError(SurveyDynamixError):
    """A text that a request cannot carry unharmed. Nothing was sent."""

    default_advice = "Take the NUL, or the half of a surrogate pair, out of the text."


class BadRequestError(SurveyDynamixError):
    """400: the server finds the request malformed."""

    default_advice = "Correct the value that the server names; nothing was changed by this request."


class AuthenticationError(SurveyDynamixError):
    """401 or 403. The API answers wrong credentials and missing permission alike (API reference, "Errors")."""

    default_advice = (
        "Check SDX_CUSTOMER_UUID and SDX_AUTH_TOKEN (or SDX_ACCESS_TOKEN, or sign in again: sdx-state login), that "
        "`api.host` is the host you log in to, and that this user may use the API."
    )


class NotFoundError(SurveyDynamixError):
    """404."""

    default_advice = "Check that it still exists, and that host and credentials are of the right tenant."


class MethodNotAllowedError(SurveyDynamixError):
    """405: this endpoint does not take this verb.

    Attributes:
        allowed: The verbs that the answer says are allowed, in upper case; empty if it does not say.
    """

    default_advice = "The server does not take this write: make the change in the admin UI."

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


class ConflictError(SurveyDynamixError):
    """409: a record like it exists, or it is not in a state in which it can be deleted."""

    default_advice = "Look at what is there now (`sdx-state plan`); what has collected answers may not be deletable."


class GoneError(SurveyDynamixError):
    """410: it was deleted."""

    default_advice = "It was deleted in the tenant: look at what is there now (`sdx-state plan`)."


class APIStatusError(SurveyDynamixError):
    """A 4xx status that the API reference does not list."""

    default_advice = "Something between here and the API may have answered: check proxies and `api.host`."


class InternalServerError(SurveyDynamixError):
    """500, or another 5xx that is not 503."""

    default_advice = "The server failed. Wait a little, then look at what is there now (`sdx-state plan`)."


class ServiceUnavailableError(SurveyDynamixError):
    """503 (maintenance) or 429 (too many requests)."""

    default_advice = "The service is busy or under maintenance. Wait, then try again."


class NonAPIResponseError(SurveyDynamixError):
    """Whatever answered is not the API: a page, an empty body, or no JSON where JSON is due."""

    default_advice = (
        "Check `api.host` or SDX_API_URL; a proxy, a login page or a maintenance page may be answering instead."
    )


class RedirectError(NonAPIResponseError):
    """A redirect: never followed, so that credentials go to the named host only."""

    default_advice = "Set `api.host` to the host that you log in to; redirects are never followed."


class ConnectionFailedError(SurveyDynamixError):
    """There was no connection: surely nothing was sent."""

    default_advice = "Check the host name and the network, then try again."


class CertificateError(ConnectionFailedError):
    """The server's TLS certificate cannot be verified. Nothing was sent."""

    default_advice = "Check `api.host`; a proxy that inspects TLS shows a certificate that is not the service's own."


class NoResponseError(SurveyDynamixError):
    """The request was sent, and no complete answer came back."""

    default_advice = "Look at what is there now (`sdx-state plan`) before doing it again."


class InvalidResponseError(SurveyDynamixError):
    """JSON, but not what the API answers: wrong shape, too large, ambiguous or not representable."""

    default_advice = "The API answered what it is not documented to. Report it, with the request that is named here."


class RetryBudgetExhaustedError(SurveyDynamixError):
    """The host failed so often that this run asks it no more."""

    default_advice = "Wait until the service is well again, then try again; what a run has done is remembered."
