"""The pipeline for GitLab with states that GitLab manages, against a server that answers as GitLab does."""

from __future__ import annotations

import re

import pytest
import yaml

from sdx_state.app.environments import environments_of
from tests.ci.conftest import EXAMPLES, put_back
from tests.ci.test_examples import CREDENTIALS, GIT
from tests.state.http_server import PASSWORD, a_state_server

STATES = "/api/v4/projects/7/terraform/state"


def merged(base, over):
    """Return `base` with `over` laid over it, as GitLab merges a file over those that it includes."""
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    return {**base, **{key: merged(base.get(key), value) for key, value in over.items()}}


@pytest.fixture
def gitlab_states():
    with a_state_server("gitlab") as server:
        yield server


@pytest.fixture
def gitlab(shell, gitlab_states, monkeypatch):
    """Runs a job of the pipeline as GitLab's runner does: before_script and script in one shell."""
    over = yaml.safe_load((EXAMPLES / "gitlab-managed-state.yml").read_text())
    (included,) = over.pop("include")
    assert included == {"local": ".gitlab/sdx-state.yml"}
    jobs = merged(yaml.safe_load((EXAMPLES / "gitlab-ci.yml").read_text()), over)
    shell.project.write(
        "sdx.yaml",
        "sdx: 1\napi: {host: demo.surveydynamix.com}\nstate: {backend: http}\nenvironments: {prod: {}, test-1: {}}\n",
    )
    for name, value in {
        "SDX_ENV": "prod",
        "CI_API_V4_URL": gitlab_states.address.partition("/projects/")[0],
        "CI_SERVER_HOST": "127.0.0.1",
        "CI_PROJECT_ID": "7",
        "CI_MERGE_REQUEST_PROJECT_ID": "7",
        "CI_JOB_TOKEN": PASSWORD,
    }.items():
        monkeypatch.setenv(name, value)

    def run(job):
        assert ".sdx-state" in jobs[job]["extends"]
        lines = [*jobs[".sdx-state"]["before_script"], *jobs[job]["script"]]
        lines = [line for line in lines if not line.startswith("pip install")]
        for needed in jobs[job].get("needs", ()):
            lines.insert(0, f"export $(cat {jobs[needed]['artifacts']['reports']['dotenv']})")
        return shell("\n".join(lines))

    run.jobs, run.project, run.states, run.shell = jobs, shell.project, gitlab_states, shell
    return run


@pytest.fixture
def reviewed(gitlab, monkeypatch):
    """A project whose main branch is applied, and a change to review; merge requests have no credentials."""
    made = gitlab.shell(f"{GIT} init && printf '.sdx/\n' > .gitignore && {GIT} add . && {GIT} commit -m main")
    assert made.returncode == 0
    for job in ("plan", "apply"):
        ended = gitlab(job)
        assert ended.returncode == 0, ended.stderr
    for name in CREDENTIALS:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CI_MERGE_REQUEST_DIFF_BASE_SHA", gitlab.shell("git rev-parse HEAD").stdout.strip())
    gitlab.project.write("a.yaml", "surveys: {a: {name: A, description: New}}\n")
    return gitlab


def play_a_developer(server):
    """Let the token read the state only, as that of a Developer does."""
    server.fault = lambda method, _path: 403 if method != "GET" else None


def test_plan_is_applied_and_the_state_is_in_gitlab(gitlab, tenant):
    planned = gitlab("plan")
    assert planned.returncode == 0, planned.stderr
    assert gitlab.states.versions == {}
    applied = gitlab("apply")
    assert applied.returncode == 0, applied.stderr
    assert [row["name"] for row in tenant.store.rows("surveys")] == ["A"]
    assert [*gitlab.states.versions] == [f"{STATES}/surveys-prod"]
    assert gitlab.states.locks == {}
    assert not (gitlab.project.folder / ".sdx" / "state.prod.json").exists()


def test_each_environment_has_a_state_and_a_lock_of_its_own(gitlab, tenant, one_tenant, monkeypatch):
    for environment in ("prod", "test-1"):
        monkeypatch.setenv("SDX_ENV", environment)
        put_back(tenant.store, one_tenant[1])  # each environment has a tenant of its own, which is empty
        for job in ("plan", "apply"):
            ended = gitlab(job)
            assert ended.returncode == 0, ended.stderr
    assert sorted(gitlab.states.versions) == [f"{STATES}/surveys-prod", f"{STATES}/surveys-test-1"]
    locked = {path for method, path in gitlab.states.log if method == "POST" and path.endswith("/lock")}
    assert locked == {f"{STATES}/surveys-prod/lock", f"{STATES}/surveys-test-1/lock"}


