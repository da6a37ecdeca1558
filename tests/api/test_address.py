"""Address of the API: credentials are sent to one named host over TLS."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdx_state.api.address import base_url
from sdx_state.api.errors import InvalidURLError


@pytest.mark.parametrize(
    ("host", "url", "shown", "origin"),
    [
        ("au1.surveydynamix.com", None, "https://au1.surveydynamix.com/api", "https://au1.surveydynamix.com"),
        ("AU1.SurveyDynamix.com", "", "https://au1.surveydynamix.com/api", "https://au1.surveydynamix.com"),
        (None, "https://surveydynamix.com/api/", "https://surveydynamix.com/api", "https://surveydynamix.com"),
        (None, "https://surveydynamix.com:443/api", "https://surveydynamix.com/api", "https://surveydynamix.com"),
        (
            None,
            "https://surveydynamix.com:8443/api",
            "https://surveydynamix.com:8443/api",
            "https://surveydynamix.com:8443",
        ),
        (None, "http://127.0.0.1:8080/api", "http://127.0.0.1:8080/api", "http://127.0.0.1:8080"),
        (None, "http://localhost:8080/api", "http://localhost:8080/api", "http://localhost:8080"),
        (None, "http://[::1]:8080/api", "http://[::1]:8080/api", "http://[::1]:8080"),
        ("demo.surveydynamix.com", "http://127.0.0.1:1/api", "http://127.0.0.1:1/api", "http://127.0.0.1:1"),
    ],
)
def test_valid_address_is_accepted(host: str | None, url: str | None, shown: str, origin: str) -> None:
    base = base_url(host, url)
    assert str(base) == shown
    assert base.origin == origin


@pytest.mark.parametrize(
    "url",
    [
        "http://surveydynamix.com/api",
        "http://127.0.0.1.evil.example/api",
        "http://localhost.evil.example/api",
        "http://0.0.0.0/api",
        "ftp://surveydynamix.com/api",
        "surveydynamix.com/api",
        "//surveydynamix.com/api",
        "https:surveydynamix.com",
        "https:///api",
        "https://:443/api",
        "https://user@surveydynamix.com/api",
        "https://user:secret-word@surveydynamix.com/api",
        "https://surveydynamix.com@evil.example/api",
        "https://surveydynamix.com/api?x=1",
        "https://surveydynamix.com/api?",
        "https://surveydynamix.com/api#",
        "https://evil.example#@surveydynamix.com/api",
        "https://evil.example\\@surveydynamix.com/api",
        "https:\\\\surveydynamix.com/api",
        "https://survey%64ynamix.com/api",
        "https://surveydynamix.com%2eevil.example/api",
        "https://surveydynamix.com./api",
        "https://surveydynamix..com/api",
        "https://.surveydynamix.com/api",
        "https://-a.com/api",
        "https://a_b.com/api",
        "https://surveydynamix.com:0/api",
        "https://surveydynamix.com:99999/api",
        "https://surveydynamix.com:x/api",
        "https://10.0.0.1/api",
        "https://[2001:db8::1]/api",
        "https://[::1/api",
        "https://2130706433/api",
        "https://0x7f.1/api",
        "https://127.1/api",
        "https://surveydynamix.com/api/../admin",
        "https://surveydynamix.com/%2e%2e/api",
        "https://surveydynamix.com//evil.example/api",
        "https://surveydynamix.com/api;x",
        "https://surveydynamix.com/a pi",
        "https://survey\tdynamix.com/api",
        "https://surveydynamix.com/api\n",
        "https://surveydynamix.com\x00.evil.example/api",
        " https://surveydynamix.com/api",
        "https://" + "a" * 64 + ".com/api",
        "https://" + "a." * 127 + "com/api",
    ],
)
def test_misleading_address_is_rejected_with_advice(url: str) -> None:
    with pytest.raises(InvalidURLError) as caught:
        base_url(None, url)
    assert caught.value.advice
    assert str(caught.value).isprintable()
    assert "secret-word" not in str(caught.value)


@pytest.mark.parametrize(
    "host",
    ["", None, "https://surveydynamix.com", "surveydynamix.com/api", "a.com:8080", "user@a.com", "a.com\\b", "a b"],
)
def test_host_must_be_a_host_name_only(host: str | None) -> None:
    with pytest.raises(InvalidURLError):
        base_url(host, None)


def test_a_host_that_only_looks_like_the_right_one_is_shown_in_ascii() -> None:
    with pytest.raises(InvalidURLError, match="xn--") as caught:
        base_url("\u0455urveydynamix.com", None)
    assert str(caught.value).isascii()
    with pytest.raises(InvalidURLError) as caught:
        base_url(None, "https://" + "\u0455" * 80 + ".com/api")
    assert str(caught.value).isascii()


@given(st.text(st.sampled_from("ahtps:/.@\\#?%[]0:1\u0455 \n-_e"), max_size=24))
def test_accepted_addresses_are_https_or_loopback_and_round_trip(text: str) -> None:
    for host, url in ((text, None), (None, "https://" + text), (None, text)):
        try:
            base = base_url(host, url)
        except InvalidURLError:
            continue
        assert base.origin.startswith("https://") or base.host in ("localhost", "127.0.0.1", "::1")
        assert str(base).isascii()
        assert base_url(None, str(base)) == base
