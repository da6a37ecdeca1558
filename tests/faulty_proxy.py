"""A proxy in front of a tenant that fails when told to, and remembers what it was asked."""

from __future__ import annotations

import http.client
import itertools
import json
import re
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

PATIENCE = 60  # seconds for what happens at once


class Hold:
    """Keeps requests waiting, so that a test can act in the middle of a run.

    Args:
        after: How many requests pass before one is held.
        count: How many are held when `reached` returns.
    """

    def __init__(self, after: int = 0, count: int = 1) -> None:
        self._last = after + count - 1
        self._after = after
        self._numbers = itertools.count()
        self._reached = threading.Event()
        self._released = threading.Event()

    def reached(self) -> bool:
        """Wait until requests are held, and return whether they are."""
        return self._reached.wait(PATIENCE)

    def reached_at_once(self) -> bool:
        """Return whether requests are held now."""
        return self._reached.is_set()

    def release(self) -> None:
        """Release the waiting requests, and delay no others."""
        self._released.set()

    def __call__(self) -> None:
        """Be a request."""
        number = next(self._numbers)
        if number == self._last:
            self._reached.set()
        if number >= self._after:
            self._released.wait(PATIENCE)


Fault = (
    int
    | Literal["drop before", "drop after", "twice", "twice, then lost"]
    | Literal["html", "truncate", "empty", "no allow", "allow all"]
    | Hold
)


@dataclass
class Rule:
    method: str
    path: re.Pattern[str]
    fault: Fault
    times: int


@dataclass
class FaultyProxy:
    """Forwards to a tenant; what a rule names fails as the rule says."""

    upstream: str
    rules: list[Rule] = field(default_factory=list)
    seen: list[tuple[str, str]] = field(default_factory=list)
    url: str = ""
    rewrite: Callable[[str], str] = lambda target: target  # what the tenant is asked instead
    before: Callable[[str, str], None] = lambda _method, _path: None  # called before each request is forwarded
    edit: Callable[[str, str, int, Any], tuple[int, Any]] | None = None  # what is answered instead, as JSON

    def fail(self, method: str, path: str, fault: Fault, times: int = 1) -> None:
        self.rules.append(Rule(method, re.compile(path), fault, times))

    def fault_for(self, method: str, path: str) -> Fault | None:
        for rule in self.rules:
            if rule.times > 0 and rule.method == method and rule.path.search(path):
                rule.times -= 1
                return rule.fault
        return None

    def queries(self, path: str, parameter: str) -> list[str]:
        """Return the values of a parameter in the requests to a path, in their order."""
        asked = [urlsplit(target) for _, target in self.seen]
        found = [parse_qs(one.query) for one in asked if one.path.endswith(path)]
        return [query[parameter][0] for query in found if parameter in query]

    def writes(self) -> list[tuple[str, str]]:
        return [(method, path) for method, path in self.seen if method not in ("GET", "HEAD", "OPTIONS")]


def write_answer(handler: BaseHTTPRequestHandler, status: int, headers: Mapping[str, str], content: bytes) -> None:
    """Write a complete answer: without a body for 204, and for HEAD."""
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    if status != 204:
        handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    if status != 204 and handler.command != "HEAD":
        handler.wfile.write(content)


def handler_of(proxy: FaultyProxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *_: object) -> None: ...

        def handle(self) -> None:
            with suppress(ConnectionError):  # a client may end early, and its own output is what is tested
                super().handle()

        def forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            proxy.seen.append((self.command, self.path))
            fault = proxy.fault_for(self.command, self.path)
            if fault == "drop before":
                self.close_connection = True
                return
            if isinstance(fault, Hold):
                fault()
            if isinstance(fault, int):
                self.answer(fault, {"Content-Type": "application/json"}, b'{"error": "as told"}')
                return
            proxy.before(self.command, self.path)
            status, headers, content = self.ask(body)
            if proxy.edit is not None and content and "json" in headers.get("content-type", ""):
                status, told = proxy.edit(self.command, urlsplit(self.path).path, status, json.loads(content))
                content = json.dumps(told).encode()
            if fault in ("twice", "twice, then lost"):
                status, headers, content = self.ask(body)
            if fault in ("drop after", "twice, then lost"):
                self.close_connection = True
            elif fault == "no allow":
                self.answer(200, {}, b"")
            elif fault == "allow all":
                self.answer(200, {"Allow": "GET, POST, PUT, DELETE"}, b"")
            elif fault == "html":
                self.answer(200, {"Content-Type": "text/html"}, b"<html><body>Please sign in</body></html>")
            elif fault == "empty":
                self.answer(200, {"Content-Type": "application/json"}, b"")
            elif fault == "truncate":
                self.answer(status, headers, content[: len(content) // 2])
            else:
                self.answer(status, headers, content)

        def ask(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
            connection = http.client.HTTPConnection(urlsplit(proxy.upstream).netloc, timeout=20)
            headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
            connection.request(self.command, proxy.rewrite(self.path), body, headers)
            response = connection.getresponse()
            content = response.read()
            connection.close()
            kept = ("content-type", "allow")
            return response.status, {n: v for n, v in response.getheaders() if n.lower() in kept}, content

        def answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
            write_answer(self, status, headers, content)

        do_GET = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_HEAD = forward

    return Handler
