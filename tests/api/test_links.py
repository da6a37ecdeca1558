"""Links and UUIDs that open an interaction without a login are never shown."""

from __future__ import annotations

import dataclasses
import io
import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdx_state.api import errors as e
from sdx_state.api import records
from sdx_state.api.answer import check
from sdx_state.api.exchange import Answer, Request
from sdx_state.api.links import is_secret
from sdx_state.cli.redaction import redacted, redacting

SECRET = "s3cr3t6f1c2e5a"
WORDS = st.text("abcdefghijklmnopqrstuvwxyz_-0123456789", max_size=12)
CASES = st.sampled_from([str.lower, str.upper, str.title])
LINK_NAMES = st.builds(lambda case, before, after: case(f"{before}link{after}"), CASES, WORDS, WORDS)
NAMES = st.one_of(LINK_NAMES, st.sampled_from(["uuid", "UUID", "Uuid"]))
VALUES = st.builds(lambda before, after: before + SECRET + after, st.text(max_size=8), st.text(max_size=8))


def message_of(body: bytes) -> str:
    request = Request("POST", "/interactions", "/interactions", {})
    with pytest.raises(e.ConflictError) as caught:
        check(request, Answer(409, {"Content-Type": "application/json"}, body), str)
    return f"{caught.value} {caught.value!r} {caught.value.advice}"


@given(NAMES, VALUES, st.booleans())
def test_every_field_with_a_link_in_its_name_is_redacted_in_errors(name, value, ascii_only):
    assert is_secret(name)
    for document in ({name: value}, {"interaction": [{"id": 7, name: value}]}, [{name: {"short": value}}]):
        shown = message_of(json.dumps(document, ensure_ascii=ascii_only).encode("utf-8", "replace"))
        assert SECRET not in shown
        assert "[redacted]" in shown


@given(NAMES)
@pytest.mark.parametrize(
    "form",
    [
        '{{"message": "pending: {{\\"{name}\\": \\"https:\\\\/\\\\/x.example\\\\/{secret}\\"}}"}}',
        '{{"{name}": "https://x.example/{secret}", "cut": ',
        '{{"{name}" : "{secret}\\" and more {secret}", "cut": ',
        "[{name}] => https://x.example/{secret}",
        "id=7&{name}={secret}&status=new",
        "{{'{name}': '{secret}'}}",
    ],
)
def test_links_in_text_that_is_not_json_are_redacted(form, name):
    assert SECRET not in message_of(form.format(name=name, secret=SECRET).encode())


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (f"see https://sdx.example/{SECRET} first", "https://sdx.example/[redacted] first"),
        (f"see /interaction_external/{SECRET}", "/interaction_external/[redacted]"),
        (f"at https://surveydynamix.com/interaction_external/{SECRET}.", "https://surveydynamix.com/[redacted]"),
        ("see https://surveydynamix.com/interaction/24062.", "https://surveydynamix.com/interaction/24062."),
        ("served by https://surveydynamix.com", "https://surveydynamix.com"),
    ],
)
def test_only_pages_without_login_are_redacted(said, shown):
    message = message_of(json.dumps({"message": said}).encode())
    assert shown in message
    assert SECRET not in message


def test_reprs_do_not_contain_secret_fields():
    secret = [
        (record, one)
        for record in vars(records).values()
        if dataclasses.is_dataclass(record)
        for one in dataclasses.fields(record)
        if is_secret(one.name)
    ]
    assert {one.name for _, one in secret} >= {"uuid", "web_link"}
    assert [one.name for _, one in secret if one.repr] == []


def test_output_never_contains_pages_that_open_an_interaction(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    shown = sys.stdout
    with redacting({}):
        for page in ("web_survey", "interaction_external"):
            print(f"+ prompt: https://surveydynamix.com/{page}/{SECRET}?a=b")
            assert redacted(f"https://surveydynamix.com/{page}/{SECRET}").endswith("[redacted]")
        print("https://surveydynamix.com/interaction/24062")
        print("https://surveydynamix.com/web_survey/%uuid%")
    assert SECRET not in shown.getvalue()
    assert "/interaction/24062" in shown.getvalue()
    assert "/web_survey/%uuid%" in shown.getvalue()
