"""The workflow for GitHub with several tenants: each environment has its own state, plan, comment and issue."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest

from sdx_state.sandbox import SandboxServer
from tests.ci.conftest import PROJECT

ENVIRONMENTS = "environments: {au: {}, au-2: {variables: {word: Two}}}\nvariables: {word: One}\n"
SURVEY = "surveys: {a: {name: A, description: '${var.word}'}}\n"


@pytest.fixture
def two(runner, tenant):
    """A runner for the environments `au` and `au-2`, and what runs a job for one of them, with its tenant."""
    runner.commit("sdx.yaml", PROJECT + ENVIRONMENTS)
    runner.commit("a.yaml", SURVEY)
    with SandboxServer(":memory:") as other:
        servers = {"au": tenant, "au-2": other}

        def run(name, environment, **context):
            runner.tenant_url = servers[environment].url
            return runner.run(name, environment=environment, **context)

        run.runner, run.servers = runner, servers
        yield run


def descriptions(server):
    return [row["description"] for row in server.store.rows("surveys")]


def test_matrix_has_each_environment(two):
    ended = two.runner.run("environments")
    assert ended.code == 0, ended.said
    listed = json.loads(ended.outputs["environments"])
    assert [one["environment"] for one in listed] == ["au", "au-2"]
    matrix = two.runner.workflow["jobs"]["environment"]
    assert matrix["strategy"]["matrix"] == {"include": "${{ fromJSON(needs.environments.outputs.environments) }}"}
    assert matrix["with"] == {"environment": "${{ matrix.environment }}"}


def test_state_of_one_machine_is_refused(runner):
    runner.commit("sdx.yaml", "sdx: 1\napi: {host: demo.surveydynamix.com}\n")
    ended = runner.run("environments")
    assert ended.code == 1
    assert "::error file=sdx.yaml::The state is on the disk of one machine" in ended.said


def test_invalid_project_stops_before_the_matrix(runner):
    runner.commit("sdx.yaml", "sdx: 1\nenvironments: {prod: {hosts: x}}\n")
    ended = runner.run("environments")
    assert (ended.code, ended.outputs) == (1, {})


@pytest.mark.soak
def test_each_environment_is_planned_and_applied_with_its_own_plan_and_state(two):
    planned = {one: two("plan", one) for one in two.servers}
    assert [(ran.code, ran.outputs["changes"]) for ran in planned.values()] == [(0, "2"), (0, "2")]
    assert planned["au"].outputs["hash"] != planned["au-2"].outputs["hash"]
    for one in ("au-2", "au"):
        applied = two("apply", one)
        assert applied.code == 0, applied.said
    assert [descriptions(server) for server in two.servers.values()] == [["One"], ["Two"]]
    store = two.runner.database.store
    assert [bool(store.get(f"state.{one}/state")) for one in two.servers] == [True, True]
    assert two("plan", "au").outputs["changes"] == "0"


def test_environments_wait_for_themselves_alone(two):
    job = two.runner.called["jobs"]["apply"]
    for key, value in (("concurrency", "sdx-state-au"), ("environment", "au")):
        assert two.runner._filled({key: job[key]}, {"inputs.environment": "au"})[key] == value
    assert two.runner._filled({"key": job["environment"]}, {"inputs.environment": ""})["key"] == "production"


@pytest.mark.soak
def test_planning_needs_a_database_user_that_can_only_read(two):
    import psycopg

    address = two.runner.database.address
    assert two("plan", "au").code == 0
    assert two("apply", "au").code == 0
    with psycopg.connect(address, autocommit=True) as connection:
        for statement in (
            "DROP ROLE IF EXISTS reader",
            "CREATE ROLE reader LOGIN",
            "GRANT USAGE ON SCHEMA sdx_state TO reader",
            "GRANT SELECT ON sdx_state.objects TO reader",
        ):
            connection.execute(statement)
    reader = address.replace(f"//{urlsplit(address).username}", "//reader", 1)
    two.runner.commit("b.yaml", "surveys: {b: {name: B}}\n")
    planned = two("plan", "au", secrets__SDX_STATE_DSN=reader)
    assert (planned.code, planned.outputs["changes"]) == (0, "2"), planned.said
    refused = two("apply", "au", secrets__SDX_STATE_DSN=reader)
    assert refused.code == 7
    assert "permission denied" in refused.said
    two.runner.run_id += 1
    assert two("drift", "au", secrets__SDX_STATE_DSN=reader).code == 0


@pytest.fixture
def reviewed(two, github):
    """The comments on a pull request, after both tenants were stored and its branch was reviewed for both."""
    for one in two.servers:
        assert two("drift", one).code == 0
    two.runner.commit("b.yaml", "surveys: {b: {name: B}}\n", branch="more")
    for one in two.servers:
        assert two("review", one, branch="more").code == 0
    return github.comments


@pytest.mark.soak
def test_each_environment_has_its_own_comment(two, reviewed):
    for one in two.servers:
        assert two("review", one, branch="more").code == 0
    starts = [comment["body"].splitlines()[0] for comment in reviewed.values()]
    assert starts == ["<!-- sdx-state plan au -->", "<!-- sdx-state plan au-2 -->"]


@pytest.mark.soak
@pytest.mark.parametrize("text", ["surveys: {b: {nam: B}}\n", "surveys: [\n"])
def test_plan_that_fails_takes_the_place_of_the_comment_of_its_environment(two, reviewed, text):
    two.runner.commit("b.yaml", text, branch="more")
    assert two("review", "au", branch="more").code == 1
    first, second = (comment["body"] for comment in reviewed.values())
    assert "The plan has errors" in first
    assert "The plan has errors" not in second


def test_stored_tenant_of_another_environment_is_not_taken(two):
    assert two("drift", "au-2").code == 0
    ended = two("review", "au")
    assert ended.code != 0
    assert "tenant.au.json" in ended.said


@pytest.mark.soak
def test_each_environment_has_its_own_issue(two, github):
    for one in two.servers:
        two("plan", one)
        two("apply", one)
    two.runner.run_id += 1
    for server in two.servers.values():
        (row,) = server.store.rows("surveys")
        server.store.put_row("surveys", {**row, "description": "By hand"})
    for one in two.servers:
        assert two("drift", one).code == 0
    titles = [issue["title"] for issue in github.issues.values()]
    assert titles == ["Surveys have drifted in au", "Surveys have drifted in au-2"]
