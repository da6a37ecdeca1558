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
def branch(connected, tenant):
    """Applied once; then `b` changed on main and not applied, `a` on the branch, and the user in the tenant."""
    (connected.folder / ".gitignore").write_text(".sdx/\n")
    connected.write("a.yaml", MAIN)
    connected.apply()
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


def test_outside_of_a_repository_it_is_said(connected, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(connected.folder.parent))
    connected.write("a.yaml", MAIN)
    ended = connected.run("plan", "--base", "main")
    assert ended.code == 1
    assert "repository" in ended.err
