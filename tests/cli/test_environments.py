"""`environments` lists what `sdx.yaml` declares, for people and for a matrix of CI jobs."""

from __future__ import annotations

import json

import pytest

from sdx_state.app.environments import location_of
from sdx_state.config.settings import StateSettings
from sdx_state.state.stores import STORES

TENANT = "11111111-0000-4000-8000-000000000000"
PROJECT = f"""\
sdx: 1
api: {{host: demo.surveydynamix.com}}
state: {{backend: s3, bucket: acme, prefix: surveys, endpoint: "https://key:hunter2@minio.example:9000/x"}}
environments:
  prod: {{api: {{host: au1.surveydynamix.com}}, tenant: {TENANT}}}
  test: {{state: {{backend: local}}}}
"""


def listed(project, *arguments):
    ended = project.run(*arguments, "environments", "--format", "json")
    assert (ended.code, ended.err) == (0, "")
    return json.loads(ended.out)


def test_environments_are_listed_with_host_tenant_and_state(project):
    project.write("sdx.yaml", PROJECT)
    assert listed(project) == [
        {
            "environment": "prod",
            "host": "au1.surveydynamix.com",
            "tenant": TENANT,
            "state": {"backend": "s3", "location": "s3://acme/surveys/state.prod at minio.example"},
        },
        {
            "environment": "test",
            "host": "demo.surveydynamix.com",
            "tenant": None,
            "state": {"backend": "local", "location": ".sdx/state.test.json"},
        },
    ]


def test_credentials_in_an_address_are_not_listed(project):
    project.write("sdx.yaml", PROJECT)
    for form in ("text", "json"):
        assert "hunter2" not in project.run("environments", "--format", form).out


def test_json_is_one_line_that_an_output_of_a_job_takes(project):
    project.write("sdx.yaml", PROJECT)
    assert project.run("environments", "--format", "json").out.count("\n") == 1


def test_table_has_a_line_for_each_environment(project):
    project.write("sdx.yaml", PROJECT)
    lines = project.run("environments").out.splitlines()
    assert [line.split()[0] for line in lines] == ["ENVIRONMENT", "prod", "test"]
    assert lines[2].split() == ["test", "demo.surveydynamix.com", "-", "local", ".sdx/state.test.json"]


def test_project_without_environments_is_one_row(project):
    project.write("sdx.yaml", "sdx: 1\napi: {host: demo.surveydynamix.com}\n")
    (only,) = listed(project)
    assert (only["environment"], only["state"]["location"]) == (None, ".sdx/state.json")


def test_settings_of_the_environment_change_nothing(project, monkeypatch):
    project.write("sdx.yaml", PROJECT)
    before = listed(project)
    monkeypatch.setenv("SDX_ENV", "test")
    monkeypatch.setenv("SDX_API_URL", "https://other.example/api")
    assert listed(project) == before
    assert listed(project, "--env", "prod") == before


def test_invalid_project_file_prints_nothing_on_stdout(project):
    project.write("sdx.yaml", "sdx: 1\nenvironments: {prod: {hosts: x}}\n")
    ended = project.run("environments", "--format", "json")
    assert (ended.code, ended.out) == (1, "")
    assert "sdx.yaml:2" in ended.err


@pytest.mark.parametrize("backend", STORES)
def test_location_names_the_store_and_the_state_of_each_environment(backend):
    kind = STORES[backend]
    state = StateSettings(backend, {name: f"my-{name}" for name in (*kind.needs, *kind.takes)})
    one, other = location_of(state, "prod"), location_of(state, "test")
    assert one != other
    assert "state.prod" in one
    assert [name for name in kind.needs if f"my-{name}" not in one] == []
    assert "my-kms_key" not in one


def test_settings_of_an_installed_store_are_not_listed():
    assert location_of(StateSettings("vault", {"password": "hunter2"}), "prod") == "vault://state.prod"


def test_credentials_in_the_address_of_an_http_store_are_not_listed():
    state = StateSettings("http", {"address": "https://ci:hunter2@git.example/state/7?token=hunter2"})
    assert location_of(state, "prod") == "https://git.example/state/7: state.prod"
    assert location_of(StateSettings("http"), "prod") == "TF_HTTP_ADDRESS: state.prod"
