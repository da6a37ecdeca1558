"""The pipelines to copy for GitLab and any other system, and the hooks: their shell does what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.ci.conftest import ONE, put_back

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "ci"
GIT = "git -c user.name=T -c user.email=t@example.com -c init.defaultBranch=main"
CREDENTIALS = ("SDX_API_URL", "SDX_CUSTOMER_UUID", "SDX_AUTH_TOKEN")


def hash_in_plan_md(shell):
    return re.search(r"`(sha256:[0-9a-f]{64})`", (shell.project.folder / "plan.md").read_text())[1]


@pytest.fixture
def gitlab(shared, shell):
    """Runs the script of a job as GitLab's runner does: all lines in one shell, which the first failure ends."""
    jobs = yaml.safe_load((EXAMPLES / "gitlab-ci.yml").read_text())

    def run(job):
        """Run a job; its environment has the variables that the jobs it needs report as dotenv."""
        lines = list(jobs[job]["script"])
        for needed in jobs[job].get("needs", ()):
            dotenv = jobs[needed]["artifacts"]["reports"]["dotenv"]
            lines.insert(0, f"export $(cat {dotenv})")
        return shell("\n".join(lines))

    run.jobs, run.project = jobs, shell.project
    return run


def test_the_generic_script_plans_and_then_applies_that_plan(shell, tenant):
    script = f"sh {EXAMPLES / 'plan-and-apply.sh'}"
    planned = shell(f"{script} plan")
    assert planned.returncode == 0, planned.stderr
    assert "1 to add" in (shell.project.folder / "plan.md").read_text()
    assert shell(f"{script} apply {'sha256:' + '0' * 64}").returncode == 3
    assert tenant.store.rows("surveys") == []
    assert shell(f"{script} apply {hash_in_plan_md(shell)}").returncode == 0
    assert [row["name"] for row in tenant.store.rows("surveys")] == ["A"]
    assert shell(script).returncode == 2
    assert shell(f"{script} apply").returncode == 2


def test_the_generic_script_refuses_a_plan_that_is_stale(shell, tenant):
    script = f"sh {EXAMPLES / 'plan-and-apply.sh'}"
    shell(f"{script} plan")
    tenant.store.load_snapshot({"surveys": [{"name": "A", "description": "Somebody was faster"}]})
    shell.project.write("a.yaml", "surveys: {a: {name: A, description: Ours}}\n")
    assert shell(f"{script} apply {hash_in_plan_md(shell)}").returncode == 3


def test_the_generic_script_shows_what_deletes_too_much_and_ends_with_6(shell):
    script = f"sh {EXAMPLES / 'plan-and-apply.sh'}"
    assert shell.project.apply().code == 0
    shell.project.write("a.yaml", "surveys: {b: {name: B}}\n")
    assert shell(f"{script} plan").returncode == 6
    assert "error[deletes]: the plan deletes 1 of 1" in (shell.project.folder / "plan.md").read_text()


def test_gitlab_has_a_row_of_a_matrix_for_each_tenant_in_every_job(gitlab):
    (row,) = gitlab.jobs[".tenants"]["parallel"]["matrix"]
    assert row == {"SDX_ENV": ["prod"]}
    for name in ("review", "plan", "apply", "drift"):
        assert ".tenants" in gitlab.jobs[name]["extends"]
    assert gitlab.jobs["apply"]["resource_group"] == "$SDX_ENV"


def test_gitlab_keeps_plans_and_states_of_tenants_apart(gitlab, tenant, one_tenant, database, monkeypatch):
    folder, hashes = gitlab.project.folder, ""
    for environment in ("prod", "test-1"):
        monkeypatch.setenv("SDX_ENV", environment)
        planned = gitlab("plan")
        assert planned.returncode == 0, planned.stderr
        hashes += (folder / "plan.env").read_text()
    assert [line.partition("=")[0] for line in hashes.splitlines()] == ["PLAN_HASH_prod", "PLAN_HASH_test_1"]
    (folder / "plan.env").write_text(hashes)  # a job gets the variables of all rows that it needs
    for environment, others in (("test-1", ["prod"]), ("prod", [])):
        monkeypatch.setenv("SDX_ENV", environment)
        put_back(tenant.store, one_tenant[1])  # each environment has a tenant of its own, which is empty
        applied = gitlab("apply")
        assert applied.returncode == 0, applied.stderr
        assert "1 added" in applied.stdout
        assert [one for one in ("prod", "test-1") if database.store.get(f"state.{one}/state") is None] == others


def test_gitlab_plans_what_is_merged_and_applies_that_plan(gitlab, tenant):
    folder = gitlab.project.folder
    planned = gitlab("plan")
    assert planned.returncode == 0, planned.stderr
    assert (folder / "report.json").read_text() == '{"create": 1, "update": 0, "delete": 0}\n'
    assert gitlab("apply").returncode == 0
    assert [row["name"] for row in tenant.store.rows("surveys")] == ["A"]


def test_gitlab_applies_no_other_plan_than_the_one_that_was_reviewed(gitlab, tenant):
    assert gitlab("plan").returncode == 0
    gitlab.project.write("a.yaml", ONE + "users: {u@example.com: {name: U}}\n")
    assert gitlab.project.run("plan", "--out", str(gitlab.project.folder / "plan.prod.json")).code == 0
    applied = gitlab("apply")
    assert applied.returncode == 3
    assert "is not the plan that was reviewed" in applied.stderr
    assert tenant.store.rows("surveys") == []


