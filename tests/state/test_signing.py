"""Detection of altered plans, states, journals and kept runs, without a key and with one."""

from __future__ import annotations

import contextlib
import copy
import json
import os
import shutil
import subprocess

import pytest

from sdx_state.plan import codec
from sdx_state.plan.codec import digest_of, fingerprint_of
from sdx_state.state.signing import hash_of, hash_of_bytes, key_from
from tests.opened_journal import open_whole

KEY = "0123456789abcdef" * 4
ANOTHER = "fedcba9876543210" * 4
FILES = """
surveys:
  a:
    name: A
    description: One
    questions: [{question_label: Q, question_text: Why?, question_type: text}]
  b: {name: B}
users:
  u@example.com: {name: U}
"""
CHANGED = (
    FILES.replace("description: One", "description: Two")
    .replace("  b: {name: B}\n", "")
    .replace("name: U}", "name: V}")
)


COMPUTED = ("digest", "fingerprint")  # of a plan: whatever they are altered to, they are computed again


class Place:
    """Where a project keeps state, journal and runs."""

    def __init__(self, project):
        self.project = project
        self.folder = project.folder / ".sdx"
        self.state, self.journal = self.folder / "state.json", self.folder / "state.journal.jsonl"
        self.plan = project.folder / "plan.json"

    @property
    def history(self):
        return sorted((self.folder / "state.history").glob("*"))

    def records(self):
        parts = [*self.history, *([self.journal] if self.journal.exists() else [])]
        return [json.loads(line) for part in parts for line in part.read_text().splitlines()]

    def put_records(self, records):
        """Write records as a journal with valid hashes, as any user can, and return the old -> new hashes."""
        previous, became = "0" * 64, {}
        for record in records:
            old = record.pop("hash", None)
            signature = record.pop("signature", None)
            record["previous"] = previous
            previous = became[old] = hash_of(record)
            record["hash"] = previous
            if signature is not None:
                record["signature"] = signature
        self.journal.write_text("".join(json.dumps(record) + "\n" for record in records))
        return became

    def state_document(self):
        return json.loads(self.state.read_text())["state"]

    def put_state(self, document):
        """Write a state with a valid checksum, as any user can."""
        body = json.dumps(document, separators=(",", ":"))
        checksum = hash_of_bytes(body.encode())
        self.state.write_text(f'{{"checksum":"{checksum}","state":{body}}}\n')

    def anchor_again(self, became):
        document = self.state_document()
        if document.get("journal") in became:
            self.put_state({**document, "journal": became[document["journal"]]})


@pytest.fixture
def place(connected):
    return Place(connected)


@pytest.fixture
def applied(place, apply_once):
    """Applied twice, without a key."""
    place.project.write("sdx.yaml", "sdx: 1\napi: {host: x.example}\nlimits: {deletes: 9, deletes_percent: 100}\n")
    for text in (FILES, CHANGED):
        place.project.write("a.yaml", text)
        apply_once("--allow", "*")
    open_whole(place.folder)
    return place


@pytest.fixture
def keyed(place, monkeypatch, apply_once):
    """Applied twice, with a key from the start."""
    monkeypatch.setenv("SDX_STATE_KEY", KEY)
    place.project.write("sdx.yaml", "sdx: 1\napi: {host: x.example}\nlimits: {deletes: 9, deletes_percent: 100}\n")
    for text in (FILES, CHANGED):
        place.project.write("a.yaml", text)
        apply_once("--allow", "*")
    open_whole(place.folder, key_from({"SDX_STATE_KEY": KEY}))
    return place


def leaves(value, path=()):
    """Yield the path to every leaf of a document, empty containers included."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = False
    for key, child in children:
        found = True
        yield from leaves(child, (*path, key))
    if not found:
        yield path


def altered(document, path):
    """Return a copy of `document` whose leaf at `path` is another one of the same type."""
    made = copy.deepcopy(document)
    inner = made
    for key in path[:-1]:
        inner = inner[key]
    old = inner[path[-1]]
    inner[path[-1]] = (
        not old
        if isinstance(old, bool)
        else old + 1
        if isinstance(old, int | float)
        else f"{old}x"
        if isinstance(old, str)
        else "x"
        if old is None
        else ["x"]
        if isinstance(old, list)
        else {"x": "x"}
    )
    return made


def resealed(document):
    """Return a plan's document with the hashes that it must have, as anybody can compute them."""
    content = {key: value for key, value in document.items() if key not in ("digest", "signature")}
    with contextlib.suppress(AttributeError, KeyError, TypeError, ValueError):  # it is not a plan any more
        content["fingerprint"] = fingerprint_of([codec._change(one) for one in content["resource_changes"]])
    return {**content, "digest": digest_of(content), **_only(document, "signature")}


