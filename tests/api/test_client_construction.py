"""Construction of a client: arguments, validation, timeouts and imports."""

from __future__ import annotations

import ast
import doctest
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

import sdx_state
from sdx_state.api import client
from sdx_state.api import errors as e
from sdx_state.api.client import Client
from sdx_state.sandbox import SandboxServer

HOST = "au1.surveydynamix.com"
UUID, TOKEN = "00000000-0000-4000-8000-000000000000", "sandbox"
BASIC = {"customer_uuid": UUID, "auth_token": TOKEN}


def test_client_needs_only_host_and_basic_credentials() -> None:
    with Client(host=HOST, customer_uuid=UUID, auth_token=TOKEN) as made:
        assert str(made.rows.base) == "https://au1.surveydynamix.com/api"


def test_a_sandbox_on_this_machine_is_named_by_its_url(tenant: Any) -> None:
    tenant.store.create("surveys", {"name": "CSAT"})
    with Client(url=tenant.url, **BASIC) as made:
        assert [survey.name for survey in made.surveys.list()] == ["CSAT"]


def test_token_is_sent_as_bearer_and_pair_as_basic(serve: Any) -> None:
    server = serve((200, {"id": 1}))
    for credentials, scheme in (({"token": "abc.def"}, "Bearer abc.def"), (BASIC, "Basic ")):
        with Client(url=server.url, **credentials) as made:
            made.surveys.get(1)
        assert server.seen[-1].headers["Authorization"].startswith(scheme)


def test_arguments_are_keyword_only() -> None:
    with pytest.raises(TypeError):
        Client(HOST, UUID, TOKEN)  # type: ignore[misc]  # that is the point


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"token": "t"}, e.InvalidURLError, "API host is missing"),
        ({"host": HOST, "url": f"https://{HOST}/api", "token": "t"}, e.InvalidURLError, "both `host` and `url`"),
        ({"host": f"https://{HOST}", "token": "t"}, e.InvalidURLError, "host name only"),
        ({"url": f"http://{HOST}/api", "token": "t"}, e.InvalidURLError, "use https://"),
        ({"host": HOST}, e.CredentialsError, "missing `customer_uuid` and `auth_token`"),
        ({"host": HOST, "customer_uuid": UUID}, e.CredentialsError, "missing `auth_token`"),
        ({"host": HOST, "auth_token": TOKEN}, e.CredentialsError, "missing `customer_uuid`"),
        ({"host": HOST, "token": "t", **BASIC}, e.CredentialsError, "use one authentication method"),
        ({"host": HOST, "token": "canary\nX: y"}, e.CredentialsError, "`token` contains a character"),
        ({"host": HOST, "customer_uuid": "a:b", "auth_token": "t"}, e.CredentialsError, "is not a UUID"),
        ({"host": HOST, "token": "t", "ca_file": "/nowhere/canary.pem"}, e.CAFileError, "No such file"),
        ({"host": HOST, "token": "t", "timeout": 0}, ValueError, "above 0"),
        ({"host": HOST, "token": "t", "timeout": (3.05,)}, ValueError, "pair"),
        ({"host": HOST, "token": "t", "timeout": (3.05, None)}, ValueError, "above 0"),
        ({"host": HOST, "token": "t", "timeout": float("inf")}, ValueError, "above 0"),
        ({"host": HOST, "token": "t", "max_retries": -1}, ValueError, "max_retries"),
        ({"host": HOST, "token": "t", "max_connections": 0}, ValueError, "max_connections"),
    ],
)
def test_invalid_arguments_raise_immediately(arguments: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said) as caught:
        Client(**arguments)
    assert "canary\n" not in str(caught.value)


def test_reprs_do_not_contain_credentials(tenant: Any) -> None:
    with Client(url=tenant.url, customer_uuid=UUID, auth_token="canary") as made:
        shown = repr(made)
        assert shown == f"Client(url={tenant.url!r})"
        assert "canary" not in f"{shown} {made.rows!r} {made.surveys!r}"


