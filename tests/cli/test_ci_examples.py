"""The pipelines to copy are well formed, and their shell does what it says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

EXAMPLES = Path(__file__).parents[2] / "examples" / "ci"
FILES = "surveys: {a: {name: A}}\n"


@pytest.fixture
def shell(connected, tmp_path):
    """Runs a script in the project, with `sdx-state` on its path."""
    program = tmp_path / "bin" / "sdx-state"
    program.parent.mkdir()
    code = "from sdx_state.cli.main import entry; entry()"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{code}" "$@"\n')
    program.chmod(0o755)
    connected.write("a.yaml", FILES)

    def run(script):
        path = f"{program.parent}:{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "PYTHONPATH": os.pathsep.join(sys.path)}
        command = ["bash", "-euo", "pipefail", "-c", script]
        return subprocess.run(
            command, cwd=connected.folder, env=environment, capture_output=True, text=True, check=False
        )

    run.project = connected
    return run


def steps(name, job):
    document = yaml.safe_load((EXAMPLES / name).read_text())
    return {step.get("name"): step for step in document["jobs"][job]["steps"]}


def test_the_generic_script_plans_and_then_applies_that_plan(shell, tenant):
    script = f"sh {EXAMPLES / 'plan-and-apply.sh'}"
    planned = shell(f"{script} plan")
    assert planned.returncode == 0, planned.stderr
    assert "1 to add" in (shell.project.folder / "plan.md").read_text()
    assert shell(f"{script} apply").returncode == 0
    assert [row["name"] for row in tenant.store.rows("surveys")] == ["A"]
    assert shell(script).returncode == 2


def test_the_generic_script_refuses_a_plan_that_is_stale(shell, tenant):
    script = f"sh {EXAMPLES / 'plan-and-apply.sh'}"
    shell(f"{script} plan")
    tenant.store.load_snapshot({"surveys": [{"name": "A", "description": "Somebody was faster"}]})
    shell.project.write("a.yaml", "surveys: {a: {name: A, description: Ours}}\n")
    assert shell(f"{script} apply").returncode == 3


def test_the_plan_of_a_pull_request_needs_no_credentials(shell, tenant, monkeypatch):
    shell.project.apply()
    shell.project.run("pull", "--snapshot", str(shell.project.folder / "tenant.json"))
    git = "git -c user.name=T -c user.email=t@example.com -c init.defaultBranch=main"
    assert (
        shell(f"{git} init && printf '.sdx/\\n' > .gitignore && {git} add . && {git} commit -m main").returncode == 0
    )
    for name in ("SDX_API_URL", "SDX_CUSTOMER_UUID", "SDX_AUTH_TOKEN"):
        monkeypatch.delenv(name)
    shell.project.write("a.yaml", "surveys: {a: {name: A, description: New}}\n")
    step = steps("github-actions.yml", "review")["Plan"]
    monkeypatch.setenv("BASE", "main")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(shell.project.folder / "summary.md"))
    ended = shell(step["run"])
    assert ended.returncode == 0, ended.stderr
    summary = (shell.project.folder / "summary.md").read_text()
    assert summary.startswith("<!-- sdx-state plan -->")
    assert "- 1 from this branch" in summary


def test_what_is_merged_is_planned_and_that_plan_is_applied(shell, tenant, monkeypatch):
    output, summary = shell.project.folder / "output.txt", shell.project.folder / "summary.md"
    monkeypatch.setenv("GITHUB_OUTPUT", str(output))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    plan, apply = (
        steps("github-actions.yml", "plan")["Plan"]["run"],
        steps("github-actions.yml", "apply")["Apply"]["run"],
    )
    assert shell(plan).returncode == 0
    assert output.read_text() == "changes=2\n"
    assert "1 to add" in summary.read_text()
    assert shell(apply).returncode == 0
    assert [row["name"] for row in tenant.store.rows("surveys")] == ["A"]
    output.unlink()
    assert shell(plan).returncode == 0
    assert output.read_text() == "changes=0\n"


def test_a_merge_whose_plan_is_stale_or_wrong_fails(shell, tenant, monkeypatch):
    monkeypatch.setenv("GITHUB_OUTPUT", str(shell.project.folder / "output.txt"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(shell.project.folder / "summary.md"))
    plan, apply = (
        steps("github-actions.yml", "plan")["Plan"]["run"],
        steps("github-actions.yml", "apply")["Apply"]["run"],
    )
    shell.project.write("a.yaml", "surveys: {a: {name: A, description: Ours}}\n")
    assert shell(plan).returncode == 0
    tenant.store.load_snapshot({"surveys": [{"name": "A", "description": "Somebody was faster"}]})
    assert shell(apply).returncode == 3
    shell.project.write("a.yaml", "surveys: {a: {nam: A}}\n")
    assert shell(plan).returncode == 1


def test_a_hand_off_does_not_fail_the_apply_of_a_pipeline(shell):
    shell.project.write("sdx.yaml", "sdx: 1\napi: {host: x.example, capabilities: documented}\n")
    assert shell("sdx-state plan --out plan.json").returncode == 0
    assert shell("sdx-state apply plan.json").returncode == 8
    assert shell(steps("github-actions.yml", "apply")["Apply"]["run"]).returncode == 0


def test_the_night_opens_an_issue_where_the_tenant_drifted_and_closes_it_where_not(shell, tenant):
    said = shell.project.folder / "said.txt"
    comments = shell.project.folder / ".github" / "workflows" / "github_comments.py"
    comments.parent.mkdir(parents=True)
    comments.write_text(f"import sys\nopen({str(said)!r}, 'a').write(' '.join(sys.argv[1:]) + chr(10))\n")
    night = steps("github-actions.yml", "drift")["Drift"]["run"].replace("python ", f"{sys.executable} ")
    shell.project.write("a.yaml", "surveys: {a: {name: A, description: Ours}}\n")
    assert shell.project.apply().code == 0
    assert shell(night).returncode == 0
    (row,) = tenant.store.rows("surveys")
    tenant.store.put_row("surveys", {**row, "description": "By hand"})
    assert shell(night).returncode == 0
    assert said.read_text().splitlines() == ["close Surveys have drifted", "issue Surveys have drifted drift.md"]
    report = (shell.project.folder / "drift.md").read_text()
    assert report.startswith("<!-- sdx-state drift -->\n\n**Drift: 1 drifted")
    assert "By hand" in report
    shell.project.write("a.yaml", "surveys: {a: {nam: A}}\n")
    assert shell(night).returncode == 1


def test_no_workflow_gives_secrets_to_a_fork_or_text_of_others_to_a_shell():
    text = (EXAMPLES / "github-actions.yml").read_text()
    document = yaml.safe_load(text)
    assert "pull_request_target" not in text
    assert document["permissions"] == {}
    for job in document["jobs"].values():
        for step in job["steps"]:
            assert "${{" not in step.get("run", "")
        if "secrets." in str(job):
            assert job["environment"] in ("planning", "production")
            assert "pull_request" not in job["if"]


def test_every_file_is_yaml_that_can_be_read():
    for path in (*EXAMPLES.glob("*.yml"), EXAMPLES.parents[1] / ".pre-commit-hooks.yaml"):
        assert yaml.safe_load(path.read_text())


def test_every_hook_for_pre_commit_is_a_command_that_passes_on_a_tidy_project(shell):
    hooks = yaml.safe_load((EXAMPLES.parents[1] / ".pre-commit-hooks.yaml").read_text())
    assert [hook["id"] for hook in hooks] == ["sdx-state-validate", "sdx-state-fmt"]
    for hook in hooks:
        ended = shell(hook["entry"])
        assert ended.returncode == 0, ended.stderr
