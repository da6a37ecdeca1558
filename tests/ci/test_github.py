"""The workflow for GitHub, job by job: each in a fresh checkout, with caches, artifacts and a shared state."""

from __future__ import annotations

import subprocess

import pytest

from sdx_state.programs.machine import THIS_MACHINE
from sdx_state.state.holder import About
from sdx_state.state.local import LocalStore
from sdx_state.state.sealing import SealedStore, sealing_keys
from sdx_state.state.shared import SharedStore
from tests.ci.conftest import ONE, PROJECT, STATE_KEY

TWO = "surveys: {a: {name: A, description: New}, b: {name: B}}\n"
DOCUMENTED = "sdx: 1\napi: {host: x.example, capabilities: documented}\nstate: {backend: postgres}\n"
PERSON = "users: {ana.lee@example.com: {name: Ana Lee, phone: '+61491570156'}}\n"


def all_jobs(runner):
    return [*runner.workflow["jobs"].values(), *runner.called["jobs"].values()]


def surveys(tenant):
    return sorted(row["name"] for row in tenant.store.rows("surveys"))


def test_a_merge_is_planned_and_exactly_that_is_applied(merged, tenant):
    assert surveys(tenant) == ["A"]
    planned = merged.run("plan")
    assert (planned.code, planned.outputs["changes"]) == (0, "0")
    assert "No changes" in planned.summary


@pytest.mark.soak
def test_the_state_goes_from_run_to_run_so_that_deletes_and_limits_are_known(merged, tenant):
    merged.commit("a.yaml", "surveys: {b: {name: B}}\n")
    planned = merged.run("plan")
    assert planned.code == 6
    assert "error[deletes]: the plan deletes 1 of 1" in planned.summary
    merged.commit("sdx.yaml", PROJECT + "limits: {deletes_percent: 100}\n")
    assert merged.run("plan").code == 0
    assert merged.run("apply").code == 0
    assert surveys(tenant) == ["B"]


@pytest.mark.soak
def test_retried_run_keeps_its_changes(merged, tenant):
    merged.commit("a.yaml", TWO)
    merged.run("plan")
    (row,) = tenant.store.rows("surveys")
    tenant.store.put_row("surveys", {**row, "description": "Somebody was faster"})
    assert merged.run("apply").code == 3
    assert merged.run("plan", attempt=2).code == 0
    assert merged.run("apply", attempt=2).code == 0
    merged.run_id += 1
    assert merged.run("plan").outputs["changes"] == "0"


@pytest.mark.soak
def test_a_plan_that_is_not_the_reviewed_one_is_not_applied(merged, tenant):
    merged.commit("a.yaml", "surveys: {a: {name: A, description: New}}\n")
    reviewed = merged.run("plan")
    assert reviewed.outputs["hash"] in reviewed.summary
    reviewed_outputs = dict(merged.outputs)
    merged.commit("b.yaml", "surveys: {b: {name: B}}\n")
    merged.run("plan", attempt=2)  # its artifact takes the place of the reviewed one
    merged.outputs = reviewed_outputs
    applied = merged.run("apply", attempt=2)
    assert applied.code == 3
    assert "is not the plan that was reviewed" in applied.said
    assert surveys(tenant) == ["A"]


@pytest.mark.soak
def test_plan_is_signed_and_the_state_encrypted(merged):
    merged.commit("a.yaml", TWO)
    planned, applied = merged.run("plan"), merged.run("apply")
    assert (planned.code, applied.code) == (0, 0)
    signature = '"signature": "hmac-sha256:'
    assert signature in (planned.folder / "plan.json").read_text()
    store = merged.database.store
    contents = [store.get(key).content for key in store.list("")]
    assert len(contents) > 3
    assert not any(
        b"survey.a" in content or b"signature" in content for content in contents
    )  # encrypted with the key
    assert not (applied.folder / ".sdx" / "state.json").exists()