@pytest.fixture
def stalling(serve: Any) -> Iterator[str]:
    """The URL of a server that never completes its answer."""
    over = threading.Event()

    def begin(wire: Any) -> None:
        wire.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")
        wire.flush()
        over.wait(20)

    yield serve(begin).url
    over.set()


@pytest.mark.parametrize("timeout", [0.3, (5.0, 0.3)])
def test_timeout_bounds_the_whole_answer(stalling: str, timeout: client.Timeout) -> None:
    with Client(url=stalling, token="t", timeout=timeout, max_retries=0) as made:
        begun = time.monotonic()
        with pytest.raises(e.APITimeoutError, match=r"within 0\.3 s") as caught:
            made.surveys.get(1)
        assert time.monotonic() - begun < 5
    assert type(caught.value) is e.ReadTimeoutError


@pytest.mark.parametrize("retries", [0, 1])
def test_max_retries_limits_retries_of_reads(serve: Any, retries: int) -> None:
    server = serve((500, {}))
    with Client(url=server.url, token="t", max_retries=retries) as made, pytest.raises(e.InternalServerError):
        made.surveys.get(1)
    assert len(server.seen) == 1 + retries


def test_401_does_not_block_the_next_request(serve: Any) -> None:
    server = serve((401, {}), (200, {"id": 1, "name": "CSAT"}))
    with Client(url=server.url, token="t") as made:
        with pytest.raises(e.AuthenticationError):
            made.surveys.get(1)
        assert made.surveys.get(1).name == "CSAT"


def test_failures_in_a_row_do_not_block_the_next_request(serve: Any) -> None:
    server = serve(*[(503, {})] * 30, (200, {"id": 1, "name": "CSAT"}))
    with Client(url=server.url, token="t", max_retries=0) as made:
        for _ in range(30):
            with pytest.raises(e.ServiceUnavailableError):
                made.surveys.get(1)
        assert made.surveys.get(1).name == "CSAT"


def test_client_is_exported() -> None:
    assert sdx_state.Client is Client
    assert "Client" in dir(sdx_state)
    with pytest.raises(AttributeError, match="has no attribute 'Cleint'"):
        sdx_state.Cleint  # type: ignore[attr-defined]  # noqa: B018 - that is the point


def test_public_names_exist_and_are_known_to_type_checkers() -> None:
    tree = ast.parse(Path(sdx_state.__file__).read_text(encoding="utf-8"))
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    imports = [node for node in ast.walk(block) if isinstance(node, ast.ImportFrom)]
    modules = {name.name: node.module for node in imports for name in node.names}
    assert modules.keys() == {*sdx_state.__all__} - {"__version__"}
    assert {name: module for name, module in modules.items() if module != "sdx_state.api.errors"} == sdx_state._WHERE
    for name in sdx_state.__all__:
        assert getattr(sdx_state, name) is not None
        assert name in dir(sdx_state)


def test_package_imports_modules_lazily() -> None:
    code = "import sys; before = {*sys.modules}; import sdx_state; print(*{*sys.modules} - before)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {*ended.stdout.split()} == {"sdx_state", "sdx_state.version"}


def test_the_example_of_the_module_runs() -> None:
    with SandboxServer(":memory:") as server:
        survey = {"id": 52, "name": "Support CSAT", "greeting_text": "Hello."}
        server.store.put_row("surveys", survey)
        question = {"question_label": "NPS", "question_text": "How likely are you to recommend us?"}
        server.store.create("questions", {**question, "survey_id": 52, "order": 1, "question_type": "nps"})
        assert client.__doc__ is not None
        text = client.__doc__.replace(f'host="{HOST}"', f"url={server.url!r}")
        assert server.url in text
        names = {"CUSTOMER_UUID": server.options.customer_uuid, "AUTH_TOKEN": server.options.auth_token}
        example = doctest.DocTestParser().get_doctest(text, names, "sdx_state.api.client", None, 0)
        assert len(example.examples) > 10
        said: list[str] = []
        assert doctest.DocTestRunner(verbose=False).run(example, out=said.append).failed == 0, "".join(said)


def test_the_version_is_the_one_of_the_distribution() -> None:
    assert sdx_state.__version__ == metadata.version("sdx-state")
