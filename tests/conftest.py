"""A project, a tenant on real HTTP, and a proxy between them that fails when told to."""

from __future__ import annotations

import ast
import contextlib
import http.client
import io
import json
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import settings

# Machines differ, and so do their moods: a property either holds or not, however long one example takes.
settings.register_profile("gate", deadline=None, derandomize=True)
settings.load_profile("gate")

Fault = (
    int
    | Literal["drop before", "drop after", "twice", "twice, then lost"]
    | Literal["html", "truncate", "empty", "slow", "no allow", "allow all"]
)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests have counted, with `record_property("counted", ...)`."""
    reports = [*terminalreporter.stats.get("passed", []), *terminalreporter.stats.get("failed", [])]
    for report in reports:
        for name, value in getattr(report, "user_properties", ()):
            if name == "counted":
                terminalreporter.write_line(f"{report.nodeid}: {value}")


@dataclass
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def last(self) -> str:
        return self.out.strip().splitlines()[-1] if self.out.strip() else ""


class Project:
    """A folder of configuration, and the command line run in it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.monkeypatch = monkeypatch
        self.write("sdx.yaml", "sdx: 1\napi: {host: demo.surveydynamix.com}\n")

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def connect(self, url: str, uuid: str = "00000000-0000-4000-8000-000000000000", token: str = "sandbox") -> None:
        self.monkeypatch.setenv("SDX_API_URL", url)
        self.monkeypatch.setenv("SDX_CUSTOMER_UUID", uuid)
        self.monkeypatch.setenv("SDX_AUTH_TOKEN", token)

    def run(self, *arguments: str, folder: Path | None = None) -> Ended:
        from sdx_state.cli.main import entry

        out, err = io.StringIO(), io.StringIO()
        self.monkeypatch.setattr(sys, "argv", ["sdx-state", "-C", str(folder or self.folder), *arguments])
        code = 0
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                entry()
            except SystemExit as exit:
                code = exit.code if isinstance(exit.code, int) else 1
        return Ended(code, out.getvalue(), err.getvalue())

    def apply(self, *arguments: str) -> Ended:
        return self.run("apply", "--auto-approve", *arguments)


class Source:
    """The package as it is written, less the sandbox, which shares no code with the rest.

    Attributes:
        modules: Path below `sdx_state` -> what is parsed of it.
    """

    def __init__(self, root: Path) -> None:
        self.modules = {
            path.relative_to(root).as_posix(): ast.parse(path.read_text("utf-8"))
            for path in sorted(root.rglob("*.py"))
            if path.relative_to(root).parts[0] != "sandbox"
        }

    def where(self, says: Callable[[ast.AST], bool]) -> dict[str, list[int]]:
        """Return the lines of each module that hold a node for which `says` is true; docstrings are left out."""
        found = {path: [node.lineno for node in _code(tree) if says(node)] for path, tree in self.modules.items()}
        return {path: lines for path, lines in found.items() if lines}


def _code(tree: ast.AST) -> Iterator[Any]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        yield node
        yield from _code(node)


@pytest.fixture(scope="session")
def source() -> Source:
    import sdx_state

    return Source(Path(sdx_state.__file__).parent)


@pytest.fixture(autouse=True)
def no_settings_of_ours(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    names = ("API_URL", "CUSTOMER_UUID", "AUTH_TOKEN", "ACCESS_TOKEN", "ENV", "LOG", "CA_FILE", "STATE_KEY")
    for name in (*names, "CLIENT_ID", "CLIENT_SECRET"):
        monkeypatch.delenv(f"SDX_{name}", raising=False)
    monkeypatch.setenv("SDX_NO_KEYRING", "1")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.getbasetemp() / "nobody"))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    folder = tmp_path / "project"
    folder.mkdir()
    return Project(folder, monkeypatch)


@pytest.fixture
def tenant() -> Iterator[Any]:
    from sdx_state.sandbox import SandboxServer

    with SandboxServer(":memory:") as server:
        yield server


@pytest.fixture
def nested_tenant() -> Iterator[Any]:
    from sdx_state.sandbox import SandboxOptions, SandboxServer

    with SandboxServer(":memory:", SandboxOptions(shape="nested")) as server:
        yield server


@pytest.fixture
def connected(project: Project, tenant: Any) -> Project:
    project.connect(tenant.url)
    return project


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


def _handler(proxy: FaultyProxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *_: object) -> None: ...

        def forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            proxy.seen.append((self.command, self.path))
            fault = proxy.fault_for(self.command, self.path)
            if fault == "drop before":
                self.close_connection = True
                return
            if fault == "slow":
                time.sleep(3)
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
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_HEAD = forward

    return Handler


@pytest.fixture
def serve_handler() -> Iterator[Callable[[type[BaseHTTPRequestHandler]], str]]:
    """Serve a handler on a free port of this machine and return its URL."""
    servers: list[ThreadingHTTPServer] = []

    def start(handler: type[BaseHTTPRequestHandler]) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def proxy(tenant: Any, serve_handler: Callable[[type[BaseHTTPRequestHandler]], str]) -> FaultyProxy:
    made = FaultyProxy(tenant.url)
    made.url = serve_handler(_handler(made)) + "/api"
    return made
