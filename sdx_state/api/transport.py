"""HTTP over pooled connections: one request, one answer.

It uses an adapter of requests without a `Session`, so that environment, `.netrc`, cookies and redirects do not
influence requests, and a request costs about half.
"""

from __future__ import annotations

import logging
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.request import getproxies_environment

from requests import PreparedRequest, RequestException
from requests.structures import CaseInsensitiveDict
from requests.utils import should_bypass_proxies
from urllib3.exceptions import ConnectTimeoutError as ConnectTimedOut
from urllib3.exceptions import HTTPError, NameResolutionError, NewConnectionError
from urllib3.exceptions import TimeoutError as TimedOut
from urllib3.util import Timeout

from sdx_state.api.credentials import Credentials
from sdx_state.api.ending import Ending
from sdx_state.api.errors import (
    CAFileError,
    CertificateError,
    ConnectionFailedError,
    ConnectTimeoutError,
    InvalidResponseError,
    NoResponseError,
    ReadTimeoutError,
    SurveyDynamixError,
)
from sdx_state.api.exchange import Answer, Request
from sdx_state.api.timed import ConnectFailed, TimedAdapter
from sdx_state.model.urls import BaseUrl, encoded, shown_host
from sdx_state.programs.machine import THIS_MACHINE, Machine
from sdx_state.state.named_files import require_regular
from sdx_state.version import __version__

_TOO_LATE = "the connection timed out"
MAX_BODY = 10 * 1024 * 1024  # bytes, decoded

_log = logging.getLogger("sdx_state")


class HttpTransport:
    """Sends requests to one API with one set of credentials. Thread-safe.

    Args:
        base: Address of the API.
        credentials: Sent with every request, as a header; None sends none, for a request that fetches some.
        parallelism: Connections at a time; a thread more waits for one.
        deadline: Seconds for one request as a whole, from connecting to the last byte of its answer.
        connect_timeout: Seconds for connecting.
        ca_file: Certificates (PEM) to trust instead of the usual ones. TLS is always verified.
        read_timeout: Seconds for the whole answer once the request is sent; None leaves it to `deadline`.
        machine: Clock.
        ending: When requests in flight are abandoned; None for never.

    Raises:
        CAFileError: `ca_file` contains no readable certificates.
    """

    def __init__(
        self,
        base: BaseUrl,
        credentials: Credentials | None,
        parallelism: int,
        deadline: float,
        connect_timeout: float,
        ca_file: str | None = None,
        read_timeout: float | None = None,
        machine: Machine = THIS_MACHINE,
        ending: Ending | None = None,
    ) -> None:
        self._base = base
        self._machine = machine
        self._ending = ending or Ending(machine)
        self._verify = True if ca_file is None else _readable_certificates(ca_file)
        self._timeout = Timeout(total=deadline, connect=connect_timeout, read=read_timeout)
        self._patience = deadline if read_timeout is None else min(deadline, read_timeout)
        self._adapter = TimedAdapter(
            machine, self._ending, pool_connections=1, pool_maxsize=parallelism, max_retries=0, pool_block=True
        )
        self._proxies = _proxies_for(base)
        self._headers = {
            **({"Authorization": credentials.header} if credentials is not None else {}),
            "User-Agent": f"sdx-state/{__version__}",
            "Accept": "application/json",
            "Accept-Encoding": "gzip, deflate",
            "Cache-Control": "no-cache",
        }

    def send(self, request: Request) -> Answer:
        """Send `request` once and return the complete answer, with any status. See `Transport`."""
        started = self._machine.monotonic()
        if self._ending.left <= 0:
            raise ConnectionFailedError(str(request), "not sent: the run was stopped")
        try:
            answer = self._exchange(request)
        except SurveyDynamixError as error:
            self._note(request, type(error).__name__, started)
            raise
        except (RequestException, HTTPError, ConnectFailed, OSError) as error:
            failure = self._failure(request, error)
            self._note(request, type(failure).__name__, started)
            # Messages of the libraries contain addresses and header values, so they are not passed on.
            raise failure from None
        self._note(request, str(answer.status), started)
        return answer

    def use(self, credentials: Credentials) -> None:
        """Use `credentials` for all further requests."""
        self._headers = {**self._headers, "Authorization": credentials.header}

    def close(self) -> None:
        """Close all connections."""
        self._adapter.close()

    def _note(self, request: Request, outcome: str, started: float) -> None:
        if _log.isEnabledFor(logging.DEBUG):
            _log.debug("%s %s %.0f ms", request, outcome, (self._machine.monotonic() - started) * 1000)

    def _exchange(self, request: Request) -> Answer:
        prepared = PreparedRequest()
        prepared.method = request.method
        prepared.url = f"{self._base}{request.path}"
        prepared.headers = CaseInsensitiveDict(self._headers)
        if request.form is not None:
            body = encoded(request.form).encode("ascii")
            prepared.body = body
            prepared.headers["Content-Type"] = "application/x-www-form-urlencoded"
            prepared.headers["Content-Length"] = str(len(body))
        elif request.writes:
            prepared.headers["Content-Length"] = "0"
        response = self._adapter.send(
            prepared,
            stream=True,
            timeout=self._timeout,  # type: ignore[arg-type]  # The adapter accepts a type that is missing in its stub.
            verify=self._verify,
            proxies=self._proxies,
        )
        try:
            body = response.raw.read(MAX_BODY + 1, decode_content=True)
        finally:
            response.close()
        if len(body) > MAX_BODY:
            raise InvalidResponseError(
                str(request),
                f"the answer is larger than {MAX_BODY // 1024**2} MiB",
                status=response.status_code,
                ambiguous=request.writes,
            )
        return Answer(response.status_code, response.headers, body)

    def _failure(self, request: Request, error: Exception) -> SurveyDynamixError:
        causes = list(_chain(error))
        host = shown_host(self._base.host) + (" through the proxy" if self._proxies else "")
        for cause in causes:
            if isinstance(cause, ssl.SSLCertVerificationError):
                return CertificateError(
                    str(request), f"the certificate of {host} is not trusted: {cause.verify_message}"
                )
        never_sent = any(isinstance(cause, ConnectFailed | ConnectTimedOut) for cause in causes)
        if never_sent:
            why = _why(causes)
            kind = ConnectTimeoutError if why == _TOO_LATE else ConnectionFailedError
            return kind(str(request), f"no connection to {host}: {why}")
        if any(isinstance(cause, TimeoutError | TimedOut) for cause in causes):
            stopped = self._ending.left <= 0
            message = (
                f"no complete answer {'before the run was stopped' if stopped else f'within {self._patience:g} s'}"
            )
            return ReadTimeoutError(str(request), message, ambiguous=request.writes)
        message = "the connection broke before the answer was complete"
        return NoResponseError(str(request), message, ambiguous=request.writes)


