"""A server with the protocol of Terraform's `http` backend, as GitLab, Gitea and Forgejo each play it."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

USER, PASSWORD = "gitlab-ci-token", "a very secret token"


@dataclass(frozen=True)
class Column:
    """How one server answers.

    Attributes:
        held: Status of a lock that another run has.
        wrong: Status of a write with another lock's ID.
        unlocked: Status of a write while nothing is locked; 200 accepts it.
        used: Status of a serial that was used.
        locked_empty: Status of a read while locked, before the first write.
        too_large: Status of a body above the limit.
        by_serial: The version with the highest serial is served, otherwise the one written last.
    """

    held: int
    wrong: int
    unlocked: int
    used: int
    locked_empty: int
    too_large: int
    by_serial: bool


COLUMNS = {
    "gitlab": Column(409, 409, 409, 422, 204, 413, True),
    "gitea": Column(423, 423, 200, 409, 404, 403, False),
    "forgejo": Column(409, 401, 200, 409, 404, 413, False),
}


@dataclass
class StateServer:
    """States by path.

    Attributes:
        column: How it answers.
        address: URL of the state `surveys`.
        versions: Path -> written versions, in the order in which they came.
        locks: Path -> info of the lock.
        log: Method and path of each request.
        fault: Returns what happens to a request: a status, `before` or `after` for a lost one, None to answer it.
        limit: Largest body in bytes.
    """

    column: Column
    address: str = ""
    versions: dict[str, list[bytes]] = field(default_factory=dict)
    locks: dict[str, dict[str, Any]] = field(default_factory=dict)
    log: list[tuple[str, str]] = field(default_factory=list)
    fault: Callable[[str, str], int | str | None] = lambda _method, _path: None
    limit: int = 10_000_000
    turn: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, method: str, path: str, id: str, body: bytes) -> tuple[int, bytes]:
        """Return status and body."""
        state = path.removesuffix("/lock")
        if path.endswith("/lock"):
            return self._lock(method, state, id, body)
        if method == "GET":
            return self._read(state)
        return self._write(state, id, body)

    def _lock(self, method: str, state: str, id: str, body: bytes) -> tuple[int, bytes]:
        there = self.locks.get(state)
        info = json.loads(body) if body else {}
        if method == "POST":
            if there is not None:
                return self.column.held, json.dumps(there).encode()
            self.locks[state] = {**info, "Who": "somebody at the server"}
            return 200, b""
        if there is not None and there["ID"] != (id or info.get("ID")):
            return self.column.held, json.dumps(there).encode()
        self.locks.pop(state, None)
        return 200, b""

    def _read(self, state: str) -> tuple[int, bytes]:
        versions = self.versions.get(state, [])
        if not versions:
            return (self.column.locked_empty if state in self.locks else 404), b""
        return 200, max(versions, key=serial) if self.column.by_serial else versions[-1]

    def _write(self, state: str, id: str, body: bytes) -> tuple[int, bytes]:
        there = self.locks.get(state)
        if there is None and self.column.unlocked != 200:
            return self.column.unlocked, b""
        if there is not None and there["ID"] != id:
            return self.column.wrong, b""
        if len(body) > self.limit:
            return self.column.too_large, b""
        versions = self.versions.setdefault(state, [])
        if serial(body) in map(serial, versions):
            return self.column.used, b""
        versions.append(body)
        return 200, b""


def serial(body: bytes) -> int:
    """Return the serial of a version."""
    return int(json.loads(body)["serial"])


class _Handler(BaseHTTPRequestHandler):
    server: Any

    def log_message(self, *_arguments: Any) -> None: ...

    def _any(self) -> None:
        state: StateServer = self.server.state
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        id = parse_qs(parts.query).get("ID", [""])[0]
        with state.turn:
            state.log.append((self.command, parts.path))
            fault = state.fault(self.command, parts.path)
            expected = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
            if fault == "before":
                self.close_connection = True
                return
            if isinstance(fault, int):
                status, content = fault, b"<html>sign in</html>"
            elif self.headers.get("Authorization") != expected:
                status, content = 401, b""
            else:
                status, content = state.answer(self.command, parts.path, id, body)
        if fault == "after":
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content if status != 204 else b"")

    do_GET = do_POST = do_DELETE = _any


@contextmanager
def a_state_server(column: str) -> Iterator[StateServer]:
    """Serve while the block runs."""
    state = StateServer(COLUMNS[column])
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.state = state  # type: ignore[attr-defined]  # the handler finds it there
    state.address = f"http://127.0.0.1:{server.server_port}/api/v4/projects/7/terraform/state/surveys"
    serving = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    serving.start()
    try:
        yield state
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
