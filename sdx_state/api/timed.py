"""Connections with one deadline for the whole answer, headers and body, which comes nearer when a run is stopped.

The timeout of a socket is for a single read: a server that sends a byte now and then would never reach it.
"""

from __future__ import annotations

import http.client
import io
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError

from sdx_state.api.ending import Ending
from sdx_state.programs.machine import Machine

SLICE = 0.5  # Seconds until a read notices that its run was stopped.


class ConnectFailed(Exception):
    """No connection was established, so certainly nothing was sent. The cause says why."""


class _TimedReader(io.RawIOBase):
    """Reader of a socket with a deadline.

    It reads from the socket itself: the raw file reads nothing any more once a read of it has timed out.
    """

    def __init__(
        self, raw: io.RawIOBase, sock: socket.socket, seconds: float, machine: Machine, ending: Ending
    ) -> None:
        self._raw = raw
        self._socket = sock
        self._machine = machine
        self._ending = ending
        self._end = machine.monotonic() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        while True:
            left = min(self._end, self._ending.at) - self._machine.monotonic()
            if left <= 0:
                raise TimeoutError("the deadline for the answer has passed")
            self._socket.settimeout(min(left, SLICE))
            try:
                return self._socket.recv_into(buffer)
            except TimeoutError:
                continue

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *arguments: Any, machine: Machine, ending: Ending, **named: Any) -> None:
        super().__init__(sock, *arguments, **named)
        # urllib3 has just set the timeout of the socket to the rest of the total of the request.
        left = sock.gettimeout()
        if left is not None:
            self.fp = io.BufferedReader(_TimedReader(self.fp.detach(), sock, left, machine, ending))

    def begin(self) -> None:
        """Read the headers. Several lengths are an error here, because here the connection is closed too."""
        super().begin()
        lengths = ",".join(self.headers.get_all("Content-Length") or ())
        if len({length.strip() for length in lengths.split(",")}) > 1:
            raise http.client.HTTPException("the answer has several lengths")


class _HttpPool(HTTPConnectionPool):
    def __init__(self, *arguments: Any, machine: Machine, ending: Ending, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._answers = partial(_TimedResponse, machine=machine, ending=ending)

    def _new_conn(self) -> Any:
        return _timed(super()._new_conn(), self._answers)


class _HttpsPool(HTTPSConnectionPool):
    def __init__(self, *arguments: Any, machine: Machine, ending: Ending, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._answers = partial(_TimedResponse, machine=machine, ending=ending)

    def _new_conn(self) -> Any:
        return _timed(super()._new_conn(), self._answers)

    # Only in these two does urllib3 connect, open a tunnel and do the TLS handshake: no request is sent yet.

    def _validate_conn(self, conn: Any) -> None:
        with _connecting():
            super()._validate_conn(conn)

    def _prepare_proxy(self, conn: Any) -> None:
        with _connecting():
            super()._prepare_proxy(conn)


@contextmanager
def _connecting() -> Iterator[None]:
    try:
        yield
    except (OSError, HTTPError, http.client.HTTPException) as error:
        raise ConnectFailed from error


def _timed(connection: Any, answers: Callable[..., _TimedResponse]) -> HTTPConnection:
    connection.response_class = answers
    made: HTTPConnection = connection
    return made


class TimedAdapter(HTTPAdapter):
    """Adapter of requests over the pools above, with the clock of `machine`, until `ending`.

    It serves one API: all requests have the same scheme, host, proxy and certificates, and no cookies are kept. So
    the pool is looked up once, and cookies are not read.
    """

    def __init__(self, machine: Machine, ending: Ending, **named: Any) -> None:
        self._pools: dict[str, Any] = {
            "http": partial(_HttpPool, machine=machine, ending=ending),
            "https": partial(_HttpsPool, machine=machine, ending=ending),
        }
        self._pool: Any = None
        super().__init__(**named)

    def get_connection_with_tls_context(self, *arguments: Any, **named: Any) -> Any:
        if self._pool is None:
            self._pool = super().get_connection_with_tls_context(*arguments, **named)
        return self._pool

    def build_response(self, req: PreparedRequest, resp: Any) -> Response:
        answer = Response()
        answer.status_code, answer.headers = resp.status, CaseInsensitiveDict(resp.headers)
        answer.raw, answer.request = resp, req
        return answer

    def close(self) -> None:
        super().close()
        self._pool = None

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        super().init_poolmanager(*arguments, **named)
        self._use_timed_pools(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **named: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **named)
        self._use_timed_pools(manager)
        return manager

    def _use_timed_pools(self, manager: PoolManager) -> None:
        manager.pool_classes_by_scheme = self._pools
