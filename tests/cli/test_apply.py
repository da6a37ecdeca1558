"""The whole walk: YAML, a plan, a converged tenant, an empty plan."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"

SURVEY = """
surveys:
  csat:
    name: CSAT
    greeting_text: Hello there.
    questions:
      - {question_label: One, question_text: First?, question_type: yesno}
      - {question_label: Two, question_text: Second?, question_type: number, max_response: 5}
      - {question_label: Three, question_text: Third?, question_type: text}
users:
  ana@example.com: {name: Ana, agent_id: ana}
  ben@example.com: {name: Ben}
"""


def labels(tenant, survey_id):
    rows = [row for row in tenant.store.rows("questions") if row["survey_id"] == survey_id]
    return [row["question_label"] for row in sorted(rows, key=lambda row: row["order"])]


def test_quickstart_converges_and_the_second_plan_is_empty(project):
    shutil.copytree(EXAMPLES / "quickstart", project.folder, dirs_exist_ok=True)
    applied = project.run("apply", "--sandbox", "--auto-approve")
    assert applied.code == 0, applied.err
    assert applied.last == "Apply complete! Resources: 1 imported, 6 added, 0 changed, 0 destroyed."
    planned = project.run("plan", "--sandbox", "--detailed-exitcode")
    assert planned.code == 0
    assert planned.last == "No changes. The tenant matches the configuration."


@pytest.mark.parametrize("environment", ["staging", pytest.param("production", marks=pytest.mark.soak)])
def test_contact_centre_converges_in_both_environments(project, environment):
    shutil.copytree(EXAMPLES / "contact-centre", project.folder, dirs_exist_ok=True)
    applied = project.run("--env", environment, "apply", "--sandbox", "--auto-approve")
    assert applied.code == 0, applied.err
    assert "213 added" in applied.last
    planned = project.run("--env", environment, "plan", "--sandbox", "--detailed-exitcode")
    assert (planned.code, planned.last) == (0, "No changes. The tenant matches the configuration.")
    assert "agents" not in planned.err


def test_a_change_is_planned_field_by_field_and_applied(connected, tenant):
    connected.write("a.yaml", SURVEY)
    assert connected.apply().code == 0
    connected.write("a.yaml", SURVEY.replace("Hello there.", "Hello again, there.").replace("Ben", "Benjamin"))
    planned = connected.run("plan", "--format", "json", "--detailed-exitcode")
    assert planned.code == 2
    fields = {
        change["address"]: [(field["path"], field["before"], field["after"]) for field in change["fields"]]
        for change in json.loads(planned.out)["resource_changes"]
    }
    assert fields == {
        "survey.csat": [("greeting_text", "Hello there.", "Hello again, there.")],
        "user.ben@example.com": [("name", "Ben", "Benjamin")],
    }
    assert connected.apply().last == "Apply complete! Resources: 0 added, 2 changed, 0 destroyed."
    assert connected.run("plan", "--detailed-exitcode").code == 0


def test_questions_are_created_inserted_moved_and_deleted_in_the_declared_order(connected, tenant):
    connected.write("a.yaml", SURVEY)
    connected.apply()
    (survey,) = tenant.store.rows("surveys")
    assert labels(tenant, survey["id"]) == ["One", "Two", "Three"]
    connected.write(
        "a.yaml",
        """
surveys:
  csat:
    name: CSAT
    greeting_text: Hello there.
    questions:
      - {question_label: Three, question_text: Third?, question_type: text}
      - {question_label: New, question_text: Newest?, question_type: nps, max_response: 10}
      - {question_label: One, question_text: First?, question_type: yesno}
users:
  ana@example.com: {name: Ana, agent_id: ana}
  ben@example.com: {name: Ben}
