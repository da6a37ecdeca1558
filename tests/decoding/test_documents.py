"""One value of a document is replaced by another, and its seals are right: it is used, or refused in words.

SDX_NIGHTLY=1 tries every value in every place with every command; otherwise commands that ask the tenant get a part.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from damage import (
    damaged,
    sealed_journal,
    sealed_plan,
    sealed_run,
    sealed_state,
    state_in,
)

NIGHTLY = bool(os.environ.get("SDX_NIGHTLY"))
pytestmark = pytest.mark.timeout(3600 if NIGHTLY else 300)

YAML = """
phone_numbers:
  au: {number: "+61488888888", country_code: AU, phone_type: mobile}
surveys:
  a:
    name: A
    greeting_text: Hello
    sms_number: ${phone_numbers.au}
    questions:
      - {question_label: Q, question_text: Why?, question_type: text}
      - {question_label: R, question_text: How?, question_type: nps, max_response: 10}
  b: {name: B}
users:
  ana@example.com: {name: Ana, phone: "+61491570156"}
"""
CHANGED = YAML.replace("Hello", "Good day").replace("  b: {name: B}\n", "  c: {name: C, protect: true}\n")
USED = {0, 2, 3, 5, 6, 8}  # a document of the right types may say what is refused for other reasons


@pytest.fixture
def made(connected):
    """A project with two runs, of which the second created, changed and deleted."""
    connected.write("a.yaml", YAML)
    assert connected.apply().code == 0
    connected.write("a.yaml", CHANGED)
    applied = connected.apply("--allow-deletes", "1")
    assert applied.code == 0, applied.err
    connected.hidden = connected.folder / ".sdx"
    return connected


def part(cases, share):
    """Return every case, or one in `share` of them where that takes too long; the same ones each time."""
    return cases if NIGHTLY else islice(cases, 0, None, share)


def try_all(cases, write, commands, refused, words=(), other=()):
    """Write each damaged document, run the commands, and return how often it was used and refused."""
    counts: Counter[str] = Counter()
    wrong = []
    for what, document in cases:
        write(document)
        for run in commands:
            ended = run()
            bug = "Traceback" in ended.err or "This is a bug" in ended.err
            if ended.code == refused and not bug:
                bug = not all(word in ended.err for word in words) or len(ended.err) > 3000
            if bug or ended.code not in {*USED, *other, refused}:
                wrong.append(f"{what}: exit {ended.code}\n{ended.err[-1500:]}")
            counts["refused" if ended.code == refused else "used"] += 1
    assert not wrong, f"{len(wrong)} of {counts.total()}:\n" + "\n".join(wrong[:20])
    return counts


def test_state(made):
    path = made.hidden / "state.json"
    whole = path.read_bytes()
    state = state_in(whole)
    assert sealed_state(state) == whole

    def write(document):
        path.write_bytes(sealed_state(document))

    counts = try_all(part(damaged(state), 5), write, [lambda: made.run("state", "list")], 7, ["state.json"])
    assert counts["refused"] > counts["used"] > 30

    # A text that is no id is found out when it is asked for, which is no fault of the file's form: exit 1.
    asking = [lambda: made.run("plan"), lambda: made.run("drift"), lambda: made.apply("--allow-deletes", "1")]
    (made.hidden / "state.journal.jsonl").unlink()  # it knows serials and would refuse any other
    counts = try_all(part(damaged(state), 61), write, asking, 7, other=[1])
    assert counts["refused"] > 20


def test_earlier_state(made):
    newest = max((made.hidden / "state.generations").iterdir(), key=lambda path: int(path.stem))
    state = state_in(newest.read_bytes())

    def write(document):
        newest.write_bytes(sealed_state(document))

    restore = [lambda: made.run("state", "restore", newest.stem, "--auto-approve")]
    counts = try_all(part(damaged(state), 19), write, restore, 7, [newest.name])
    assert counts["refused"] > counts["used"] > 5


def test_journal(made):
    path = made.hidden / "state.journal.jsonl"
    records = [json.loads(line) for line in path.read_bytes().splitlines()]
    events = {record["event"]: number for number, record in enumerate(records)}
    assert {"begin", "intent", "created", "update", "delete", "outcome", "saved", "end"} <= set(events)

    def cases():
        for number in events.values():
            for what, record in damaged(records[number]):
                yield f"{what} of {records[number]['event']}", [*records[:number], record, *records[number + 1 :]]

    def write(document):
        path.write_bytes(sealed_journal(document))

    local = [lambda: made.run("history"), lambda: made.run("history", "--verify")]
    counts = try_all(part(cases(), 17), write, local, 7, ["journal.jsonl:"])
    assert counts["refused"] > counts["used"] > 20
    counts = try_all(part(cases(), 101), write, [lambda: made.run("plan"), made.apply], 7)
    assert counts["refused"] > counts["used"] > 5


def test_run(made):
    path = max((made.hidden / "state.runs").iterdir(), key=lambda path: path.stat().st_mtime_ns)
    document = json.loads(path.read_bytes())

    def write(changed):
        path.write_bytes(sealed_run(changed))

    # A run of another tenant is refused as such: exit 1.
    counts = try_all(part(damaged(document), 61), write, [lambda: made.run("undo", path.stem)], 7, other=[1])
    assert counts["refused"] > counts["used"] > 5


def test_saved_plan(made, tmp_path):
    made.write("a.yaml", YAML)
    path = tmp_path / "plan.json"
    assert made.run("plan", "--out", str(path), "--allow-deletes", "1").code == 6
    document = json.loads(path.read_bytes())
    assert json.loads(sealed_plan(document)) == document

    def write(changed):
        path.write_bytes(sealed_plan(changed))

    counts = try_all(part(damaged(document), 11), write, [lambda: made.run("show", str(path))], 1, ["plan.json"])
    assert counts["refused"] > counts["used"] > 30
    counts = try_all(part(damaged(document), 61), write, [lambda: made.run("apply", str(path))], 1)
    assert counts["refused"] > counts["used"] > 5
