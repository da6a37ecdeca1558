"""Risk is graded by what was collected, and what is risky needs a person."""

from __future__ import annotations

import json

import pytest

FILES = """
surveys:
  a:
    name: A
    questions:
      - {question_label: P, question_text: First?, question_type: number, max_response: 10}
      - {question_label: Q, question_text: Second?, question_type: text}
users:
  u@example.com: {name: U}
"""
RETYPED = FILES.replace("question_type: text", "question_type: nps")


@pytest.fixture
def answered(connected, tenant, apply_once):
    """A survey whose second question has three responses."""
    connected.write("a.yaml", FILES)
    apply_once()
    (question,) = [row for row in tenant.store.rows("questions") if row["question_label"] == "Q"]
    interaction = tenant.store.put_record("interactions", {"survey_id": 1, "status": "Completed", "uuid": "u"})
    for text in ("one", "two", "three"):
        record = {"interaction_id": interaction["id"], "question_id": question["id"], "response": text}
        tenant.store.put_record("responses", record)
    return connected


def risks(project):
    document = json.loads(project.run("plan", "--format", "json").out)
    return {
        change["address"]: [(risk["rule"], risk["level"], risk["message"]) for risk in change["risks"]]
        for change in document["resource_changes"]
    }


def test_responses_are_counted_for_what_they_make_dangerous(answered):
    answered.write("a.yaml", RETYPED)
    ((rule, level, message),) = risks(answered)["question.a.q"]
    assert (rule, level) == ("type-changed", "critical")
    assert message.startswith("3 responses collected")


def test_without_responses_the_same_change_is_calm(answered):
    answered.write("a.yaml", FILES.replace("question_type: number", "question_type: nps"))
    ((rule, level, message),) = risks(answered)["question.a.p"]
    assert (rule, level) == ("type-changed", "low")
    assert message.startswith("no responses collected yet")


def test_nothing_is_asked_about_changes_that_responses_do_not_endanger(project, proxy):
    project.connect(proxy.url)
    project.write("a.yaml", FILES)
    project.apply()
    proxy.seen.clear()
    project.write("a.yaml", FILES.replace("{name: U}", "{name: V}"))
    project.run("plan")
    assert not [path for _, path in proxy.seen if "responses" in path]


def test_uncountable_evidence_counts_as_the_worst(project, proxy, monkeypatch):
    project.connect(proxy.url)
    project.write("a.yaml", FILES)
    project.apply()
    proxy.fail("GET", "/responses", 404, times=9)
    project.write("a.yaml", RETYPED)
    ((_, level, message),) = risks(project)["question.a.q"]
    assert level == "critical"
    assert "the number of responses is unknown" in message


def test_critical_change_needs_its_address_even_when_approved(answered, tenant):
    answered.write("a.yaml", RETYPED)
    refused = answered.run("apply", "--auto-approve")
    assert refused.code == 6
    assert "--allow question.a.q" in refused.err
    assert answered.run("apply", "--auto-approve", "--allow", "question.a.p").code == 6
    assert answered.run("apply", "--auto-approve", "--allow", "question.a.q").code == 0


@pytest.mark.parametrize(("level", "code"), [("low", 6), ("medium", 0), ("high", 0)])
def test_approval_reaches_up_to_its_level(answered, level, code):
    answered.write("a.yaml", FILES.replace("name: U}", "name: U, agent_id: u}"))
    answered.apply()
    answered.write("a.yaml", FILES.replace("name: U}", "name: U, agent_id: v}"))  # medium
    assert answered.run("apply", f"--auto-approve={level}").code == code


def test_explain_says_what_a_risk_is(project):
    listed = project.run("explain", "risk").out
    assert "type-changed" in listed
    said = project.run("explain", "risk", "type-changed")
    assert said.out.startswith("type-changed (risk, critical)")
    assert "asks the tenant how many responses" in said.out
    wrong = project.run("explain", "risk", "type-chnged")
    assert wrong.code == 2
    assert "type-changed" in wrong.err
    assert project.run("explain", "survey", "name").code == 2


NUMBERED = """
phone_numbers:
  old: {{number: "+61488000001", country_code: AU, phone_type: mobile}}
  new: {{number: "+61488000002", country_code: AU, phone_type: mobile}}
surveys:
  a: {{name: A, sms_number: "${{phone_numbers.{number}}}"}}
"""


