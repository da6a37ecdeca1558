"""The API's address: one origin, named by the user, that the credentials belong to."""

from __future__ import annotations

from sdx_state.api.errors import InvalidURLError, UntrustedHostError
from sdx_state.model import urls
from sdx_state.model.urls import VENDOR, BaseUrl, UnusableUrl, is_trusted


def base_url(host: str | None, url: str | None) -> BaseUrl:
    """Return the address of the API.

    Args:
        host: A host name, such as `au1.surveydynamix.com`, that serves the API under `/api`.
        url: The whole address, which counts if both are given; `http` for this machine's loopback only.

    Raises:
        InvalidURLError: Neither is given, or it is not an address that credentials may be sent to.
    """
    try:
        return urls.base_url(host, url)
    except UnusableUrl as error:
        raise InvalidURLError("", str(error)) from None


def require_trusted(base: BaseUrl, named_outside: str | None) -> None:
    """Let credentials go to the vendor, to this machine, and to the origin that their owner names; nowhere else.

    Args:
        base: Where requests would go.
        named_outside: The address that the environment names, beside the credentials.

    Raises:
        InvalidURLError: The environment names no address that credentials may be sent to.
        UntrustedHostError: The origin is none of these. Nothing was sent.
    """
    outside = base_url(None, named_outside) if named_outside and not is_trusted(base, None) else None
    if not is_trusted(base, outside):
        belongs_to = outside.origin if outside is not None else f"https://{VENDOR} and its regional hosts"
        raise UntrustedHostError(
            "",
            f"the API's address is {base.origin}, and the credentials are for {belongs_to}: nothing was sent",
            url=str(base),
        )
