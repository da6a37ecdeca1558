"""The HTTP server: connections at its end."""

from __future__ import annotations

import http.client
import socket
import threading

import pytest

from sdx_state.sandbox import SandboxOptions, SandboxServer


def threads():
    return [one.name for one in threading.enumerate()].count("sandbox")


def test_idle_connections_are_closed_and_new_ones_rejected():
    with SandboxServer(":memory:") as server:
        idle = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        idle.request("GET", "/api/openapi.yaml")
        assert idle.getresponse().read()
    assert idle.sock.recv(1) == b""
    idle.close()
    assert threads() == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port), timeout=20)


def test_server_ends_during_a_request():
    with SandboxServer(":memory:", SandboxOptions(latency=0.5)) as server:
        busy = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        busy.request("GET", "/api/surveys")
    busy.close()
    assert threads() == 0


def test_server_without_requests_ends():
    with SandboxServer(":memory:"):
        pass
    assert threads() == 0
