"""Environment, host and tenant are named before anything else, and before every question."""

from __future__ import annotations

import io
import json
import sys
from secrets import token_hex

import pytest

from sdx_state.model.whereabouts import Whereabouts
from sdx_state.report.whereabouts import where_line

CUSTOMER = "00000000-0000-4000-8000-000000000000"
FILES = "surveys: {a: {name: A}, b: {name: B}}\n"
BASE = "api: {host: demo.surveydynamix.com}\n"
ENVIRONMENTS = (
    "environments: {demo: {api: {host: demo.surveydynamix.com}}, prod: {api: {host: au1.surveydynamix.com}}}\n"
)


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def types(monkeypatch):
    return lambda text: monkeypatch.setattr(sys, "stdin", Terminal(text + "\n"))


@pytest.fixture
def line(tenant):
    host = tenant.url.split("/")[2]
    return f"Environment: none | Host: {host} (SDX_API_URL overrides demo.surveydynamix.com) | Tenant: {CUSTOMER}"


@pytest.fixture
def applied(connected, apply_once):
    connected.write("a.yaml", FILES)
    apply_once()
    return connected


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan",),
        ("plan", "--format", "json"),
        ("apply", "--auto-approve"),
        ("destroy", "--auto-approve"),
        ("undo", "last", "--auto-approve"),
        ("pull",),
        ("drift",),
        ("handoff",),
        ("check",),
        ("state", "rebuild", "--auto-approve"),
        ("capabilities",),
    ],
    ids=" ".join,
)
def test_the_first_line_names_environment_host_and_tenant(applied, line, arguments):
    applied.write("c.yaml", "checks: {one: {survey: a, abandon: true}}\n")
    assert applied.run(*arguments).err.splitlines()[0] == line


def test_the_chosen_environment_is_named(connected):
    connected.write("sdx.yaml", f"sdx: 1\n{ENVIRONMENTS}")
    assert connected.run("plan", "--env", "prod").err.startswith("Environment: prod | Host: 127.0.0.1:")
    assert "(SDX_API_URL overrides au1.surveydynamix.com)" in connected.run("plan", "--env", "prod").err


def test_address_of_the_project_file_is_not_overridden(connected, tenant, monkeypatch):
    connected.write("sdx.yaml", f'sdx: 1\napi: {{url: "{tenant.url}"}}\n')
    monkeypatch.delenv("SDX_API_URL")
    assert f"Host: {tenant.url.split('/')[2]} | Tenant" in connected.run("plan").err


def test_the_same_host_in_the_variable_overrides_nothing(connected, tenant):
    connected.write("sdx.yaml", f'sdx: 1\napi: {{url: "{tenant.url}"}}\n')
    assert "overrides" not in connected.run("plan").err


def test_the_sandbox_is_named_as_the_tenant(project):
    project.write("a.yaml", FILES)
    first = "Environment: none | Host: none | Tenant: sandbox on this machine (.sdx/sandbox.db)"
    assert project.run("plan", "--sandbox").err.splitlines()[0] == first
    project.write("sdx.yaml", "sdx: 1\nenvironments: {demo: {}}\n")
    first = "Environment: demo | Host: none | Tenant: sandbox on this machine (.sdx/sandbox.demo.db)"
    assert project.run("plan", "--sandbox", "--env", "demo").err.splitlines()[0] == first


def test_a_snapshot_is_named_as_the_tenant(applied, tmp_path):
    file = tmp_path / "tenant.json"
    assert applied.run("pull", "--snapshot", str(file)).code == 0
    ended = applied.run("plan", "--sandbox", "--snapshot", str(file))
    assert ended.err.splitlines()[0].startswith("Environment: none | Host: none | Tenant: snapshot of http")


def test_token_without_a_tenant_is_reported(connected, monkeypatch):
    monkeypatch.delenv("SDX_CUSTOMER_UUID")
    monkeypatch.delenv("SDX_AUTH_TOKEN")
    monkeypatch.setenv("SDX_ACCESS_TOKEN", "sandbox")
    assert "| Tenant: not named by the credentials" in connected.run("plan").err.splitlines()[0]


def test_the_json_of_a_plan_has_it_as_fields(connected, tenant):
    document = json.loads(connected.run("plan", "--format", "json").out)
    assert document["where"] == {
        "environment": None,
        "host": tenant.url.split("/")[2],
        "customer": CUSTOMER,
        "overridden_host": "demo.surveydynamix.com",
        "local": None,
    }
    found = json.loads(connected.run("drift", "--format", "json").out)
    assert found["where"] == document["where"]


