"""A plan on a stored tenant says what was counted in it and when, and no more than that."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest

FILES = """
surveys:
  a:
    name: A
    sms_number: "+61488000001"
    questions:
      - {question_label: P, question_text: First?, question_type: number, max_response: 10}
      - {question_label: Q, question_text: Second?, question_type: text}
  b: {name: B, questions: [{question_label: R, question_text: Third?, question_type: text}]}
"""
RETYPED = FILES.replace("question_type: text", "question_type: nps").replace("type: number", "type: csat")


@pytest.fixture
def stored(connected, tenant, tmp_path, apply_once):
    """A stored tenant: of three questions one has two responses, and one survey has a pending interaction."""
    connected.write("a.yaml", FILES)
    apply_once()
    (question,) = [row for row in tenant.store.rows("questions") if row["question_label"] == "Q"]
    (survey,) = [row for row in tenant.store.rows("surveys") if row["name"] == "A"]
    interaction = tenant.store.put_record(
        "interactions", {"survey_id": survey["id"], "status": "Pending", "uuid": "u", "survey_ended": 0}
    )
    for text in ("one", "two"):
        record = {"interaction_id": interaction["id"], "question_id": question["id"], "response": text}
        tenant.store.put_record("responses", record)
    connected.path = tmp_path / "tenant.json"
    pulled = connected.run("pull", "--snapshot", str(connected.path))
    assert pulled.code == 0, pulled.err
    connected.write("a.yaml", RETYPED)
    return connected


def rewrite(path, **members):
    document = json.loads(path.read_text())
    for name, value in members.items():
        if value is None:
            document.pop(name)
        else:
            document[name] = value
    path.write_text(json.dumps(document))


def plan(project, form):
    return project.run("plan", "--sandbox", "--snapshot", str(project.path), "--format", form)


def graded(project, *options):
    ended = project.run("plan", "--format", "json", *options)
    document = json.loads(ended.out)
    return {
        change["address"]: {risk["rule"]: (risk["level"], risk["message"]) for risk in change["risks"]}
        for change in document["resource_changes"]
    }


def rehearsed(project):
    return graded(project, "--sandbox", "--snapshot", str(project.path))


def test_a_stored_plan_is_graded_as_the_live_one(stored):
    levels = [
        {(address, rule): level for address, risks in found.items() for rule, (level, _) in risks.items()}
        for found in (graded(stored), rehearsed(stored))
    ]
    assert levels[0] == levels[1]
    assert levels[0]["question.a.q", "type-changed"] == "critical"
    assert levels[0]["question.a.p", "type-changed"] == "low"
    assert levels[0]["question.b.r", "type-changed"] == "low"


def test_counts_have_the_time_at_which_they_were_true(stored):
    taken = datetime.fromisoformat(json.loads(stored.path.read_text())["taken"])
    when = f"{taken:%Y-%m-%d %H:%M} UTC"
    found = rehearsed(stored)
    assert found["question.a.q"]["type-changed"][1].startswith(f"2 responses collected by {when}: ")
    assert found["question.a.p"]["type-changed"][1].startswith(f"no responses had been collected by {when}; ")


def test_pending_interactions_are_stored_too(stored):
    stored.write("a.yaml", FILES.replace("0001", "0002"))
    level, message = rehearsed(stored)["survey.a"]["number-repointed"]
    assert level == "critical"
    assert message.startswith("1 interaction pending by ")


def test_a_tenant_stored_without_counts_is_graded_as_if_there_were_some(stored):
    rewrite(stored.path, counts=None, taken=None, tenant=None)  # as earlier versions stored it
    for address in ("question.a.q", "question.a.p", "question.b.r"):
        level, message = rehearsed(stored)[address]["type-changed"]
        assert level == "critical"
        assert "the number of responses is unknown" in message
        assert "no response" not in message
    assert "a tenant that it does not name, taken at a time that it does not say" in plan(stored, "text").out


def test_a_zero_of_more_than_a_week_ago_is_not_believed(stored):
    for days, level in ((6, "low"), (8, "critical")):
        then = datetime.now(timezone.utc) - timedelta(days=days)
        rewrite(stored.path, taken=then.isoformat(timespec="seconds"))
        found = rehearsed(stored)
        assert found["question.a.p"]["type-changed"][0] == level
        assert found["question.a.q"]["type-changed"][0] == "critical"
    assert "the number of responses is unknown" in found["question.a.p"]["type-changed"][1]
    assert found["question.a.q"]["type-changed"][1].startswith("2 responses collected by ")


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_every_form_says_of_which_tenant_the_snapshot_is_and_how_old(stored, tenant, form):
    then = datetime.now(timezone.utc) - timedelta(days=3, minutes=1)
    rewrite(stored.path, taken=then.isoformat(timespec="seconds"))
    text = plan(stored, form).out
    origin = tenant.url.removesuffix("/api")
    named = f"{origin}#00000000-0000-4000-8000-000000000000"
    assert f"Planned against a snapshot of {f'`{named}`' if form == 'markdown' else named}, taken " in text
    assert f"{then:%Y-%m-%d %H:%M} UTC (3 days before this plan). The live tenant was not read." in text
    if form == "html":
        assert "would make in the tenant" not in text


def test_json_says_it_in_members_and_is_read_again(stored, tenant):
    from sdx_state.plan.codec import from_document, to_document

    document = json.loads(plan(stored, "json").out)
    assert document["snapshot"]["tenant"].startswith(tenant.url.removesuffix("/api"))
    assert datetime.fromisoformat(document["snapshot"]["taken"]).tzinfo is not None
    assert document["snapshot"]["age_seconds"] >= 0
    assert to_document(from_document(document))["snapshot"] == document["snapshot"]
    assert json.loads(stored.run("plan", "--format", "json").out)["snapshot"] is None


def test_a_time_in_a_saved_plan_cannot_bring_markdown_into_the_comment():
    from sdx_state.model.plan import Plan, Stored
    from sdx_state.report.markdown import plan_markdown

    text = plan_markdown(Plan("t", "l", stored=Stored("x`](http://evil)", "@all <b>", 3)))
    assert "evil" not in text
    assert "@all" not in text
    assert "<b>" not in text


@pytest.mark.parametrize(
    "members",
    [
        {"counts": {"survey": {"1": {"responses": -1}}}},
        {"counts": {"question": {"x": {"responses": 1}}}},
        {"counts": [1]},
        {"taken": "yesterday"},
        {"taken": "2026-01-01T00:00:00"},
        {"tenant": 3},
    ],
)
def test_damaged_evidence_is_refused_with_its_place(stored, members):
    rewrite(stored.path, **members)
    ended = plan(stored, "text")
    assert ended.code == 1
    assert next(iter(members)) in ended.err
    assert "pull --snapshot" in ended.err


def test_counting_takes_two_requests_a_managed_survey_and_no_more_than_it_must(project, proxy, tmp_path):
    project.connect(proxy.url)
    project.write("a.yaml", FILES)
    assert project.apply().code == 0
    proxy.seen.clear()
    assert project.run("pull", "--snapshot", str(tmp_path / "t.json")).code == 0
    for collection in ("/responses", "/interactions"):
        asked = [path for _, path in proxy.seen if path.partition("?")[0].endswith(collection)]
        assert len(asked) == 2, asked


def test_a_survey_with_a_full_page_of_responses_is_counted_by_question(stored, tenant):
    questions = {row["question_label"]: row["id"] for row in tenant.store.rows("questions")}
    interaction = tenant.store.rows("interactions")[0]["id"]
    for _ in range(1005):
        record = {"interaction_id": interaction, "question_id": questions["Q"], "response": "x"}
        tenant.store.put_record("responses", record)
    tenant.store.put_record("responses", {**record, "question_id": questions["P"]})
    assert stored.run("pull", "--snapshot", str(stored.path)).code == 0
    found = rehearsed(stored)
    assert found["question.a.q"]["type-changed"][1].startswith("1000 or more responses collected by ")
    assert found["question.a.p"]["type-changed"][1].startswith("1 response collected by ")


def test_a_count_that_fails_is_stored_as_not_known(project, proxy, tmp_path):
    project.connect(proxy.url)
    project.write("a.yaml", FILES)
    assert project.apply().code == 0
    proxy.fail("GET", "/responses", 404, times=99)
    project.path = tmp_path / "t.json"
    assert project.run("pull", "--snapshot", str(project.path)).code == 0
    project.write("a.yaml", RETYPED)
    level, message = rehearsed(project)["question.a.p"]["type-changed"]
    assert level == "critical"
    assert "unknown" in message
