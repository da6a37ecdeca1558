"""Address of the API: one origin, to which the credentials belong."""

from __future__ import annotations

from sdx_state.api.errors import InvalidURLError, UntrustedHostError
from sdx_state.model import urls
from sdx_state.model.urls import VENDOR, BaseUrl, UnusableUrl, is_trusted


def base_url(host: str | None, url: str | None) -> BaseUrl:
    """Return the address of the API.

    Args:
        host: A host name, such as `au1.surveydynamix.com`, that serves the API under `/api`.
        url: The full URL, which takes precedence over `host`; `http` only for loopback.

    Raises:
        InvalidURLError: Neither is given, or credentials may not be sent to it.
    """
    try:
        return urls.base_url(host, url)
    except UnusableUrl as error:
        raise InvalidURLError("", str(error)) from None


def require_trusted(base: BaseUrl, named_outside: str | None) -> None:
    """Allow credentials only for the vendor, this machine, and the origin that the environment names.

    Args:
        base: Address of the requests.
        named_outside: The API address in the environment, beside the credentials.

    Raises:
        InvalidURLError: Credentials may not be sent to the address in the environment.
        UntrustedHostError: The origin is none of these. Nothing was sent.
    """
    outside = base_url(None, named_outside) if named_outside and not is_trusted(base, None) else None
    if not is_trusted(base, outside):
        belongs_to = outside.origin if outside is not None else f"https://{VENDOR} and its regional hosts"
        raise UntrustedHostError(
            "",
            f"the API address is {base.origin}, but the credentials are for {belongs_to}: nothing was sent",
            url=str(base),
        )
