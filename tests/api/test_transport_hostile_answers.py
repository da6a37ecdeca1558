"""Hostile answers: large, slow, or JSON that readers understand differently."""

from __future__ import annotations

import gzip
import json
import time
import tracemalloc
import zlib
from typing import Any

import pytest

from sdx_state.api import errors as e
from sdx_state.decoding.strict import MAX_DEPTH, NotJson, Questionable, parse

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize("what", ["list", "create"])
@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_compressed_bomb_is_refused_at_ten_mebibytes(serve: Any, connect: Any, coding: str, what: str) -> None:
    plain = b"[" + b" " * (40 * 1024 * 1024) + b"]"
    bomb = gzip.compress(plain, 1) if coding == "gzip" else zlib.compress(plain, 1)
    client = connect(serve((200, bomb, {"Content-Encoding": coding})))
    with pytest.raises(e.InvalidResponseError, match="larger than 10 MiB") as caught:
        client.surveys.list() if what == "list" else client.surveys.create({"name": "x"})
    assert caught.value.ambiguous is (what == "create")


def test_an_endless_body_is_refused_at_ten_mebibytes(serve: Any, connect: Any) -> None:
    sent = 0

    def pour(out: Any) -> None:
        nonlocal sent
        out.write(HEAD + b"\r\n[")
        while True:
            out.write(b" " * 65536)
            sent += 65536

    with pytest.raises(e.InvalidResponseError, match="larger than 10 MiB"):
        connect(serve(pour)).surveys.get("1")
    assert sent < 3 * 40 * 1024 * 1024  # three tries, each cut off


def test_a_compressed_answer_within_the_limit_is_read(serve: Any, connect: Any) -> None:
    content = gzip.compress(json.dumps([{"id": 1, "name": "x" * 100_000}]).encode())
    assert len(connect(serve((200, content, {"Content-Encoding": "gzip"}))).surveys.list()[0]["name"]) == 100_000


def test_wrong_content_encoding_is_an_error(serve: Any, connect: Any) -> None:
    with pytest.raises(e.NoResponseError):
        connect(serve((200, b"[]", {"Content-Encoding": "gzip"}))).surveys.list()


def _drip(start: bytes, drop: bytes) -> Any:
    def drip(out: Any) -> None:
        out.write(start)
        for _ in range(600):
            out.write(drop)
            out.flush()
            time.sleep(0.05)  # the pace of the drip: the deadline of a socket is the system's, and goes by its clock

    return drip


@pytest.mark.parametrize(
    ("start", "drop"),
    [
        (HEAD + b"\r\n[", b" "),
        (HEAD + b"Content-Length: 5000\r\n\r\n", b" "),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
        (HEAD, b"X-A: b\r\n"),
        (HEAD + b"X-Long: ", b"a"),
        (b"HTTP/1.", b"1"),
    ],
    ids=["body", "body of known length", "chunks", "length of a chunk", "headers", "one header", "status line"],
)
def test_a_drip_ends_at_the_deadline_wherever_it_drips(serve: Any, connect: Any, start: bytes, drop: bytes) -> None:
    client = connect(serve(_drip(start, drop)), deadline=0.5)
    began = time.monotonic()
    with pytest.raises(e.NoResponseError) as caught:
        client.surveys.create({"name": "x"})
    assert time.monotonic() - began < 15  # the drip itself takes 30 s
    assert caught.value.ambiguous
    assert "within 0.5 s" in str(caught.value) or "broke" in str(caught.value)


def test_silence_ends_at_the_deadline(serve: Any, connect: Any) -> None:
    client = connect(serve(_drip(b"", b"")), deadline=0.3)
    with pytest.raises(e.NoResponseError, match=r"no complete answer within 0\.3 s"):
        client.surveys.create({"name": "x"})


def test_answer_with_a_thousand_headers_is_an_error(serve: Any, connect: Any) -> None:
    many = b"".join(b"X-%d: y\r\n" % number for number in range(1000))
    with pytest.raises(e.NoResponseError):
        connect(serve(HEAD + many + b"Content-Length: 2\r\n\r\n[]")).surveys.list()


