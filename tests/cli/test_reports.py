"""Whatever stops a command, every form that was asked for is whole, and agrees with the exit code."""

from __future__ import annotations

import json
import re
import subprocess
from xml.etree import ElementTree

import pytest

from sdx_state.report.formats import FORMATS

ONE = "surveys: {a: {name: A, greeting_text: Hello}}\n"


def forms_of(project, *arguments):
    """Run a command with every form in a file and JSON on stdout; return how it ended and what each form says."""
    files = {name: project.folder.parent / f"plan.{name}" for name in ("text", *FORMATS) if name != "json"}
    ended = project.run(*arguments, "--format=json", *(f"--format={name}={path}" for name, path in files.items()))
    return ended, {name: path.read_text() for name, path in files.items()} | {"json": ended.out}


def invalid_configuration(project, tenant):
    project.write("a.yaml", "surveys: {a: {name: A, greting_text: Hello}}\n")
    return 1, "greting_text", ["plan"]


def no_project(project, tenant):
    (project.folder / "sdx.yaml").unlink()
    return 1, "sdx.yaml", ["plan"]


def wrong_credentials(project, tenant):
    project.write("a.yaml", ONE)
    project.connect(tenant.url, token="another")
    return 1, "credentials", ["plan"]


def stale_plan(project, tenant):
    project.write("a.yaml", ONE)
    project.run("plan", "--out", str(project.folder / "p.json"))
    tenant.store.load_snapshot({"surveys": [{"name": "A", "greeting_text": "Hi"}]})
    return 3, "survey.a", ["apply", str(project.folder / "p.json")]


def two_candidates(project, tenant):
    tenant.store.load_snapshot({"surveys": [{"name": "A"}, {"name": "A"}]})
    project.write("a.yaml", ONE)
    return 5, "could be any of 2", ["plan"]


def mass_absence(project, tenant):
    surveys = ", ".join(f"s{number}: {{name: S{number}}}" for number in range(6))
    project.write("a.yaml", f"surveys: {{{surveys}}}\n")
    project.apply()
    for row in tenant.store.rows("surveys"):
        tenant.store.delete_row("surveys", str(row["id"]))
    return 6, "tenant", ["plan"]


def broken_state(project, tenant):
    project.write("a.yaml", ONE)
    project.apply()
    (project.folder / ".sdx/state.json").write_text("{")
    return 7, "state.json", ["plan"]


STOPPING = [
    invalid_configuration,
    no_project,
    wrong_credentials,
    stale_plan,
    two_candidates,
    mass_absence,
    broken_state,
]


@pytest.mark.parametrize("stop", STOPPING, ids=lambda stop: stop.__name__.replace("_", " "))
def test_every_form_is_whole_and_says_what_stopped_the_command(connected, tenant, stop):
    code, said, arguments = stop(connected, tenant)
    ended, forms = forms_of(connected, *arguments)
    assert ended.code == code, ended.err
    document = json.loads(forms["json"])
    assert forms["json"].isascii()
    assert (document["errored"], document["applyable"]) == (True, False)
    told = [f"{one['message']} {one['help']}" for one in document["diagnostics"] if one["severity"] == "error"]
    assert any(said in one for one in told)
    suite = ElementTree.fromstring(forms["junit"])  # noqa: S314 - our own
    assert int(suite.get("failures")) >= len(told)
    assert json.loads(forms["sarif"])["runs"][0]["invocations"] == [{"executionSuccessful": False}]
    assert forms["github"].startswith("::error")
    assert "**The plan has errors. Nothing can be applied.**" in forms["markdown"].splitlines()
    assert "<h1>The plan has errors. Nothing can be applied.</h1>" in forms["html"]
    assert json.loads(forms["gitlab"]).keys() == {"create", "update", "delete"}
    for name in ("junit", "sarif", "github", "markdown", "html", "text"):
        assert said in forms[name], name