def test_gitlab_plans_a_merge_request_without_credentials(gitlab, shell, tenant, monkeypatch):
    folder = gitlab.project.folder
    assert gitlab.project.apply().code == 0
    assert gitlab.project.run("pull", "--snapshot", str(folder / "tenant.prod.json")).code == 0
    made = shell(f"{GIT} init && printf '.sdx/\n' > .gitignore && {GIT} add . && {GIT} commit -m main")
    assert made.returncode == 0
    for name in CREDENTIALS:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CI_MERGE_REQUEST_DIFF_BASE_SHA", shell("git rev-parse HEAD").stdout.strip())
    gitlab.project.write("a.yaml", "surveys: {a: {name: A, description: New}}\n")
    reviewed = gitlab("review")
    assert reviewed.returncode == 0, reviewed.stderr
    assert "from this branch" in reviewed.stdout
    assert (folder / "report.json").read_text() == '{"create": 0, "update": 1, "delete": 0}\n'
    assert "<testsuite" in (folder / "plan.xml").read_text()
    assert "From this branch: surveys" in (folder / "plan.html").read_text()


def test_gitlab_takes_a_hand_off_for_a_warning_and_needs_no_cache(gitlab):
    sdx = "sdx: 1\napi: {host: x.example, capabilities: documented}\nstate: {backend: postgres}\n"
    gitlab.project.write("sdx.yaml", f"{sdx}environments: {{prod: {{}}}}\n")
    assert gitlab("plan").returncode == 0
    assert gitlab("apply").returncode in gitlab.jobs["apply"]["allow_failure"]["exit_codes"]
    assert not any("cache" in job for job in gitlab.jobs.values() if isinstance(job, dict))


def test_gitlab_gives_no_credentials_to_what_comes_from_others(gitlab):
    """Protected variables reach protected branches alone; so what a merge request runs must do without."""
    assert [one["if"] for one in gitlab.jobs["review"]["rules"]] == ['$CI_PIPELINE_SOURCE == "merge_request_event"']
    for line in gitlab.jobs["review"]["script"]:
        assert "sdx-state plan --sandbox --snapshot" in line or "sdx-state " not in line.replace("<!-- sdx-state", "")
    for name in ("plan", "apply", "drift"):
        (rule,) = gitlab.jobs[name]["rules"]
        assert rule["if"].startswith("$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH && $CI_PIPELINE_SOURCE ")


def test_every_file_is_yaml_that_can_be_read():
    for path in (*EXAMPLES.glob("*.yml"), ROOT / ".pre-commit-hooks.yaml"):
        assert yaml.safe_load(path.read_text())


def test_every_hook_for_pre_commit_is_a_command_that_passes_on_a_tidy_project(shell):
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert [hook["id"] for hook in hooks] == ["sdx-state-validate", "sdx-state-fmt"]
    for hook in hooks:
        ended = shell(hook["entry"])
        assert ended.returncode == 0, ended.stderr


@pytest.fixture
def action(shell, programs, monkeypatch):
    """Runs the composite action's last step as GitHub's runner does, with `sdx-state` where its first one puts it."""
    document = yaml.safe_load((EXAMPLES / "action/action.yml").read_text())
    temporary = shell.project.folder.parent / "runner"
    (temporary / "sdx-state/bin").mkdir(parents=True)
    (temporary / "sdx-state/bin/sdx-state").symlink_to(programs / "sdx-state")
    output = temporary / "output"

    def run(arguments):
        inputs = {name: one.get("default", "") for name, one in document["inputs"].items()}
        inputs["arguments"] = arguments
        step = document["runs"]["steps"][-1]
        for name, value in step["env"].items():
            monkeypatch.setenv(name, re.sub(r"\$\{\{ inputs\.([a-z]+) \}\}", lambda found: inputs[found[1]], value))
        monkeypatch.setenv("RUNNER_TEMP", str(temporary))
        monkeypatch.setenv("GITHUB_OUTPUT", str(output))
        ended = shell(step["run"])
        return ended, output.read_text().split()[-1]

    return run


def test_the_action_reports_changes_without_failing(action):
    ended, told = action("plan --detailed-exitcode --format markdown=plan.md")
    assert (ended.returncode, told) == (0, "exit-code=2")
    ended, told = action("apply --auto-approve")
    assert (ended.returncode, told) == (0, "exit-code=0")
    ended, told = action("plan --target survey.nope")
    assert (ended.returncode, told) == (1, "exit-code=1")


def test_the_action_runs_nothing_that_its_arguments_say(action, shell):
    _, told = action("plan --target $(touch${IFS}proof) ; touch proof")
    assert told != "exit-code=0"
    assert not (shell.project.folder / "proof").exists()


def test_the_component_plans_a_merge_request_without_credentials(shell, monkeypatch):
    text = (EXAMPLES / "gitlab-component/templates/plan.yml").read_text()
    spec, template = text.split("\n---\n")
    inputs = {name: (one or {}).get("default", "") for name, one in yaml.safe_load(spec)["spec"]["inputs"].items()}
    template = re.sub(r"\$\[\[ inputs\.([a-z]+) \]\]", lambda found: str(inputs[found[1]]), template)
    (job,) = yaml.safe_load(template).values()
    folder = shell.project.folder
    for command in ("init -q", "add -A", "commit -qm surveys"):
        assert shell(f"{GIT} {command}").returncode == 0
    assert shell("sdx-state pull --snapshot tenant.json").returncode == 0
    for name in CREDENTIALS:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CI_PROJECT_DIR", str(folder))
    monkeypatch.setenv("CI_MERGE_REQUEST_DIFF_BASE_SHA", "HEAD")
    ended = shell("\n".join(job["script"]))
    assert ended.returncode == 0, ended.stderr
    for name in (*job["artifacts"]["paths"], *job["artifacts"]["reports"].values()):
        assert (folder / name).stat().st_size > 0
