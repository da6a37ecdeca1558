"""Every command of the program, and everything that can go wrong besides the line to the tenant."""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import io
import logging
import os
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sdx_state.cli.main import COMMANDS, entry
from sdx_state.sandbox import SandboxOptions, SandboxServer
from tests.soak.secrets.failing_line import Line, closed_port

UUID = "c4a7a2e5-5b1f-4e0c-9c3e-0d0f2f5e8a11"
TOKEN = "cnry.T0k+en/=&%<q>'Z9x"  # visible ASCII, and much that some encoding writes otherwise
ACCESS = "cnry-4ccess_t0ken.2f8b+/="
KEY = "cnry-st4te_k3y.7d1c/+=Qm-of-32-and-more"
FORMATS = ("json", "markdown", "html", "junit", "sarif", "gitlab", "github")

PROJECT = "sdx: 1\napi: {host: x.example}\nlimits: {deletes: 99, deletes_percent: 100}\n"
BEFORE = """\
surveys:
  a: {name: A, questions: [{question_label: Q, question_text: Why?, question_type: text}]}
  b: {name: B}
users: {u@example.com: {name: U}}
checks: {one: {survey: a, answers: [{answer: because}]}}
"""
AFTER = (
    BEFORE.replace("Why?", "Why not?").replace("name: U", "name: V").replace("  b: {name: B}\n", "  c: {name: C}\n")
)

SCENES: dict[str, list[list[str]]] = {
    "init": [["init", "--sample"]],
    "validate": [["validate"]],
    "preview": [["preview", "a", "--out", "page.html"]],
    "fmt": [["fmt", "--check"]],
    "translations": [["translations", "status"], ["translations", "export", "--language", "de", "--format", "csv"]],
    "plan": [["plan", "--out", "new.json", *(f"--format={name}={name}.out" for name in FORMATS)]],
    "show": [["show", "plan.json"]],
    "apply": [["apply", "--auto-approve=high", "--allow", "*"], ["apply", "plan.json"], ["apply", "--resume"]],
    "destroy": [["destroy", "--auto-approve"]],
    "undo": [["undo", "RUN", "--auto-approve"]],
    "history": [["history", "--verify"]],
    "pull": [["pull"], ["pull", "--snapshot", "tenant.json"]],
    "drift": [["drift", "--format", "markdown"]],
    "handoff": [["handoff"]],
    "responses": [["responses", "a", "--output", "responses.csv"]],
    "check": [["check", "--junit", "checks.xml"]],
    "capabilities": [["capabilities"]],
    "state": [
        ["state", "list"],
        ["state", "show", "survey.a"],
        ["state", "mv", "survey.a", "survey.z"],
        ["state", "rm", "survey.a"],
        ["state", "rebuild", "--auto-approve"],
        ["state", "restore"],
        ["state", "unlock", "00000000"],
        ["state", "resolve", "survey.a", "--adopt", "1"],
        ["state", "sign", "--auto-approve"],
    ],
    "environments": [["environments"], ["environments", "--format", "json"]],
    "explain": [["explain", "survey"]],
    "help": [["help", "security"]],
    "sandbox": [["sandbox", "--help"]],
    "completion": [["completion", "bash"]],
    "login": [["login", "--with", "basic"], ["login", "--no-browser"]],
    "logout": [["logout"]],
    "whoami": [["whoami"]],
}
LOCAL = (
    "nothing fails", "connection refused", "unknown host", "tls to a plain port", "a proxy that is not there",
    "a damaged state", "a locked state", "a file for a state folder", "another tenant", "a line end in the token",
    "a letter that is not ASCII in the token", "an access token", "no UUID", "the token in the address",
    "the token as a key", "the signing key as a key", "a short signing key",
    "the token as the tenant", "the token as the host", "a bug", "an interrupt",
)  # fmt: skip