@pytest.mark.parametrize(
    ("arguments", "question"),
    [
        (("apply",), "Do you want to make these changes?"),
        (("destroy",), "Do you really want to delete all of this?"),
        (("undo", "last"), "Do you want to undo run last?"),
        (("state", "restore"), "Put the state of serial"),
        (("state", "sign"), "Sign them?"),
        (("pull",), "Replace these 1 with"),
    ],
    ids=lambda one: one[0] if isinstance(one, tuple) else None,
)
def test_every_question_comes_after_the_line(applied, tenant, types, line, monkeypatch, arguments, question):
    monkeypatch.setattr(sys, "stdin", Terminal("no\n"))
    if arguments == ("state", "sign"):
        monkeypatch.setenv("SDX_STATE_KEY", token_hex(32))
    applied.write("a.yaml", FILES.replace("name: A", "name: A, description: New"))
    if arguments == ("pull",):
        row = next(one for one in tenant.store.rows("surveys") if one["name"] == "A")
        tenant.store.put_row("surveys", {**row, "description": "By hand"})
    lines = applied.run(*arguments).err.splitlines()
    place = next(number for number, one in enumerate(lines) if one.startswith(question))
    named = lines[place - 1].partition(" | ")[2].replace(" (SDX_API_URL overrides demo.surveydynamix.com)", "")
    assert named == line.partition(" | ")[2].replace(" (SDX_API_URL overrides demo.surveydynamix.com)", "")


def test_the_address_of_a_critical_change_is_asked_for_after_the_line(applied, tenant, types, line):
    asking = "[{question_label: Q, question_text: Why?, question_type: %s}]"
    applied.write("a.yaml", f"surveys: {{a: {{name: A, questions: {asking % 'text'}}}}}\n")
    assert applied.apply("--allow-deletes", "1").code == 0
    tenant.store.put_record("responses", {"interaction_id": 1, "question_id": 1, "response": "Because"})
    applied.write("a.yaml", f"surveys: {{a: {{name: A, questions: {asking % 'number'}}}}}\n")
    types("no")
    lines = applied.run("apply").err.splitlines()
    assert lines.count(line) == 2
    assert lines[lines.index("  Type the address to approve this change: question.a.q") - 2] == line


@pytest.mark.parametrize(
    "arguments", [("plan",), ("apply",), ("drift",), ("whoami",), ("pull",), ("login", "--with", "token")]
)
def test_no_chosen_environment_is_an_error_that_lists_them(connected, arguments):
    connected.write("sdx.yaml", f"sdx: 1\napi: {{parallelism: 2}}\n{ENVIRONMENTS}")
    ended = connected.run(*arguments)
    assert (ended.code, ended.out) == (1, "")
    assert "sdx.yaml:3:1: error[no-environment]: no environment is chosen; sdx.yaml declares demo, prod" in ended.err
    assert "--env demo" in ended.err
    assert "export SDX_ENV=demo" in ended.err


def test_base_host_is_used_and_named_without_an_environment(connected):
    connected.write("sdx.yaml", f"sdx: 1\n{BASE}{ENVIRONMENTS}")
    ended = connected.run("plan")
    assert ended.code == 0
    assert ended.err.startswith("Environment: none (the base `api:` of sdx.yaml) | Host: 127.0.0.1:")


def test_the_variable_chooses_an_environment(connected, monkeypatch):
    connected.write("sdx.yaml", f"sdx: 1\n{ENVIRONMENTS}")
    monkeypatch.setenv("SDX_ENV", "demo")
    assert connected.run("plan").err.startswith("Environment: demo | ")


def test_a_sandbox_and_offline_commands_need_no_environment(project):
    project.write("sdx.yaml", f"sdx: 1\n{ENVIRONMENTS}")
    assert project.run("plan", "--sandbox").code == 0
    assert project.run("validate").code == 0


def test_hostile_names_are_escaped():
    where = Whereabouts("pr\x1b[31mod", "a\u202eb", "c\nd", "e\x07")
    assert where_line(where) == (
        "Environment: pr\\u{1b}[31mod | Host: a\\u{202e}b (SDX_API_URL overrides e\\u{7}) | Tenant: c⏎d"
    )
