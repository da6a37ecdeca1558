"""The origin of a reordering is decided once for each survey; positions count all of its live questions."""

from __future__ import annotations

import json
import subprocess

import pytest


def survey(order, extra=""):
    questions = "".join(
        f"      - {{question_label: {key}, question_text: {key}?, question_type: text}}\n" for key in order
    )
    return f"surveys:\n  a:\n    name: A{extra}\n    questions:\n{questions}"


@pytest.fixture
def applied(connected, apply_once):
    connected.write("a.yaml", survey("XYZ"))
    apply_once()
    return connected


def moved(project):
    """Return label -> place before, place after and origin of each question that moves."""
    document = json.loads(project.run("plan", "--format", "json").out)
    return {
        change["name"].rpartition(".")[2]: (field["before"], field["after"], field["origin"])
        for change in document["resource_changes"]
        for field in change["fields"]
        if field["path"] == "order" and change["change"]["actions"] == ["update"]
    }


def labels(tenant):
    return "".join(
        row["question_label"] for row in sorted(tenant.store.rows("questions"), key=lambda row: row["order"])
    )


def put(tenant, order):
    rows = {row["question_label"]: row for row in tenant.store.rows("questions")}
    for place, label in enumerate(order):
        tenant.store.put_row("questions", {**rows[label], "order": place + 1})


def test_reversing_questions_in_yaml_is_not_drift(applied, tenant):
    applied.write("a.yaml", survey("ZYX"))
    assert moved(applied) == {"x": (1, 3, "config"), "z": (3, 1, "config")}
    assert applied.run("drift", "--detailed-exitcode").code == 0
    assert "moved from 1 to 3" in applied.run("plan").out
    assert applied.apply().code == 0
    assert labels(tenant) == "ZYX"
    assert applied.run("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize(("before", "after"), [("WXYZ", "ZYXW"), ("VWXYZ", "YVZXW"), ("WXYZ", "XWZY")])
def test_every_new_order_in_yaml_is_of_the_configuration(connected, tenant, before, after):
    connected.write("a.yaml", survey(before))
    assert connected.apply().code == 0
    connected.write("a.yaml", survey(after))
    found = moved(connected)
    assert {origin for _, _, origin in found.values()} == {"config"}
    assert all(was == before.index(key.upper()) + 1 for key, (was, _, _) in found.items())
    assert all(place == after.index(key.upper()) + 1 for key, (_, place, _) in found.items())
    assert connected.run("drift", "--detailed-exitcode").code == 0


def test_reordering_in_the_tenant_is_drift(applied, tenant):
    put(tenant, "ZYX")
    assert {origin for _, _, origin in moved(applied).values()} == {"drift"}
    assert applied.run("drift", "--detailed-exitcode").code == 2


def test_reordering_on_both_sides_is_both(applied, tenant):
    put(tenant, "YXZ")
    applied.write("a.yaml", survey("XZY"))
    assert {origin for _, _, origin in moved(applied).values()} == {"both"}
    assert applied.run("drift", "--detailed-exitcode").code == 2


def test_places_count_unmanaged_questions(applied, tenant):
    (row,) = [row for row in tenant.store.rows("questions") if row["question_label"] == "X"]
    rest = {key: value for key, value in row.items() if key not in ("id", "order", "question_label")}
    put(tenant, "XYZ")
    tenant.store.load_snapshot({"questions": [{**rest, "question_label": "U", "order": 0}]})
    assert labels(tenant) == "UXYZ"
    applied.write("a.yaml", survey("YZX"))
    assert moved(applied) == {"x": (2, 4, "config")}
    assert applied.apply().code == 0
    assert labels(tenant) == "UYZX"


def test_places_count_questions_that_are_created_and_deleted(applied, tenant):
    applied.write("a.yaml", survey("NYZX"))
    assert moved(applied) == {"x": (1, 4, "config")}
    applied.write("a.yaml", survey("ZX"))
    assert moved(applied)["x" if "x" in moved(applied) else "z"] in {(1, 2, "config"), (3, 1, "config")}


def test_deleted_ids_of_other_kinds_are_not_counted_as_questions(applied, tenant):
    files = survey("XYZ") + "".join(f"  s{number}: {{name: S{number}}}\n" for number in range(3))
    applied.write("a.yaml", files)
    assert applied.apply().code == 0
    applied.write("a.yaml", survey("YZX"))  # surveys 2 to 4 are deleted, and there are questions 2 and 3
    assert moved(applied) == {"x": (1, 3, "config")}


def test_base_attributes_a_new_order_to_the_branch(applied):
    def git(*arguments):
        identity = ("-c", "user.name=T", "-c", "user.email=t@example.com")
        subprocess.run(["git", *identity, *arguments], cwd=applied.folder, check=True, capture_output=True)

    git("init", "-q", "-b", "main")
    git("add", "a.yaml", "sdx.yaml")
    git("commit", "-q", "-m", "x")
    applied.write("a.yaml", survey("ZYX"))
    document = json.loads(applied.run("plan", "--base", "HEAD", "--format", "json").out)
    assert {change["attribution"] for change in document["resource_changes"]} == {"branch"}


def test_undo_names_places_among_all_questions(applied, tenant):
    applied.write("a.yaml", survey("YZX"))
    assert applied.apply().code == 0
    run = applied.run("history").out.strip().splitlines()[-1].split()[0]
    undone = applied.run("undo", run, "--auto-approve")
    assert "moved from 3 to 1" in undone.out
    assert labels(tenant) == "XYZ"
