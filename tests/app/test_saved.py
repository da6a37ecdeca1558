"""Apply makes exactly the reviewed changes of a saved plan, or none."""

from __future__ import annotations

import json
import re

import pytest

FILES = """
surveys:
  a: {name: A, description: One}
  b: {name: B, description: One}
users:
  u@example.com: {name: U}
"""


@pytest.fixture
def reviewed(connected, tenant, tmp_path, apply_once):
    """A project with a saved plan that changes survey `a` and adds a user."""
    connected.write("a.yaml", FILES.replace("users:\n  u@example.com: {name: U}\n", ""))
    apply_once()
    connected.write("a.yaml", FILES.replace("name: A, description: One", "name: A, description: Two"))
    connected.saved = tmp_path / "plan.json"
    assert connected.run("plan", "--out", str(connected.saved)).code == 0
    return connected


def edit(tenant, name, **fields):
    row = next(row for row in tenant.store.rows("surveys") if row["name"] == name)
    tenant.store.put_row("surveys", {**row, **fields})


def descriptions(tenant):
    return {row["name"]: row["description"] for row in tenant.store.rows("surveys")}


def test_a_change_elsewhere_is_tolerated_and_left_alone(reviewed, tenant):
    edit(tenant, "B", description="By hand")
    tenant.store.load_snapshot({"surveys": [{"name": "Somebody's"}]})
    applied = reviewed.run("apply", str(reviewed.saved))
    assert applied.code == 0, applied.err
    assert descriptions(tenant) == {"A": "Two", "B": "By hand", "Somebody's": ""}


def test_a_target_that_is_reached_already_is_tolerated(reviewed, tenant):
    edit(tenant, "A", description="Two")
    applied = reviewed.run("apply", str(reviewed.saved))
    assert applied.code == 0, applied.err
    assert applied.last == "Apply complete! Resources: 1 added, 0 changed, 0 destroyed."


def test_a_field_that_moved_is_named_and_nothing_is_written(reviewed, tenant):
    edit(tenant, "A", description="By hand")
    applied = reviewed.run("apply", str(reviewed.saved))
    assert applied.code == 3
    assert "survey.a: description differ" in applied.err
    assert tenant.store.rows("users") == []
    assert descriptions(tenant)["A"] == "By hand"


def test_another_configuration_is_refused(reviewed, tenant):
    reviewed.write("a.yaml", FILES + "  v@example.com: {name: V}\n")
    applied = reviewed.run("apply", str(reviewed.saved))
    assert applied.code == 3
    assert "configuration" in applied.err
    assert tenant.store.rows("users") == []


def test_another_tenant_is_refused(reviewed, nested_tenant):
    reviewed.connect(nested_tenant.url)
    (reviewed.folder / ".sdx" / "state.json").unlink()
    assert reviewed.run("apply", str(reviewed.saved)).code == 3
    assert nested_tenant.store.rows("users") == []


def test_another_lineage_is_refused(reviewed, tenant):
    for path in (reviewed.folder / ".sdx").glob("state.*"):
        if path.is_file():
            path.unlink()
    reviewed.run("state", "rebuild", "--auto-approve")
    applied = reviewed.run("apply", str(reviewed.saved))
    assert applied.code == 3
    assert "another state" in applied.err


@pytest.mark.parametrize(
    "damage",
    [
        lambda document: document["resource_changes"][0]["fields"][0].update(after="Injected"),
        lambda document: document["resource_changes"].pop(),
        lambda document: document.update(fingerprint="sha256:0"),
        lambda document: document.update(format_version="2.0"),
        lambda document: document.pop("configuration"),
        lambda document: document.pop("resource_changes"),
        lambda document: document.update(allowed_deletes=9),
        lambda document: document.update(targets=["user.*"]),
        lambda document: document.update(lineage=""),
        lambda document: document["resource_changes"][0].update(risks=[]),
        lambda document: document.pop("digest"),
    ],
)
def test_a_plan_that_was_altered_is_refused(reviewed, tenant, damage):
    document = json.loads(reviewed.saved.read_text())
    damage(document)
    reviewed.saved.write_text(json.dumps(document))
    applied = reviewed.run("apply", str(reviewed.saved))
    assert applied.code == 1
    assert "Traceback" not in applied.err
    assert descriptions(tenant)["A"] == "One"