def test_merge_request_is_planned_against_the_snapshot_beside_the_state(reviewed):
    play_a_developer(reviewed.states)
    ended = reviewed("review")
    assert ended.returncode == 0, ended.stderr
    folder = reviewed.project.folder
    assert (folder / "report.json").read_text() == '{"create": 0, "update": 1, "delete": 0}\n'
    assert "From this branch: surveys" in (folder / "plan.html").read_text()
    assert "Planned against a snapshot of " in (folder / "plan.md").read_text()


def test_merge_request_from_a_fork_is_planned_against_the_committed_file_without_the_state(
    reviewed, tenant, monkeypatch
):
    monkeypatch.setenv("CI_PROJECT_ID", "8")
    missing = reviewed("review")
    assert missing.returncode == 1
    assert "tenant.prod.json" in missing.stderr
    with monkeypatch.context() as given:
        given.setenv("SDX_API_URL", tenant.url)
        given.setenv("SDX_CUSTOMER_UUID", "00000000-0000-4000-8000-000000000000")
        given.setenv("SDX_AUTH_TOKEN", "sandbox")
        given.setenv("TF_HTTP_ADDRESS", reviewed.states.address.replace("surveys", "surveys-prod"))
        assert reviewed.project.run("pull", "--snapshot", str(reviewed.project.folder / "tenant.prod.json")).code == 0
    reviewed.states.log.clear()
    ended = reviewed("review")
    assert ended.returncode == 0, ended.stderr
    assert (reviewed.project.folder / "report.json").read_text() == '{"create": 0, "update": 1, "delete": 0}\n'
    assert reviewed.states.log == []


def test_developer_plans_and_only_a_maintainer_applies(gitlab, tenant):
    play_a_developer(gitlab.states)
    assert gitlab("plan").returncode == 0
    refused = gitlab("apply")
    assert refused.returncode == 7
    assert "locking and writing need the role Maintainer" in " ".join(refused.stderr.split())
    assert tenant.store.rows("surveys") == []


def test_apply_that_finds_the_state_locked_names_the_holder_and_writes_nothing(gitlab, tenant):
    assert gitlab("plan").returncode == 0
    gitlab.states.locks[f"{STATES}/surveys-prod"] = {"ID": "1", "Who": "ana", "Operation": "OperationTypeApply"}
    gitlab.jobs["apply"]["script"] = [one.replace("5m", "1s") for one in gitlab.jobs["apply"]["script"]]
    refused = gitlab("apply")
    assert refused.returncode == 4
    assert "ana" in refused.stderr
    assert tenant.store.rows("surveys") == []


def test_drift_is_reported_with_the_right_to_read_alone(gitlab, tenant):
    gitlab.project.write("a.yaml", "surveys: {a: {name: A, description: One}}\n")
    for job in ("plan", "apply"):
        assert gitlab(job).returncode == 0
    play_a_developer(gitlab.states)
    assert gitlab("drift").returncode == 0
    (row,) = tenant.store.rows("surveys")
    tenant.store.put_row("surveys", {**row, "description": "By hand"})
    drifted = gitlab("drift")
    assert drifted.returncode == 2
    assert "By hand" in (gitlab.project.folder / "drift.md").read_text() + drifted.stdout


def test_hand_off_is_a_warning_and_the_snapshot_is_stored(gitlab):
    text = (gitlab.project.folder / "sdx.yaml").read_text()
    gitlab.project.write(
        "sdx.yaml", text.replace("surveydynamix.com}", "surveydynamix.com, capabilities: documented}")
    )
    assert gitlab("plan").returncode == 0
    applied = gitlab("apply")
    assert applied.returncode in gitlab.jobs["apply"]["allow_failure"]["exit_codes"]
    assert "users under pseudonyms" in applied.stdout


def test_project_file_of_the_variant_needs_no_address(gitlab):
    assert [one.location for one in environments_of(gitlab.project.folder)] == [
        "TF_HTTP_ADDRESS: state.prod",
        "TF_HTTP_ADDRESS: state.test-1",
    ]


def test_component_plans_against_the_snapshot_beside_a_managed_state(reviewed):
    spec, template = (EXAMPLES / "gitlab-component/templates/plan.yml").read_text().split("\n---\n")
    inputs = {name: (one or {}).get("default", "") for name, one in yaml.safe_load(spec)["spec"]["inputs"].items()}
    inputs["state"] = "surveys-prod"
    template = re.sub(r"\$\[\[ inputs\.([a-z]+) \]\]", lambda found: str(inputs[found[1]]), template)
    (job,) = yaml.safe_load(template).values()
    play_a_developer(reviewed.states)
    ended = reviewed.shell("\n".join([f"export CI_PROJECT_DIR='{reviewed.project.folder}'", *job["script"]]))
    assert ended.returncode == 0, ended.stderr
    assert (reviewed.project.folder / "report.json").read_text() == '{"create": 0, "update": 1, "delete": 0}\n'
