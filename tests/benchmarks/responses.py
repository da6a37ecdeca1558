"""Measure `sdx-state responses` against a bare loop over the same pages, and its peak memory as the list grows.

    python -m tests.benchmarks.responses [10000] [100000] [1000000] [--rounds N] [--format csv|jsonl]

A = the export into a file; B = a loop that fetches the same pages and parses them, and keeps nothing. Each is a
process of its own; A and B take turns. Prints the medians, the median of the ratios A/B, rows a second, and the peak
memory of A. Then the file loses its end, in the middle of a row, and is gone on with: what that takes, and that the
file is the same as one written at once.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

SIZES = (10_000, 100_000, 1_000_000)
SURVEY = {"id": 52, "name": "Support CSAT"}
QUESTIONS = [
    {"id": 509, "question_label": "NPS", "question_text": "Would you?", "question_type": "nps", "survey_id": 52},
    {"id": 510, "question_label": "Why", "question_text": "Why?", "question_type": "text", "survey_id": 52},
]
PROJECT = """\
surveys:
  support-csat:
    name: Support CSAT
    questions:
      - {question_label: NPS, question_text: "Would you?", question_type: nps}
      - {question_label: Why, question_text: "Why?", question_type: text}
"""
BARE = """
import json, sys, requests
session, count, offset = requests.Session(), 0, 0
session.auth = ("00000000-0000-4000-8000-000000000000", "sandbox")
while True:
    answer = session.get(f"{sys.argv[1]}/responses?survey_id=52&_limit=1000&_order=ASC&_offset={offset}", timeout=60)
    page = answer.json() if answer.status_code == 200 else []
    count += len(page) - bool(offset)
    offset += len(page) - 1
    if len(page) < 1000:
        break
"""


def row(number: int) -> dict[str, object]:
    """Return response `number`, from 0: ids ascend with gaps, since other surveys have responses too."""
    return {
        "id": 9_000 + number * 7,
        "interaction_id": 24_062 + number // 2,
        "question_id": 509 + number % 2,
        "response": str(number % 11) if number % 2 == 0 else f"The person was kind, and number {number} was quick.",
        "submitted_at": f"2026-{1 + number % 12:02d}-{1 + number % 28:02d} 10:{number % 60:02d}:00",
        "recording_url": None,
        "response_type": ("nps", "text")[number % 2],
        "question_label": ("NPS", "Why")[number % 2],
    }


def serve(size: int, pipe: Connection) -> None:
    """Serve `size` responses in this process until told to end, and say how many pages were asked for."""
    asked = 0
    texts: list[bytes] = [json.dumps(row(number)).encode() for number in range(size)]

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *_: object) -> None: ...

        def do_GET(self) -> None:
            nonlocal asked
            url = urlsplit(self.path)
            offset = int(dict(parse_qsl(url.query)).get("_offset", 0))
            if url.path.endswith("/responses"):
                asked += 1
                body = b"[" + b",".join(texts[offset : offset + 1000]) + b"]"
            else:
                body = json.dumps([SURVEY] if url.path.endswith("/surveys") else QUESTIONS).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    pipe.send(f"http://127.0.0.1:{server.server_port}/api")
    while pipe.recv() != "end":
        pipe.send(asked)


def timed(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Run `command` and return its wall time in seconds and its peak memory in MB."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{command} ended with {process.returncode}")
    return time.perf_counter() - begun, usage.ru_maxrss / 1024


def digest(file: Path) -> str:
    """Return a hash of what is in `file`."""
    hashed = hashlib.sha256()
    with file.open("rb") as content:
        for chunk in iter(lambda: content.read(1 << 20), b""):
            hashed.update(chunk)
    return hashed.hexdigest()


def measure(size: int, rounds: int, form: str) -> None:
    """Measure one size and print two lines."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(size, theirs))
    server.start()

    def asked() -> Any:
        ours.send("asked")
        return ours.recv()

    try:
        url = ours.recv()
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            (folder / "sdx.yaml").write_text("sdx: 1\napi: {host: demo.surveydynamix.com}\n", encoding="utf-8")
            (folder / "surveys.yaml").write_text(PROJECT, encoding="utf-8")
            environment = {
                **os.environ,
                "SDX_API_URL": url,
                "SDX_CUSTOMER_UUID": "00000000-0000-4000-8000-000000000000",
                "SDX_AUTH_TOKEN": "sandbox",
            }
            file = folder / "responses"
            program = [sys.executable, "-m", "sdx_state.cli.main", "-C", str(folder), "responses", "support-csat"]
            export = [*program, "--format", form, "--output", str(file)]
            bare = [sys.executable, "-c", BARE, url]
            runs = []
            for _ in range(rounds):
                file.unlink(missing_ok=True)
                runs.append((timed(export, environment), timed(bare, environment)))
            # Not kept here: a process begins with the peak memory of the one that starts it.
            length, whole = file.stat().st_size, digest(file)
            os.truncate(file, length - 100_000 if size > 1_000 else length // 2)
            before = asked()
            resumed = timed([*export, "--resume"], environment)
            pages = asked() - before
            if digest(file) != whole:
                raise SystemExit("what was gone on with is not what is written at once")
    finally:
        ours.send("end")
        server.join()
    a = statistics.median(run[0][0] for run in runs)
    b = statistics.median(run[1][0] for run in runs)
    ratio = statistics.median(run[0][0] / run[1][0] for run in runs)
    memory = max(run[0][1] for run in runs)
    print(
        f"{size:9,} responses ({form}, {length / 1e6:.0f} MB)  A {a:6.2f} s ({size / a:,.0f} rows/s)  "
        f"B {b:6.2f} s ({size / b:,.0f} rows/s)  A/B {ratio:4.2f}  peak {memory:.1f} MB",
        flush=True,
    )
    print(f"          resumed near the end: {resumed[0]:.2f} s, {pages} pages, peak {resumed[1]:.1f} MB", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", type=int, metavar="COUNT", help=f"{SIZES} unless named")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--format", dest="form", choices=["csv", "jsonl"], default="csv")
    chosen = parser.parse_args()
    for one in chosen.sizes or SIZES:
        measure(one, chosen.rounds, chosen.form)