def _readable_certificates(path: str) -> str:
    try:
        require_regular(Path(path))
        ssl.create_default_context(cafile=path)
    except OSError as error:
        message = f"the CA file {path} contains no readable certificates ({error.strerror or 'not PEM'})"
        raise CAFileError("", message) from None
    return path


def _proxies_for(base: BaseUrl) -> dict[str, str]:
    """Return the proxy of the environment for HTTPS, used as a tunnel (CONNECT); empty for http."""
    if not base.secure or should_bypass_proxies(str(base), no_proxy=None):
        return {}
    proxy = getproxies_environment().get("https")
    return {"https": proxy} if proxy else {}


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield `error` and all errors that it wraps."""
    waiting, seen = [error], set[int]()
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        linked = (current.__cause__, current.__context__, getattr(current, "reason", None), *current.args)
        waiting += [inner for inner in linked if isinstance(inner, BaseException)]


def _why(causes: list[BaseException]) -> str:
    reasons: tuple[tuple[type[BaseException], str], ...] = (
        (NameResolutionError, "the host name is unknown"),
        (socket.gaierror, "the host name is unknown"),
        (ConnectionRefusedError, "the connection was refused"),
        (ssl.SSLError, "the TLS handshake failed"),
        (ConnectionResetError, "the connection was closed"),
        (TimeoutError, _TOO_LATE),
    )
    for kind, reason in reasons:
        if any(isinstance(cause, kind) for cause in causes):
            return reason
    timed_out = any(
        isinstance(cause, ConnectTimedOut) and not isinstance(cause, NewConnectionError) for cause in causes
    )
    return _TOO_LATE if timed_out else "the host is unreachable"
