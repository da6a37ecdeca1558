"""Error classes: one base, common names, and no mention of the command line."""

from __future__ import annotations

import ast
import pickle
import re
from pathlib import Path

import pytest

import sdx_state
from sdx_state.api import errors as e
from tests.api.errors import ALL, error_of
from tests.parsed import parsed, walk

# Modules that read the environment, and so must name its variables.
READ_THE_ENVIRONMENT = {"client.py", "credentials.py", "stored.py", "vault.py"}
OF_THE_COMMAND_LINE = re.compile(r"sdx-state [a-z]|SDX_[A-Z]|api\.host|api\.url|sdx\.yaml|\bconfiguration\b|this run")


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_every_error_is_exported_with_the_client(kind: type[e.SurveyDynamixError]) -> None:
    assert getattr(sdx_state, kind.__name__) is kind
    assert kind.__name__ in sdx_state.__all__
    assert kind.__name__.endswith("Error")


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_every_error_survives_a_process_pool(kind: type[e.SurveyDynamixError]) -> None:
    error = error_of(kind, status=400, ambiguous=True)
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert (type(copy), str(copy), vars(copy)) == (kind, str(error), vars(error))


def test_a_timeout_says_whether_the_request_was_sent() -> None:
    assert issubclass(e.ConnectTimeoutError, e.APITimeoutError)
    assert issubclass(e.ConnectTimeoutError, e.ConnectionFailedError)
    assert issubclass(e.ReadTimeoutError, e.APITimeoutError)
    assert issubclass(e.ReadTimeoutError, e.NoResponseError)
    assert not issubclass(e.ReadTimeoutError, e.ConnectionFailedError)


@pytest.mark.parametrize(
    "kind",
    [
        e.BadRequestError,
        e.AuthenticationError,
        e.PermissionDeniedError,
        e.NotFoundError,
        e.MethodNotAllowedError,
        e.ConflictError,
        e.GoneError,
        e.RateLimitError,
        e.InternalServerError,
        e.ServiceUnavailableError,
    ],
)
def test_every_error_status_is_an_api_status_error(kind: type[e.SurveyDynamixError]) -> None:
    assert issubclass(kind, e.APIStatusError)


def texts_of(path: Path) -> list[str]:
    """Return the string literals of a module except docstrings."""
    tree = parsed(path)
    docstrings = {
        id(node.body[0].value)
        for node in walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return [
        node.value
        for node in walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings
    ]


def test_client_messages_do_not_mention_the_command_line() -> None:
    """Python callers may have no `sdx-state` command, no sdx.yaml and no variables."""
    modules = sorted(Path(e.__file__).parent.glob("*.py"))
    assert len(modules) > 20
    found = [
        f"{path.name}: {text}"
        for path in modules
        for text in texts_of(path)
        if OF_THE_COMMAND_LINE.search(text) and not (path.name in READ_THE_ENVIRONMENT and " " not in text)
    ]
    # The variables are the arguments of `Client.from_environment`.
    assert [one for one in found if not one.startswith("credentials.py: ")] == []
    assert all("sdx-state" not in one for one in found)
