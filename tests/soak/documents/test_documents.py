"""One value of a document is replaced by another, and its seals are right: it is used, or refused in words.

SDX_NIGHTLY=1 tries every value in every place with every command; otherwise commands that ask the tenant get a part.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections import Counter
from itertools import islice

import pytest

from sdx_state.api.address import base_url
from sdx_state.api.credentials import Credentials
from sdx_state.api.exchange import Answer
from sdx_state.api.oauth import Grant, refreshed
from sdx_state.api.sign_in_errors import SignInError
from sdx_state.api.vault import Vault
from sdx_state.decoding.strict import MAX_DEPTH, OWN_DEPTH, Questionable, parse
from sdx_state.programs.machine import THIS_MACHINE
from sdx_state.state.signing import hash_of_bytes
from tests.opened_journal import open_whole
from tests.soak.documents.damage import (
    damaged,
    sealed_journal,
    sealed_plan,
    sealed_run,
    sealed_state,
    state_in,
    text_of,
)

NIGHTLY = bool(os.environ.get("SDX_NIGHTLY"))
pytestmark = pytest.mark.timeout(3600 if NIGHTLY else 1800)

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
USED = {0, 3, 5, 6, 8}  # a document of the right types may say what is refused for other reasons


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
    assert counts["refused"] > counts["used"] > 15

    # A text that is not an id is detected when it is requested; the file's form is valid, so the exit code is 1.
    asking = [lambda: made.run("plan"), lambda: made.run("drift"), lambda: made.apply("--allow-deletes", "1")]
    shutil.rmtree(made.hidden / "state.history")  # it knows the newest head and would refuse any other
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
    open_whole(made.hidden)
    path = made.hidden / "state.journal.jsonl"
    records = [json.loads(line) for line in path.read_bytes().splitlines()]
    events = {record["event"]: number for number, record in enumerate(records)}
    assert {"begin", "intent", "created", "update", "delete", "outcome", "end"} <= set(events)

    def cases():
        for number in events.values():
            for what, record in damaged(records[number]):
                yield f"{what} of {records[number]['event']}", [*records[:number], record, *records[number + 1 :]]

    state = made.hidden / "state.json"
    unanchored = sealed_state({**state_in(state.read_bytes()), "journal": ""})

    def write(document):
        path.write_bytes(sealed_journal(document))
        state.write_bytes(unanchored)  # which journal is the state's is another matter

    local = [lambda: made.run("history"), lambda: made.run("history", "--verify")]
    counts = try_all(part(cases(), 17), write, local, 7, ["/.sdx/state."])
    assert counts["refused"] > counts["used"] > 20
    counts = try_all(part(cases(), 53), write, [lambda: made.run("plan"), made.apply], 7)
    assert counts["refused"] > counts["used"] > 0


def test_run(made):
    path = max((made.hidden / "state.runs").iterdir(), key=lambda path: path.stat().st_mtime_ns)
    document = json.loads(path.read_bytes())
    open_whole(made.hidden)

    journal, state = made.hidden / "state.journal.jsonl", made.hidden / "state.json"
    records = [json.loads(line) for line in journal.read_bytes().splitlines()]
    unanchored = sealed_state({**state_in(state.read_bytes()), "journal": ""})

    def write(changed):
        data = sealed_run(changed)
        path.write_bytes(data)
        begun = {"event": "begin", "run": path.stem}
        named = {"document": hash_of_bytes(data)}
        journal.write_bytes(
            sealed_journal([{**one, **named} if begun.items() <= one.items() else one for one in records])
        )
        state.write_bytes(unanchored)

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
    assert counts["refused"] > counts["used"] > 15
    counts = try_all(part(damaged(document), 61), write, [lambda: made.run("apply", str(path))], 1)
    assert counts["refused"] > counts["used"] > 5


def test_snapshot(made, tmp_path):
    path = tmp_path / "tenant.json"
    assert made.run("pull", "--snapshot", str(path)).code == 0
    document = json.loads(path.read_bytes())

    def write(changed):
        path.write_text(text_of(changed))

    plan = [lambda: made.run("plan", "--sandbox", "--snapshot", str(path))]
    counts = try_all(part(damaged(document), 53), write, plan, 1)
    assert counts["refused"] > 10
    assert counts["used"] > 10


def test_lock(made):
    """A lock file is only read for the message: what it says never decides whether the lock is free."""
    path = made.hidden / "state.lock"
    holder = {"pid": 1, "host": "h", "since": 1.0, "purpose": "apply", "id": "abcd1234"}
    with path.open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        for what, document in damaged(holder):
            path.write_text(text_of(document))
            ended = made.run("state", "rm", "survey.a")
            assert (ended.code, "Traceback" in ended.err) == (4, False), f"{what}: {ended.err}"
            assert "the state is locked by" in ended.err
        for content in (b"", b"\xff\xfe", b"{", b"\0" * 5000):
            path.write_bytes(content)
            assert "locked by another run" in made.run("state", "rm", "survey.a").err
    for content in (b"\xff", b"[]", text_of({**holder, "id": "x"}).encode()):
        path.write_bytes(content)
        assert made.run("state", "unlock", "x").code == 0, content


def test_earlier_hand_off(made):
    """Any file at the path of a hand-off is kept under another name."""
    sdx = "sdx: 1\napi: {host: demo.surveydynamix.com, capabilities: documented}\n"
    made.write("sdx.yaml", sdx)
    made.write("a.yaml", CHANGED.replace("Good day", "Hi"))
    assert made.run("handoff").code == 8
    path = made.folder / "handoff" / "handoff.json"
    document = json.loads(path.read_bytes())

    def write(changed):
        path.write_text(text_of(changed))
        for kept in path.parent.glob("*.kept-*"):
            kept.unlink()

    try_all(part(damaged(document), 23), write, [lambda: made.run("handoff")], 7)


ROW = {"question_label": "Q", "response_type": "text", "submitted_at": "2026-01-01 00:00:00", "recording_url": None}


def test_export_that_is_resumed(made, tenant, tmp_path):
    (survey,) = [row["id"] for row in tenant.store.rows("surveys") if row["name"] == "A"]
    (question,) = [row["id"] for row in tenant.store.rows("questions") if row["question_label"] == "Q"]
    asked = {"survey_id": survey, "uuid": "secret", "status": "Started"}
    interaction = tenant.store.put_record("interactions", asked)["id"]
    for response in ("yes", "no"):
        said = {"interaction_id": interaction, "question_id": question, "response": response}
        tenant.store.put_record("responses", {**ROW, **said})
    path = tmp_path / "out.jsonl"
    export = ("responses", "survey.a", "--format", "jsonl", "--output", str(path), "--resume")
    assert made.run(*export).code == 0
    first, second = map(json.loads, path.read_text().splitlines())

    def write(changed):
        path.write_text(f"{text_of(changed)}\n{text_of(second)}\n")

    counts = try_all(part(damaged(first), 3), write, [lambda: made.run(*export)], 1)
    assert counts["refused"] > 30


@pytest.mark.parametrize("way", ["basic", "token", "oauth"])
def test_stored_credentials(project, tenant, tmp_path, monkeypatch, way):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("SDX_API_URL", tenant.url)
    project.write("a.yaml", YAML)
    base = base_url(None, tenant.url)
    vault = Vault.of_this_machine(os.environ)
    options = tenant.options
    kept = {
        "basic": Credentials(options.auth_token, options.customer_uuid),
        "token": Credentials(options.auth_token),
        "oauth": Grant("access", "refresh", 1.0, "client", "secret"),
    }[way]
    with vault.held(create=True):
        vault.save(base.origin, kept)
    path = tmp_path / "config" / "sdx-state" / "credentials.json"
    records = json.loads(path.read_bytes())
    inner = json.loads(records[base.origin])

    def cases():
        yield from damaged(records)
        for what, changed in damaged(inner):
            yield f"inside: {what}", {base.origin: text_of(changed)}

    def write(changed):
        path.write_text(text_of(changed))

    def run():
        ended = project.run("whoami")
        assert options.auth_token not in ended.err
        return ended

    counts = try_all(part(cases(), 5), write, [run], 1)
    assert counts["refused"] > 10
    write({base.origin: "{}", "https://elsewhere.example": text_of(inner)})
    assert project.run("logout").code == 0  # what cannot be read can be removed
    assert list(json.loads(path.read_bytes())) == ["https://elsewhere.example"]


GIVEN = {"access_token": "a", "refresh_token": "r", "expires_in": 3600, "token_type": "Bearer", "scope": "all"}
NO_TOKENS = {
    "a line end": "a\r\nX-Evil: 1",
    "a blank": "a b",
    "not ASCII": "é",
    "a control": "a\u0000",
    "too long": "a" * 20_000,
}


def granted(body):
    class Canned:
        def send(self, _request):
            return Answer(200, {}, body)

    grant = Grant("old", "old-refresh", 1.0, "client", "secret")
    return refreshed(grant, Canned(), THIS_MACHINE)


def test_answers_of_a_token_endpoint_give_a_usable_grant_or_an_error_in_words():
    counts: Counter[str] = Counter()
    for what, document in damaged(GIVEN):
        try:
            grant = granted(text_of(document).encode())
        except SignInError as error:
            assert len(str(error)) < 300, what
            counts["refused"] += 1
        else:
            assert Credentials(grant.access_token).header.isascii(), what
            assert grant.ends is None or 0 < grant.ends < 253_402_300_800, what
            counts["used"] += 1
    assert counts["refused"] > 60
    assert counts["used"] > 10


@pytest.mark.parametrize("key", ["access_token", "refresh_token"])
@pytest.mark.parametrize("value", NO_TOKENS.values(), ids=NO_TOKENS)
def test_a_token_that_no_header_can_carry_is_refused_before_it_is_stored(key, value):
    with pytest.raises(SignInError, match=f"`{key}` must be") as caught:
        granted(json.dumps({**GIVEN, key: value}).encode())
    assert value not in str(caught.value)


def test_token_endpoint_may_omit_optional_members():
    grant = granted(b'{"access_token": "a", "token_type": "bearer", "expires_in": null}')
    assert (grant.access_token, grant.refresh_token, grant.ends) == ("a", "old-refresh", None)
    assert granted(b'{"access_token": "a", "token_type": "bearer", "expires_in": "60"}').ends is not None


@pytest.mark.parametrize("content", [b"hello", os.urandom(20_000), b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_garbage_sandbox_database_is_an_error_with_advice(project, content):
    project.write("a.yaml", YAML)
    (project.folder / ".sdx").mkdir(mode=0o700)
    database = project.folder / ".sdx" / "sandbox.db"
    database.write_bytes(content)
    ended = project.run("plan", "--sandbox")
    assert ended.code == 1
    assert "sandbox.db cannot be used by the sandbox" in ended.err
    assert "Move the file away" in ended.err
    assert database.read_bytes() == content


def test_answers_of_the_api_can_be_read_back_from_stored_documents(tmp_path):
    """Our documents contain answers of the API, and so may be nested deeper than one."""
    value = json.loads("[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1))
    assert parse(json.dumps({"x": value}))
    with pytest.raises(Questionable):
        parse(json.dumps({"x": [value]}))
    row = {"id": 1, "x": value}
    plan = {"resource_changes": [{"change": {"before": {"x": row}}}]}
    assert parse(json.dumps({"before": {"survey.a": {"raw": row}}, "plan": plan}), OWN_DEPTH)
