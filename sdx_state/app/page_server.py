"""A page that is served on this machine alone and reloads when what it shows changes."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Hashable, Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import NoReturn

from sdx_state.model.urls import loopback_origin
from sdx_state.programs.machine import Machine

EVERY = 0.3  # Seconds between two looks at the files.
SELDOM = 2.0  # The same, in a folder with many files.
ALIVE = 15.0  # Seconds between two signs of life to a page that waits for changes.
PATIENCE = 30.0  # Seconds for a request, and for a page that does not read.
MOST_WAITING = 32  # Pages that wait for changes at a time.

_HEADERS = {
    "Content-Security-Policy": "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

Render = Callable[[str], str]


class PageServer:
    """HTTP server on 127.0.0.1, for the duration of the block.

    `/` is the page, and `/events` are server-sent events: the version of the page, each time that it changes. The
    page has a policy of its own for its style and script; the headers add that no other page contains it.

    Attributes:
        port: The port.
    """

    def __init__(self, load: Callable[[], Render], stamp: Callable[[], Hashable], port: int = 0) -> None:
        """Listen on `port`, where 0 is any free one.

        Args:
            load: Reads what the page shows, and returns what makes the page with its version in it.
            stamp: Returns what differs if `load` has to be called again.
            port: The port.

        Raises:
            OSError: The port cannot be used.
        """
        self._load, self._stamp = load, stamp
        self._known: Hashable = None
        self._changed = threading.Condition()
        self._version, self._page = "", b""
        self._ended = False
        self._waiting = 0
        server = _Server(("127.0.0.1", port), _handler_of(self))
        self._server = server
        self.port: int = server.server_address[1]
        self._thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="preview", daemon=True)

    @property
    def url(self) -> str:
        """The address of the page."""
        return f"{loopback_origin(self.port)}/"

    def is_named(self, host: str | None) -> bool:
        """Tell whether `host` is a name of this machine: another page could point its own name here."""
        return host in (f"127.0.0.1:{self.port}", f"localhost:{self.port}")

    def page(self) -> bytes:
        """Return the page as it is now."""
        with self._changed:
            return self._page

    def wait_for_other(self, version: str) -> str:
        """Return the version as soon as it is not `version`, or the same one after `ALIVE`; "" at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or self._version != version, ALIVE)
            return "" if self._ended else self._version

    @contextlib.contextmanager
    def place(self) -> Iterator[bool]:
        """Take a place among the pages that wait, and tell whether there was one."""
        with self._changed:
            free = self._waiting < MOST_WAITING
            self._waiting += free
        try:
            yield free
        finally:
            with self._changed:
                self._waiting -= free

    def look(self) -> bool:
        """Make the page again if what it shows has changed, and tell whether it has."""
        now = self._stamp()
        if now == self._known:
            return False
        self._known = now
        render = self._load()
        version = sha256(render("").encode()).hexdigest()[:16]
        page = render(version).encode()
        with self._changed:
            self._version, self._page = version, page
            self._changed.notify_all()
        return True

    def watch(self, machine: Machine) -> NoReturn:
        """Look until the program ends. A look in vain takes a tenth of the time, if the folder is not huge."""
        while True:
            begun = machine.monotonic()
            changed = self.look()
            taken = 0.0 if changed else machine.monotonic() - begun
            machine.sleep(min(max(EVERY, 9 * taken), SELDOM))

    def __enter__(self) -> PageServer:
        self.look()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        self._server.shutdown()
        self._server.server_close()


def stamp_of(folder: Path) -> Hashable:
    """Return what differs after a file below `folder` was saved: names, times and sizes, hidden files left out."""
    found = []
    for path, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith("."):
                with contextlib.suppress(OSError):  # It was removed a moment ago.
                    status = Path(path, name).stat()
                    found.append((path, name, status.st_mtime_ns, status.st_size))
    return tuple(found)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Report nothing: a browser that closes the connection is not an error."""


def _handler_of(server: PageServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = PATIENCE

        def log_message(self, *_: object) -> None:
            """Log nothing."""

        def do_GET(self) -> None:
            hosts = self.headers.get_all("Host", [])
            site = self.headers.get("Sec-Fetch-Site", "none")
            if len(hosts) != 1 or not server.is_named(hosts[0]):
                self._answer(421, "text/plain", b"this page has the names of this machine only\n")
            elif site not in ("none", "same-origin") and self.headers.get("Sec-Fetch-Mode") != "navigate":
                self._answer(403, "text/plain", b"this page is not for other pages\n")
            elif self.path == "/":
                self._answer(200, "text/html", server.page())
            elif self.path == "/events":
                self._events()
            else:
                self._answer(404, "text/plain", b"there is one page, at /\n")

        do_HEAD = do_GET

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self._head(status, f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        def _head(self, status: int, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            for name, value in _HEADERS.items():
                self.send_header(name, value)

        def _events(self) -> None:
            with server.place() as free:
                if not free:
                    self._answer(503, "text/plain", b"too many pages wait\n")
                    return
                self._head(200, "text/event-stream")
                self.end_headers()
                seen = ""
                while self.command == "GET" and (version := server.wait_for_other(seen)):
                    self.wfile.write(f"data: {version}\n\n".encode() if version != seen else b": alive\n\n")
                    seen = version

        def version_string(self) -> str:
            """Return the name of the program alone."""
            return "sdx-state"

    return Handler