""",
    )
    applied = connected.apply("--allow-deletes", "1")
    assert applied.code == 0, applied.err
    assert applied.last == "Apply complete! Resources: 1 added, 1 changed, 1 destroyed."
    assert labels(tenant, survey["id"]) == ["Three", "New", "One"]
    assert connected.run("plan", "--detailed-exitcode").code == 0


def test_undeclared_fields_survive_an_update(connected, tenant):
    connected.write("a.yaml", SURVEY)
    connected.apply()
    (survey,) = tenant.store.rows("surveys")
    tenant.store.put_row("surveys", {**survey, "description": "written by hand", "colour": "green"})
    connected.write("a.yaml", SURVEY.replace("Hello there.", "Hi."))
    assert connected.apply().code == 0
    (survey,) = tenant.store.rows("surveys")
    assert (survey["description"], survey["colour"]) == ("written by hand", "green")


def test_drift_is_reported_and_corrected(connected, tenant):
    connected.write("a.yaml", SURVEY)
    connected.apply()
    user = next(row for row in tenant.store.rows("users") if row["email"] == "ana@example.com")
    tenant.store.put_row("users", {**user, "name": "Anna"})
    document = json.loads(connected.run("plan", "--format", "json").out)
    assert [drift["address"] for drift in document["resource_drift"]] == ["user.ana@example.com"]
    assert document["resource_changes"][0]["fields"][0]["origin"] == "drift"
    connected.apply()
    assert connected.run("plan", "--detailed-exitcode").code == 0


def test_plan_sends_nothing_but_reads(project, proxy):
    project.connect(proxy.url)
    project.write("a.yaml", SURVEY)
    assert project.run("plan").code == 0
    assert proxy.writes() == []
    assert {method for method, _ in proxy.seen} <= {"GET", "HEAD", "OPTIONS"}


def test_a_second_apply_writes_nothing(project, proxy):
    project.connect(proxy.url)
    project.write("a.yaml", SURVEY)
    project.apply()
    before = len(proxy.writes())
    applied = project.apply()
    assert applied.last == "No changes. The tenant matches the configuration."
    assert len(proxy.writes()) == before


def test_destroy_deletes_managed_resources_only(connected, tenant):
    tenant.store.load_snapshot(
        {"surveys": [{"name": "Somebody's"}], "users": [{"email": "x@example.com", "name": "X"}]}
    )
    connected.write("a.yaml", SURVEY)
    connected.apply()
    destroyed = connected.run("destroy", "--auto-approve", "--allow-deletes", "6")
    assert destroyed.code == 0, destroyed.err
    assert destroyed.last == "Apply complete! Resources: 0 added, 0 changed, 6 destroyed."
    assert [row["name"] for row in tenant.store.rows("surveys")] == ["Somebody's"]
    assert [row["email"] for row in tenant.store.rows("users")] == ["x@example.com"]


def test_languages_go_to_a_tenant_that_keeps_them(project, nested_tenant):
    project.connect(nested_tenant.url)
    project.write(
        "a.yaml",
        """
surveys:
  hello:
    name: Hello
    greeting_text: {default: Hello, de-default: Hallo, fr-CA: Allô}
    redirect_timeout: 7
    questions:
      - question_label: Q
        question_text: {default: Why?, de-default: Warum?}
        question_type: text
        compulsory: true
        response_options: [{label: "yes", text: {default: "Yes", de-default: Ja}}]
""",
    )
    applied = project.apply()
    assert applied.code == 0, applied.err
    planned = project.run("plan", "--detailed-exitcode")
    assert planned.code == 0, planned.out


OPTIONS = """
surveys:
  hello:
    name: Hello
    questions:
      - question_label: Q
        question_text: Who is there?
        question_type: text
        response_options: [{label: "LABEL", text: {default: "TEXT", de-default: Ja}}]