QUESTIONABLE = {
    "key twice": b'[{"id": 1, "name": "a", "name": "b"}]',
    "key twice by escape": b'[{"id": 1, "name": "a", "n\\u0061me": "b"}]',
    "key twice inside": b'[{"id": 1, "p": {"text": {"default": "a", "default": "b"}}}]',
    "NaN": b'[{"id": 1, "x": NaN}]',
    "Infinity": b'[{"id": 1, "x": -Infinity}]',
    "too large a number": b'[{"id": 1, "x": 1e999}]',
    "too many digits": b'[{"id": 1, "x": ' + b"9" * 4301 + b"}]",
    "half a character": b'[{"id": 1, "name": "\\ud83d"}]',
    "half a character as a key": b'[{"id": 1, "\\uDE00": "x"}]',
    "depth 65": b'[{"id": 1, "x": ' + b"[" * 63 + b"]" * 63 + b"}]",
    "depth 900": b'{"id": 1, "x": ' + b'{"a":' * 900 + b"1" + b"}" * 900 + b"}",
    "depth 100,000": b"[" * 100_000 + b"]" * 100_000,
}


@pytest.mark.parametrize("content", QUESTIONABLE.values(), ids=QUESTIONABLE.keys())
def test_questionable_json_is_an_error(serve: Any, connect: Any, content: bytes) -> None:
    with pytest.raises(e.InvalidResponseError, match="is not reliable"):
        connect(serve((200, content))).surveys.list()


def test_json_at_the_limits_is_read(serve: Any, connect: Any) -> None:
    deep = b'[{"id": 1, "x": ' + b"[" * (MAX_DEPTH - 2) + b"]" * (MAX_DEPTH - 2) + b"}]"
    emoji = b'[{"id": 2, "name": "\\ud83d\\ude00 {[{[ \\": :"}]'
    assert connect(serve((200, deep))).surveys.list()[0]["id"] == 1
    assert connect(serve((200, emoji))).surveys.list() == [{"id": 2, "name": '\U0001f600 {[{[ ": :'}]


@pytest.mark.parametrize("content", [b"", b"[", b"[1,]", b"{'a': 1}", b"[1] [2]", b"\xff\xfe[\x00]\x00", b"\xc3\x28"])
def test_other_bodies_are_reported_as_not_json(content: bytes) -> None:
    with pytest.raises(NotJson):
        parse(content)


def test_a_brace_inside_a_text_does_not_hide_depth() -> None:
    with pytest.raises(Questionable):
        parse(b'["{{{{{{", ' + b"[" * 70 + b"]" * 70 + b"]")


SHAPES = [b'{"surveys": []}', b"null", b"7", b"true", b'"[]"', b"[[]]", b"[null]", b'[{"id": 1}, "two"]']
ROWS = [{}, {"id": None}, {"id": True}, {"id": -1}, {"id": 1.0}, {"id": "1e3"}, {"id": "../x"}, {"id": ["1"]}]


@pytest.mark.parametrize("content", SHAPES)
def test_a_list_is_a_bare_array_of_objects(serve: Any, connect: Any, content: bytes) -> None:
    with pytest.raises(e.InvalidResponseError):
        connect(serve((200, content))).surveys.list()


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_row_without_an_id_spoils_the_list(serve: Any, connect: Any, row: Any) -> None:
    with pytest.raises(e.InvalidResponseError, match="no valid identity"):
        connect(serve((200, [{"id": 1}, row]))).surveys.list()


@pytest.mark.parametrize("row", [{}, {"email": None}, {"email": " "}, {"email": 7}], ids=str)
def test_a_user_without_an_email_address_spoils_the_list(serve: Any, connect: Any, row: Any) -> None:
    with pytest.raises(e.InvalidResponseError, match="no valid identity"):
        connect(serve((200, [row]))).users.list()


def test_an_id_may_come_as_a_text_of_digits(serve: Any, connect: Any) -> None:
    assert connect(serve((200, {"id": "52"}))).surveys.get("52") == {"id": "52"}


@pytest.mark.soak
@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_compressed_bomb_needs_bounded_memory(serve: Any, connect: Any, coding: str) -> None:
    plain = b"[" + b" " * (120 * 1024 * 1024) + b"]"
    bomb = gzip.compress(plain, 1) if coding == "gzip" else zlib.compress(plain, 1)
    del plain
    client = connect(serve((200, bomb, {"Content-Encoding": coding})))
    tracemalloc.start()
    try:
        with pytest.raises(e.InvalidResponseError, match="larger than 10 MiB"):
            client.surveys.create({"name": "x"})  # a write is sent once
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 40 * 1024 * 1024