def _only(document, name):
    return {name: document[name]} if name in document else {}


def newest_run(place):
    return max((place.folder / "state.runs").glob("*.json"), key=lambda path: path.stat().st_mtime_ns)


def undo(place):
    return place.project.run("undo", newest_run(place).stem, "--auto-approve", "--allow", "*")


# --- what is kept of a run


def test_a_kept_run_that_was_altered_is_not_undone(applied, tenant):
    path = newest_run(applied)
    path.write_text(path.read_text().replace('"One"', '"Injected"'))
    ended = undo(applied)
    assert ended.code == 7
    assert f"{path} was altered: its hash is not the one in the journal" in ended.err
    assert "revert the configuration" in ended.err
    assert [row["description"] for row in tenant.store.rows("surveys")] == ["Two"]
    verified = applied.project.run("history", "--verify")
    assert verified.code == 7
    assert "was altered" in verified.err


def test_a_run_that_the_journal_does_not_contain_is_not_undone(applied, tenant):
    forged = applied.folder / "state.runs" / "20260101-000000-abcd.json"
    shutil.copy(newest_run(applied), forged)
    ended = applied.project.run("undo", forged.stem, "--auto-approve", "--allow", "*")
    assert ended.code == 1
    assert "there is no run '20260101-000000-abcd'" in ended.err
    assert [row["description"] for row in tenant.store.rows("surveys")] == ["Two"]


def test_an_altered_run_is_not_resumed(project, proxy, tenant):
    project.connect(proxy.url)
    project.write("a.yaml", FILES)
    proxy.fail("POST", "/users", 401)
    assert project.apply().code == 1
    path = newest_run(Place(project))
    path.write_text(path.read_text().replace('"B"', '"Injected"'))
    resumed = project.run("apply", "--resume", "--auto-approve")
    assert resumed.code == 7
    assert "was altered" in resumed.err
    assert tenant.store.rows("users") == []


def test_a_run_of_a_journal_without_hashes_is_still_undone(applied, tenant):
    """Earlier versions wrote none."""
    records = applied.records()
    for record in records:
        record.pop("document", None)
    became = applied.put_records(records)
    applied.anchor_again(became)
    verified = applied.project.run("history", "--verify")
    assert "without a hash in the journal, not verified" in verified.out
    assert undo(applied).code == 0
    assert {row["description"] for row in tenant.store.rows("surveys")} == {"One", ""}


# --- state and journal


def test_a_journal_cut_off_at_its_end_is_refused_up_to_the_line_that_the_state_names(applied):
    lines = applied.journal.read_bytes().splitlines(keepends=True)
    anchor = applied.state_document()["journal"]
    (named,) = [number for number, one in enumerate(applied.records(), start=1) if one["hash"] == anchor]
    for kept in range(len(lines)):
        applied.journal.write_bytes(b"".join(lines[:kept]))
        ended = applied.project.run("plan")
        assert ended.code == (7 if kept < named else 0), (kept, ended.err)
        if kept < named:
            assert "it was cut off, or another one was put in its place" in ended.err
            assert "move it away" in ended.err
            assert applied.project.run("history", "--verify").code == 7
    assert named >= len(lines) - 2  # nothing but that the state was saved, and that the run ended


def test_a_journal_rewritten_whole_is_refused(applied, tenant):
    records = applied.records()
    records[0]["who"] = "nobody@nowhere"
    applied.put_records(records)
    for command in (["plan"], ["apply", "--auto-approve"], ["history", "--verify"], ["state", "rm", "survey.a"]):
        ended = applied.project.run(*command)
        assert ended.code == 7, command
        assert "does not contain the line" in ended.err


def test_a_line_altered_in_the_journal_is_noticed_by_the_next_plan(applied):
    applied.journal.write_text(applied.journal.read_text().replace('"command": "apply"', '"command": "undo"', 1))
    ended = applied.project.run("plan")
    assert ended.code == 7
    assert "state.journal.jsonl:1 was altered" in ended.err