@pytest.mark.parametrize(("ended", "level"), [(False, "critical"), (True, "high")])
def test_a_number_with_pending_interactions_is_critical_to_change(connected, tenant, ended, level):
    connected.write("a.yaml", NUMBERED.format(number="old"))
    assert connected.apply().code == 0
    tenant.store.put_record("interactions", {"survey_id": 1, "status": "Not Started", "uuid": "u", "ended": ended})
    connected.write("a.yaml", NUMBERED.format(number="new"))
    assert [one[:2] for one in risks(connected)["survey.a"]] == [("number-repointed", level)]


def test_the_user_of_the_credentials_is_never_deleted(connected, proxy):
    connected.write("a.yaml", "users: {u@example.com: {name: U}, v@example.com: {name: V}}\n")
    connected.write(
        "sdx.yaml",
        "sdx: 1\napi: {host: x.example, user: U@example.com}\nlimits: {administrators: [v@example.com]}\n"
        "risk: [{rule: '*', reason: all is well, expires: '2999-12-31'}]\n",
    )
    assert connected.apply().code == 0
    writes = len(proxy.writes())
    for command in (["apply", "--auto-approve", "--allow", "*"], ["destroy", "--auto-approve", "--allow", "*"]):
        connected.write("a.yaml", "users: {w@example.com: {name: W}}\n")
        ended = connected.run(*command)
        assert ended.code == 6, ended.err
        assert "blocked: user.u@example.com: the credentials of this run" in ended.err
        assert "blocked: user.v@example.com: the tenant would have no administrator" in ended.err
    assert len(proxy.writes()) == writes


def test_explain_says_what_is_asked_and_what_nothing_allows(connected):
    assert "pending interactions" in connected.run("explain", "risk", "number-repointed").out
    assert "Nothing allows it" in connected.run("explain", "risk", "operator-deleted").out


def test_every_output_for_people_says_how_many_users_are_paid_for(connected):
    connected.write("a.yaml", "users: {u@example.com: {name: U}, v@example.com: {name: V}}\n")
    said = "2 users to add: each user needs a paid license"
    for form in ("text", "markdown", "html"):
        assert said in connected.run("plan", "--format", form).out
    policy = "risk: [{rule: user-added, reason: a flat rate, expires: '2999-12-31'}]\n"
    connected.write("sdx.yaml", "sdx: 1\napi: {host: x.example}\n" + policy)
    assert said not in connected.run("plan").out


def test_a_plan_that_became_riskier_since_it_was_reviewed_is_not_applied(connected, tenant):
    connected.write("a.yaml", FILES)
    assert connected.apply().code == 0
    connected.write("a.yaml", RETYPED)
    saved = str(connected.folder / "plan.json")
    assert connected.run("plan", "--out", saved).code == 0
    (question,) = [row["id"] for row in tenant.store.rows("questions") if row["question_label"] == "Q"]
    tenant.store.put_record("responses", {"interaction_id": 1, "question_id": question, "response": "one"})
    refused = connected.run("apply", saved)
    assert refused.code == 6
    assert (
        "question.a.q was low in the reviewed plan and is critical in the current plan: 1 response collected"
        in refused.err
    )
    assert "--allow question.a.q" in refused.err
    assert {row["question_type"] for row in tenant.store.rows("questions")} == {"number", "text"}
    assert connected.run("apply", saved, "--allow", "question.a.q").code == 0


def test_level_given_with_a_saved_plan_applies(answered):
    answered.write("a.yaml", RETYPED)
    saved = str(answered.folder / "plan.json")
    assert answered.run("plan", "--out", saved).code == 6
    assert answered.run("apply", saved, "--auto-approve").code == 6
    assert answered.run("apply", saved).code == 6
    assert answered.run("apply", saved, "--allow", "question.a.q").code == 0


def test_drift_asks_nothing_about_risk(project, proxy):
    project.connect(proxy.url)
    project.write("a.yaml", FILES)
    project.apply()
    project.write("a.yaml", RETYPED)
    proxy.seen.clear()
    assert project.run("drift").code == 0
    assert not [path for _, path in proxy.seen if "responses" in path]