@pytest.mark.parametrize("arguments", [["plan"], ["apply", "--auto-approve"]], ids=["plan", "apply"])
def test_a_limit_is_named_in_every_form_with_the_way_on(connected, arguments):
    surveys = ", ".join(f"s{number}: {{name: S{number}}}" for number in range(6))
    connected.write("a.yaml", f"surveys: {{{surveys}}}\n")
    connected.apply()
    connected.write("a.yaml", "surveys: {s0: {name: S0}}\n")
    ended, forms = forms_of(connected, *arguments)
    assert ended.code == 6
    document = json.loads(forms["json"])
    assert (document["errored"], document["applyable"]) == (False, False)
    assert [one["code"] for one in document["diagnostics"] if one["severity"] == "error"] == ["deletes"]
    suite = ElementTree.fromstring(forms["junit"])  # noqa: S314 - our own
    assert "the plan deletes 5" in suite.find(".//failure").get("message")
    assert json.loads(forms["sarif"])["runs"][0]["invocations"] == [{"executionSuccessful": False}]
    assert forms["github"].startswith("::error title=deletes::the plan deletes 5")
    assert "apply stops: over the limit of 3 deletes" in forms["markdown"]
    assert "apply stops: over the limit of 3 deletes</li>" in forms["html"]
    for name in ("junit", "sarif", "github", "markdown", "html", "text"):
        assert "--allow-deletes 5" in forms[name], name


def test_errors_of_the_configuration_have_their_line_from_the_top_of_the_repository(connected):
    connected.write("a.yaml", "surveys:\n  a:\n    name: A\n    greting_text: Hello\n")
    subprocess.run(["git", "init", "-q"], cwd=connected.folder.parent, check=True)
    ended, forms = forms_of(connected, "plan")
    assert ended.code == 1
    assert "a.yaml:4:5: error" in ended.err
    assert json.loads(forms["json"])["diagnostics"][0]["source"] == {"file": "a.yaml", "line": 4, "column": 5}
    assert forms["github"].startswith("::error file=project/a.yaml,line=4,col=5,title=unknown-key::")
    location = json.loads(forms["sarif"])["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert location == {
        "artifactLocation": {"uri": "project/a.yaml"},
        "region": {"startLine": 4, "startColumn": 5},
    }
    case = ElementTree.fromstring(forms["junit"]).find(".//testcase")  # noqa: S314 - our own
    assert (case.get("file"), case.get("line")) == ("project/a.yaml", "4")
    assert "a.yaml:4" in forms["markdown"]
    assert "a.yaml:4:5" in forms["html"]


def test_skipped_changes_of_an_apply_are_in_every_form(project, proxy):
    project.connect(proxy.url)
    project.write("a.yaml", "surveys: {a: {name: A}}\nusers: {b@example.com: {name: B}}\n")
    proxy.fail("POST", r"/surveys", 400)
    ended, forms = forms_of(project, "apply", "--auto-approve")
    assert ended.code == 1
    assert "Apply incomplete. Resources: 1 added" in ended.err
    document = json.loads(forms["json"])
    assert [one["address"] for one in document["diagnostics"] if one["severity"] == "error"] == ["survey.a"]
    assert document["errored"]
    assert "survey.a: failed" in forms["markdown"]


def test_locked_state_is_reported_in_every_form(connected):
    from sdx_state.state.local import LocalStore

    connected.write("a.yaml", ONE)
    with LocalStore(connected.folder / ".sdx", "state", None).lock("apply"):
        ended, forms = forms_of(connected, "apply", "--auto-approve")
    assert ended.code == 4
    document = json.loads(ended.out)
    assert document["errored"]
    assert "the state is locked by `sdx-state apply`" in document["diagnostics"][-1]["message"]
    assert "the state is locked" in forms["markdown"]