def test_a_journal_moved_away_is_warned_of_and_a_new_one_begun(applied, tenant):
    applied.journal.rename(applied.folder / "moved.jsonl")
    planned = applied.project.run("plan")
    assert planned.code == 0
    assert "the journal of earlier runs is missing" in planned.out
    assert not applied.journal.exists()
    assert applied.project.run("history", "--verify").code == 7
    applied.project.write("a.yaml", CHANGED.replace("Two", "Three"))
    ended = applied.project.apply()
    assert ended.code == 0, ended.err
    assert "the journal of earlier runs is missing" in ended.out
    assert "missing" not in applied.project.run("plan").out
    verified = applied.project.run("history", "--verify")
    assert verified.code == 0
    assert "An earlier journal is missing" in verified.out


def test_a_run_that_dies_in_a_new_journal_leaves_nothing_that_contradicts(project, proxy):
    project.connect(proxy.url)
    project.write("a.yaml", "surveys: {a: {name: A}}\n")
    assert project.apply().code == 0
    place = Place(project)
    open_whole(place.folder)
    place.journal.unlink()
    project.write("a.yaml", FILES)
    proxy.fail("POST", "/users", 401)
    assert project.apply().code == 1
    assert project.run("plan").code == 0
    assert project.apply().code == 0
    assert project.run("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize("command", [("mv", "survey.a", "survey.z"), ("rm", "survey.a")])
def test_missing_journal_is_restarted_by_every_command_that_corrects_the_state(applied, command):
    applied.journal.unlink()
    applied.project.write("a.yaml", FILES)
    assert applied.project.run("state", *command).code == 0
    assert applied.project.run("plan").code == 0
    assert applied.records()[0]["event"] == "restarted"


def test_a_restored_state_of_a_time_before_the_journal_is_accepted(applied):
    applied.journal.unlink()
    assert applied.project.run("state", "restore", "1", "--auto-approve").code == 0
    assert applied.project.run("plan").code == 0


def test_a_state_saved_by_an_earlier_version_names_no_line_and_is_accepted(applied):
    document = applied.state_document()
    del document["journal"]
    applied.put_state({**document, "format": "1.0"})
    assert applied.project.run("plan").code == 0
    assert "The state names no line of it" in applied.project.run("history", "--verify").out


def test_verify_says_what_is_not_proven_without_a_key(applied):
    out = applied.project.run("history", "--verify").out
    assert "The journal is whole. Its last line: " in out
    assert "up to there nothing was cut off" in out
    assert "can rewrite journal, state and runs" in out


# --- plans


def test_plan_and_show_print_the_hash_in_every_form_that_is_read(applied):
    project, file = applied.project, applied.project.folder / "report"
    project.write("a.yaml", FILES)
    forms = [f"--format=json={file}.json", f"--format=markdown={file}.md", "--format=text"]
    planned = project.run("plan", "--out", str(applied.plan), *forms)
    hash = json.loads(applied.plan.read_text())["digest"]
    assert f"sdx-state apply {applied.plan} --expect {hash}" in planned.err
    assert json.loads((file.with_suffix(".json")).read_text())["digest"] == hash
    assert f"`{hash}`" in file.with_suffix(".md").read_text()
    shown = project.run("show", str(applied.plan), *forms)
    assert hash in shown.out
    assert json.loads((file.with_suffix(".json")).read_text())["digest"] == hash
    assert f"`{hash}`" in file.with_suffix(".md").read_text()
    assert project.run("show", str(applied.plan), "--hash").out == f"{hash}\n"
    assert "sha256" not in project.run("plan").out


def test_expect_takes_the_plan_with_that_hash_and_no_other(applied, tenant):
    project = applied.project
    project.write("a.yaml", CHANGED.replace("Two", "Three"))
    assert project.run("plan", "--out", str(applied.plan)).code == 0
    hash = json.loads(applied.plan.read_text())["digest"]
    ended = project.run("apply", str(applied.plan), "--expect", "sha256:" + "0" * 64)
    assert ended.code == 3
    assert f"its hash is {hash}" in ended.err
    assert [row["description"] for row in tenant.store.rows("surveys")] == ["Two"]
    assert project.run("apply", str(applied.plan), "--expect", hash).code == 0
    assert [row["description"] for row in tenant.store.rows("surveys")] == ["Three"]


@pytest.mark.parametrize(
    "given", ["", "0" * 64, "sha256:", "sha256:" + "0" * 63, "sha256:" + "G" * 64, "md5:" + "0" * 64]
)
def test_a_malformed_hash_is_a_usage_error(applied, given):
    ended = applied.project.run("apply", "plan.json", "--expect", given)
    assert (ended.code, ended.out) == (2, "")
    assert "64 hexadecimal digits" in ended.err


def test_expect_without_a_plan_file_is_a_usage_error(applied):
    assert applied.project.run("apply", "--auto-approve", "--expect", "sha256:" + "0" * 64).code == 2


def a_plan_with_everything(place):
    """Save a plan that creates, updates and deletes with consent, and return its document."""
    project = place.project
    project.write("a.yaml", FILES.replace("  a:\n", "  c:\n").replace("name: U}", "name: W}"))
    planned = project.run("plan", "--allow-deletes", "2", "--out", str(place.plan))
    assert planned.code == 0, planned.out + planned.err
    return json.loads(place.plan.read_text())


def test_expect_refuses_a_plan_altered_in_any_leaf_and_sealed_again(applied, tenant, quick):
    document = a_plan_with_everything(applied)
    before = tenant.store.rows("surveys"), tenant.store.rows("users")
    paths = [path for path in leaves(document) if path[0] not in COMPUTED]
    assert len(paths) > 100
    for path in paths[:: 5 if quick else 1]:
        applied.plan.write_text(json.dumps(resealed(altered(document, path))))
        ended = applied.project.run("apply", str(applied.plan), "--expect", document["digest"])
        assert ended.code == 3, (path, ended.err)
        assert "is not the plan that was reviewed" in ended.err
    assert (tenant.store.rows("surveys"), tenant.store.rows("users")) == before


def test_the_key_refuses_a_plan_altered_in_any_leaf_and_sealed_again(keyed, tenant, quick):
    document = a_plan_with_everything(keyed)
    before = tenant.store.rows("surveys"), tenant.store.rows("users")
    for path in [*leaves(document)][:: 5 if quick else 1]:
        if path[0] not in COMPUTED:
            keyed.plan.write_text(json.dumps(resealed(altered(document, path))))
        else:
            keyed.plan.write_text(json.dumps(altered(document, path)))
        ended = keyed.project.run("apply", str(keyed.plan))
        assert ended.code in (1, 3), (path, ended.err)
        assert "Traceback" not in ended.err
    assert (tenant.store.rows("surveys"), tenant.store.rows("users")) == before
    keyed.plan.write_text(json.dumps(document))
    assert keyed.project.run("apply", str(keyed.plan), "--allow", "*").code == 0


@pytest.mark.soak
def test_without_key_and_hash_a_plan_sealed_again_does_nothing_that_apply_does_not_plan_itself(
    applied, tenant, quick
):
    """Apply always computes the changes again: it makes at most a part of an altered plan."""
    project = applied.project
    project.write("a.yaml", CHANGED.replace("Two", "Three").replace("Why?", "How?").replace("name: V", "name: W"))
    assert project.run("plan", "--out", str(applied.plan)).code == 0
    document = json.loads(applied.plan.read_text())
    before = {name: tenant.store.rows(name) for name in ("surveys", "questions", "users")}
    kept = applied.folder.with_name("kept")
    shutil.copytree(applied.folder, kept)
    ends = set()
    for path in [*leaves(document)][:: 5 if quick else 1]:
        applied.plan.write_text(json.dumps(resealed(altered(document, path))))
        ended = project.run("apply", str(applied.plan), "--allow", "*")
        ends.add(ended.code)
        assert "Traceback" not in ended.err, path
        for name, field, planned in (
            ("surveys", "description", "Three"),
            ("questions", "question_text", "How?"),
            ("users", "name", "W"),
        ):
            (old,), (new,) = before[name], tenant.store.rows(name)
            assert new in (old, {**old, field: planned}), path
            tenant.store.put_row(name, old)
        shutil.rmtree(applied.folder)
        shutil.copytree(kept, applied.folder)
    assert ends == {0, 1, 3}  # words for people, such as a label, do not change what is done


@pytest.mark.parametrize(("consented", "code"), [(2, 0), (1, 6), (3, 6), (None, 6)])
def test_consent_in_a_plan_is_to_exactly_the_deletes_that_apply_computes(applied, consented, code):
    project = applied.project
    document = a_plan_with_everything(applied)
    deletes = sum(change["change"]["actions"] == ["delete"] for change in document["resource_changes"])
    assert deletes == 2
    project.write("sdx.yaml", "sdx: 1\napi: {host: x.example}\nlimits: {deletes: 0}\n")
    applied.plan.write_text(json.dumps(resealed({**document, "allowed_deletes": consented})))
    assert project.run("apply", str(applied.plan), "--allow", "*").code == code


# --- with a key


def test_with_a_key_everything_that_is_written_is_signed_and_proven(keyed):
    verified = keyed.project.run("history", "--verify")
    assert verified.code == 0, verified.err
    assert "signed with SDX_STATE_KEY; the journal from line 1 on" in verified.out
    assert "older copies of both, restored together, still pass" in verified.out
    assert undo(keyed).code == 0


@pytest.mark.soak
def test_the_key_refuses_a_journal_altered_in_any_leaf_and_sealed_again_with_its_state(keyed, monkeypatch, quick):
    records, state = keyed.records(), keyed.state.read_bytes()
    # The last signature proves all the lines: signatures on the other lines are not checked.
    paths = [path for path in leaves(records) if path[1] not in ("hash", "previous", "signature")]
    paths.append((len(records) - 1, "signature"))
    assert len(paths) > 100
    paths = paths[:: -5 if quick else 1]
    passes_without_key = 0
    for path in paths:
        became = keyed.put_records(altered(records, path))
        keyed.anchor_again(became)
        document = keyed.state_document()
        ended = keyed.project.run("plan")
        assert ended.code == 7, (path, ended.out, ended.err)
        # The same with only the journal altered, and the state as it was signed:
        keyed.state.write_bytes(state)
        assert keyed.project.run("history", "--verify").code == 7, path
        with monkeypatch.context() as keyless:
            keyless.delenv("SDX_STATE_KEY")
            keyed.put_state(document)
            passes_without_key += keyed.project.run("history", "--verify").code == 0
        keyed.state.write_bytes(state)
    assert passes_without_key > len(paths) / 3  # else it was not the key that refused


def test_the_key_refuses_a_state_altered_in_any_leaf_and_sealed_again(keyed, monkeypatch):
    document = keyed.state_document()
    for path in leaves(document):
        keyed.put_state(altered(document, path))
        ended = keyed.project.run("state", "list")
        assert ended.code == 7, (path, ended.err)
    keyed.put_state({key: value for key, value in document.items() if key != "signature"})
    ended = keyed.project.run("plan")
    assert ended.code == 7
    assert "is not signed with SDX_STATE_KEY" in ended.err
    monkeypatch.delenv("SDX_STATE_KEY")
    keyed.put_state(altered(document, ("resources", "survey.a", "id")))
    assert keyed.project.run("state", "list").code == 0


@pytest.mark.soak
def test_the_key_refuses_a_run_altered_in_any_leaf_and_sealed_again_with_its_journal(keyed, quick):
    run = newest_run(keyed)
    data, journal, state = run.read_bytes(), keyed.journal.read_bytes(), keyed.state.read_bytes()
    document, old = json.loads(data), hash_of_bytes(data)
    paths = list(leaves(document))
    assert len(paths) > 50
    for path in paths[:: 5 if quick else 1]:
        run.write_text(json.dumps(altered(document, path)))
        assert undo(keyed).code == 7, path
        records = keyed.records()
        for record in records:
            if record.get("document") == old:
                record["document"] = hash_of_bytes(run.read_bytes())
        keyed.anchor_again(keyed.put_records(records))
        assert undo(keyed).code == 7, path
        keyed.journal.write_bytes(journal)
        keyed.state.write_bytes(state)
    run.write_bytes(data)
    assert undo(keyed).code == 0


@pytest.mark.parametrize("what", ["plan", "state", "journal"])
def test_a_signature_of_one_thing_does_not_pass_for_another(what):
    from sdx_state.state.signing import key_from

    key = key_from({"SDX_STATE_KEY": KEY})
    for other in ("plan", "state", "journal"):
        assert key.made(key.sign(other, "sha256:0"), what, "sha256:0") is (other == what)
    for made_up in (None, 1, "", "hmac-sha256:", "ä", ["x"], "\ud800"):
        assert not key.made(made_up, what, "sha256:0")


def test_a_key_on_what_is_not_signed_is_refused_until_it_is_signed_once(applied, monkeypatch):
    lines = len(applied.records())
    monkeypatch.setenv("SDX_STATE_KEY", KEY)
    for command in (["plan"], ["apply", "--auto-approve"], ["state", "list"], ["history", "--verify"]):
        ended = applied.project.run(*command)
        assert ended.code == 7, command
        assert "sdx-state state sign" in ended.err
    assert applied.project.run("state", "sign").code == 1  # not approved
    signed = applied.project.run("state", "sign", "--auto-approve")
    assert signed.code == 0, signed.err
    assert f"Signed: the journal from line {lines + 1} on" in signed.out
    assert applied.project.run("plan").code == 0
    assert f"the journal from line {lines + 1} on" in applied.project.run("history", "--verify").out
    assert "already" in applied.project.run("state", "sign").out
    assert undo(applied).code == 0  # the chain proves the lines before, and they the run


def test_damaged_files_are_not_signed(applied, monkeypatch):
    monkeypatch.setenv("SDX_STATE_KEY", KEY)
    text = applied.journal.read_text()
    applied.journal.write_text(text.replace('"command": "apply"', '"command": "undo"', 1))
    assert applied.project.run("state", "sign", "--auto-approve").code == 7
    applied.journal.write_text("".join(text.splitlines(keepends=True)[:3]))
    assert applied.project.run("state", "sign", "--auto-approve").code == 7


def test_new_key_refuses_signatures_of_the_old_one_until_it_signs_again(keyed, monkeypatch):
    monkeypatch.setenv("SDX_STATE_KEY", ANOTHER)
    assert keyed.project.run("plan").code == 7
    assert keyed.project.run("state", "sign", "--auto-approve").code == 0
    assert keyed.project.run("plan").code == 0
    monkeypatch.setenv("SDX_STATE_KEY", KEY)
    assert keyed.project.run("plan").code == 7


def test_without_the_key_what_is_signed_is_accepted_and_verify_says_that_it_was_not_checked(keyed, monkeypatch):
    monkeypatch.delenv("SDX_STATE_KEY")
    verified = keyed.project.run("history", "--verify")
    assert verified.code == 0
    assert "carry signatures, which were not checked: SDX_STATE_KEY is not set" in verified.out
    keyed.project.write("a.yaml", FILES)
    assert keyed.project.run("plan", "--out", str(keyed.plan)).code == 0
    assert keyed.project.run("apply", str(keyed.plan)).code == 0
    monkeypatch.setenv("SDX_STATE_KEY", KEY)
    assert keyed.project.run("plan").code == 7  # the last line is not signed
    assert keyed.project.run("show", str(keyed.plan)).code == 1
    assert keyed.project.run("state", "sign", "--auto-approve").code == 0
    assert keyed.project.run("plan").code == 0


def test_a_run_that_dies_leaves_a_journal_and_a_state_that_the_key_accepts(project, proxy, monkeypatch):
    monkeypatch.setenv("SDX_STATE_KEY", KEY)
    project.connect(proxy.url)
    project.write("a.yaml", FILES)
    proxy.fail("POST", "/users", 401)
    assert project.apply().code == 1
    resumed = project.run("apply", "--resume", "--auto-approve")
    assert resumed.code == 0, resumed.err
    assert project.run("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize(
    ("key", "why"),
    [("short", "has 5 characters and needs at least 32"), ("x" * 64, "it is not random"), ("ab" * 40, "not random")],
)
def test_a_key_that_could_be_guessed_is_refused_with_a_way_to_make_one(connected, monkeypatch, key, why):
    monkeypatch.setenv("SDX_STATE_KEY", key)
    connected.write("a.yaml", FILES)
    ended = connected.apply()
    assert ended.code == 1
    assert why in ended.err
    assert "openssl rand -hex 32" in ended.err
    assert not (connected.folder / ".sdx").exists()


def test_key_is_in_no_file_and_no_message(keyed):
    ended = [keyed.project.run(*command) for command in (["plan"], ["history", "--verify"], ["state", "list"])]
    assert not any(KEY in one.out + one.err for one in ended)
    assert not any(KEY.encode() in path.read_bytes() for path in keyed.folder.rglob("*") if path.is_file())


def test_no_other_program_is_given_the_key(keyed, tmp_path, monkeypatch):
    """A `git` that records its environment is first in the search path."""
    subprocess.run(["git", "init", "-q", str(keyed.project.folder)], check=True)
    seen, programs = tmp_path / "seen", tmp_path / "programs"
    programs.mkdir(mode=0o700)
    (programs / "git").write_text(f"#!/bin/sh\nenv >> {seen}\nexit 1\n")
    (programs / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    for command in (["validate"], ["plan", "--base", "HEAD"]):
        keyed.project.run(*command)
    assert "PATH=" in seen.read_text()
    assert KEY not in seen.read_text()
