"""URLs: which one the API may have, which host credentials may go to, and how parts of a URL are put together.

Reads no environment and sends nothing.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

API_PATH = "/api"  # API reference: "https://surveydynamix.com/api" + the resource's URI

# API reference: the base URL, with regional hosts in front of it (`us2`, `au1`, `eu1`, `ca1`, `demo`). A public
# client also knows `us3`, and the bare domain as region `us1`.
VENDOR = "surveydynamix.com"

_DEFAULT_PORTS = {"https": 443, "http": 80}
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*")
_RESERVED = "/:?#[]@!$&'()*+,;=%~"  # characters with a meaning in a URL, which whoever writes one may use


class UnusableUrl(ValueError):
    """A URL cannot be that of the API; the message says why, in words that follow no name."""


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

    @property
    def authority(self) -> str:
        """Host and port as the URL spells them."""
        return authority_of(self.origin)


def base_url(host: str | None, url: str | None) -> BaseUrl:
    """Return the address of the API.

    Args:
        host: A host name, such as `au1.surveydynamix.com`, that serves the API under `/api`.
        url: The whole address, which counts if both are given; `http` for this machine's loopback only.

    Raises:
        UnusableUrl: Neither is given, or it is not an address that credentials may be sent to.
    """
    if url:
        return _from_url(url)
    if not host:
        raise UnusableUrl("no API host is named")
    if not set("/:@?#\\").isdisjoint(host):
        raise UnusableUrl("the host must be a host name alone; a whole address is a URL")
    return _from_url(f"https://{host}{API_PATH}")


def is_trusted(base: BaseUrl, named_outside: BaseUrl | None) -> bool:
    """Tell whether credentials may go to `base`: the vendor, this machine, or the origin that their owner names.

    A project file may be anybody's proposal: a host that stands in it alone is sent nothing.

    Args:
        base: Where requests would go.
        named_outside: The address that the environment names, beside the credentials.
    """
    if base.host == VENDOR or base.host.endswith(f".{VENDOR}") or _is_loopback(base.host):
        return True
    return named_outside is not None and base.origin == named_outside.origin


def on_this_machine(origin: str) -> bool:
    """Tell whether `origin`, scheme and host, is this machine's own."""
    return _is_loopback(urlsplit(origin).hostname or "")


def loopback_origin(port: int) -> str:
    """Return scheme and host of a server on this machine: an IP address, as RFC 8252, section 7.3, has it."""
    return f"http://127.0.0.1:{port}"


def shown_host(host: str) -> str:
    """Return `host` as a URL spells it: IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host


def authority_of(origin: str) -> str:
    """Return host and port of `origin`, or itself if it has no scheme."""
    return origin.partition("://")[2] or origin


def host_of(url: str) -> str | None:
    """Return the host that `url`, which may be any text, names as a URL spells it; None if it names none."""
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return None
    return shown_host(host) if host else None


def query_of(url: str) -> dict[str, str]:
    """Return the query of `url`, which may be any text, by name; empty if it cannot be read."""
    try:
        return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    except ValueError:
        return {}


def form_of(body: str) -> dict[str, str]:
    """Return the fields of a form as it is sent, less those without a value."""
    return dict(parse_qsl(body))


def encoded(fields: Mapping[str, object]) -> str:
    """Return `fields` as a query or a form is sent."""
    return urlencode(fields)


def segment(text: str) -> str:
    """Return `text` as one percent-encoded segment of a path."""
    return quote(text, safe="", errors="surrogatepass")


def relative_path(path: str) -> str:
    """Return the path of a file as a relative URL."""
    return quote(path, safe="/", errors="surrogatepass")


def page(origin: str, pattern: str, id: str) -> str:
    """Return the URL of a page for people.

    Args:
        origin: Scheme and host.
        pattern: What follows: a path, perhaps with a query or a fragment. `{id}` stands for the resource.
        id: The resource's id or e-mail address, which is one part of the URL whatever it contains.
    """
    parts = (quote(part, safe=_RESERVED, errors="surrogatepass") for part in pattern.split("{id}"))
    return origin + segment(id).replace("%40", "@").join(parts)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _from_url(url: str) -> BaseUrl:
    # urlsplit drops tabs and line ends unseen, so look before it does.
    if "\\" in url or any(character.isspace() or not character.isprintable() for character in url):
        raise UnusableUrl("the API's address holds a backslash, a blank or a control character")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise UnusableUrl("the API's address cannot be read: host or port is malformed") from None
    if parts.scheme not in _DEFAULT_PORTS:
        raise UnusableUrl("the API's address must begin with https://")
    if "@" in parts.netloc:
        raise UnusableUrl("the API's address must not hold a user name or password")
    if "?" in url or "#" in url:
        raise UnusableUrl("the API's address must not have a query or a fragment")
    if port == 0:
        raise UnusableUrl("port 0 cannot be connected to")
    loopback = _check_host(host)
    if parts.scheme == "http" and not loopback:
        raise UnusableUrl(f"http:// would send the credentials in clear to {host}: use https://")
    path = parts.path.rstrip("/")
    if not _PATH.fullmatch(path) or {".", ".."} & set(path.split("/")):
        raise UnusableUrl("the path of the API's address may hold plain names only")
    shown = shown_host(host)
    if port is not None and port != _DEFAULT_PORTS[parts.scheme]:
        shown += f":{port}"
    return BaseUrl(f"{parts.scheme}://{shown}", host, path)


def _check_host(host: str) -> bool:
    """Return whether `host` is this machine.

    Raises:
        UnusableUrl: It is no plain host name. A number in any notation is refused unless it is a loopback address:
            nobody can vouch for a certificate of an address.
    """
    if not host:
        raise UnusableUrl("the API's address has no host")
    if not host.isascii():
        raise UnusableUrl(
            f"the host is not ASCII; in ASCII it is {_punycode(host)}, which may not be what it looks like"
        )
    if "%" in host:
        raise UnusableUrl("the host must not be percent-encoded")
    try:
        if ipaddress.ip_address(host).is_loopback:
            return True
    except ValueError:
        pass
    else:
        raise UnusableUrl(f"{host} is an IP address: name the host")
    if host.endswith("."):
        raise UnusableUrl("the host must not end with a dot")
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels) or _NUMBER.fullmatch(labels[-1]):
        raise UnusableUrl("the host is not a host name")
    return host == "localhost"


def _punycode(host: str) -> str:
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host.encode("ascii", "backslashreplace").decode("ascii")
