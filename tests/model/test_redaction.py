"""Credentials are redacted in one module."""

from __future__ import annotations

import ast
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote, quote_plus

import pytest

from sdx_state.api.credentials import Credentials
from sdx_state.model.redaction import REDACTED, SHORTEST, forms_in, forms_of, redact
from tests.conftest import Source

SECRET, UUID = "a-t0ken/of=mine+\u00e9", "11111111-0000-4000-8000-000000000000"
DATA = SECRET.encode()
PAIR = b64encode(f"{UUID}:{SECRET}".encode()).decode()
ECHOES = [
    SECRET,
    quote(SECRET, safe=""),
    quote_plus(SECRET),
    DATA.hex(),
    DATA.hex().upper(),
    b64encode(DATA).decode(),
    urlsafe_b64encode(DATA).decode(),
    quote(b64encode(DATA).decode(), safe=""),
    PAIR,
    quote(PAIR, safe=""),
    ascii(SECRET)[1:-1],
    SECRET[::-1],
]


@pytest.mark.parametrize("echo", ECHOES)
def test_every_form_of_a_secret_is_replaced(echo: str) -> None:
    for shown in (redact(f"<{echo}>", forms_of([SECRET], UUID)), Credentials(SECRET, UUID).redact(f"<{echo}>")):
        assert shown.startswith(f"<{REDACTED}")
        assert len(shown) <= len(f"<{REDACTED}==>")


@pytest.mark.parametrize("before", ["", "x", "xy", "xyz"])
def test_a_secret_inside_of_a_longer_encoded_text_is_replaced(before: str) -> None:
    encoded = b64encode(f"{before}{SECRET} and more".encode()).decode()
    assert REDACTED in redact(encoded, forms_of([SECRET]))


def test_longer_forms_are_replaced_first() -> None:
    assert redact(f"{SECRET}-{SECRET}", forms_of([SECRET, f"{SECRET}-{SECRET}"])) == REDACTED


def test_short_secrets_are_replaced_in_whole_forms_only() -> None:
    forms = forms_of(["sandbox"])
    assert redact("sandbox xobdnas", forms) == f"{REDACTED} xobdnas"
    assert forms_of([""]) == ()


def test_secrets_of_the_environment_have_a_length() -> None:
    environ = {"SDX_AUTH_TOKEN": "short", "SDX_STATE_KEY": "k" * SHORTEST}
    assert "short" not in forms_in(environ)
    assert "k" * SHORTEST in forms_in(environ)
    assert "short" in forms_in(environ, shortest=1)


def test_secrets_are_marked_and_encoded_in_one_module(source: Source) -> None:
    def says_the_mark(node: ast.AST) -> bool:
        return isinstance(node, ast.Constant) and isinstance(node.value, str) and "redacted]" in node.value

    def encodes_a_secret(node: ast.AST) -> bool:
        return isinstance(node, ast.ImportFrom) and node.module == "base64"

    assert set(source.where(says_the_mark)) == {"model/redaction.py"}
    assert set(source.where(encodes_a_secret)) == {
        "model/redaction.py",
        "api/credentials.py",  # the header that is sent
        "report/template.py",  # the hashes of a page's script and style
    }


def test_pages_that_open_an_interaction_are_named_in_one_module(source: Source) -> None:
    def names_a_page(node: ast.AST) -> bool:
        text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
        return "web_survey" in text or "interaction_external" in text

    assert set(source.where(names_a_page)) == {"model/redaction.py"}


@pytest.mark.parametrize(
    "name", ["SDX_STATE_DSN", "PGPASSWORD", "TF_HTTP_PASSWORD", "CI_JOB_TOKEN", "AWS_SECRET_ACCESS_KEY"]
)
def test_credentials_of_a_shared_state_are_redacted(name):
    assert redact(f"failed with {SECRET}", forms_in({name: SECRET})) == f"failed with {REDACTED}"
