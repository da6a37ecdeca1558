"""Classification of answers to reads and writes."""

from __future__ import annotations

from typing import Any

import pytest

from sdx_state.api import errors as e
from sdx_state.api.endpoints import Endpoints

SURVEY = {"id": 52, "name": "Support CSAT"}
HTML = (200, b"<html><body>Please sign in</body></html>", {"Content-Type": "text/html; charset=utf-8"})
PAGE_IN_DISGUISE = (200, b"\n <!doctype html><p>Maintenance", {"Content-Type": "application/json"})
EMPTY = (200, b"")
NO_CONTENT = (204, b"")
TRUNCATED = (200, b'{"id": 52, "name": "Supp')
SHORT_BODY = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n{"id": 52'
SHORT_CHUNK = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n{"
HANGS_UP = b""
NOT_HTTP = b"SSH-2.0-OpenSSH_9.6\r\n"
WRONG_SHAPE = (200, [SURVEY])
NO_ID = (200, {"name": "Support CSAT"})
TEXT_FOR_ID = (200, {"id": "fifty-two"})
OTHER_ID = (200, {"id": 53})
REDIRECT = (302, b"", {"Location": "https://evil.example/login?token=abc"})

# reply, type of the error, GET tries, and whether a create, an update and a delete are left unclear
TABLE = [
    pytest.param((400, {"error": "bad"}), e.BadRequestError, 1, "", id="400"),
    pytest.param((401, {}), e.AuthenticationError, 1, "", id="401"),
    pytest.param((403, {}), e.PermissionDeniedError, 1, "", id="403"),
    pytest.param((404, b"<html>", {"Content-Type": "text/html"}), e.NotFoundError, 1, "", id="404"),
    pytest.param((405, {}, {"Allow": "GET, head"}), e.MethodNotAllowedError, 1, "", id="405"),
    pytest.param((409, {}), e.ConflictError, 1, "", id="409"),
    pytest.param((410, {}), e.GoneError, 1, "", id="410"),
    pytest.param((418, {}), e.APIStatusError, 1, "create update delete", id="another 4xx"),
    pytest.param((429, {}), e.RateLimitError, 5, "", id="429"),
    pytest.param((500, {}), e.InternalServerError, 5, "create update delete", id="500"),
    pytest.param((502, HTML[1], HTML[2]), e.InternalServerError, 5, "create update delete", id="502"),
    pytest.param((503, {}), e.ServiceUnavailableError, 5, "create update delete", id="503"),
    pytest.param((504, b""), e.InternalServerError, 5, "create update delete", id="504"),
    pytest.param(HTML, e.NonAPIResponseError, 3, "create update delete", id="page"),
    pytest.param(
        PAGE_IN_DISGUISE, e.NonAPIResponseError, 3, "create update delete", id="page that calls itself JSON"
    ),
    pytest.param(EMPTY, e.NonAPIResponseError, 3, "create update", id="empty"),
    pytest.param(NO_CONTENT, e.NonAPIResponseError, 3, "create update", id="204 for one resource"),
    pytest.param(TRUNCATED, e.NonAPIResponseError, 3, "create update", id="half of a JSON"),
    pytest.param((203, SURVEY), e.InvalidResponseError, 3, "create update delete", id="203 altered on the way"),
    pytest.param((205, b""), e.InvalidResponseError, 3, "create update delete", id="205"),
    pytest.param(
        (206, SURVEY, {"Content-Range": "bytes 0-9/90"}),
        e.InvalidResponseError,
        3,
        "create update delete",
        id="206 part",
    ),
    pytest.param((207, SURVEY), e.InvalidResponseError, 3, "create update delete", id="207"),
    pytest.param((299, SURVEY), e.InvalidResponseError, 3, "create update delete", id="another 2xx"),
    pytest.param(REDIRECT, e.RedirectError, 1, "create update delete", id="redirect"),
    pytest.param(SHORT_BODY, e.NoResponseError, 5, "create update delete", id="short body"),
    pytest.param(SHORT_CHUNK, e.NoResponseError, 5, "create update delete", id="short chunk"),
    pytest.param(HANGS_UP, e.NoResponseError, 5, "create update delete", id="hangs up"),
    pytest.param(NOT_HTTP, e.NoResponseError, 5, "create update delete", id="not HTTP"),
    pytest.param(WRONG_SHAPE, e.InvalidResponseError, 3, "create update", id="list for an object"),
    pytest.param(NO_ID, e.InvalidResponseError, 3, "create update", id="no id"),
    pytest.param(TEXT_FOR_ID, e.InvalidResponseError, 3, "create update", id="text for a number"),
]


def _do(client: Endpoints, what: str) -> Any:
    if what == "read":
        return client.surveys.get("52")
    if what == "create":
        return client.surveys.create({"name": "Support CSAT"})
    if what == "update":
        return client.surveys.replace("52", SURVEY)
    return client.surveys.delete("52")


@pytest.mark.parametrize(("reply", "kind", "tries", "unclear"), TABLE)
def test_failed_read_has_its_error_type_and_retries(
    serve: Any, connect: Any, reply: Any, kind: type[e.SurveyDynamixError], tries: int, unclear: str
) -> None:
    server = serve(reply)
    with pytest.raises(e.SurveyDynamixError) as caught:
        _do(connect(server), "read")
    assert type(caught.value) is kind
    assert caught.value.request == "GET /surveys/52"
    assert caught.value.status == (reply[0] if isinstance(reply, tuple) else None)
    assert not caught.value.ambiguous
    assert caught.value.advice
    assert len(server.seen) == tries


@pytest.mark.parametrize("what", ["create", "update", "delete"])
@pytest.mark.parametrize(("reply", "kind", "tries", "unclear"), TABLE)
def test_write_is_retried_after_429_only_and_ambiguous_unless_rejected(
    serve: Any, connect: Any, reply: Any, kind: type[e.SurveyDynamixError], tries: int, unclear: str, what: str
) -> None:
    server = serve(reply)
    client = connect(server)
    if what == "delete" and kind in (e.NonAPIResponseError, e.InvalidResponseError) and "delete" not in unclear:
        client.surveys.delete("52")  # any 2xx that is not an HTML page means success
    else:
        with pytest.raises(e.SurveyDynamixError) as caught:
            _do(client, what)
        assert type(caught.value) is kind
        assert caught.value.ambiguous is (what in unclear)
    put_off = isinstance(reply, tuple) and reply[0] == 429
    assert len(server.seen) == (tries if put_off else 1)


@pytest.mark.parametrize("what", ["read", "update"])
def test_answer_with_another_resource_is_an_error(serve: Any, connect: Any, what: str) -> None:
    with pytest.raises(e.InvalidResponseError) as caught:
        _do(connect(serve(OTHER_ID)), what)
    assert caught.value.ambiguous is (what == "update")


@pytest.mark.parametrize("reply", [EMPTY, HTML, PAGE_IN_DISGUISE, TRUNCATED])
def test_other_json_is_not_read_as_an_empty_list(serve: Any, connect: Any, reply: Any) -> None:
    with pytest.raises(e.NonAPIResponseError):
        connect(serve(reply)).surveys.list()


def test_405_contains_the_allowed_methods(serve: Any, connect: Any) -> None:
    with pytest.raises(e.MethodNotAllowedError) as caught:
        connect(serve((405, {}, {"Allow": "GET, head"}))).surveys.create({"name": "x"})
    assert caught.value.allowed == {"GET", "HEAD"}
    assert "admin UI" in caught.value.advice


def test_a_401_may_also_be_a_missing_permission(serve: Any, connect: Any) -> None:
    """The API answers wrong credentials and missing permission alike (API reference, "Errors")."""
    with pytest.raises(e.AuthenticationError, match="wrong credentials, or missing permission"):
        connect(serve((401, {}))).surveys.list()


def test_a_redirect_names_the_host_and_hides_the_path(serve: Any, connect: Any) -> None:
    server = serve(REDIRECT)
    with pytest.raises(e.RedirectError) as caught:
        connect(server).surveys.list()
    assert "evil.example" in str(caught.value)
    assert "token" not in str(caught.value) and "login" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (b'{"error": "name is too long"}', '"name is too long"'),
        (b'{"message": "line one\\nline two \\u202e"}', r'"line one\u{a}line two \u{202e}"'),
        (b"plain \x1b[31mwords", r'"plain \u{1b}[31mwords"'),
        (b'{"code": 7}', '"{"code": 7}"'),
        (b"x" * 900, "... (900 characters)"),
        (b"<html>secret page</html>", "malformed (400)"),
        (b"", "malformed (400)"),
    ],
)
def test_server_message_is_shown_on_one_line_escaped_and_truncated(
    serve: Any, connect: Any, content: bytes, shown: str
) -> None:
    with pytest.raises(e.BadRequestError) as caught:
        connect(serve((400, content))).surveys.create({"name": "x"})
    assert shown in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400
    assert "secret page" not in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        b'{"message": "see https://surveydynamix.com/web_survey/6f1c2e5a?x=1 first"}',
        b'{"error": "pending: 6F1C2E5A-0000-4000-8000-000000000000"}',
        b'{"id":7,"uuid":"6f1c2e5a","weblink":"https:\\/\\/a.example\\/web_survey\\/6f1c2e5a"}',
        b'{"interaction": {"web_link": "https://a.example/w/6f1c2e5a", "id": 7}}',
        b"pending: https://a.example/web_survey/6f1c2e5a",
    ],
)
def test_messages_do_not_contain_links_without_login(serve, connect, body):
    with pytest.raises(e.ConflictError) as caught:
        connect(serve((409, body))).interactions.create({"survey_id": "1"})
    assert "6f1c2e5a" not in str(caught.value).lower()
    assert "[redacted]" in str(caught.value)


