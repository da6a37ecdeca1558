"""The machine is passed in: only the modules below use clock, random values or the environment directly."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import sdx_state
from sdx_state.api.address import base_url
from sdx_state.api.client import Client
from sdx_state.api.credentials import Credentials
from sdx_state.api.endpoints import Connection, Endpoints
from sdx_state.programs.machine import Machine
from tests.parsed import modules, parsed, walk

PACKAGE = Path(sdx_state.__file__).parent
ROOT = PACKAGE.parent
# Modules that may, and why; `sdx_state/programs` is where the rule leads to.
EXCEPTIONS = {
    "api/client.py": "the default of a public argument",
    "app/project.py": "the default of a public argument",
    "cli/context.py": "where the command line begins",
    "cli/console.py": "what describes the terminal",
    "state/http_requests.py": "each request is one attempt with a time limit; its caller retries",
    "sandbox/machine.py": "the sandbox shares no code with the rest",
}


def test_rule_is_suppressed_only_in_the_machine_module() -> None:
    found = {
        path.relative_to(PACKAGE).as_posix()
        for path in modules()
        if re.search(r"# noqa:[^#]*TID251", path.read_text(encoding="utf-8"))
    }
    assert found == {*EXCEPTIONS}


@pytest.mark.parametrize(
    "line",
    [
        "import time as t; t.sleep(1)",
        "import time; time.monotonic()",
        "from time import time; time()",
        "from datetime import datetime, timezone; datetime.now(timezone.utc)",
        "from datetime import date; date.today()",
        "import random; random.random()",
        "from uuid import uuid4; uuid4()",
        "import secrets; secrets.token_hex()",
        "import os; os.environ.get('HOME')",
        "import os; os.getenv('HOME')",
        "import socket; socket.gethostname()",
        "import requests; requests.Session()",
    ],
)
def test_linter_rejects_direct_use_of_clock_and_random(line: str) -> None:
    command = [sys.executable, "-m", "ruff", "check", "--select", "TID251", "--stdin-filename"]
    where = str(PACKAGE / "state" / "new.py")
    ended = subprocess.run([*command, where, "-"], input=line, cwd=ROOT, capture_output=True, text=True, check=False)
    if "No module named ruff" in ended.stderr:
        pytest.skip("ruff comes with the extra `dev`")
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "TID251" in ended.stdout


class Standing(Machine):
    """A machine with a stopped clock, no sleep and fixed random values."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> float:
        return 1_767_225_600.0

    def sleep(self, seconds: float, /) -> None:
        self.slept.append(seconds)

    def wait(self, seconds: float, ended: Callable[[], bool], /) -> None:
        self.sleep(seconds)

    def uuid(self) -> str:
        return "u-1"


def test_client_uses_clock_and_random_of_its_machine(tenant, proxy) -> None:
    tenant.store.create("surveys", {"name": "CSAT"})
    machine = Standing()
    connection = Connection(base_url(None, proxy.url), Credentials("sandbox", tenant.options.customer_uuid))
    proxy.fail("GET", "/surveys/1", 503, times=2)
    with Client.from_endpoints(Endpoints(connection, machine=machine)) as client:
        assert client.surveys.get(1).name == "CSAT"
        made = client.interactions.create(survey_id=1)
    assert len(machine.slept) == 2
    assert made.external_ref == "sdx-u-1"
    assert made.scheduled_at is not None
    assert made.scheduled_at.timestamp() == machine.now()


# Where this machine is more than a default: what it gives there has no say in what is decided.
USED = {
    "apply/review.py": "the time of an approval that names none",
    "cli/completing.py": "where completion begins, which has no context yet",
    "cli/main.py": "where the command line begins",
    "programs/machine.py": "where it is made",
    "sandbox/machine.py": "where that of the sandbox is made",
    "state/staging.py": "the name of a file that is renamed at once",
}


def test_this_machine_is_used_only_as_a_default() -> None:
    found = set()
    for path in modules():
        tree = parsed(path)
        defaults = {id(one) for node in walk(tree) for one in defaults_of(node)}
        names = [node for node in walk(tree) if isinstance(node, ast.Name) and node.id == "THIS_MACHINE"]
        if any(id(name) not in defaults for name in names):
            found.add(path.relative_to(PACKAGE).as_posix())
    assert found == {*USED}


def defaults_of(node: ast.AST) -> list[ast.expr | None]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return [*node.args.defaults, *node.args.kw_defaults]
    return [node.value] if isinstance(node, ast.AnnAssign) else []
