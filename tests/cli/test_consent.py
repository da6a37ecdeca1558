"""Deletes beyond the limits and critical changes need consent, whichever command makes them."""

from __future__ import annotations

import io
import json
import sys

import pytest

from sdx_state.plan.codec import digest_of

QUESTION = "{question_label: Q, question_text: Why?, question_type: text}"
FILES = (
    f"surveys:\n  a: {{name: A, questions: [{QUESTION}]}}\n  b: {{name: B}}\nusers: {{u@example.com: {{name: U}}}}\n"
)
RETYPED = FILES.replace("question_type: text", "question_type: number")


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def answered(connected, tenant, apply_once):
    """Two surveys are live, one of them with a question that has a response."""
    connected.write("a.yaml", FILES)
    apply_once()
    tenant.store.put_record("responses", {"interaction_id": 1, "question_id": 1, "response": "Because"})
    return connected


@pytest.fixture
def types(monkeypatch):
    return lambda text: monkeypatch.setattr(sys, "stdin", Terminal(text + "\n"))


def counted(tenant):
    return [len(tenant.store.rows(table)) for table in ("surveys", "questions", "users")]


def resealed(document):
    """Return a saved plan with a digest that fits its content."""
    rest = {key: value for key, value in document.items() if key not in ("digest", "signature")}
    return {**rest, "digest": digest_of(rest)}


def question_types(tenant):
    return [row["question_type"] for row in tenant.store.rows("questions")]


def test_destroy_needs_the_exact_count_and_each_critical_address(answered, tenant):
    refused = answered.run("destroy", "--auto-approve")
    assert refused.code == 6
    assert "--allow-deletes 4" in refused.err
    assert "To allow it: --allow question.a.q" in refused.err
    for options in (
        ("--allow-deletes", "4"),
        ("--allow", "*"),
        ("--allow", "*", "--allow-deletes", "3"),
        ("--allow", "survey.*", "--allow-deletes", "4"),
    ):
        assert answered.run("destroy", "--auto-approve", *options).code == 6
    assert counted(tenant) == [2, 1, 1]
    allowed = answered.run("destroy", "--auto-approve", "--allow-deletes", "4", "--allow", "*.a*")
    assert "DELETE /questions/1" in allowed.err  # asked for now; whether it is done is the tenant's word


def test_destroy_keeps_freezes_and_protect_with_any_consent(answered, tenant, types):
    freeze = "freeze: [{from: 2000-01-01, to: 2999-01-01, reason: a campaign}]\n"
    answered.write("sdx.yaml", "sdx: 1\napi: {host: x.example}\n" + freeze)
    consent = ("--auto-approve", "--allow-deletes", "4", "--allow", "*")
    assert "freeze: the freeze allows no writes" in answered.run("destroy", *consent).err
    answered.write("sdx.yaml", "sdx: 1\napi: {host: x.example}\n")
    answered.write("a.yaml", FILES.replace("name: B", "name: B, protect: true"))
    assert "survey.b is protected" in answered.run("destroy", *consent).err
    types("127.0.0.1")
    assert "survey.b is protected" in answered.run("destroy").err
    assert counted(tenant) == [2, 1, 1]


@pytest.mark.parametrize("typed", ["yes", "", "demo.example.com", "127.0.0.2"])
def test_destroy_at_a_terminal_takes_no_word_but_the_name_of_the_tenant(answered, tenant, types, typed):
    types(typed)
    ended = answered.run("destroy")
    assert ended.code == 6
    assert "Type the name of the tenant to approve: 127.0.0.1" in ended.err
    assert counted(tenant) == [2, 1, 1]


@pytest.mark.parametrize("typed", ["127.0.0.1", "00000000-0000-4000-8000-000000000000"])
def test_destroy_at_a_terminal_takes_the_name_of_the_tenant_for_consent(connected, tenant, types, typed):
    connected.write("a.yaml", FILES)
    assert connected.apply().code == 0
    types(typed)
    ended = connected.run("destroy")
    assert ended.code == 0, ended.err
    assert counted(tenant) == [0, 0, 0]


