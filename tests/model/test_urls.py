"""URLs are validated, split and built in one module."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdx_state.model.urls import (
    base_url,
    encoded,
    form_of,
    host_of,
    is_trusted,
    loopback_origin,
    on_this_machine,
    page,
    query_of,
    relative_path,
    segment,
    without_secrets,
)
from tests.conftest import Source

ORIGIN = "https://au1.surveydynamix.com"


@pytest.mark.parametrize("host", ["surveydynamix.com", "au1.surveydynamix.com", "demo.surveydynamix.com"])
def test_credentials_may_go_to_the_vendor(host: str) -> None:
    assert is_trusted(base_url(host, None), None)


@pytest.mark.parametrize("host", ["evil.example", "surveydynamix.com.evil.example", "notsurveydynamix.com"])
def test_credentials_are_sent_elsewhere_only_if_the_environment_names_the_origin(host: str) -> None:
    base = base_url(host, None)
    assert not is_trusted(base, None)
    assert not is_trusted(base, base_url("other.example", None))
    assert not is_trusted(base, base_url(None, f"https://{host}:8443/api"))
    assert is_trusted(base, base_url(None, f"https://{host}/elsewhere"))


def test_a_server_on_this_machine_is_trusted() -> None:
    origin = loopback_origin(8080)
    assert on_this_machine(origin)
    assert is_trusted(base_url(None, f"{origin}/api"), None)
    assert not on_this_machine("https://127.0.0.1.evil.example")


@pytest.mark.parametrize(
    ("pattern", "id", "path"),
    [
        ("/surveys/{id}/edit", "9", "/surveys/9/edit"),
        ("/users/{id}", "joe+csat@example.com", "/users/joe%2Bcsat@example.com"),
        ("/users?of={id}#top", "a&admin=1#x@example.com", "/users?of=a%26admin%3D1%23x@example.com#top"),
        ("/users/{id}", "../../logout?x=1@example.com", "/users/..%2F..%2Flogout%3Fx%3D1@example.com"),
        ("/all of them", "", "/all%20of%20them"),
    ],
)
def test_an_id_is_one_part_of_the_page_it_is_put_into(pattern: str, id: str, path: str) -> None:
    assert page(ORIGIN, pattern, id) == ORIGIN + path


@given(st.text())
def test_any_text_becomes_one_segment_or_a_path_without_a_scheme(text: str) -> None:
    assert not set(segment(text)) & set("/?#@: ")
    assert not set(relative_path(text)) & set("?#: ")


@given(st.dictionaries(st.text(min_size=1), st.text(min_size=1)))
def test_fields_are_read_back_as_they_were_sent(fields: dict[str, str]) -> None:
    assert form_of(encoded(fields)) == fields
    assert query_of(f"/path?{encoded(fields)}") == fields


@pytest.mark.parametrize(
    ("url", "host"), [("https://A.example:1/x", "a.example"), ("http://[::1]/", "[::1]"), ("/x", None), ("//[", None)]
)
def test_the_host_of_any_text(url: str, host: str | None) -> None:
    assert host_of(url) == host


# Module -> why it writes a part of a URL, or of the rules about them, itself.
ELSEWHERE = {
    "api/address.py": "names the vendor's hosts in a message",
    "api/errors.py": "advice",
    "app/environments.py": "names where a state is",
    "api/oauth.py": "the scheme that the library insists on",
    "config/conversations.py": "where a syntax is described",
    "report/advice.py": "advice",
    "state/http_requests.py": "the scheme of the address of a store",
    "state/object_store.py": "the schemes of the endpoint of a store",
    "report/sarif.py": "the schema of the format",
    "translations/xml.py": "the namespace of XML",
}


def test_urls_are_split_and_escaped_in_one_module(source: Source) -> None:
    def uses_a_library(node: ast.AST) -> bool:
        if isinstance(node, ast.ImportFrom):
            return node.module in ("urllib.parse", "ipaddress")
        return isinstance(node, ast.Import) and any(one.name in ("urllib.parse", "ipaddress") for one in node.names)

    # Encoded forms of a secret are of no URL.
    assert set(source.where(uses_a_library)) == {"model/urls.py", "model/redaction.py"}


def test_schemes_and_loopback_addresses_are_written_in_one_module(source: Source) -> None:
    def writes(node: ast.AST) -> bool:
        text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
        return "http:" in text or "https:" in text or text in ("localhost", "://") or text.startswith("//127.")

    assert set(source.where(writes)) == {"model/urls.py", *ELSEWHERE}


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://u:p@gitlab.example/api/v4?token=x#y", "https://gitlab.example/api/v4"),
        ("https://gitlab.example:8443/a@b", "https://gitlab.example:8443/a@b"),
        ("https://u:p%40@h", "https://h"),
        ("TF_HTTP_ADDRESS", "TF_HTTP_ADDRESS"),
    ],
)
def test_secrets_are_left_out_of_a_url(url: str, shown: str) -> None:
    assert without_secrets(url) == shown