@pytest.mark.parametrize("arguments", [["plan", "--detailed-exitcode"], ["apply", "--auto-approve"]])
def test_where_nothing_stops_a_command_its_forms_have_no_error(connected, arguments):
    connected.write("a.yaml", ONE)
    ended, forms = forms_of(connected, *arguments)
    assert ended.code == (2 if "plan" in arguments else 0)
    document = json.loads(ended.out)
    errors = [diagnostic for diagnostic in document["diagnostics"] if diagnostic["severity"] == "error"]
    assert (document["errored"], document["summary"]["add"], errors) == (False, 1, [])
    assert json.loads(forms["sarif"])["runs"][0]["invocations"] == [{"executionSuccessful": True}]
    assert forms["text"].splitlines()[-1] == "Plan: 1 to add, 0 to change, 0 to destroy."


def test_hand_off_is_not_an_error(project, serve_documented):
    project.connect(serve_documented.url)
    project.write("a.yaml", ONE)
    ended, forms = forms_of(project, "apply", "--auto-approve")
    assert ended.code == 8
    assert json.loads(ended.out)["summary"]["handoff"] == 1
    assert json.loads(ended.out)["errored"] is False
    assert "1 to hand off" in forms["markdown"]
    assert json.loads(forms["gitlab"]) == {"create": 1, "update": 0, "delete": 0}


@pytest.fixture
def serve_documented():
    from sdx_state.sandbox import SandboxOptions, SandboxServer

    with SandboxServer(":memory:", SandboxOptions(documented=True)) as server:
        yield server


def test_a_saved_plan_can_be_shown_in_every_form(connected):
    connected.write("a.yaml", ONE)
    _, planned = forms_of(connected, "plan", "--out", str(connected.folder / "p.json"))
    ended, shown = forms_of(connected, "show", str(connected.folder / "p.json"))
    assert ended.code == 0
    for name in {*planned} - {"html"}:
        if name == "json":  # where a plan was made, and how fast the tenant answered, is not part of its file
            unkept = {"where": None, "effort": None}
            planned[name], shown[name] = ({**json.loads(one), **unkept} for one in (planned[name], shown[name]))
        if name == "markdown":  # what respondents will see is read from the tenant, and is not part of it either
            heard = r"#### What respondents will see\n.*?\n```\n\n"
            planned[name] = re.sub(heard, "", planned[name], flags=re.DOTALL)
        assert shown[name] == planned[name], name
    assert "<h1>Plan: 1 to add" in shown["html"]
    ended, shown = forms_of(connected, "show", str(connected.folder / "nothing.json"))
    assert (ended.code, json.loads(ended.out)["errored"]) == (1, True)


def test_a_form_that_cannot_be_written_hides_nothing_of_what_stopped_the_command(connected):
    connected.write("a.yaml", "surveys: {a: {nam: A}}\n")
    ended = connected.run("plan", "--format", "json=/nowhere/plan.json")
    assert ended.code == 1
    assert "`nam`" in ended.err
    connected.write("a.yaml", ONE)
    ended = connected.run("plan", "--format", "json=/nowhere/plan.json")
    assert ended.code == 1
    assert "/nowhere" in ended.err


def test_every_field_and_language_has_its_line_and_a_removed_one_its_old_place(project, nested_tenant):
    project.connect(nested_tenant.url)
    first = """surveys:
  a:
    name: A
    greeting_text:
      default: Hello
      de-default: Hallo
    questions:
      - {question_label: Q, question_text: "Why?"}
  gone: {name: Gone}
"""
    project.write("a.yaml", first)
    project.apply()
    changed = first.replace("Hallo", "Servus").replace("gone: {name: Gone}", "")
    changed = changed.replace("    questions:\n", "").replace(
        '      - {question_label: Q, question_text: "Why?"}\n', ""
    )
    project.write("a.yaml", changed + "removed:\n  - {address: survey.gone, destroy: true}\n")
    document = json.loads(project.run("plan", "--format", "json").out)
    changes = {one["address"]: one for one in document["resource_changes"]}
    (field,) = changes["survey.a"]["fields"]
    assert (field["path"], field["source"]["line"]) == ("greeting_text.de-default", 6)
    assert changes["question.a.q"]["source"]["line"] == 2
    assert changes["survey.gone"]["source"]["line"] == 9
    assert '"Hallo" -> "Servus"  line 6' in project.run("plan").out