def test_destroy_within_the_limits_needs_no_count(connected, tenant):
    connected.write("a.yaml", FILES)
    assert connected.apply().code == 0
    connected.write("sdx.yaml", "sdx: 1\napi: {host: x.example}\nlimits: {deletes: 4, deletes_percent: 100}\n")
    assert connected.run("destroy", "--auto-approve").code == 0
    assert counted(tenant) == [0, 0, 0]


def test_undo_keeps_the_limit_on_deletes(connected, tenant, types):
    connected.write("a.yaml", FILES)
    assert connected.apply().code == 0
    run = connected.run("history").out.split()[0]
    refused = connected.run("undo", run, "--auto-approve")
    assert refused.code == 6
    assert "--allow-deletes 4" in refused.err
    types("yes")
    assert connected.run("undo", run).code == 6
    assert counted(tenant) == [2, 1, 1]
    assert connected.run("undo", run, "--auto-approve", "--allow-deletes", "4").code == 0
    assert counted(tenant) == [0, 0, 0]


def test_a_saved_plan_with_a_critical_change_needs_its_address_at_plan_or_at_apply(answered, tenant, types):
    answered.write("a.yaml", RETYPED)
    saved = str(answered.folder / "plan.json")
    planned = answered.run("plan", "--out", saved)
    assert planned.code == 6
    assert "apply would stop here: risk" in planned.err
    assert "To allow it: --allow question.a.q" in planned.err
    refused = answered.run("apply", saved)
    assert refused.code == 6
    assert "question.a.q is critical: 1 response collected" in refused.err
    assert question_types(tenant) == ["text"]
    planned = answered.run("plan", "--out", saved, "--allow", "question.a.q")
    assert planned.code == 0, planned.err
    applied = answered.run("apply", saved)
    assert applied.code == 0, applied.err
    assert question_types(tenant) == ["number"]


@pytest.mark.parametrize("typed", ["yes", "127.0.0.1", "question.a", ""])
def test_at_a_terminal_nothing_but_its_address_consents_to_a_critical_change(answered, tenant, types, typed):
    answered.write("a.yaml", RETYPED)
    types(typed)
    assert answered.run("apply").code == 6
    assert question_types(tenant) == ["text"]
    types("question.a.q")
    assert answered.run("apply").code == 0
    assert question_types(tenant) == ["number"]


def test_a_saved_plan_is_not_talked_into_more_than_was_consented_to(answered, tenant, types):
    answered.write("a.yaml", RETYPED)
    saved = str(answered.folder / "plan.json")
    assert answered.run("plan", "--out", saved).code == 6
    for typed in ("yes", "127.0.0.1", "question.a.q"):
        types(typed)
        assert answered.run("apply", saved).code == 6
    assert question_types(tenant) == ["text"]


def test_consent_and_risk_forged_in_a_plan_file_count_for_nothing(answered, tenant):
    answered.write("a.yaml", RETYPED.replace("  b: {name: B}\n", ""))
    path = answered.folder / "plan.json"
    assert answered.run("plan", "--out", str(path)).code == 6
    document = json.loads(path.read_text())
    document.update(allowed=["*"], allowed_deletes=1)
    for change in document["resource_changes"]:
        change["risks"] = [{**risk, "level": "critical"} for risk in change["risks"]]
    path.write_text(json.dumps(resealed(document)))
    refused = answered.run("apply", str(path))
    assert refused.code == 6
    assert "The consent in this plan file does not count" in refused.err
    assert "question.a.q is critical" in refused.err
    assert "the plan deletes 1 of 4" in refused.err
    assert counted(tenant) == [2, 1, 1]


def test_a_plan_from_another_machine_brings_its_consent_with_its_hash(answered, tenant):
    answered.write("a.yaml", RETYPED)
    path = answered.folder / "plan.json"
    assert answered.run("plan", "--out", str(path), "--allow", "question.a.q").code == 0
    (answered.folder / ".sdx" / "state.plans").unlink()
    assert answered.run("apply", str(path)).code == 6
    applied = answered.run("apply", str(path), "--expect", json.loads(path.read_text())["digest"])
    assert applied.code == 0, applied.err
    assert question_types(tenant) == ["number"]
