"""The API's address: one origin, named by the user, that the credentials belong to."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from sdx_state.api.errors import InvalidURLError, UntrustedHostError

API_PATH = "/api"  # API reference: "https://surveydynamix.com/api" + the resource's URI
DEFAULT_PORTS = {"https": 443, "http": 80}

# API reference: the base URL, with regional hosts in front of it (`us2`, `au1`, `eu1`, `ca1`, `demo`). A public
# client also knows `us3`, and the bare domain as region `us1`.
VENDOR = "surveydynamix.com"

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*")


@dataclass(frozen=True)
class BaseUrl:
    """Where the API is. Made by `base_url`, which checks it.

    Attributes:
        origin: Scheme, host and, unless it is the scheme's own, port: what credentials are bound to.
        host: The host alone, in lower case, an IPv6 address without its brackets.
        path: What stands before the resource's URI, without a slash at its end.
    """

    origin: str
    host: str
    path: str

    def __str__(self) -> str:
        return self.origin + self.path

    @property
    def secure(self) -> bool:
        """Whether it is HTTPS."""
        return self.origin.startswith("https:")


def base_url(host: str | None, url: str | None) -> BaseUrl:
    """Return the address of the API.

    Args:
        host: A host name, such as `au1.surveydynamix.com`, that serves the API under `/api`.
        url: The whole address, which counts if both are given; `http` for this machine's loopback only.

    Raises:
        InvalidURLError: Neither is given, or it is not an address that credentials may be sent to.
    """
    if url:
        return _from_url(url)
    if not host:
        raise InvalidURLError("", "no API host is named")
    if not set("/:@?#\\").isdisjoint(host):
        raise InvalidURLError("", "the host must be a host name alone; a whole address is a URL")
    return _from_url(f"https://{host}{API_PATH}")


def require_trusted(base: BaseUrl, named_outside: str | None) -> None:
    """Let credentials go to the vendor, to this machine, and to the origin that their owner names; nowhere else.

    A project file may be anybody's proposal: a host that stands in it alone is sent nothing.

    Args:
        base: Where requests would go.
        named_outside: The address that the environment names, beside the credentials.

    Raises:
        UntrustedHostError: The origin is none of these. Nothing was sent.
    """
    if base.host == VENDOR or base.host.endswith(f".{VENDOR}") or _is_loopback(base.host):
        return
    outside = _from_url(named_outside).origin if named_outside else None
    if base.origin != outside:
        raise UntrustedHostError(
            "",
            f"the API's address is {base.origin}, and the credentials are for "
            f"{outside or f'https://{VENDOR} and its regional hosts'}: nothing was sent",
            url=str(base),
        )


def on_this_machine(origin: str) -> bool:
    """Tell whether `origin`, scheme and host, is this machine's own."""
    return _is_loopback(urlsplit(origin).hostname or "")


def shown_host(host: str) -> str:
    """Return `host` as an address spells it: IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _from_url(url: str) -> BaseUrl:
    # urlsplit drops tabs and line ends unseen, so look before it does.
    if "\\" in url or any(character.isspace() or not character.isprintable() for character in url):
        raise InvalidURLError("", "the API's address holds a backslash, a blank or a control character")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise InvalidURLError("", "the API's address cannot be read: host or port is malformed") from None
    if parts.scheme not in DEFAULT_PORTS:
        raise InvalidURLError("", "the API's address must begin with https://")
    if "@" in parts.netloc:
        raise InvalidURLError("", "the API's address must not hold a user name or password")
    if "?" in url or "#" in url:
        raise InvalidURLError("", "the API's address must not have a query or a fragment")
    if port == 0:
        raise InvalidURLError("", "port 0 cannot be connected to")
    loopback = _check_host(host)
    if parts.scheme == "http" and not loopback:
        raise InvalidURLError("", f"http:// would send the credentials in clear to {host}: use https://")
    path = parts.path.rstrip("/")
    if not _PATH.fullmatch(path) or {".", ".."} & set(path.split("/")):
        raise InvalidURLError("", "the path of the API's address may hold plain names only")
    shown = shown_host(host)
    if port is not None and port != DEFAULT_PORTS[parts.scheme]:
        shown += f":{port}"
    return BaseUrl(f"{parts.scheme}://{shown}", host, path)


def _check_host(host: str) -> bool:
    """Return whether `host` is this machine.

    Raises:
        InvalidURLError: It is no plain host name. A number in any notation is refused unless it is a loopback
            address: nobody can vouch for a certificate of an address.
    """
    if not host:
        raise InvalidURLError("", "the API's address has no host")
    if not host.isascii():
        raise InvalidURLError(
            "", f"the host is not ASCII; in ASCII it is {_punycode(host)}, which may not be what it looks like"
        )
    if "%" in host:
        raise InvalidURLError("", "the host must not be percent-encoded")
    try:
        if ipaddress.ip_address(host).is_loopback:
            return True
    except ValueError:
        pass
    else:
        raise InvalidURLError("", f"{host} is an IP address: name the host")
    if host.endswith("."):
        raise InvalidURLError("", "the host must not end with a dot")
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels) or _NUMBER.fullmatch(labels[-1]):
        raise InvalidURLError("", "the host is not a host name")
    return host == "localhost"


def _punycode(host: str) -> str:
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host.encode("ascii", "backslashreplace").decode("ascii")
