"""A project, a tenant on real HTTP, and a proxy between them that fails when told to."""

from __future__ import annotations

import ast
import contextlib
import io
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

import pytest

from tests import prepared, tiers, workers
from tests.faulty_proxy import FaultyProxy, handler_of
from tests.parsed import modules, parsed, walk
from tests.prepared import port_of
from tests.tiers import (  # noqa: F401 - hooks and a fixture, which pytest finds here
    pytest_collection_modifyitems,
    pytest_collectstart,
    pytest_deselected,
    pytest_sessionfinish,
    pytest_terminal_summary,
    pytest_testnodedown,
    pytest_xdist_auto_num_workers,
    quick,
)
from tests.warm import warm_program, without_waiting
from tests.workers import (  # noqa: F401 - hooks, which pytest finds here
    pytest_runtest_protocol,
)


def pytest_configure(config: pytest.Config) -> None:
    tiers.pytest_configure(config)
    workers.pytest_configure(config)


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
            path.relative_to(root).as_posix(): parsed(path)
            for path in modules()
            if path.relative_to(root).parts[0] != "sandbox"
        }
        self._code = {path: _code(tree) for path, tree in self.modules.items()}

    def where(self, says: Callable[[ast.AST], bool]) -> dict[str, list[int]]:
        """Return the lines of each module with a node for which `says` is true; docstrings are omitted."""
        found = {path: [node.lineno for node in nodes if says(node)] for path, nodes in self._code.items()}
        return {path: lines for path, lines in found.items() if lines}


def _code(tree: ast.Module) -> list[Any]:
    docstrings = {
        id(one.value) for one in walk(tree) if isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)
    }
    return [one for one in walk(tree) if id(one) not in docstrings]


@pytest.fixture(scope="session")
def source() -> Source:
    import sdx_state

    return Source(Path(sdx_state.__file__).parent)


def take_settings_away(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Set the environment as if no settings of the program existed."""
    names = ("API_URL", "CUSTOMER_UUID", "AUTH_TOKEN", "ACCESS_TOKEN", "ENV", "LOG", "CA_FILE", "STATE_KEY")
    for name in (*names, "CLIENT_ID", "CLIENT_SECRET"):
        monkeypatch.delenv(f"SDX_{name}", raising=False)
    monkeypatch.setenv("SDX_NO_KEYRING", "1")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.getbasetemp() / "nobody"))


@pytest.fixture(autouse=True)
def no_settings_of_ours(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    take_settings_away(monkeypatch, tmp_path_factory)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    folder = tmp_path / "project"
    folder.mkdir()
    return Project(folder, monkeypatch)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let each wait of the program pass at once, and return how long they would have been, in seconds."""
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    return waited


@pytest.fixture(scope="session", autouse=True)
def shared_bytecode(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let the programs that tests start share compiled modules where Python may write none beside their sources.

    Each of them would compile all that it imports: two seconds instead of a half. pip compiles what it installs.
    """
    import sdx_state

    compiled = Path(cache_from_source(str(sdx_state.__file__))).exists()
    with pytest.MonkeyPatch.context() as patch:
        if sys.dont_write_bytecode and not compiled:
            patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
            patch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path_factory.getbasetemp().parent / "bytecode"))
        yield


@pytest.fixture(scope="session", autouse=True)
def no_power_cut() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", without_waiting(os.fsync))
        yield


@pytest.fixture(scope="session")
def opened_stores() -> Iterator[Callable[[str], Any]]:
    """Return a function that returns the one shared store of its kind that all tests of this process use."""
    from tests.state.shared_stores import OPEN, Opened

    with contextlib.ExitStack() as stack:
        found: dict[str, Opened] = {}

        def opened(kind: str) -> Opened:
            if kind not in found:
                found[kind] = stack.enter_context(OPEN[kind]())
            return found[kind]

        yield opened


@pytest.fixture(scope="session")
def mypy_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which all workers share what mypy knows of the package."""
    return tmp_path_factory.getbasetemp().parent / "mypy-cache"


@pytest.fixture(scope="session")
def warm() -> Iterator[Path]:
    """Return a program that runs the command line as `sdx-state` does, in a process that has imported everything."""
    with warm_program() as program:
        yield program


@pytest.fixture
def tenant(request: pytest.FixtureRequest) -> Iterator[Any]:
    from sdx_state.sandbox import SandboxServer

    with SandboxServer(":memory:", port=_port("tenant", request)) as server:
        yield server


def _port(name: str, request: pytest.FixtureRequest) -> int:
    return port_of(name) if "apply_once" in request.fixturenames else 0


@pytest.fixture
def nested_tenant(request: pytest.FixtureRequest) -> Iterator[Any]:
    from sdx_state.sandbox import SandboxOptions, SandboxServer

    with SandboxServer(":memory:", SandboxOptions(shape="nested"), _port("nested_tenant", request)) as server:
        yield server


@pytest.fixture
def connected(project: Project, tenant: Any) -> Project:
    project.connect(tenant.url)
    return project


@pytest.fixture(scope="session")
def kept_states(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("states")


@pytest.fixture
def apply_once(project: Project, kept_states: Path, request: pytest.FixtureRequest) -> Callable[..., None]:
    """Return a function that applies the project as it is, for set-up: the second time, only the result is copied."""

    def apply(*arguments: str) -> None:
        names = [one for one in ("tenant", "nested_tenant") if one in request.fixturenames]
        tenant = request.getfixturevalue(names[0]) if names else None
        prepared.apply_once(project, tenant, kept_states, arguments)

    return apply


@pytest.fixture
def serve_handler() -> Iterator[Callable[..., str]]:
    """Serve a handler on a port of this machine, a free one unless it is given, and return its URL."""
    servers: list[ThreadingHTTPServer] = []

    def start(handler: type[BaseHTTPRequestHandler], port: int = 0) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        server.daemon_threads = True
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def proxy(tenant: Any, serve_handler: Callable[..., str], request: pytest.FixtureRequest) -> FaultyProxy:
    made = FaultyProxy(tenant.url)
    made.url = serve_handler(handler_of(made), _port("proxy", request)) + "/api"
    return made