def scenes() -> dict[str, list[str]]:
    """Return the arguments of every scene by its name.

    Raises:
        KeyError: There is a command without a scene.
    """
    return {" ".join(arguments[:2]): arguments for command in COMMANDS for arguments in SCENES[command]}


@dataclass
class Ended:
    """The output and files of a run.

    Attributes:
        code: Its exit code.
        out, err: What it printed.
        files: The files that it made or changed, with their content.
    """

    code: int
    out: str
    err: str
    files: dict[str, bytes]


class Stage:
    """A project that was applied once, copied for every scene, and a tenant behind a line that fails."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.line = Line()
        self.server = SandboxServer(":memory:", SandboxOptions(customer_uuid=UUID, auth_token=TOKEN))
        self.server.__enter__()
        self.line.upstream = self.server.url
        self.base = root / "base"
        self.base.mkdir()
        (self.base / "sdx.yaml").write_text(PROJECT)
        (self.base / "a.yaml").write_text(BEFORE)
        for arguments in (["apply", "--auto-approve"], ["history"]):
            ended = self._run(self.base, arguments, self.environment(), 0)
            if ended.code != 0:
                raise RuntimeError(f"the stage cannot be set: {ended.err}")
        self.past = next(one.stem for one in (self.base / ".sdx" / "state.runs").glob("*.json"))
        (self.base / "a.yaml").write_text(AFTER)
        self._run(self.base, ["plan", "--out", "plan.json"], self.environment(), 0)
        self.numbers = 0

    def close(self) -> None:
        self.line.close()
        self.server.__exit__(None, None, None)

    def environment(self) -> dict[str, str]:
        return {
            "SDX_API_URL": self.line.url,
            "SDX_CUSTOMER_UUID": UUID,
            "SDX_AUTH_TOKEN": TOKEN,
            "SDX_STATE_KEY": KEY,
        }

    def play(self, arguments: list[str], failure: str, verbosity: int, after: int = 0) -> Ended:
        """Run a scene in which `failure` happens."""
        self.numbers += 1
        folder = self.root / f"run-{self.numbers}"
        shutil.copytree(self.base, folder)
        environment = self.environment()
        arguments = [self.past if one == "RUN" else one for one in arguments]
        try:
            with _local(failure, folder, environment):
                self.line.fail(None if failure in LOCAL else failure, after)
                ended = self._run(folder, arguments, environment, verbosity)
                ended.files = self._changed(folder)
            return ended
        finally:
            self.line.fail(None)
            shutil.rmtree(folder, ignore_errors=True)

    def _changed(self, folder: Path) -> dict[str, bytes]:
        """Return the files that a run made or changed; the files prepared for it are omitted."""
        found = {}
        for path in folder.rglob("*"):
            name = path.relative_to(folder)
            if path.is_file() and path.name != "sdx.yaml":
                content, before = path.read_bytes(), self.base / name
                if not before.is_file() or before.read_bytes() != content:
                    found[str(name)] = content
        return found

    @staticmethod
    def _run(folder: Path, arguments: list[str], environment: dict[str, str], verbosity: int) -> Ended:
        out, err = io.StringIO(), io.StringIO()
        before = dict(os.environ), sys.argv, time.sleep, Path.cwd()
        ours, root = logging.getLogger("sdx_state"), logging.getLogger()
        handlers, level = list(ours.handlers), root.level
        chatty = logging.StreamHandler(err)
        code = 0
        try:
            for name in [name for name in os.environ if name.startswith("SDX_")]:
                del os.environ[name]
            os.environ.update({**environment, "SDX_NO_KEYRING": "1", "XDG_CONFIG_HOME": str(folder / "config")})
            if verbosity:
                os.environ["SDX_LOG"] = ("", "info", "debug")[verbosity]
            if verbosity == 2:
                # As an engineer would who debugs the HTTP library.
                http.client.HTTPConnection.debuglevel = 1
            os.chdir(folder)
            time.sleep = lambda _: None
            sys.argv = ["sdx-state", *arguments]
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                try:
                    entry()
                except SystemExit as exit:
                    code = exit.code if isinstance(exit.code, int) else 1
        finally:
            os.environ.clear()
            os.environ.update(before[0])
            sys.argv, time.sleep = before[1], before[2]
            os.chdir(before[3])
            http.client.HTTPConnection.debuglevel = 0
            ours.handlers[:] = handlers
            root.removeHandler(chatty)
            root.setLevel(level)
        return Ended(code, out.getvalue(), err.getvalue(), {})


@contextlib.contextmanager
def _local(failure: str, folder: Path, environment: dict[str, str]) -> Iterator[None]:
    """Let what is not the line's doing go wrong while the block runs."""
    from sdx_state.api.transport import HttpTransport

    state, project = folder / ".sdx" / "state.json", folder / "sdx.yaml"
    exchange: Any = HttpTransport._exchange
    if failure == "connection refused":
        environment["SDX_API_URL"] = f"http://127.0.0.1:{closed_port()}/api"
    elif failure == "unknown host":
        environment["SDX_API_URL"] = "https://nobody.invalid/api"
    elif failure == "tls to a plain port":
        environment["SDX_API_URL"] = environment["SDX_API_URL"].replace("http://127.0.0.1", "https://localhost")
    elif failure == "a proxy that is not there":
        environment["SDX_API_URL"] = "https://demo.surveydynamix.com/api"
        environment["HTTPS_PROXY"] = f"http://127.0.0.1:{closed_port()}"
    elif failure == "a damaged state":
        state.write_bytes(state.read_bytes()[:-20])
    elif failure == "a file for a state folder":
        shutil.rmtree(folder / ".sdx")
        (folder / ".sdx").write_text("")
    elif failure == "another tenant":
        project.write_text(PROJECT + "tenant: 11111111-1111-4111-8111-111111111111\n")
    elif failure == "a line end in the token":
        environment["SDX_AUTH_TOKEN"] = f"{TOKEN}\nX: y"
    elif failure == "a letter that is not ASCII in the token":
        environment["SDX_AUTH_TOKEN"] = f"{TOKEN}\u00e9"
    elif failure == "an access token":
        del environment["SDX_AUTH_TOKEN"], environment["SDX_CUSTOMER_UUID"]
        environment["SDX_ACCESS_TOKEN"] = ACCESS
    elif failure == "no UUID":
        del environment["SDX_CUSTOMER_UUID"]
    elif failure == "the token in the address":
        project.write_text(f'sdx: 1\napi: {{url: "https://user:{TOKEN}@demo.surveydynamix.com/api"}}\n')
    elif failure == "the token as a key":
        project.write_text(f'{PROJECT}"{TOKEN}": 1\n')
    elif failure == "the signing key as a key":
        project.write_text(f'{PROJECT}"{KEY}": 1\n')
    elif failure == "a short signing key":
        environment["SDX_STATE_KEY"] = KEY[:20]
    elif failure == "the token as the tenant":
        project.write_text(f'{PROJECT}tenant: "{TOKEN}"\n')
    elif failure == "the token as the host":
        project.write_text(f'sdx: 1\napi: {{host: "{TOKEN}"}}\n')
    elif failure in ("a bug", "an interrupt"):
        HttpTransport._exchange = _broken(KeyboardInterrupt if failure == "an interrupt" else RuntimeError)  # type: ignore[method-assign]
    with contextlib.ExitStack() as stack:
        stack.callback(setattr, HttpTransport, "_exchange", exchange)
        if failure == "a locked state":
            file = stack.enter_context((folder / ".sdx" / "state.lock").open("a+"))
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _broken(error: type[BaseException]) -> Any:
    def exchange(self: Any, request: Any) -> Any:
        raise error(f"{self._headers} {request!r} {request.form}")

    return exchange
