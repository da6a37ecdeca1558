"""Where the browser comes back to: a request of this attempt, at an address that only the browser was told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

from sdx_state.api.sign_in_errors import SignInTimeoutError
from sdx_state.model.urls import loopback_origin

PATIENCE = 120.0  # seconds that a person has
PATH = "/signed-in"
_PAGE = (
    b'<!doctype html><html lang="en"><meta charset="utf-8"><title>sdx-state</title>'
    b"<p>You can close this page and go back to the terminal.</p></html>"
)
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class Loopback:
    """Listens at a free port of 127.0.0.1 while the block runs."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._came_back: str | None = None
        self._is_ours: Callable[[str], bool] = lambda _: False
        self._strangers = 0
        self._lock = threading.Lock()
        self._back = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            timeout = patience

            def log_message(self, *_: object) -> None:
                """Say nothing: the address holds the code."""

            def do_GET(self) -> None:
                # Another page may make a browser ask here under a name of its own.
                here = self.headers.get("Host") == f"127.0.0.1:{outer.port}" and self.path.split("?")[0] == PATH
                mine = here and outer._take(self.path)
                self.send_response(200 if mine else 400 if here else 404)
                for name, value in _HEADERS.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(_PAGE) if mine else 0))
                self.end_headers()
                if mine:
                    self.wfile.write(_PAGE)
                    outer._back.set()  # the program may end now: the page is there

        # A thread a connection: browsers open some in advance, and leave them without a request.
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.port: int = self._server.server_address[1]

    @property
    def uri(self) -> str:
        """The redirect URI."""
        return loopback_origin(self.port) + PATH

    def expect(self, is_ours: Callable[[str], bool]) -> None:
        """Listen from now on to what `is_ours` says of a path and query, and go on waiting after anything else."""
        self._is_ours = is_ours

    def wait(self) -> str:
        """Return path and query of the first request that was expected.

        Raises:
            SignInTimeoutError: None came in time.
        """
        self._back.wait(self._patience)
        if self._came_back is None:
            message = f"the browser did not come back within {self._patience:g} s"
            if self._strangers:
                message += f" (requests that belong to another attempt were ignored: {self._strangers})"
            raise SignInTimeoutError("", message)
        return self._came_back

    def _take(self, path: str) -> bool:
        """Keep `path` if it is the first that is expected, and return whether it is expected."""
        with self._lock:
            if not self._is_ours(path):
                self._strangers += 1
                return False
            if self._came_back is None:
                self._came_back = path
            return True

    def __enter__(self) -> Loopback:
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
