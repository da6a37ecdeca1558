"""A served page changes with its files, and only pages of this machine get it."""

from __future__ import annotations

import http.client
import os

import pytest

from sdx_state.app.page_server import MOST_WAITING, PageServer, stamp_of


@pytest.fixture
def shown():
    return {"text": "one", "loads": 0}


@pytest.fixture
def server(shown):
    def load():
        shown["loads"] += 1
        text = shown["text"]
        return lambda version: f"<p>{text} {version}</p>"

    with PageServer(load, lambda: shown["text"].strip("!") + str(shown.get("stamp"))) as served:
        yield served


def answer(server, path="/", method="GET", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request(method, path, headers={"Host": f"localhost:{server.port}", **headers})
    return connection.getresponse()


def test_page_is_made_again_only_after_a_change(server, shown):
    first = answer(server).read()
    assert not server.look()
    assert shown["loads"] == 1
    shown["text"] = "two"
    assert server.look()
    assert answer(server).read().startswith(b"<p>two ")
    assert first.startswith(b"<p>one ")


def test_event_is_sent_for_each_version_of_the_page_and_for_no_other_change(server, shown):
    events = answer(server, "/events")
    assert events.getheader("Content-Type") == "text/event-stream"
    version = events.fp.readline()
    assert version.startswith(b"data: ")
    assert version.split()[1] in answer(server).read()
    events.fp.readline()
    shown["stamp"] = 1  # the same page from other files
    server.look()
    assert shown["loads"] == 2
    shown["text"] = "two"
    server.look()
    after = events.fp.readline()
    assert after.startswith(b"data: ")
    assert after != version
    events.close()


def test_answers_forbid_other_pages_to_read_contain_or_keep_them(server):
    head = answer(server)
    assert "frame-ancestors 'none'" in head.getheader("Content-Security-Policy")
    assert head.getheader("Cross-Origin-Resource-Policy") == "same-origin"
    assert head.getheader("X-Content-Type-Options") == "nosniff"
    assert head.getheader("Cache-Control") == "no-store"
    assert head.getheader("Access-Control-Allow-Origin") is None
    assert head.getheader("Server") == "sdx-state"


def test_one_page_is_there_and_it_can_only_be_read(server):
    assert answer(server, "/other").status == 404
    assert answer(server, "/?a=b").status == 404
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        assert answer(server, method=method).status == 501
    head = answer(server, method="HEAD")
    assert (head.status, head.read()) == (200, b"")


def test_names_of_other_machines_are_refused(server):
    for host in ("evil.example", f"evil.example:{server.port}", "127.0.0.1", f"[::1]:{server.port}", ""):
        assert answer(server, Host=host).status == 421, host
    assert answer(server, Host=f"127.0.0.1:{server.port}").status == 200


def test_request_of_another_page_is_refused_and_a_link_is_followed(server):
    assert answer(server, **{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}).status == 403
    assert answer(server, "/events", **{"Sec-Fetch-Site": "same-site"}).status == 403
    assert answer(server, **{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}).status == 200


def test_pages_that_wait_are_limited(server):
    waiting = [answer(server, "/events") for _ in range(MOST_WAITING)]
    assert {one.status for one in waiting} == {200}
    for one in waiting:
        one.fp.readline()
    assert answer(server, "/events").status == 503
    for one in waiting:
        one.close()


class Clock:
    """A machine whose looks take `cost` seconds, and which ends after some sleeps."""

    def __init__(self, cost):
        self.cost, self.slept, self.now = cost, [], 0.0

    def monotonic(self):
        self.now += self.cost
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        if len(self.slept) == 3:
            raise KeyboardInterrupt


@pytest.mark.parametrize(("cost", "pause"), [(0.001, 0.3), (0.1, 0.9), (60.0, 2.0)])
def test_looks_take_a_part_of_the_time_and_a_change_none_of_the_next_pause(server, shown, cost, pause):
    clock = Clock(cost)
    shown["text"] = "two"
    with pytest.raises(KeyboardInterrupt):
        server.watch(clock)
    assert clock.slept == [0.3, pytest.approx(pause), pytest.approx(pause)]


def test_port_that_is_taken_is_an_error(server):
    with pytest.raises(OSError, match=r"."):
        PageServer(lambda: str, lambda: 0, server.port)


def test_stamp_changes_with_files_and_not_with_hidden_ones(tmp_path):
    (tmp_path / "surveys").mkdir()
    file = tmp_path / "surveys" / "a.yaml"
    file.write_text("a")
    known = stamp_of(tmp_path)
    (tmp_path / ".sdx").mkdir()
    (tmp_path / ".sdx" / "state.json").write_text("x")
    (tmp_path / ".hidden").write_text("x")
    assert stamp_of(tmp_path) == known
    os.utime(file, ns=(1, 1))
    assert stamp_of(tmp_path) != known
    known = stamp_of(tmp_path)
    (tmp_path / "agents.csv").write_text("x")
    assert stamp_of(tmp_path) != known
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nowhere")
    assert isinstance(stamp_of(tmp_path), tuple)
