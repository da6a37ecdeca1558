"""The loopback server that receives the redirect of the browser."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

from sdx_state.api.sign_in_errors import SignInTimeoutError
from sdx_state.model.texts import counted
from sdx_state.model.urls import loopback_origin

PATIENCE = 120.0  # Seconds until the user must have signed in.
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
    """HTTP server on a free port of 127.0.0.1, for the duration of the block."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._came_back: str | None = None
        self._is_ours: Callable[[str], bool] = lambda _: False
        self._ignored = 0
        self._lock = threading.Lock()
        self._back = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            timeout = patience

            def log_message(self, *_: object) -> None:
                """Log nothing, because the path contains the code."""

            def do_GET(self) -> None:
                # Another page may send a browser here under another host name.
                here = self.headers.get("Host") == f"127.0.0.1:{outer.port}" and self.path.split("?")[0] == PATH
                mine = here and outer._take(self.path)
                self.send_response(200 if mine else 400 if here else 404)
                for name, value in _HEADERS.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(_PAGE) if mine else 0))
                self.end_headers()
                if mine:
                    self.wfile.write(_PAGE)
                    outer._back.set()  # The page is sent, so the program may end now.

        # One thread for each connection: browsers open connections in advance and send no request on them.
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.port: int = self._server.server_address[1]

    @property
    def uri(self) -> str:
        """The redirect URI."""
        return loopback_origin(self.port) + PATH

    def expect(self, is_ours: Callable[[str], bool]) -> None:
        """Accept requests whose path and query `is_ours` accepts, and ignore others."""
        self._is_ours = is_ours

    def wait(self) -> str:
        """Return path and query of the first request that was expected.

        Raises:
            SignInTimeoutError: No such request arrived in time.
        """
        self._back.wait(self._patience)
        if self._came_back is None:
            message = f"the browser did not return within {self._patience:g} s"
            if self._ignored:
                message += f" (ignored {counted(self._ignored, 'request')} of other sign-in attempts)"
            raise SignInTimeoutError("", message)
        return self._came_back

    def _take(self, path: str) -> bool:
        """Keep `path` if it is the first expected one; return True if it is expected."""
        with self._lock:
            if not self._is_ours(path):
                self._ignored += 1
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
