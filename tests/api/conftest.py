"""Fixtures: a scripted HTTP server, clients that do not sleep, and a browser that signs in."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from sdx_state.api.address import base_url
from sdx_state.api.credentials import Credentials
from sdx_state.api.endpoints import Connection, Endpoints
from sdx_state.api.oauth import SignIn, token_transport
from sdx_state.programs.machine import Machine
from sdx_state.sandbox.oauth import CLIENT_ID
from tests.faulty_proxy import write_answer


@dataclass(frozen=True)
class Seen:
    """A request that the server received."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


# The answer of a script: (status, body[, headers]), bytes for the bare socket, or a function that writes to it.
Reply = Any
Script = Callable[[Seen], Reply]


@dataclass
class Server:
    """A scripted server."""

    script: Script
    url: str = ""
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0

    @property
    def lines(self) -> list[str]:
        return [f"{one.method} {one.path}" for one in self.seen]


class FakeClock(Machine):
    """Time that passes only by sleeping, and jitter at its upper end."""

    def __init__(self) -> None:
        self.time = 1_767_225_600.0  # 2026-01-01 00:00:00 UTC
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float, /) -> None:
        self.slept.append(seconds)
        self.time += seconds

    def wait(self, seconds: float, ended: Callable[[], bool], /) -> None:
        if not ended():
            self.sleep(seconds)

    def uniform(self, a: float, b: float, /) -> float:
        return b


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            server.connections += 1

        def log_message(self, *_: object) -> None: ...

        def play(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            seen = Seen(self.command, self.path, dict(self.headers.items()), body)
            server.seen.append(seen)
            reply = server.script(seen)
            try:
                self.say(reply)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the client has had enough

        def say(self, reply: Reply) -> None:
            if isinstance(reply, bytes):
                self.wfile.write(reply)
                self.close_connection = True
                return
            if callable(reply):
                reply(self.wfile)
                self.close_connection = True
                return
            status, content, *rest = reply
            headers = {"Content-Type": "application/json", **(rest[0] if rest else {})}
            if not isinstance(content, bytes):
                content = json.dumps(content).encode()
            write_answer(self, status, headers, content)

        do_GET = do_POST = do_PUT = do_DELETE = do_OPTIONS = play

    return Handler


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Start a server with a script: a function, or a list of replies whose last one is repeated."""
    running: list[ThreadingHTTPServer] = []

    def start(*script: Any) -> Server:
        replies = list(script)

        def in_order(_: Seen) -> Reply:
            return replies.pop(0) if len(replies) > 1 else replies[0]

        plays = script[0] if len(script) == 1 and getattr(script[0], "is_script", False) else in_order
        server = Server(plays)
        http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server))
        http.daemon_threads = True
        running.append(http)
        server.url = f"http://127.0.0.1:{http.server_port}/api"
        threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return server

    yield start
    for http in running:
        http.shutdown()
        http.server_close()


@pytest.fixture
def serve_by() -> Callable[[Script], Script]:
    """Mark a function as a script that is called for every request."""

    def mark(script: Script) -> Script:
        script.is_script = True  # type: ignore[attr-defined]  # functions take attributes
        return script

    return mark


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def connect(clock: FakeClock) -> Iterator[Callable[..., Endpoints]]:
    """Create a client of a server or a URL."""
    clients: list[Endpoints] = []

    def make(server: Server | str, **options: Any) -> Endpoints:
        url = server if isinstance(server, str) else server.url
        credentials = options.pop("credentials", Credentials("s3cret-t0ken", "customer-1"))
        connection = Connection(base_url(None, url), credentials, **options)
        clients.append(Endpoints(connection, machine=clock))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture(autouse=True)
def no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


class Refused(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


@pytest.fixture(scope="session")
def opener():
    """A browser that does not follow redirects."""
    return urllib.request.build_opener(Refused, urllib.request.ProxyHandler({}))


@pytest.fixture(scope="session")
def decide(opener):
    """Press a button on the sign-in page. Returns the target of the redirect."""
    return lambda address, decision: decided(opener, address, decision)


def decided(opener, address, decision):
    with opener.open(address) as page:
        text = page.read().decode()
    assert "Allow access?" in text
    form = dict(parse_qsl(urlsplit(address).query)) | {"decision": decision}
    try:
        opener.open(address.split("?")[0], urlencode(form).encode())
    except urllib.error.HTTPError as answer:
        return answer.headers["Location"]
    raise AssertionError("the page did not send the browser back")


@pytest.fixture
def attempt(tenant):
    base = base_url(None, tenant.url)
    return base, SignIn(base, CLIENT_ID, "http://127.0.0.1:9/signed-in"), token_transport(base, None)
