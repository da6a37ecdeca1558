"""A line to a tenant that fails in every way, and gives the credentials back with each failure."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from base64 import b64decode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

STATUSES = (400, 401, 403, 404, 405, 409, 410, 418, 422, 429, 500, 502, 503, 504)
REDIRECTS = (301, 302, 303, 307, 308)
OTHERS = (
    "html 200", "html 401", "html 500", "html 503", "object", "text", "no json", "truncated", "empty", "bad gzip",
    "echo in headers", "echo in reason", "echo in cookie", "echo in allow", "echo in content type", "echo backwards",
    "echo in hex", "echo percent-encoded", "drop before", "drop after", "half a header", "garbage",
    "too long a header",
)  # fmt: skip
FAILURES = (*(str(status) for status in STATUSES), *(f"redirect {status}" for status in REDIRECTS), *OTHERS)


class Line:
    """Forwards requests to a tenant, and from the `after`th on fails as told, with what was sent as credentials."""

    def __init__(self) -> None:
        self.upstream = ""
        self.failure: str | None = None
        self.after = 0
        self.seen = 0
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients hang up: that is the point
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/api"

    def fail(self, failure: str | None, after: int = 0) -> None:
        """Fail from the `after`th request on; None fails no more."""
        self.failure, self.after, self.seen = failure, after, 0

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def _handler(line: Line) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None: ...

        def play(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            line.seen += 1
            if line.failure is None or line.seen <= line.after:
                self.answer(*self.ask(body))
            else:
                self.fail(line.failure, body)

        def ask(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
            upstream = http.client.HTTPConnection(urlsplit(line.upstream).netloc, timeout=20)
            upstream.request(self.command, self.path, body, {n: v for n, v in self.headers.items() if n != "Host"})
            response = upstream.getresponse()
            content = response.read()
            upstream.close()
            kept = {n: v for n, v in response.getheaders() if n.lower() in ("content-type", "allow")}
            return response.status, kept, content

        def fail(self, failure: str, body: bytes) -> None:
            sent = self.headers.get("Authorization", "")
            pair = b64decode(sent.split(" ")[1]).decode("utf-8", "replace") if sent.startswith("Basic ") else sent
            echo = f"you sent {sent} which is {pair} and {pair.split(':')[-1]}"
            as_json, page = json.dumps({"error": echo}).encode(), f"<html><body>{echo}</body></html>".encode()
            kind, _, number = failure.partition(" ")
            if failure.isdigit():
                self.answer(int(failure), {"Retry-After": "0"}, as_json)
            elif kind == "redirect":
                self.answer(int(number), {"Location": f"https://elsewhere.example/{sent}?t={pair}"}, as_json)
            elif kind == "html":
                self.answer(int(number), {"Content-Type": "text/html"}, page)
            elif failure in ("drop before", "drop after"):
                if failure == "drop after":
                    self.ask(body)
                self.close_connection = True
            else:
                self.odd(failure, echo, as_json)

        def odd(self, failure: str, echo: str, as_json: bytes) -> None:
            plain = echo.replace("\r", "").replace("\n", "").encode("latin-1", "replace").decode("latin-1")
            odd: dict[str, tuple[int, dict[str, str], bytes]] = {
                "object": (200, {}, as_json),
                "text": (200, {"Content-Type": "text/plain"}, echo.encode()),
                "no json": (200, {}, echo.encode()),
                "truncated": (200, {}, as_json[:-3]),
                "empty": (200, {}, b""),
                "bad gzip": (200, {"Content-Encoding": "gzip"}, echo.encode()),
                "echo in headers": (500, {"X-You-Sent": plain}, b"{}"),
                "echo in cookie": (500, {"Set-Cookie": f"a={plain}"}, b"{}"),
                "echo in allow": (405, {"Allow": plain}, b"{}"),
                "echo in content type": (500, {"Content-Type": plain}, b"x"),
                "echo backwards": (500, {}, json.dumps({"error": echo[::-1]}).encode()),
                "echo in hex": (500, {}, json.dumps({"error": echo.rsplit(" ", 1)[1].encode().hex()}).encode()),
                "echo percent-encoded": (500, {}, json.dumps({"error": _percent(echo)}).encode()),
                "too long a header": (500, {"X": plain * 700}, b"{}"),
            }
            if failure in odd:
                self.answer(*odd[failure])
            elif failure == "echo in reason":
                self.raw(f"HTTP/1.1 500 {plain}\r\nContent-Length: 0\r\n\r\n")
            elif failure == "half a header":
                self.raw(f"HTTP/1.1 200 OK\r\nContent-Type: {plain}")
            else:
                self.raw(f"{plain}\r\n{plain}\r\n\r\n")

        def raw(self, text: str) -> None:
            self.wfile.write(text.encode("latin-1", "replace"))
            self.close_connection = True

        def answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value.encode("latin-1", "replace").decode("latin-1"))
            if status != 204:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD" and status != 204:
                try:
                    self.wfile.write(content)
                except OSError:
                    self.close_connection = True

        do_GET = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_HEAD = play

    return Handler


def _percent(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="")


def closed_port() -> int:
    """Return a port of this machine at which no process listens."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port: Any = unused.getsockname()[1]
    return int(port)