@pytest.mark.soak
def test_hand_off_is_not_a_failure(runner):
    runner.commit("sdx.yaml", DOCUMENTED)
    runner.commit("a.yaml", ONE)
    runner.run("plan")
    applied = runner.run("apply")
    assert applied.code == 0, applied.said
    assert (runner.artifacts["handoff-production"][1] / "handoff.html").exists()


@pytest.mark.soak
def test_in_a_public_repository_the_hand_off_is_not_for_everybody(runner):
    runner.commit("sdx.yaml", DOCUMENTED)
    runner.commit("a.yaml", ONE)
    runner.run("plan")
    assert runner.run("apply", github__event__repository__private="false").code == 0
    assert "handoff-production" not in runner.artifacts


@pytest.mark.soak
def test_public_outputs_contain_no_secrets(runner, tenant):
    tenant.store.load_snapshot({"users": [{"email": "ana.lee@example.com", "name": "Ana Leigh", "phone": ""}]})
    runner.commit("sdx.yaml", PROJECT)
    runner.commit("a.yaml", ONE + PERSON)
    said = [runner.run("plan"), runner.run("apply")]
    kept = [*runner.caches.values(), *(path.read_bytes() for _, path in runner.artifacts.values() if path.is_file())]
    assert len(kept) == 2  # the stored tenant, and the plan
    for private in (b"Leigh", b"Lee", b"491570156", b"ana.lee", b"resource_changes"):
        assert not any(private in content for content in kept)
    assert not any("Leigh" in one.said + one.summary for one in said)


@pytest.mark.parametrize("key", ["", "another"])
def test_a_state_that_cannot_be_opened_stops_the_run(merged, tenant, key):
    ended = merged.run("plan", secrets__SDX_STATE_KEY=key)
    assert ended.code != 0
    assert "SDX_STATE_KEY" in ended.said
    assert "Plan:" not in ended.said


def test_a_pull_request_is_planned_without_credentials_and_its_comment_edited_in_place(merged, github):
    merged.commit("a.yaml", TWO, branch="more")
    reviewed = merged.run("review", branch="more")
    assert reviewed.code == 0, reviewed.said
    (comment,) = github.comments.values()
    assert "- 2 from this branch" in comment["body"]
    assert comment["body"] == reviewed.summary
    assert "plan-page-production" in merged.artifacts
    merged.commit("a.yaml", ONE, branch="more")
    assert merged.run("review", branch="more").code == 0
    assert len(github.comments) == 1
    assert "No changes" in comment["body"]


def test_plan_errors_replace_the_older_plan_in_the_comment(merged, github):
    merged.commit("a.yaml", TWO, branch="more")
    merged.run("review", branch="more")
    merged.commit("a.yaml", "surveys: {a: {nam: A}}\n", branch="more")
    reviewed = merged.run("review", branch="more")
    assert reviewed.code == 1
    assert "unknown field `nam`" in reviewed.said
    (comment,) = github.comments.values()
    assert "The plan has errors. Nothing can be applied." in comment["body"]
    assert "a.yaml:1: error[unknown-key]: unknown field `nam`" in comment["body"]
    assert "::error file=a.yaml,line=1,col=15,title=unknown-key::unknown field `nam`" in reviewed.said


def test_a_pull_request_that_deletes_too_much_fails_and_shows_what(merged, github):
    merged.commit("a.yaml", "surveys: {b: {name: B}}\n", branch="less")
    reviewed = merged.run("review", branch="less")
    assert reviewed.code == 6
    (comment,) = github.comments.values()
    assert "error[deletes]: the plan deletes 1 of 1 managed resources" in comment["body"]
    assert "raise `limits:` in sdx.yaml" in comment["body"]
    assert "::error" in reviewed.said


def test_a_fork_gets_its_plan_in_the_summary(merged, github):
    merged.commit("a.yaml", TWO, branch="fork")
    reviewed = merged.run("review", branch="fork", github__event__pull_request__head__repo__full_name="other/fork")
    assert reviewed.code == 0
    assert "- 2 from this branch" in reviewed.summary
    assert github.comments == {}


