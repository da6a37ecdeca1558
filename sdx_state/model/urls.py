"""URLs: the address of the API, trusted hosts, and encoding of parts.

This module reads no environment and sends nothing.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from sdx_state.records import dataclass

API_PATH = "/api"  # API reference: "https://surveydynamix.com/api" + the resource's URI

# API reference: the base URL, with regional hosts in front of it (`us2`, `au1`, `eu1`, `ca1`, `demo`). A public
# client also knows `us3`, and the bare domain as region `us1`.
VENDOR = "surveydynamix.com"

_DEFAULT_PORTS = {"https": 443, "http": 80}
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*")
_RESERVED = "/:?#[]@!$&'()*+,;=%~"  # Characters with a meaning in a URL; a declared URL may use them.


class UnusableUrl(ValueError):
    """A URL cannot be the address of the API; the message says why."""


@dataclass(frozen=True)
class BaseUrl:
    """Address of the API, as validated by `base_url`.

    Attributes:
        origin: Scheme, host and, unless it is the default, port. Credentials belong to it.
        host: The host in lower case, an IPv6 address without brackets.
        path: The path before the URI of a resource, without a slash at the end.
    """

    origin: str
    host: str
    path: str

    def __str__(self) -> str:
        return self.origin + self.path

    @property
    def secure(self) -> bool:
        """True for HTTPS."""
        return self.origin.startswith("https:")

    @property
    def authority(self) -> str:
        """Host and port as the URL spells them."""
        return authority_of(self.origin)


def base_url(host: str | None, url: str | None) -> BaseUrl:
    """Return the address of the API.

    Args:
        host: A host name, such as `au1.surveydynamix.com`, that serves the API under `/api`.
        url: The full URL, which takes precedence over `host`; `http` only for loopback.

    Raises:
        UnusableUrl: Neither is given, or credentials may not be sent to it.
    """
    if url:
        return _from_url(url)
    if not host:
        raise UnusableUrl("the API host is missing")
    if not set("/:@?#\\").isdisjoint(host):
        raise UnusableUrl("the host must be a host name only; use `url` for a full URL")
    return _from_url(f"https://{host}{API_PATH}")


def is_trusted(base: BaseUrl, named_outside: BaseUrl | None) -> bool:
    """Return True if credentials may go to `base`: the vendor, this machine, or the origin in the environment.

    A project file may come from a pull request, so a host that only the project names gets no credentials.

    Args:
        base: Address of the requests.
        named_outside: The API address in the environment, beside the credentials.
    """
    if base.host == VENDOR or base.host.endswith(f".{VENDOR}") or _is_loopback(base.host):
        return True
    return named_outside is not None and base.origin == named_outside.origin


def on_this_machine(origin: str) -> bool:
    """Return True if `origin`, scheme and host, is this machine."""
    return _is_loopback(urlsplit(origin).hostname or "")


def loopback_origin(port: int) -> str:
    """Return scheme and host of a server on this machine: an IP address, see RFC 8252, section 7.3."""
    return f"http://127.0.0.1:{port}"


def shown_host(host: str) -> str:
    """Return `host` as a URL spells it: IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host


def authority_of(origin: str) -> str:
    """Return host and port of `origin`, or `origin` if it has no scheme."""
    return origin.partition("://")[2] or origin


def host_of(url: str) -> str | None:
    """Return the host of `url`, which may be any text, as in a URL; None if it has none."""
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return None
    return shown_host(host) if host else None


def is_secure(url: str) -> bool:
    """Return whether `url` names a host and is `https`, or is `http` on this machine."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and on_this_machine(url)))
    except ValueError:
        return False


def has_credentials(url: str) -> bool:
    """Return whether `url` contains a user name or a password."""
    parts = urlsplit(url)
    return bool(parts.username or parts.password)


def without_secrets(url: str) -> str:
    """Return `url` without user name, password, query and fragment."""
    before, _, path = url.partition("://")
    if not path:
        return url
    authority, slash, rest = path.partition("?")[0].partition("#")[0].partition("/")
    return f"{before}://{authority.rpartition('@')[2]}{slash}{rest}"


def query_of(url: str) -> dict[str, str]:
    """Return the query of `url`, which may be any text, by name; empty if it cannot be read."""
    try:
        return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    except ValueError:
        return {}


def form_of(body: str) -> dict[str, str]:
    """Return the fields of an encoded form, without empty values."""
    return dict(parse_qsl(body))


def encoded(fields: Mapping[str, object]) -> str:
    """Return `fields` encoded as a query or a form."""
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
        pattern: The path, possibly with query and fragment. `{id}` is replaced.
        id: Id or e-mail address of the resource. It is encoded.
    """
    parts = (quote(part, safe=_RESERVED, errors="surrogatepass") for part in pattern.split("{id}"))
    return origin + segment(id).replace("%40", "@").join(parts)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _from_url(url: str) -> BaseUrl:
    # Check first, because urlsplit silently removes tabs and line ends.
    if "\\" in url or any(character.isspace() or not character.isprintable() for character in url):
        raise UnusableUrl("the API URL contains a backslash, a space or a control character")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise UnusableUrl("the API URL is malformed: invalid host or port") from None
    if parts.scheme not in _DEFAULT_PORTS:
        raise UnusableUrl("the API URL must begin with https://")
    if "@" in parts.netloc:
        raise UnusableUrl("the API URL must not contain a user name or password")
    if "?" in url or "#" in url:
        raise UnusableUrl("the API URL must not contain a query or a fragment")
    if port == 0:
        raise UnusableUrl("port 0 is not a valid port")
    loopback = _check_host(host)
    if parts.scheme == "http" and not loopback:
        raise UnusableUrl(f"http:// would send the credentials unencrypted to {host}: use https://")
    path = parts.path.rstrip("/")
    if not _PATH.fullmatch(path) or {".", ".."} & set(path.split("/")):
        raise UnusableUrl("the path of the API URL may contain plain names only")
    shown = shown_host(host)
    if port is not None and port != _DEFAULT_PORTS[parts.scheme]:
        shown += f":{port}"
    return BaseUrl(f"{parts.scheme}://{shown}", host, path)


def _check_host(host: str) -> bool:
    """Return True if `host` is this machine.

    Raises:
        UnusableUrl: It is not a host name. IP addresses in any notation are rejected unless they are loopback,
            because certificates are for host names.
    """
    if not host:
        raise UnusableUrl("the API URL has no host")
    if not host.isascii():
        raise UnusableUrl(
            f"the host is not ASCII; in ASCII it is {_punycode(host)}, which may be another host than it looks like"
        )
    if "%" in host:
        raise UnusableUrl("the host must not be percent-encoded")
    try:
        if ipaddress.ip_address(host).is_loopback:
            return True
    except ValueError:
        pass
    else:
        raise UnusableUrl(f"{host} is an IP address: use a host name")
    if host.endswith("."):
        raise UnusableUrl("the host must not end with a dot")
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels) or _NUMBER.fullmatch(labels[-1]):
        raise UnusableUrl("the host is not a valid host name")
    return host == "localhost"


def _punycode(host: str) -> str:
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host.encode("ascii", "backslashreplace").decode("ascii")
