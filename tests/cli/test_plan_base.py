"""`plan --base` says whose change each one is."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

MAIN = """
surveys:
  a: {name: A, description: One}
  b: {name: B, description: One}
users: {u@example.com: {name: U}}
"""


def git(project, *arguments):
    identity = ["-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", "-C", str(project.folder), *identity, *arguments], check=True, capture_output=True)


@pytest.fixture
def branch(connected, tenant, apply_once):
    """Applied once; then `b` changed on main and not applied, `a` on the branch, and the user in the tenant."""
    (connected.folder / ".gitignore").write_text(".sdx/\n")
    connected.write("a.yaml", MAIN)
    apply_once()
    connected.write("a.yaml", MAIN.replace("name: B, description: One", "name: B, description: Two"))
    git(connected, "init")
    git(connected, "add", ".")
    git(connected, "commit", "-m", "main")
    tenant.store.put_row("users", {"email": "u@example.com", "name": "By hand"})
    text = (connected.folder / "a.yaml").read_text()
    connected.write("a.yaml", text.replace("name: A, description: One", "name: A, description: New"))
    return connected


def whose(project, *arguments):
    document = json.loads(project.run("plan", "--format", "json", *arguments).out)
    return {change["address"]: change["attribution"] for change in document["resource_changes"]}


def test_each_change_is_attributed(branch):
    assert whose(branch, "--base", "main") == {
        "survey.a": "branch",
        "survey.b": "pending",
        "user.u@example.com": "drift",
    }
    assert set(whose(branch).values()) == {None}


def test_text_and_markdown_say_it_too(branch):
    text = branch.run("plan", "--base", "HEAD").out
    assert re.search(r"survey\.a \(id \d+, from this branch\)", text)
    markdown = branch.run("plan", "--base", "HEAD", "--format", "markdown").out
    assert "- 1 from this branch" in markdown
    assert "- 1 pending on the base already" in markdown
    assert "- 1 changed in the tenant alone" in markdown


@pytest.mark.parametrize("revision", ["nowhere", "--upload-pack=x", "HEAD:a.yaml", ""])
def test_a_revision_that_is_none_is_refused(branch, revision):
    ended = branch.run("plan", f"--base={revision}")
    assert ended.code == 1
    assert ended.out == ""
    assert "--base" in ended.err
    assert "Traceback" not in ended.err


def test_base_outside_of_a_repository_is_an_error(connected, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(connected.folder.parent))
    connected.write("a.yaml", MAIN)
    ended = connected.run("plan", "--base", "main")
    assert ended.code == 1
    assert "repository" in ended.err


def test_deletion_in_the_tenant_is_drift_and_not_pending(branch, tenant):
    tenant.store.delete_row("users", "u@example.com")
    assert whose(branch, "--base", "main")["user.u@example.com"] == "drift"
    text = (branch.folder / "a.yaml").read_text()
    branch.write("a.yaml", text.replace("{name: U}", "{name: V}"))
    assert whose(branch, "--base", "main")["user.u@example.com"] == "both"


def test_change_by_the_branch_and_elsewhere_is_attributed_to_both(branch, tenant):
    (row,) = [row for row in tenant.store.rows("surveys") if row["name"] == "A"]
    tenant.store.put_row("surveys", {**row, "description": "By hand"})
    text = (branch.folder / "a.yaml").read_text()
    branch.write("a.yaml", text.replace("description: Two", "description: Two, greeting_text: Hi"))
    said = whose(branch, "--base", "main")
    assert (said["survey.a"], said["survey.b"]) == ("both", "both")
    assert "From this branch, and changed elsewhere too" in branch.run("plan", "--base=HEAD", "--format=markdown").out
    page = branch.folder / "plan.html"
    branch.run("plan", "--base", "HEAD", f"--format=html={page}")
    assert "From this branch, and changed elsewhere too: surveys" in page.read_text()


def test_removals_and_overrides_of_a_branch_are_attributed_to_it(branch):
    text = (branch.folder / "a.yaml").read_text()
    branch.write("a.yaml", text.replace("description: Two", "description: Three").replace("  a: ", "  # a: "))
    said = whose(branch, "--base", "main")
    assert (said["survey.a"], said["survey.b"]) == ("branch", "branch")


def test_a_project_or_an_environment_that_is_new_is_all_of_this_branch(branch):
    branch.write("sdx.yaml", "sdx: 1\napi: {host: x.example}\nenvironments: {new: {}}\n")
    document = json.loads(branch.run("--env", "new", "plan", "--base", "main", "--format", "json").out)
    assert {change["attribution"] for change in document["resource_changes"]} == {"branch"}
    git(branch, "rm", "-r", "--cached", ".")
    branch.write("README", "Nothing here yet")
    git(branch, "add", "README")
    git(branch, "commit", "-m", "before it was a project")
    assert whose(branch, "--base", "HEAD")["survey.a"] == "branch"


def test_a_project_in_a_folder_of_the_repository_is_read_there(branch):
    inner = branch.folder / "in ner" / "prö:ject"
    inner.mkdir(parents=True)
    for name in ("sdx.yaml", "a.yaml"):
        (inner / name).write_bytes((branch.folder / name).read_bytes())
    git(branch, "add", ".")
    git(branch, "commit", "-m", "inner")
    (inner / "a.yaml").write_text((inner / "a.yaml").read_text().replace("New", "Newer"))
    document = json.loads(branch.run("plan", "--base", "HEAD", "--format", "json", folder=inner).out)
    said = {change["address"]: change["attribution"] for change in document["resource_changes"]}
    assert (said["survey.a"], said["survey.b"]) == ("branch", "pending")


def test_a_branch_that_mends_the_base_is_planned_without_attribution(branch):
    good = (branch.folder / "a.yaml").read_text()
    branch.write("a.yaml", good.replace("name: A", "nam: A"))
    git(branch, "commit", "-am", "broken")
    branch.write("a.yaml", good)
    planned = branch.run("plan", "--base", "HEAD")
    assert planned.code == 0
    assert "the configuration at HEAD has an error: a.yaml:3:" in planned.out
    assert set(whose(branch, "--base", "HEAD").values()) == {None}
