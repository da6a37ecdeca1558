"""`completion` prints the script of a shell, and the script's questions are answered."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


def run(**settings: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "sdx_state"], env=os.environ | settings, capture_output=True, check=False
    )


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(shell):
    ended = run(_SDX_STATE_COMPLETE=f"{shell}_source")
    assert b"sdx_state_completion" in ended.stdout
    assert b"This is a bug" not in ended.stderr


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "ascii"])
def test_a_command_begun_is_completed(encoding):
    asked = {"COMP_WORDS": "sdx-state pl", "COMP_CWORD": "1", "PYTHONIOENCODING": encoding}
    ended = run(_SDX_STATE_COMPLETE="bash_complete", **asked)
    assert ended.stdout.split() == [b"plain,plan"]
    assert ended.stderr == b""


def completed(project, *words: str) -> list[str]:
    """Return what bash is offered for the last of `words`."""
    asked = {"COMP_WORDS": " ".join(("sdx-state", *words)), "COMP_CWORD": str(len(words))}
    ended = subprocess.run(
        [sys.executable, "-m", "sdx_state"],
        env=os.environ | asked | {"_SDX_STATE_COMPLETE": "bash_complete"},
        cwd=project.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stderr == ""
    return [line.removeprefix("plain,") for line in ended.stdout.split()]


def test_addresses_are_completed_before_and_after_the_first_apply(project):
    project.write("a.yaml", "surveys: {a: {name: A}, ab: {name: AB}, c: {name: C}}\n")
    assert completed(project, "plan", "--target", "survey.a") == ["survey.a", "survey.ab"]
    assert project.run("apply", "--sandbox", "--auto-approve").code == 0
    project.write("a.yaml", "surveys: {a: {name: A}, d: {name: D}}\n")
    assert completed(project, "state", "show", "--sandbox", "survey.") == ["survey.a", "survey.ab", "survey.c"]


def test_runs_environments_and_codes_are_completed(project):
    project.write("a.yaml", "surveys: {a: {name: A}}\n")
    project.write("sdx.yaml", "sdx: 1\napi: {host: demo.surveydynamix.com}\nenvironments: {prod: {}, test: {}}\n")
    assert project.run("--env", "test", "apply", "--sandbox", "--auto-approve").code == 0
    (run,) = (line.split()[0] for line in project.run("--env", "test", "history", "--sandbox").out.splitlines())
    assert completed(project, "--env", "test", "undo", "--sandbox", "2") == [run]
    assert completed(project, "--env", "") == ["prod", "test"]
    assert "limits" in completed(project, "explain", "lim")
    assert "unknown-key" in completed(project, "explain", "unknown-")


def test_a_project_that_cannot_be_read_completes_nothing(project):
    project.write("sdx.yaml", "sdx: [\n")
    assert completed(project, "plan", "--target", "survey.") == []