"""


def test_an_option_labelled_not_present_is_planned_applied_and_then_equal(project, nested_tenant):
    """The text is also the one that DeepDiff prints for a value that is not there."""
    project.connect(nested_tenant.url)
    project.write("a.yaml", OPTIONS.replace("LABEL", "yes").replace("TEXT", "Yes"))
    assert project.apply().code == 0
    project.write("a.yaml", OPTIONS.replace("LABEL", "not present").replace("TEXT", "not present"))
    planned = project.run("plan", "--format", "json")
    (change,) = json.loads(planned.out)["resource_changes"]
    assert {field["path"]: (field["before"], field["after"]) for field in change["fields"]} == {
        "response_options[0].label": ("yes", "not present"),
        "response_options[0].text.default": ("Yes", "not present"),
    }
    applied = project.run("apply", "--auto-approve", "--allow", "question.hello.q")
    assert applied.code == 0, applied.err
    assert '"label": "not present"' in nested_tenant.store.item("questions", "1", "nested")
    again = project.run("plan", "--detailed-exitcode")
    assert (again.code, again.last) == (0, "No changes. The tenant matches the configuration.")


def test_a_saved_plan_is_carried_out_as_reviewed(connected, tmp_path):
    connected.write("a.yaml", SURVEY)
    saved = tmp_path / "plan.json"
    assert connected.run("plan", "--out", str(saved)).code == 0
    assert saved.stat().st_mode & 0o777 == 0o600
    shown = connected.run("show", str(saved))
    assert shown.last == "Plan: 6 to add, 0 to change, 0 to destroy."
    assert connected.run("apply", str(saved)).last == "Apply complete! Resources: 6 added, 0 changed, 0 destroyed."


def test_a_saved_plan_that_is_stale_writes_nothing(connected, tenant, tmp_path):
    connected.write("a.yaml", SURVEY)
    saved = tmp_path / "plan.json"
    connected.run("plan", "--out", str(saved))
    tenant.store.load_snapshot({"users": [{"email": "ben@example.com", "name": "Another Ben"}]})
    applied = connected.run("apply", str(saved))
    assert applied.code == 3
    assert "user.ben@example.com" in applied.err
    assert tenant.store.rows("surveys") == []


def test_an_altered_saved_plan_is_refused(connected, tenant, tmp_path):
    connected.write("a.yaml", SURVEY)
    saved = tmp_path / "plan.json"
    connected.run("plan", "--out", str(saved))
    saved.write_text(saved.read_text().replace("Hello there.", "Hello, victim."))
    assert connected.run("apply", str(saved)).code == 1
    assert tenant.store.rows("surveys") == []


def test_target_writes_only_what_it_names_and_what_that_needs(connected, tenant):
    connected.write("a.yaml", SURVEY)
    assert connected.apply("--target", "question.csat.one").code == 0
    assert [row["question_label"] for row in tenant.store.rows("questions")] == ["One"]
    assert tenant.store.rows("users") == []
    assert connected.run("plan").last == "Plan: 4 to add, 0 to change, 0 to destroy."


def test_a_phone_number_is_looked_up_once_and_again_when_asked(connected, tenant):
    connected.write("a.yaml", 'phone_numbers: {sms: {number: "0488 888 888", country_code: AU, phone_type: mobile}}')
    connected.run("plan")
    connected.apply()
    connected.run("plan")
    assert tenant.store.lookups() == 1
    connected.run("plan", "--refresh-phones")
    assert tenant.store.lookups() == 2


def test_a_phone_number_that_is_not_what_was_expected_stops_the_plan(connected):
    connected.write("a.yaml", 'phone_numbers: {line: {number: "0488 888 888", country_code: AU, phone_type: voip}}')
    planned = connected.run("plan")
    assert planned.code == 1
    assert "declared as voip, and the look-up says mobile" in planned.out


def test_a_documented_tenant_leaves_writes_to_a_person(project):
    from sdx_state.sandbox import SandboxOptions, SandboxServer

    project.write("a.yaml", SURVEY)
    with SandboxServer(":memory:", SandboxOptions(documented=True)) as tenant:
        project.connect(tenant.url)
        assert project.run("plan").last == "Plan: 0 to add, 0 to change, 0 to destroy, 6 to hand off."
        assert project.apply().code == 8