def test_a_saved_part_of_a_plan_stays_a_part(reviewed, tenant):
    reviewed.run("plan", "--target", "survey.a", "--out", str(reviewed.saved))
    assert reviewed.run("apply", str(reviewed.saved)).last.startswith("Apply complete! Resources: 0 added, 1 changed")
    assert tenant.store.rows("users") == []


def test_resume_continues_the_plan_that_was_cut_off_only(project, proxy, tenant):
    project.connect(proxy.url)
    project.write("a.yaml", FILES)
    assert project.run("apply", "--resume").code == 1
    proxy.fail("POST", "/users", 401)
    assert project.apply().code == 1  # credentials were refused half way
    left = {"surveys": 2 - len(tenant.store.rows("surveys")), "users": 1}
    project.write("a.yaml", FILES + "  new@example.com: {name: New}\n")
    resumed = project.run("apply", "--resume", "--auto-approve")
    assert resumed.code == 0, resumed.err
    assert resumed.last == f"Apply complete! Resources: {sum(left.values())} added, 0 changed, 0 destroyed."
    assert [row["email"] for row in tenant.store.rows("users")] == ["u@example.com"]
    assert project.run("apply", "--resume").code == 1
    assert project.apply().code == 0


@pytest.mark.parametrize(
    ("before", "after", "read"),
    [
        ("name: U}", "name: W}", {"/users"}),
        ("description: Two", "description: Three", {"/surveys", "/questions?survey_id=2"}),
        ("question_text: Why?", "question_text: How?", {"/surveys", "/questions?survey_id=1"}),
    ],
)
def test_only_what_the_plan_touches_is_read_again(project, proxy, tmp_path, before, after, read):
    files = """
surveys:
  a: {name: A, questions: [{question_label: Q, question_text: Why?, question_type: text}]}
  b: {name: B, description: Two, questions: [{question_label: Q, question_text: What?, question_type: text}]}
users:
  u@example.com: {name: U}
"""
    project.connect(proxy.url)
    project.write("sdx.yaml", "sdx: 1\napi: {host: x.example, capabilities: writable, parallelism: 1}\n")
    project.write("a.yaml", files)
    assert project.apply().code == 0
    project.write("a.yaml", files.replace(before, after))
    saved = str(tmp_path / "plan.json")
    assert project.run("plan", "--out", saved).code == 0
    proxy.seen.clear()
    applied = project.run("apply", saved)
    assert applied.code == 0, applied.err
    lists = {path.removeprefix("/api") for method, path in proxy.seen if method == "GET" and "_limit" in path}
    asked = {re.sub(r"[?&]_.*?(?=&survey|$)", "", path).replace("&", "?") for path in lists}
    assert {path for path in asked if not path.startswith("/responses")} == read
    assert project.run("plan", "--detailed-exitcode").code == 0


def test_resource_of_another_address_is_not_used_for_a_create(connected, tenant, tmp_path):
    connected.write("a.yaml", "surveys: {old: {name: Once}}\n")
    connected.apply()
    connected.write("a.yaml", "surveys: {old: {name: Renamed}, new: {name: Once}}\n")
    saved = str(tmp_path / "plan.json")
    assert connected.run("plan", "--target", "survey.new", "--out", saved).code == 0
    applied = connected.run("apply", saved)
    assert applied.code == 0, applied.err
    assert applied.last == "Apply complete! Resources: 1 added, 0 changed, 0 destroyed."
    assert sorted(row["name"] for row in tenant.store.rows("surveys")) == ["Once", "Once"]


def test_a_plan_of_another_major_version_names_the_version(reviewed):
    document = json.loads(reviewed.saved.read_text())
    reviewed.saved.write_text(json.dumps({**document, "format_version": "2.0"}))
    assert "format_version is 2.0; this version reads 1.x" in reviewed.run("apply", str(reviewed.saved)).err
