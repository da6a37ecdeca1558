"""Damaged answers, over real sockets, through the real client: a value of the right shape, or one of its own errors.

    python -m tests.soak.fuzz.answers --seed 1 --count 20000
    python -m tests.soak.fuzz.answers --seed 1 --only 4711

Prints the seed, the counts, the slowest, and the memory it took.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import resource
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from sdx_state.api.address import base_url
from sdx_state.api.credentials import Credentials
from sdx_state.api.endpoints import Connection, Endpoints
from sdx_state.api.errors import SurveyDynamixError
from sdx_state.programs.machine import Machine
from tests.soak.fuzz.mutations import MUTATIONS, damaged

PATIENCE = 20.0  # seconds that a request, with its tries, may take on a loaded machine
DEADLINE = 0.5  # seconds for one try: the client drops a server that hangs up late
MEMORY = 200 * 1024  # KiB
ROW = {"id": 7, "name": "CSAT", "greeting_text": "Hello", "email": "a@example.com"}
CREDENTIALS = Credentials("s3cret-t0ken", "5f0c0d5e-0000-4000-8000-000000000000")
SHORT = "HTTP/1.1 {status} X\r\nContent-Type: {type}\r\nContent-Length: {length}\r\nConnection: close\r\n{more}\r\n"
STATUSES = [*[200] * 20, 201, 202, 204, 205, 206, 301, 302, 304, 400, 401, 404, 405, 409, 410, 418, 429, 500]
STATUSES += [502, 503, 504, 599, 100, 101, 0, 999, -1]
TYPES = [
    "application/json",
    "application/json",
    "text/html",
    "text/plain",
    "",
    "application/json; charset=utf-16",
    "x",
]
MORE = [
    *[""] * 20, "Retry-After: 1\r\n", "Retry-After: Wed, 01 Jan 2110 00:00:00 GMT\r\n", "Retry-After: -9e9\r\n",
    "Location: https://elsewhere.example/\r\n", "Allow: GET, \x80\xff\r\n", "Content-Encoding: gzip\r\n",
    "Content-Encoding: deflate, br\r\n", "Transfer-Encoding: chunked\r\n", "Set-Cookie: a=b\r\n",
    "X: " + "y" * 70_000 + "\r\n", "Content-Length: 3\r\n", ": \r\n", "no colon\r\n", " folded\r\n",
]  # fmt: skip
NOT_ROWS: list[Any] = [None, True, 7, "x", [], {}, [[]], [None], {"id": None}, {"id": 8}, [{"id": -1}], [{"id": "x"}]]
BODIES: list[Callable[[random.Random], bytes]] = [
    lambda _: json.dumps(ROW).encode(),
    lambda _: json.dumps([ROW, {**ROW, "id": 8}]).encode(),
    lambda chance: json.dumps([{**ROW, "id": n} for n in range(chance.choice((0, 10, 1000)))]).encode(),
    lambda chance: json.dumps(
        chance.choice([None, True, 7, "x", [], {}, [[]], [None], {"id": None}, {"id": 8}])
    ).encode(),
    lambda _: b'{"id": 7, "id": 8}',
    lambda _: b'[{"id": NaN}, {"id": Infinity}, {"id": 1e999}]',
    lambda _: b'{"id": ' + b"9" * 5000 + b"}",
    lambda chance: b"[" * chance.choice((60, 70, 100_000)),
    lambda chance: b'{"a":' * chance.choice((60, 5000)) + b"1" + b"}" * 60,
    lambda _: b'{"id": 7, "name": "\\ud800"}',
    lambda _: b'\xef\xbb\xbf{"id": 7}',
    lambda _: b"<html><body>Please sign in s3cret-t0ken</body></html>",
    lambda _: b"",
    lambda chance: chance.randbytes(chance.randint(0, 400)),
    lambda _: gzip.compress(json.dumps(ROW).encode()),
    lambda _: gzip.compress(b" " * 30_000_000, 1),
    lambda _: b"1e\r\n" + json.dumps(ROW).encode()[:30] + b"\r\n0\r\n\r\n",
]


class Line:
    """Answers every connection with the same bytes, and hangs up."""

    def __init__(self) -> None:
        self.answer = b""
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/api"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                try:
                    connection.settimeout(1)
                    asked = connection.recv(65536)
                    head, _, body = asked.partition(b"\r\n\r\n")
                    length = next(
                        (int(line[15:]) for line in head.split(b"\r\n") if line[:15] == b"Content-Length:"), 0
                    )
                    while len(body) < length and (more := connection.recv(65536)):
                        body += more
                    connection.sendall(self.answer)
                    connection.shutdown(socket.SHUT_WR)
                except OSError:
                    continue


class Hurry(Machine):
    """A clock that does not wait."""

    def now(self) -> float:
        return 1_767_225_600.0

    def sleep(self, seconds: float, /) -> None: ...

    def uniform(self, a: float, b: float, /) -> float:
        return b


def answer_of(seed: object) -> tuple[str, str, bytes]:
    """Return the request that is made, how its answer is damaged, and the answer."""
    chance = random.Random(f"answer {seed}")
    verb = chance.choice(("list", "list", "get", "create", "create", "replace", "delete", "allowed"))
    body = chance.choice(BODIES if chance.random() < 0.6 else BODIES[:2])(chance)
    if chance.random() < 0.3:
        body = MUTATIONS[chance.choice([*MUTATIONS])](chance, body[:20_000])
    length = len(body) if chance.random() < 0.85 else chance.choice((0, 1, len(body) + 5, -1, 10**18))
    head = SHORT.format(
        status=chance.choice(STATUSES), type=chance.choice(TYPES), length=length, more=chance.choice(MORE)
    )
    answer = head.encode("latin-1") + body
    if chance.random() < 0.25:
        what, answer = damaged(chance, [answer[:20_000]])
        return verb, what, answer
    return verb, "as composed", answer


def outcome_of(seed: object, line: Line) -> tuple[str, str, float, str | None]:
    """Make a request that is answered as `seed` says; return verb, end, seconds, and what is wrong."""
    verb, _, line.answer = answer_of(seed)
    began = time.perf_counter()
    connection = Connection(base_url(None, line.url), CREDENTIALS, parallelism=1, deadline=DEADLINE)
    end, wrong = "value", None
    with Endpoints(connection, machine=Hurry()) as client:
        try:
            wrong = _value_complaint(verb, _request(client, verb))
        except SurveyDynamixError as error:
            end, wrong = type(error).__name__, _error_complaint(error)
        except BaseException as error:  # noqa: BLE001 - whatever else it is, it must not be
            end, wrong = "other", f"{type(error).__name__}: {error}"[:300]
    seconds = time.perf_counter() - began
    if wrong is None and seconds > PATIENCE + 5 * DEADLINE:
        wrong = f"it took {seconds:.1f} s"
    return verb, end, seconds, wrong


def _request(client: Endpoints, verb: str) -> Any:
    surveys = client.surveys
    requests: dict[str, Callable[[], Any]] = {
        "list": surveys.list,
        "get": lambda: surveys.get("7"),
        "create": lambda: surveys.create({"name": "x"}),
        "replace": lambda: surveys.replace("7", ROW),
        "delete": lambda: surveys.delete("7"),
        "allowed": surveys.allowed,
    }
    return requests[verb]()


def _value_complaint(verb: str, value: Any) -> str | None:
    """Return what is wrong with a value that the client made of an answer, if anything is."""
    if verb == "list":
        whole = isinstance(value, list) and all(isinstance(row, dict) and _numbered(row) for row in value)
        return None if whole else f"a list without ids: {value!r}"[:200]
    if verb in ("get", "replace"):
        return (
            None if isinstance(value, dict) and str(value.get("id")) == "7" else f"not what was asked for: {value!r}"
        )
    if verb == "create":
        return None if isinstance(value, dict) and _numbered(value) else f"created, and no id: {value!r}"
    return None


def _numbered(row: dict[str, Any]) -> bool:
    return str(row.get("id", "")).isdecimal()


def _error_complaint(error: SurveyDynamixError) -> str | None:
    text = f"{error} {error.advice}"
    if CREDENTIALS.token in text:
        return "the message shows the token"
    if not error.advice:
        return "an error without advice"
    return None if text.isprintable() or "\n" in text else f"the message holds what a terminal acts on: {text!r}"


def run(seed: int, numbers: range) -> tuple[Counter[str], list[tuple[int, str]], float, int]:
    """Return counts, what went wrong, the slowest in seconds, and KiB of memory taken beyond the beginning."""
    line = Line()
    counts: Counter[str] = Counter()
    wrong: list[tuple[int, str]] = []
    slowest, before = 0.0, 0
    for place, number in enumerate(numbers):
        verb, end, seconds, complaint = outcome_of(f"{seed}:{number}", line)
        counts[f"{verb}: {'value' if end == 'value' else 'error'}"] += 1
        counts[end] += 1
        slowest = max(slowest, seconds)
        if complaint is not None:
            wrong.append((number, f"{verb}: {complaint}"))
        if place == min(300, len(numbers) // 2):
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    line.socket.close()
    return counts, wrong, slowest, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1500)
    parser.add_argument("--only", type=int, metavar="NUMBER", help="one answer, with what becomes of it")
    chosen = parser.parse_args()
    if chosen.only is not None:
        print(answer_of(f"{chosen.seed}:{chosen.only}"))
        print(outcome_of(f"{chosen.seed}:{chosen.only}", Line()))
        return 0
    counts, wrong, slowest, grown = run(chosen.seed, range(chosen.count))
    for number, what in wrong[:20]:
        print(f"--seed {chosen.seed} --only {number}: {what}")
    print(f"seed {chosen.seed}: {chosen.count} answers: {dict(sorted(counts.items()))}")
    print(f"slowest {slowest:.2f} s, memory grown by {grown // 1024} MiB")
    print(f"{chosen.count - len(wrong)} passed, {len(wrong)} failed")
    return int(bool(wrong) or grown > MEMORY)


if __name__ == "__main__":
    sys.exit(main())