@pytest.mark.soak
def test_a_pull_request_knows_drift_from_what_is_pending(merged, tenant, github):
    (row,) = tenant.store.rows("surveys")
    merged.commit("a.yaml", "surveys: {a: {name: A, description: Ours}}\n")
    merged.run("plan")
    merged.run("apply")
    (row,) = tenant.store.rows("surveys")
    tenant.store.put_row("surveys", {**row, "description": "By hand"})
    merged.run_id += 1
    assert merged.run("drift").code == 0
    merged.commit("b.yaml", "surveys: {b: {name: B}}\n")
    merged.commit("c.yaml", "surveys: {c: {name: C}}\n", branch="more")
    assert merged.run("review", branch="more").code == 0
    body = next(iter(github.comments.values()))["body"]
    for counted in ("- 1 from this branch", "- 1 pending on the base already", "- 1 changed in the tenant alone"):
        assert counted in body


@pytest.mark.soak
def test_the_night_keeps_one_issue_about_drift(merged, tenant, github):
    assert merged.run("drift").code == 0
    assert github.issues == {}
    merged.run_id += 1
    merged.commit("a.yaml", "surveys: {a: {name: A, description: Ours}}\n")
    merged.run("plan")
    merged.run("apply")
    for text in ("By hand", "Again by hand"):
        merged.run_id += 1
        (row,) = tenant.store.rows("surveys")
        tenant.store.put_row("surveys", {**row, "description": text})
        assert merged.run("drift").code == 0
        (issue,) = github.issues.values()
        assert text in issue["body"]
    merged.run_id += 1
    tenant.store.put_row("surveys", {**row, "description": "Ours"})
    assert merged.run("drift").code == 0
    assert issue["state"] == "closed"


def test_a_night_without_a_state_closes_no_issue(runner, github):
    runner.commit("sdx.yaml", PROJECT)
    runner.commit("a.yaml", ONE)
    issue = github.add(github.issues, title="Surveys have drifted", body="<!-- sdx-state drift -->")
    ended = runner.run("drift")
    assert ended.code == 0
    assert "::notice::The state is empty" in ended.said
    assert issue["state"] == "open"
    assert runner.run("review").code == 0  # the night stored the tenant


def test_no_job_gives_secrets_to_a_fork_or_text_of_others_to_a_shell(runner):
    workflow = runner.workflow
    assert set(workflow[True]) == {"pull_request", "push", "schedule"}  # YAML 1.1 reads `on` so
    assert workflow["permissions"] == {}
    assert runner.called["permissions"] == {}
    for job in all_jobs(runner):
        for step in job.get("steps", ()):
            assert "${{" not in step.get("run", "")
        if "secrets." in str(job):
            assert job["environment"].startswith("${{ inputs.environment || 'production' }}")
            assert "pull_request" not in job["if"]


def test_each_shell_part_is_well_formed(runner):
    for job in all_jobs(runner):
        for step in job.get("steps", ()):
            if "run" in step:
                subprocess.run(["bash", "-n", "-c", step["run"]], check=True)


@pytest.mark.soak
def test_apply_that_finds_the_state_locked_names_the_other_run(merged):
    merged.commit("a.yaml", TWO)
    assert merged.run("plan").code == 0
    store = SharedStore(
        SealedStore(merged.database.store, sealing_keys({"SDX_STATE_KEY": STATE_KEY}), THIS_MACHINE),
        "state",
        THIS_MACHINE,
        LocalStore(merged.work / "plans", "state", None, None, THIS_MACHINE),
        about=About("https://ci.example/7"),
    )
    with store.lock("apply"):
        (step,) = (one for one in merged.called["jobs"]["apply"]["steps"] if one.get("name") == "Apply")
        assert "--lock-timeout 5m" in step["run"]
        step["run"] = step["run"].replace("--lock-timeout 5m", "--lock-timeout 0s")
        ended = merged.run("apply")
    assert ended.code == 4
    assert "https://ci.example/7" in ended.said
    step["run"] = step["run"].replace("--lock-timeout 0s", "--lock-timeout 5m")
    assert merged.run("apply", attempt=2).code == 0
