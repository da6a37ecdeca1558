"""The state's commands change exactly what they say, and each damage has its own advice."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path

import pytest

import sdx_state
from sdx_state.state.codec import encode
from sdx_state.state.local import LocalStore

FILES = """
surveys:
  a:
    name: A
    questions:
      - {question_label: P, question_text: First?, question_type: text}
      - {question_label: Q, question_text: Second?, question_type: text}
  ab: {name: AB}
users: {u@example.com: {name: U}}
"""
A = ["question.a.p", "question.a.q", "survey.a"]
OTHERS = ["survey.ab", "user.u@example.com"]


@pytest.fixture
def applied(connected, apply_once):
    connected.write("a.yaml", FILES)
    apply_once()
    return connected


def known(project):
    return project.run("state", "list").out.split()


def test_rm_of_a_survey_takes_its_questions_along_and_says_so(applied, tenant):
    ended = applied.run("state", "rm", "survey.a")
    assert ended.code == 0
    assert sorted(line.split()[0] for line in ended.out.splitlines()[:-1]) == A
    assert ended.last == "Stopped managing 3 resources. Nothing was deleted, and the tenant was not touched."
    assert known(applied) == OTHERS
    applied.write("a.yaml", "surveys: {ab: {name: AB}}\nusers: {u@example.com: {name: U}}\n")
    assert applied.run("plan", "--detailed-exitcode").code == 0
    assert len(tenant.store.rows("questions")) == 2


def test_rm_of_questions_leaves_their_survey_alone(applied):
    assert applied.run("state", "rm", "question.a.*").code == 0
    assert known(applied) == ["survey.a", *OTHERS]


def test_rm_of_one_unknown_address_changes_nothing(applied):
    before = known(applied)
    assert applied.run("state", "rm", "survey.ab", "survey.aa").code == 1
    assert known(applied) == before


def test_mv_prints_every_address_that_it_renames(applied):
    ended = applied.run("state", "mv", "survey.a", "survey.z")
    *renamed, last = ended.out.splitlines()
    assert sorted(renamed) == [
        "question.a.p -> question.z.p",
        "question.a.q -> question.z.q",
        "survey.a -> survey.z",
    ]
    assert last == "Moved 3 addresses. The tenant was not touched."
    assert known(applied) == ["question.z.p", "question.z.q", "survey.ab", "survey.z", "user.u@example.com"]


@pytest.mark.parametrize("after", ["survey.ab", "user.a"])
def test_mv_to_what_is_taken_or_another_kind_changes_nothing(applied, after):
    before = known(applied)
    ended = applied.run("state", "mv", "survey.a", after)
    assert ended.code == 1
    assert "Nothing was changed" in ended.err
    assert known(applied) == before


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("survey.a", "survey.z.z", "cannot be declared"),
        ("survey.a", "survey.z z", "cannot be declared"),
        ("question.a.p", "question.a.p.p", "cannot be declared"),
        ("question.a.p", "question.zz.p", "the state knows no survey.zz"),
        ("user.u@example.com", "user.v@example.com", "that is another user"),
        ("user.u@example.com", "user.u", "that is another user"),
    ],
)
def test_mv_to_an_address_that_could_not_be_this_resource_changes_nothing(applied, before, after, message):
    known_before = known(applied)
    ended = applied.run("state", "mv", before, after)
    assert ended.code == 1
    assert message in ended.err
    assert "Nothing was changed" in ended.err
    assert known(applied) == known_before


def test_users_are_named_in_any_case(applied):
    assert applied.run("state", "show", "user.U@EXAMPLE.com").code == 0
    assert applied.run("state", "mv", "user.u@example.com", "user.U@Example.com").last.startswith("Moved 0 addresses")
    assert applied.run("plan", "--detailed-exitcode").code == 0


def test_rebuild_says_of_each_address_whether_its_resource_is_gone_or_has_another_address(applied, tenant):
    ids = {row["name"]: row["id"] for row in tenant.store.rows("surveys")}
    assert applied.run("state", "mv", "survey.a", "survey.z").code == 0
    tenant.store.delete_row("surveys", str(ids["AB"]))
    assert applied.run("state", "mv", "survey.ab", "survey.y").code == 0
    ended = applied.run("state", "rebuild", "--auto-approve")
    assert ended.code == 0, ended.err
    assert f"survey.z (id {ids['A']}): is survey.a now" in ended.out
    assert "): is question.a.p now" in ended.out
    assert f"survey.y (id {ids['AB']}): is not in the tenant, will be removed from the state" in ended.out


def test_rebuild_keeps_what_the_state_knows_and_a_changed_name_would_not_find(applied, tenant):
    applied.write("a.yaml", FILES.replace("name: A\n", "name: Renamed\n"))
    ended = applied.run("state", "rebuild", "--auto-approve")
    assert "The state already knows everything." in ended.out
    assert applied.run("plan").last == "Plan: 0 to add, 1 to change, 0 to destroy."


def test_rebuild_keeps_the_id_of_a_survey_whose_name_another_one_has_now(applied, tenant):
    (row,) = [row for row in tenant.store.rows("surveys") if row["name"] == "AB"]
    tenant.store.put_row("surveys", {**row, "name": "Old"})
    tenant.store.load_snapshot({"surveys": [{"name": "AB"}]})
    assert "The state already knows everything." in applied.run("state", "rebuild", "--auto-approve").out
    assert f"id       {row['id']}" in applied.run("state", "show", "survey.ab").out


@pytest.mark.parametrize("address", ["survey.", "a", "question.a", "surveys.a", ""])
@pytest.mark.parametrize("command", [("mv", "survey.a"), ("show",), ("resolve", "--adopt", "1")])
def test_invalid_address_is_refused_where_it_is_given(applied, command, address):
    before = known(applied)
    ended = applied.run("state", *command, address)
    assert ended.code == 2
    assert "An address is such as survey.support-csat" in ended.err
    assert known(applied) == before


def of_another_tenant(path):
    ledger = LocalStore(path.parent, "state", None).load()
    path.write_bytes(encode(replace(ledger, tenant="https://other.example#x"), None))


def of_a_newer_version(path):
    head, _, rest = path.read_bytes().partition(b'"state":')
    body = rest.rstrip().removesuffix(b"}").replace(b'"format":"1.', b'"format":"9.')
    digest = hashlib.sha256(body).hexdigest().encode()
    end = rest[len(rest.rstrip().removesuffix(b"}")) :]
    path.write_bytes(re.sub(rb"[0-9a-f]{64}", digest, head) + b'"state":' + body + end)


def cut_off(path):
    path.write_bytes(path.read_bytes()[:100])


DAMAGES = {
    "another tenant": (of_another_tenant, "Check SDX_API_URL, --env and the credentials", True),
    "newer version": (of_a_newer_version, "Update sdx-state", True),
    "cut off": (cut_off, "sdx-state state restore", False),
}


@pytest.mark.parametrize(("damage", "advice", "good"), DAMAGES.values(), ids=DAMAGES)
def test_each_state_that_cannot_be_used_has_its_own_advice(applied, damage, advice, good):
    path = applied.folder / ".sdx" / "state.json"
    damage(path)
    damaged = path.read_bytes()
    ended = applied.run("plan")
    assert ended.code == 7
    assert advice in ended.err
    assert ("rebuild" in ended.err) is not good
    if good:
        assert applied.run("state", "rebuild", "--auto-approve").code == 7
        assert path.read_bytes() == damaged


def test_an_unknown_generation_names_those_that_are_kept(applied):
    ended = applied.run("state", "restore", "99", "--auto-approve")
    assert ended.code == 7
    assert "there is no earlier state 99 (kept: 1)" in ended.err
    assert "sdx-state state restore SERIAL" in ended.err
    assert "rebuild" not in ended.err


def test_only_the_advice_for_a_damaged_state_says_rebuild():
    folder = Path(sdx_state.__file__).parent
    advice = re.compile(r"sdx-state state rebuild")
    found = {str(path.relative_to(folder)) for path in folder.rglob("*.py") if advice.search(path.read_text())}
    assert found == {"state/errors.py"}
    assert len(advice.findall((folder / "state" / "errors.py").read_text())) == 1
