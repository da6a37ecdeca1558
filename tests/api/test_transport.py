"""Requests on the wire: content, destination, and ignored settings of the environment."""

from __future__ import annotations

import contextlib
import logging
import shutil
import socket
import subprocess
import threading
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from sdx_state.api import errors as e
from sdx_state.api.address import base_url
from sdx_state.api.credentials import Credentials
from sdx_state.api.endpoints import Connection, Endpoints

SURVEY = {"id": 52, "name": "Support CSAT"}


def test_user_agent_identifies_the_client_but_not_the_machine(serve: Any, connect: Any) -> None:
    server = serve((200, SURVEY))
    client = connect(server)
    client.surveys.get("52")
    client.surveys.replace("52", SURVEY)
    basic = "Basic " + b64encode(b"customer-1:s3cret-t0ken").decode()
    for seen in server.seen:
        names = {name.lower() for name in seen.headers}
        assert seen.headers["Authorization"] == basic
        assert seen.headers["User-Agent"] == "sdx-state/0.1.0"
        assert seen.headers["Cache-Control"] == "no-cache"
        assert names <= {
            "host",
            "authorization",
            "user-agent",
            "accept",
            "accept-encoding",
            "cache-control",
            "connection",
            "content-type",
            "content-length",
        }


def test_access_token_is_sent_as_bearer(serve: Any, connect: Any) -> None:
    server = serve((200, SURVEY))
    connect(server, credentials=Credentials("abc.def")).surveys.get("52")
    assert server.seen[0].headers["Authorization"] == "Bearer abc.def"


