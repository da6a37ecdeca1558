"""Advice on API errors at the command line, in one table by error type."""

from __future__ import annotations

from sdx_state.api import errors as e
from sdx_state.api import sign_in_errors
from sdx_state.apply.outcome import Outcome

_OTHER_WAYS = (
    "The reference calls OAuth temporarily unavailable. Without it: sdx-state login --with basic, or --with token."
)

# The entry of the nearest class counts. `{name}` is an attribute of the error.
ADVICE: dict[type[e.SurveyDynamixError], str] = {
    e.CredentialsError: (
        "Set SDX_CUSTOMER_UUID and SDX_AUTH_TOKEN (admin UI: customer settings, customer credentials), "
        "or SDX_ACCESS_TOKEN. Or sign in once: sdx-state login"
    ),
    e.InvalidURLError: (
        "Set `api.host` to the host that you log in to, such as au1.surveydynamix.com, "
        "or `api.url` to an https:// address (http:// only for this machine)."
    ),
    e.UntrustedHostError: (
        "The project file names that host. If the credentials belong to it, say so beside them: SDX_API_URL={url}"
    ),
    sign_in_errors.SignInError: "Run `sdx-state login` again.",
    sign_in_errors.SignInTimeoutError: f"Sign in again: sdx-state login. If its page shows an error: {_OTHER_WAYS}",
    sign_in_errors.OAuthUnavailableError: _OTHER_WAYS,
    sign_in_errors.CredentialStoreError: "Move {path} away, then run `sdx-state login` again for each host.",
    sign_in_errors.KeyringError: "Unlock it, or set SDX_NO_KEYRING=1 and sign in again to use a file.",
    e.InvalidIdError: "Correct the id in the configuration, or stop managing it: sdx-state state rm ADDRESS",
    e.CertificateError: (
        "Check `api.host`; a proxy that inspects TLS shows a certificate that is not the service's own. "
        "To trust that proxy, name its certificates in SDX_CA_FILE."
    ),
    e.CAFileError: "Name a file of certificates in PEM, or unset SDX_CA_FILE.",
    e.NoResponseError: "See what is there now before doing it again: sdx-state plan",
    e.APIStatusError: "Something between here and the API may have answered: check proxies and `api.host`.",
    e.AuthenticationError: (
        "Check SDX_CUSTOMER_UUID and SDX_AUTH_TOKEN (or SDX_ACCESS_TOKEN, or sign in again: sdx-state login), that "
        "`api.host` is the host you log in to, and that this user may use the API."
    ),
    e.PermissionDeniedError: (
        "Check that this user may use the API, that `api.host` is the host you log in to, and whether a proxy "
        "refuses the request."
    ),
    e.ConflictError: "See what is there now: sdx-state plan. What has collected responses may not be deletable.",
    e.GoneError: "It was deleted in the tenant. See what is there now: sdx-state plan",
    e.InternalServerError: "The server failed. Wait, then see what is there now: sdx-state plan",
    e.NonAPIResponseError: (
        "Check `api.host` or SDX_API_URL; a proxy, a login page or a maintenance page may be answering instead."
    ),
    e.RedirectError: "Set `api.host` to the host that you log in to; redirects are never followed.",
    e.RetryBudgetExhaustedError: (
        "Wait until the service has recovered, then run the command again; it knows what was done."
    ),
}


def advice_for(error: e.SurveyDynamixError) -> str:
    """Return what to do about `error`: its own advice if it has one for this very case, else that of its type."""
    if error.advice != error.default_advice:
        return error.advice
    for kind in type(error).__mro__:
        if kind in ADVICE:
            return ADVICE[kind].format_map(vars(error))
        if "default_advice" in vars(kind):
            break  # what the type itself says is nearer than the entry of a base class
    return error.advice


def advice_on(outcome: Outcome) -> str:
    """Return what to do about what became of a change; empty if there is nothing to do."""
    return outcome.advice or (advice_for(outcome.error) if outcome.error is not None else "")