@pytest.mark.parametrize("status", [400, 404, 409, 500, 503])
@pytest.mark.parametrize("bearer", [False, True])
def test_echoed_credentials_are_not_in_messages(
    serve: Any, serve_by: Any, connect: Any, status: int, bearer: bool
) -> None:
    from sdx_state.api.credentials import Credentials

    token = "t0k/en+with=odd?signs"
    credentials = Credentials(token) if bearer else Credentials(token, "customer-1")

    def echo(seen: Any) -> Any:
        return status, {"token": token, "sent": seen.headers["Authorization"]}

    def echo_as_php_does(seen: Any) -> Any:
        import json

        return status, json.dumps(echo(seen)[1]).replace("/", "\\/").encode()

    for script in (echo, echo_as_php_does):
        server = serve(serve_by(script))
        with pytest.raises(e.SurveyDynamixError) as caught:
            connect(server, credentials=credentials).surveys.create({"name": "x"})
        sent = server.seen[0].headers["Authorization"].split()[1]
        for text in (str(caught.value), repr(caught.value), caught.value.advice):
            assert sent not in text.replace("\\/", "/")
            assert token not in text.replace("\\/", "/")
        assert "[redacted]" in str(caught.value)


def test_closed_port_means_not_sent(connect: Any) -> None:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for what in ("read", "create", "update", "delete"):
        with pytest.raises(e.ConnectionFailedError, match="the connection was refused") as caught:
            _do(connect(f"http://127.0.0.1:{port}/api"), what)
        assert not caught.value.ambiguous
        assert caught.value.status is None


def test_unknown_host_name_means_not_sent(connect: Any) -> None:
    with pytest.raises(e.ConnectionFailedError, match=r"nowhere\.invalid: the host name is unknown") as caught:
        connect("https://nowhere.invalid/api").surveys.create({"name": "x"})
    assert not caught.value.ambiguous


def test_failed_tls_handshake_means_not_sent(serve: Any, connect: Any) -> None:
    server = serve((200, SURVEY))
    with pytest.raises(e.ConnectionFailedError, match="TLS handshake failed") as caught:
        connect(server.url.replace("http:", "https:")).surveys.create({"name": "x"})
    assert not caught.value.ambiguous
    assert not any(seen.method == "POST" for seen in server.seen)


@pytest.mark.parametrize("status", [200, 201, 202])
def test_complete_answer_with_any_success_status_is_accepted(serve: Any, connect: Any, status: int) -> None:
    client = connect(serve((status, SURVEY)))
    assert all(_do(client, what) == SURVEY for what in ("read", "create", "update"))
    _do(client, "delete")


def test_partial_list_is_an_error(serve: Any, connect: Any) -> None:
    with pytest.raises(e.InvalidResponseError, match="206"):
        connect(serve((206, [SURVEY]))).surveys.list()