def test_netrc_is_ignored(serve: Any, connect: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (".netrc", "_netrc"):
        (tmp_path / name).write_text("machine 127.0.0.1 login mallory password planted\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    server = serve((200, SURVEY))
    connect(server).surveys.get("52")
    assert server.seen[0].headers["Authorization"].startswith("Basic Y3VzdG9tZXIt")


def test_cookies_are_ignored(serve: Any, connect: Any) -> None:
    server = serve((200, SURVEY, {"Set-Cookie": "session=1; Path=/"}))
    client = connect(server)
    client.surveys.get("52")
    client.surveys.get("52")
    assert all("Cookie" not in seen.headers for seen in server.seen)


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
def test_a_redirect_is_never_followed(serve: Any, connect: Any, status: int) -> None:
    elsewhere = serve((200, SURVEY))
    server = serve((status, b"", {"Location": elsewhere.url + "/surveys/52"}))
    client = connect(server)
    for call in (
        lambda: client.surveys.get("52"),
        lambda: client.surveys.create({"name": "x"}),
        lambda: client.surveys.delete("52"),
    ):
        with pytest.raises(e.RedirectError):
            call()
    assert len(server.seen) == 3
    assert elsewhere.connections == 0


def test_requests_to_this_machine_bypass_proxies(serve: Any, connect: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = serve((200, {"id": 666}))
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy.url.removesuffix("/api"))
    assert connect(serve((200, SURVEY))).surveys.get("52") == SURVEY
    assert proxy.connections == 0


@pytest.fixture
def tunnel() -> Iterator[tuple[str, list[bytes]]]:
    """A proxy that rejects every tunnel and records its requests."""
    got: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                got.append(connection.recv(65536))
                connection.sendall(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", got
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)


def test_https_proxy_gets_a_tunnel_without_credentials(
    tunnel: tuple[str, list[bytes]], connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy, got = tunnel
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(e.ConnectionFailedError, match="through the proxy") as caught:
        connect("https://demo.surveydynamix.com/api").surveys.create({"name": "x"})
    assert not caught.value.ambiguous
    assert len(got) == 5  # a request that was certainly not sent is retried
    for asked in got:
        assert asked.startswith(b"CONNECT demo.surveydynamix.com:443 HTTP/1.")
        assert b"authorization" not in asked.lower()


def test_no_proxy_variable_is_honored(
    tunnel: tuple[str, list[bytes]], connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy, got = tunnel
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    monkeypatch.setenv("NO_PROXY", "nowhere.invalid")
    with pytest.raises(e.ConnectionFailedError):
        connect("https://nowhere.invalid/api").surveys.create({"name": "x"})
    assert got == []


def test_eight_threads_share_eight_connections(serve: Any, serve_by: Any, connect: Any) -> None:
    server = serve(serve_by(lambda seen: (200, {"id": int(seen.path.rpartition("/")[2])})))
    client = connect(server, parallelism=8)
    with ThreadPoolExecutor(8) as workers:
        rows = list(workers.map(client.surveys.get, map(str, range(800))))
    assert [row["id"] for row in rows] == list(range(800))
    assert server.connections <= 8
    assert client.requests == len(server.seen) == 800


def test_more_threads_than_connections_wait_their_turn(serve: Any, connect: Any) -> None:
    server = serve((200, SURVEY))
    client = connect(server, parallelism=2)
    with ThreadPoolExecutor(16) as workers:
        rows = list(workers.map(lambda _: client.surveys.get("52"), range(160)))
    assert len(rows) == 160
    assert server.connections <= 2


def test_connection_is_reused_after_any_answer(serve: Any, connect: Any) -> None:
    server = serve((200, [SURVEY]), (204, b""), (404, {}), (405, {}), (200, []))
    client = connect(server, parallelism=1)
    client.surveys.list()
    client.surveys.list()
    for _ in range(2):
        with pytest.raises(e.SurveyDynamixError):
            client.surveys.get("52")
    client.surveys.list()
    assert server.connections == 1


def test_a_connection_that_failed_is_given_back(serve: Any, connect: Any) -> None:
    server = serve(*[b"", (200, b"x" * (11 * 1024 * 1024))] * 6, (200, SURVEY))
    client = connect(server, parallelism=1)
    for _ in range(12):
        with pytest.raises((e.NoResponseError, e.InvalidResponseError)):
            client.surveys.create({"name": "x"})
        client._sender._failures.reset()  # this is about connections, not about the breaker
    assert client.surveys.get("52") == SURVEY


def test_a_debug_line_a_request_without_personal_data(
    serve: Any, connect: Any, caplog: pytest.LogCaptureFixture
) -> None:
    client = connect(serve((200, {"email": "ana.lee@example.com"})))
    with caplog.at_level(logging.DEBUG, "sdx_state"):
        client.users.get("ana.lee@example.com")
    lines = [record.getMessage() for record in caplog.records if record.name == "sdx_state"]
    assert len(lines) == 1
    assert lines[0].startswith("GET /users/{email} 200 ")
    assert "s3cret-t0ken" not in caplog.text


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A key and an untrusted certificate for localhost."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    key, made = folder / "key.pem", folder / "cert.pem"
    request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([openssl, *request, *names, "-keyout", key, "-out", made], check=True, capture_output=True)
    return key, made


@pytest.fixture
def secure_server(certificate: tuple[Path, Path]) -> Iterator[tuple[str, list[str]]]:
    import ssl

    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None: ...

        def do_GET(self) -> None:
            asked.append(self.path)
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(200)
            self.send_header("Content-Length", "11")
            self.end_headers()
            if self.path.endswith("/9"):
                self.wfile.write(b'{"id"')  # and never the rest
                self.wfile.flush()
                self.rfile.read(1)  # until the client hangs up
                return
            self.wfile.write(b'{"id": 52} ')

        do_POST = do_PUT = do_GET

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate[1], certificate[0])
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # refused handshakes are the point
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"https://localhost:{server.server_port}/api", asked
        server.shutdown()


def test_untrusted_certificate_fails_before_sending(secure_server: tuple[str, list[str]], connect: Any) -> None:
    url, asked = secure_server
    client = connect(url)
    with pytest.raises(e.CertificateError, match="certificate of localhost is not trusted") as caught:
        client.surveys.create({"name": "x"})
    assert not caught.value.ambiguous
    assert asked == []
    assert client.requests == 1


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_environment_cannot_change_trusted_certificates(
    secure_server: tuple[str, list[str]],
    certificate: tuple[Path, Path],
    connect: Any,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    monkeypatch.setenv(name, str(certificate[1]))
    with pytest.raises(e.CertificateError):
        connect(secure_server[0]).surveys.get("52")


def test_tls_connections_are_reused_and_keep_deadlines(
    secure_server: tuple[str, list[str]],
    certificate: tuple[Path, Path],
    connect: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url, asked = secure_server
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(certificate[1]))
    client = connect(url, deadline=5.0)
    for _ in range(3):
        assert client.surveys.get("52") == {"id": 52}
    assert len(asked) == 3
    impatient = connect(url, deadline=0.5)
    with pytest.raises(e.ReadTimeoutError, match=r"within 0\.5 s"):
        impatient.surveys.replace("9", {"id": 9})


def test_custom_transport_replaces_http() -> None:
    from sdx_state.api.exchange import Answer, Request

    class Canned:
        closed = False

        def send(self, request: Request) -> Answer:
            assert str(request) == "GET /surveys/52"
            return Answer(200, {}, b'{"id": 52}')

        def close(self) -> None:
            self.closed = True

    transport = Canned()
    connection = Connection(base_url("demo.surveydynamix.com", None), Credentials("t"))
    with Endpoints(connection, transport=transport) as client:
        assert client.surveys.get("52") == {"id": 52}
    assert transport.closed


@pytest.mark.parametrize("together", [True, False], ids=["in one packet", "in a packet of its own"])
def test_unrequested_bytes_are_not_the_answer_to_a_create(connect: Any, together: bool) -> None:
    def message(status: str, body: str) -> bytes:
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        return (head + body).encode()

    stray_sent = threading.Event()
    posted_on: list[int] = []

    def talk(connection: socket.socket, number: int) -> None:
        # The client resets a connection on which it finds what it did not ask for.
        with contextlib.suppress(ConnectionError), connection, connection.makefile("rb") as reading:
            while line := reading.readline():
                length = 0
                while (header := reading.readline()) not in (b"\r\n", b""):
                    if header.lower().startswith(b"content-length:"):
                        length = int(header.split(b":")[1])
                reading.read(length)
                if line.startswith(b"POST"):
                    posted_on.append(number)
                    connection.sendall(message("201 Created", '{"id": 7, "name": "New"}'))
                    continue
                wanted, stray = message("200 OK", "[]"), message("201 Created", '{"id": 1, "name": "Stray"}')
                if together:
                    connection.sendall(wanted + stray)
                else:
                    connection.sendall(wanted)
                    connection.sendall(stray)
                stray_sent.set()

    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            number = 0
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                number += 1
                threading.Thread(target=talk, args=(connection, number), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        client = connect(f"http://127.0.0.1:{listening.getsockname()[1]}/api", parallelism=1)
        assert client.surveys.list() == []
        assert stray_sent.wait(10)
        assert client.surveys.create({"name": "New"})["id"] == 7
        listening.shutdown(socket.SHUT_RDWR)
    assert posted_on
