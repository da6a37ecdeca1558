"""Git runs no programs of a repository and gets no credentials."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest

from sdx_state.programs import git as git_module

PROJECT = "sdx: 1\napi: {host: demo.surveydynamix.com}\n"
ONE = "surveys:\n  a: {name: A, greeting_text: Hello}\n"
TWO = f"{ONE}  b: {{name: B, greeting_text: Hello}}\n"
SECRET = "s3cr3t-canary"


def git(folder, *arguments, check=True, **environment):
    identity = ["-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"]
    allowed = ["-c", "protocol.file.allow=always"]
    return subprocess.run(
        ["git", *identity, *allowed, *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        check=check,
        capture_output=True,
        stdin=subprocess.DEVNULL,
    )


def begun(folder, text=ONE):
    """A repository with a committed project at its top."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q")
    (folder / "sdx.yaml").write_text(PROJECT)
    (folder / "a.yaml").write_text(text)
    (folder / ".gitignore").write_text(".sdx/\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "one")
    return folder


def attributed(project, folder, base="HEAD"):
    ended = project.run("plan", "--sandbox", "--base", base, "--format", "json", folder=folder)
    assert ended.code == 0, ended.err
    return {one["address"]: one["attribution"] for one in json.loads(ended.out)["resource_changes"]}


@pytest.fixture(params=["this git", "an older git"])
def protections(request, monkeypatch):
    """All protections, and only those that a git of 2021 supports."""
    if request.param == "an older git":
        older = tuple(one for one in git_module.SETTINGS if not one.startswith("safe.bareRepository"))
        monkeypatch.setattr(git_module, "SETTINGS", older)
        monkeypatch.setattr(
            git_module, "FIXED", {name: one for name, one in git_module.FIXED.items() if name != "GIT_NO_LAZY_FETCH"}
        )
    monkeypatch.setenv("SDX_AUTH_TOKEN", SECRET)


def test_a_bare_repository_among_the_files_of_a_clone_is_not_used(project, tmp_path, protections):
    pull_request, proof = tmp_path / "pr", tmp_path / "proof"
    surveys = begun(pull_request / "surveys").parent / "surveys"
    shutil.rmtree(surveys / ".git")
    for name in ("objects", "refs"):
        (surveys / name).mkdir()
        (surveys / name / ".k").touch()
    (surveys / "HEAD").write_text("ref: refs/heads/x\n")
    (surveys / "config").write_text(
        "[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = .\n"
        f'\tfsmonitor = "echo ran with $SDX_AUTH_TOKEN >> {proof}; false"\n'
    )
    blob = git(surveys, "hash-object", "-w", "a.yaml", GIT_DIR=".").stdout.decode().strip()
    git(surveys, "-c", "core.fsmonitor=true", "update-index", "--add", "--cacheinfo", f"100644,{blob},x", GIT_DIR=".")
    proof.unlink(missing_ok=True)
    git(pull_request, "init", "-q")
    git(pull_request, "add", "-A")
    git(pull_request, "commit", "-qm", "x")
    git(tmp_path, "clone", "-q", "pr", "review")
    review = tmp_path / "review" / "surveys"
    assert project.run("validate", folder=review).code == 0
    assert attributed(project, review) == {"survey.a": "pending"}
    assert not proof.exists()
    git(review, "status", check=False)
    assert SECRET in proof.read_text(), "git itself runs it: the test tests something"


def programmed(folder, proof):
    """A program that leaves a marker file and fails."""
    path = folder / "program"
    path.write_text(f"#!/bin/sh\necho ran >> {proof}\nexit 1\n")
    path.chmod(0o755)
    return path


def with_fsmonitor(repository, program):
    git(repository, "update-index", "--fsmonitor")
    git(repository, "config", "core.fsmonitor", str(program))
    return ["status"]


def with_hooks(repository, program):
    hooks = ("pre-commit", "post-index-change", "reference-transaction", "post-checkout", "pre-auto-gc", "fsmonitor")
    for name in hooks:
        shutil.copy(program, repository / ".git" / "hooks" / name)
    return ["commit", "--allow-empty", "-m", "x"]


def with_filters(repository, program):
    for name in ("clean", "smudge", "process"):
        git(repository, "config", f"filter.x.{name}", str(program))
    (repository / ".gitattributes").write_text("*.yaml filter=x\n")
    git(repository, "commit", "-qm", "attributes", "--", ".gitattributes", check=False)
    (repository / ".git" / "info" / "attributes").write_text("*.yaml filter=x diff=x\n")
    return ["cat-file", "--filters", "HEAD:a.yaml"]


def with_conversion(repository, program):
    for name in ("textconv", "command"):
        git(repository, "config", f"diff.x.{name}", str(program))
    git(repository, "config", "diff.external", str(program))
    (repository / ".gitattributes").write_text("*.yaml diff=x\n")
    return ["cat-file", "--textconv", "HEAD:a.yaml"]


def with_aliases(repository, program):
    for name in ("rev-parse", "ls-tree", "ls-files", "cat-file", "proof"):
        git(repository, "config", f"alias.{name}", f"!{program}")
        git(repository, "config", f"pager.{name}", str(program))
    git(repository, "config", "core.pager", str(program))
    return ["proof"]


def with_promisor(repository, address, **settings):
    """A partial clone without the blob of `a.yaml` at HEAD."""
    git(repository, "config", "core.repositoryformatversion", "1")
    git(repository, "config", "extensions.partialClone", "origin")
    for name, value in {"remote.origin.url": address, "remote.origin.promisor": "true", **settings}.items():
        git(repository, "config", name, value)
    blob = git(repository, "rev-parse", "HEAD:a.yaml").stdout.decode().strip()
    (repository / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    return ["cat-file", "-p", blob]


def with_external_transport(repository, program):
    return with_promisor(repository, f"ext::{program}", **{"protocol.ext.allow": "always"})


def with_ssh_command(repository, program):
    settings = {"core.sshCommand": str(program), "protocol.ssh.allow": "always", "protocol.allow": "always"}
    return with_promisor(repository, "ssh://127.0.0.1:9/x", **settings)


def with_upload_pack(repository, program):
    settings = {"remote.origin.uploadpack": str(program), "protocol.file.allow": "always"}
    return with_promisor(repository, str(repository), **settings)


def with_transport_helper(repository, program):
    shutil.copy(program, program.parent / "git-remote-proof")
    return with_promisor(repository, "x", **{"remote.origin.vcs": "proof", "protocol.proof.allow": "always"})


ATTACKS = [with_fsmonitor, with_hooks, with_filters, with_conversion, with_aliases]
FETCHES = [with_external_transport, with_ssh_command, with_upload_pack, with_transport_helper]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda one: one.__name__)
def test_programs_in_git_settings_are_not_run(project, tmp_path, protections, attack):
    repository, proof = begun(tmp_path / "repository"), tmp_path / "proof"
    control = attack(repository, programmed(tmp_path, proof))
    proof.unlink(missing_ok=True)
    assert project.run("validate", folder=repository).code == 0
    assert attributed(project, repository) == {"survey.a": "pending"}
    assert not proof.exists()
    git(repository, *control, check=False)
    assert proof.exists(), "git itself runs it: the test tests something"


@pytest.mark.parametrize("attack", FETCHES, ids=lambda one: one.__name__)
def test_blob_missing_in_a_partial_clone_is_an_error_with_advice_and_not_fetched(
    project, tmp_path, monkeypatch, protections, attack
):
    repository, proof = begun(tmp_path / "repository"), tmp_path / "proof"
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    control = attack(repository, programmed(tmp_path, proof))
    proof.unlink(missing_ok=True)
    assert project.run("validate", folder=repository).code == 0
    ended = project.run("plan", "--sandbox", "--base", "HEAD", folder=repository)
    assert (ended.code, ended.out) == (1, "")
    assert "does not contain the content of a.yaml at HEAD" in ended.err
    assert "git diff --stat HEAD" in ended.err
    assert not proof.exists()
    git(repository, *control, check=False)
    assert proof.exists(), "git itself runs it: the test tests something"


def test_git_gets_no_settings_and_no_other_repository(project, tmp_path, monkeypatch):
    repository = begun(tmp_path / "repository")
    other = begun(tmp_path / "other", TWO)
    program, told = tmp_path / "bin" / "git", tmp_path / "told"
    program.parent.mkdir()
    told.mkdir()
    program.write_text(f'#!/bin/sh\nenv > {told}/$$\nexec {shutil.which("git")} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("SDX_STATE_KEY", "0123456789abcdef" * 4)
    for name in ("SDX_AUTH_TOKEN", "SDX_VAR_x", "sdx_lower", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, SECRET)
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", "'core.fsmonitor'='x'")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "2")
    for number, (key, value) in enumerate((("core.fsmonitor", "x"), ("safe.directory", "/trusted"))):
        monkeypatch.setenv(f"GIT_CONFIG_KEY_{number}", key)
        monkeypatch.setenv(f"GIT_CONFIG_VALUE_{number}", value)
    assert project.run("validate", folder=repository).code == 0
    assert attributed(project, repository) == {"survey.a": "pending"}
    seen = [one.read_text() for one in told.iterdir()]
    assert len(seen) >= 8
    for environment in seen:
        names = {line.partition("=")[0] for line in environment.splitlines()}
        assert SECRET not in environment
        assert not [name for name in names if name.upper().startswith("SDX_")]
        assert "GIT_INDEX_FILE" not in names
        assert "GIT_CONFIG_KEY_1" not in names
        assert "GIT_CONFIG_VALUE_0=/trusted" in environment.splitlines()
        assert f"GIT_DIR={other / '.git'}" not in environment


def test_git_in_the_current_directory_is_not_run(project, tmp_path, monkeypatch):
    repository, proof = begun(tmp_path / "repository"), tmp_path / "proof"
    shutil.copy(programmed(tmp_path, proof), repository / "git")
    monkeypatch.chdir(repository)
    monkeypatch.setenv("PATH", os.pathsep.join([".", "", os.environ["PATH"]]))
    assert project.run("validate", folder=repository).code == 0
    assert attributed(project, repository) == {"survey.a": "pending"}
    assert not proof.exists()


@pytest.mark.soak
def test_child_processes_of_commands_get_no_settings(tmp_path):
    repository = begun(tmp_path / "repository")
    watched = """
import json, os, sys
STARTS = ("subprocess.Popen", "os.system", "os.exec", "os.spawn", "os.fork", "pty.spawn")
def hook(event, arguments):
    if event in STARTS:
        given = arguments[3] if event == "subprocess.Popen" and arguments[3] is not None else os.environ
        told = any(name.startswith("SDX_") for name in given)
        print("STARTED", event, arguments[0], "with settings" if told else "", file=sys.stderr)
sys.addaudithook(hook)
from sdx_state.cli.main import entry
for command in json.loads(sys.argv[1]):
    sys.argv = ["sdx-state", *command]
    if not command:
        os.environ["_SDX_STATE_COMPLETE"] = "bash_source"
    try:
        entry()
    except SystemExit as ended:
        print("ENDED", ended.code, file=sys.stderr)
"""
    commands = (
        ["validate"],
        ["plan", "--sandbox", "--base", "HEAD"],
        ["apply", "--sandbox", "--auto-approve"],
        ["drift", "--sandbox"],
        ["handoff", "--sandbox"],
        ["pull", "--sandbox"],
        ["history"],
        ["state", "list"],
        ["fmt", "--check"],
        ["completion", "bash"],  # click asks bash for its version
        ["explain", "survey"],
        ["whoami"],
        [],
    )
    settings = {"SDX_AUTH_TOKEN": SECRET, "SDX_CUSTOMER_UUID": "u", "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run(
        [sys.executable, "-c", watched, json.dumps(commands)],
        cwd=repository,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in ended.stderr, ended.stderr
    assert ended.stderr.count("ENDED") == len(commands)
    started = {line for line in ended.stderr.splitlines() if line.startswith("STARTED")}
    programs = {line.split()[2] for line in started}
    assert programs - {shutil.which("bash")} == {shutil.which("git")}
    assert not [line for line in started if "with settings" in line]


def test_a_project_in_a_folder_of_a_repository_is_attributed(project, tmp_path):
    top = begun(tmp_path / "top")
    inner = top / "in ner" / ":prö ject "
    shutil.copytree(top, inner, ignore=shutil.ignore_patterns(".git", "in ner"))
    git(top, "add", "-A")
    git(top, "commit", "-qm", "inner")
    (inner / "a.yaml").write_text(TWO)
    assert attributed(project, inner) == {"survey.a": "pending", "survey.b": "branch"}


def test_a_project_in_a_submodule_is_attributed_by_the_submodule(project, tmp_path):
    begun(tmp_path / "library")
    outer = begun(tmp_path / "outer", TWO)
    git(outer, "submodule", "add", "-q", str(tmp_path / "library"), "inner")
    git(outer, "commit", "-qm", "submodule")
    inner = outer / "inner"
    assert (inner / ".git").is_file()
    (inner / "a.yaml").write_text(TWO)
    assert attributed(project, inner) == {"survey.a": "pending", "survey.b": "branch"}
    assert project.run("validate", folder=inner).code == 0


def test_a_project_in_a_linked_worktree_is_attributed(project, tmp_path):
    first = begun(tmp_path / "first")
    git(first, "worktree", "add", "-q", "-b", "branch", str(tmp_path / "second"))
    second = tmp_path / "second"
    assert (second / ".git").is_file()
    (second / "a.yaml").write_text(TWO)
    assert attributed(project, second, "main") == {"survey.a": "pending", "survey.b": "branch"}
    (second / ".sdx" / "x").write_text("")
    git(second, "add", "-f", ".sdx/x")
    assert project.run("validate", folder=second).code == 1
    assert project.run("validate", folder=first).code == 0


def test_a_project_reached_through_a_symbolic_link_is_attributed(project, tmp_path):
    repository = begun(tmp_path / "repository")
    (repository / "a.yaml").write_text(TWO)
    (tmp_path / "link").symlink_to(repository)
    assert attributed(project, tmp_path / "link") == {"survey.a": "pending", "survey.b": "branch"}


def test_invalid_git_directory_is_skipped(project, tmp_path):
    top = begun(tmp_path / "top")
    inner = top / "inner"
    shutil.copytree(top, inner, ignore=shutil.ignore_patterns(".git", "inner"))
    git(top, "add", "-A")
    git(top, "commit", "-qm", "inner")
    (inner / ".git").mkdir()
    assert attributed(project, inner) == {"survey.a": "pending"}


def test_a_shallow_clone_is_named_as_the_reason(project, tmp_path):
    full = begun(tmp_path / "full")
    (full / "a.yaml").write_text(TWO)
    git(full, "commit", "-qam", "two")
    first = git(full, "rev-parse", "HEAD~1").stdout.decode().strip()
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{full}", "shallow")
    for base in (first, "HEAD~1", "origin/other"):
        ended = project.run("plan", "--sandbox", "--base", base, folder=tmp_path / "shallow")
        assert ended.code == 1
        assert "shallow clone" in ended.err
        assert "git fetch --unshallow" in ended.err
    assert attributed(project, tmp_path / "shallow", "HEAD") == {"survey.a": "pending", "survey.b": "pending"}
    ended = project.run("plan", "--sandbox", "--base", "origin/other", folder=full)
    assert ended.code == 1
    assert "shallow" not in ended.err


def test_repository_of_another_user_is_reported_as_untrusted(project, tmp_path, monkeypatch):
    repository = begun(tmp_path / "repository")
    fixed = {**git_module.FIXED, "GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}
    monkeypatch.setattr(git_module, "FIXED", fixed)
    ended = project.run("plan", "--sandbox", "--base", "HEAD", folder=repository)
    assert ended.code == 1
    assert "belongs to another user" in ended.err
    assert f"git config --global --add safe.directory {repository}" in ended.err
    assert project.run("validate", folder=repository).code == 0
    (repository / ".sdx").mkdir(exist_ok=True)
    validated = project.run("validate", folder=repository)
    assert validated.code == 0
    assert "warning[git-unavailable]: cannot check if Git tracks files" in validated.err
    settings = tmp_path / "gitconfig"
    settings.write_text(f"[safe]\n\tdirectory = {repository}\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    assert attributed(project, repository) == {"survey.a": "pending"}


def test_missing_git_is_reported(project, tmp_path, monkeypatch):
    repository = begun(tmp_path / "repository")
    monkeypatch.setenv("PATH", str(tmp_path))
    ended = project.run("plan", "--sandbox", "--base", "HEAD", folder=repository)
    assert ended.code == 1
    assert "git is not installed" in ended.err


def test_git_is_killed_after_the_timeout(project, tmp_path, monkeypatch):
    repository = begun(tmp_path / "repository")
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexec sleep 600\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(git_module, "PATIENCE", 0.1)
    ended = project.run("plan", "--sandbox", "--base", "HEAD", folder=repository)
    assert ended.code == 1
    assert "git did not answer within 0.1 s" in ended.err
