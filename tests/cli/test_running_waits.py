"""A server that asks clients to wait: the end of the wait is reported, and Ctrl-C stops the wait at once."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler

import pytest

from tests.state.http_server import PASSWORD, USER, a_state_server

HOUR = "3600"
AT_ONCE = 20.0  # seconds, far less than the wait of a minute, on a machine that is busy


class Busy(BaseHTTPRequestHandler):
    """Answers everything that a set of verbs asks with 429 and an hour of patience, the rest as an empty tenant."""

    verbs = frozenset({"GET"})

    def log_message(self, *_):
        pass

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        busy = self.command in self.verbs
        body = b"{}" if busy else b"[]"
        self.send_response(429 if busy else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if busy:
            self.send_header("Retry-After", HOUR)
        if self.command == "OPTIONS":
            self.send_header("Allow", "GET, POST, PUT, DELETE, OPTIONS")
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_OPTIONS = answer


class BusyForWrites(Busy):
    """Reads are answered, writes are not."""

    verbs = frozenset({"POST"})


@pytest.mark.parametrize(
    ("handler", "command", "request_line"),
    [
        (Busy, ("plan",), "GET /"),
        pytest.param(Busy, ("whoami",), "GET /surveys", marks=pytest.mark.soak),
        (BusyForWrites, ("apply", "--auto-approve"), "POST /"),
    ],
    ids=["reading", "in one thread", "writing"],
)
def test_end_of_a_long_wait_is_reported_and_an_interrupt_ends_it(
    project, serve_handler, handler, command, request_line
):
    project.connect(f"{serve_handler(handler)}/api")
    project.write("a.yaml", "surveys: {a: {name: A}}\nusers: {u@example.com: {name: U}}\n")
    running = subprocess.Popen(
        [sys.executable, "-m", "sdx_state", "-C", str(project.folder), *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
        start_new_session=True,
    )
    with running:
        try:
            said = next(line for line in running.stderr if "asks to wait" in line)
            begun = time.monotonic()
            running.send_signal(signal.SIGINT)
            rest = running.stderr.read()
            assert running.wait() == 130
        finally:
            running.kill()
    assert said.startswith(request_line)
    assert re.search(
        r": 429: the server asks to wait until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC \(3600 s\)\. "
        r"Trying again in 60 s\. Ctrl-C ends the wait\.$",
        said.rstrip(),
    )
    assert time.monotonic() - begun < AT_ONCE
    assert "Traceback" not in rest
    if handler is BusyForWrites:
        assert "did not finish" in project.run("plan").out


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.soak)])
def test_signal_ends_a_read_that_gets_no_answer_and_gives_the_lock_back(project, serve_handler, number):
    asked, ended = threading.Event(), threading.Event()

    class Silent(Busy):
        def answer(self):
            asked.set()
            ended.wait()

        do_GET = do_OPTIONS = answer

    with a_state_server("gitlab") as server:
        project.connect(f"{serve_handler(Silent)}/api")
        settings = project.folder / "sdx.yaml"
        settings.write_text(f"{settings.read_text()}state: {{backend: http, address: {server.address}}}\n")
        project.write("a.yaml", "surveys: {a: {name: A}}\n")
        running = subprocess.Popen(
            [sys.executable, "-m", "sdx_state", "-C", str(project.folder), "apply", "--auto-approve"],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "TF_HTTP_USERNAME": USER, "TF_HTTP_PASSWORD": PASSWORD},
        )
        with running:
            try:
                assert asked.wait(60)
                assert server.locks
                begun = time.monotonic()
                running.send_signal(number)
                said = running.stderr.read()
                assert running.wait() == 128 + number
            finally:
                running.kill()
                ended.set()
        assert time.monotonic() - begun < AT_ONCE
        assert not server.locks
    assert said.rstrip().endswith("Interrupted. Nothing more was sent.")


def test_busy_server_is_reported_with_the_time_to_return(project, serve_handler, waits):
    project.connect(f"{serve_handler(Busy)}/api")
    ended = project.run("whoami")
    assert ended.code == 1
    assert ended.err.count("asks to wait") > 1
    assert ended.err.splitlines()[-1].endswith("(3600 s). Run it again then.")
    assert sum(waits) == pytest.approx(240)
