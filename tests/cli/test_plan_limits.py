"""Too many deletes and deletes of protected resources stop: all outputs of `plan` report it, `apply` checks it."""

from __future__ import annotations

import json

import pytest

SURVEYS = {key: f"  {key}: {{name: {key.upper()}}}\n" for key in "abcde"}
ALL = "surveys:\n" + "".join(SURVEYS.values())
ONE_LEFT = "surveys:\n" + SURVEYS["a"]


@pytest.fixture
def shrinking(connected, apply_once):
    """A project with five managed live surveys, four of which are no longer declared."""
    connected.write("a.yaml", ALL)
    apply_once()
    connected.write("a.yaml", ONE_LEFT)
    return connected


def names(tenant):
    return sorted(row["name"] for row in tenant.store.rows("surveys"))


def test_a_plan_that_apply_would_refuse_ends_with_6_and_is_whole_in_every_output(shrinking):
    forms = {"json": "p.json", "markdown": "p.md", "html": "p.html", "junit": "p.xml", "sarif": "p.sarif"}
    arguments = [f"--format={form}={shrinking.folder / file}" for form, file in forms.items()]
    planned = shrinking.run("plan", "--detailed-exitcode", *arguments)
    assert planned.code == 6
    assert "apply would stop here: deletes\nTo allow it: --allow-deletes 4" in planned.err
    assert "error[deletes]: the plan deletes 4 of 5 managed resources" in planned.out
    assert planned.last == "Plan: 0 to add, 0 to change, 4 to destroy. Apply stops: over the limit of 3 deletes."
    for file in forms.values():
        text = (shrinking.folder / file).read_text()
        assert "the plan deletes 4 of 5" in text
        assert "deletes" in text.replace("the plan deletes", "")
    document = json.loads((shrinking.folder / "p.json").read_text())
    assert (document["applyable"], document["errored"], len(document["resource_changes"])) == (False, False, 4)
    assert [one["code"] for one in document["diagnostics"] if one["severity"] == "error"] == ["deletes"]
    assert "deletes" in shrinking.run("plan", "--format", "github").out.splitlines()[0]


def test_the_exact_count_lets_it_through_at_plan_and_at_apply(shrinking, tenant):
    assert shrinking.run("plan", "--allow-deletes", "3").code == 6
    assert shrinking.run("plan", "--allow-deletes", "4").code == 0
    assert shrinking.apply("--allow-deletes", "3").code == 6
    assert names(tenant) == ["A", "B", "C", "D", "E"]
    assert shrinking.apply("--allow-deletes", "4").code == 0
    assert names(tenant) == ["A"]


def test_consent_is_saved_with_the_plan_and_lost_without(shrinking, tenant):
    saved = str(shrinking.folder / "plan.json")
    assert shrinking.run("plan", "--out", saved).code == 6
    assert shrinking.run("apply", saved).code == 6
    assert shrinking.run("plan", "--out", saved, "--allow-deletes", "4").code == 0
    (gone,) = [row["id"] for row in tenant.store.rows("surveys") if row["name"] == "E"]
    tenant.store.delete_row("surveys", str(gone))  # a person was faster with one of them
    assert shrinking.run("apply", saved).code == 0
    assert names(tenant) == ["A"]


def test_limits_in_the_project_are_a_consent_that_a_reviewer_sees(shrinking):
    shrinking.write("sdx.yaml", "sdx: 1\napi: {host: x.example}\nlimits: {deletes: 4, deletes_percent: 80}\n")
    assert shrinking.run("plan").code == 0


def test_protect_in_yaml_stops_destroy_before_it_was_applied(connected, tenant):
    connected.write("a.yaml", "surveys: {a: {name: A}, b: {name: B}}\n")
    assert connected.apply().code == 0
    connected.write("a.yaml", "surveys: {a: {name: A}, b: {name: B, protect: true}}\n")
    refused = connected.run("destroy", "--auto-approve")
    assert refused.code == 6
    assert "protect: survey.b is protected" in refused.err
    assert "sdx-state state rm survey.b" in refused.err
    assert names(tenant) == ["A", "B"]


def test_protect_in_yaml_stops_undo_under_the_old_address_too(connected, tenant):
    connected.write("a.yaml", "surveys: {a: {name: A}}\n")
    assert connected.apply().code == 0
    (run,) = [line.split()[0] for line in connected.run("history").out.splitlines() if " apply" in line]
    connected.write("a.yaml", "surveys: {b: {name: A, protect: true}}\nmoved: [{from: survey.a, to: survey.b}]\n")
    refused = connected.run("undo", run, "--auto-approve")
    assert refused.code == 6
    assert "protect: survey.a is protected" in refused.err
    assert names(tenant) == ["A"]


def test_protect_outlives_its_block_also_where_nothing_else_was_applied(connected, tenant):
    connected.write("a.yaml", ALL)
    assert connected.apply().code == 0
    connected.write("a.yaml", ALL.replace("name: E", "name: E, protect: true"))
    assert connected.apply().code == 0
    connected.write("a.yaml", ALL.replace(SURVEYS["e"], ""))
    for command in (["plan"], ["apply", "--auto-approve", "--allow", "*", "--allow-deletes", "1"]):
        ended = connected.run(*command)
        assert ended.code == 6
        assert "protect" in ended.err
        assert "declare it again" in ended.err
    assert names(tenant) == ["A", "B", "C", "D", "E"]


def test_hand_off_contains_no_delete_that_apply_would_refuse(shrinking):
    shrinking.write("sdx.yaml", "sdx: 1\napi: {host: x.example, capabilities: documented}\n")
    refused = shrinking.run("handoff")
    assert refused.code == 6
    assert "deletes: the plan deletes 4 of 5" in refused.err
    assert not (shrinking.folder / "handoff").exists()
    assert shrinking.run("handoff", "--allow-deletes", "4").code == 8


def test_an_empty_configuration_is_refused_whatever_is_consented(shrinking, tenant):
    shrinking.write("a.yaml", "# everything is commented out\n")
    for command in (["plan", "--allow-deletes", "5"], ["apply", "--auto-approve", "--allow-deletes", "5"]):
        refused = shrinking.run(*command)
        assert refused.code == 6
        assert "empty" in refused.err
        assert "sdx-state destroy" in refused.err
    assert names(tenant) == ["A", "B", "C", "D", "E"]


def test_a_configuration_that_cannot_be_read_whole_plans_nothing(shrinking):
    shrinking.write("b.yaml", "surveys: {b: {name: B}\n")
    ended = shrinking.run("plan")
    assert (ended.code, ended.out) == (1, "")
    assert "b.yaml:" in ended.err


@pytest.mark.parametrize("count", [2, 3, 5])
def test_tenant_without_any_managed_resource_is_taken_for_the_wrong_one(connected, tenant, count):
    connected.write("a.yaml", "surveys:\n" + "".join(list(SURVEYS.values())[:count]))
    assert connected.apply().code == 0
    for row in tenant.store.rows("surveys"):
        tenant.store.delete_row("surveys", str(row["id"]))
    for command in (["plan"], ["apply", "--auto-approve"], ["drift"]):
        refused = connected.run(*command)
        assert refused.code == 6
        assert f"absence: {count} of {count} managed surveys are missing in this tenant" in refused.err
        assert "sdx-state state rm 'survey.*'" in refused.err
        assert "rebuild" not in refused.err
    assert names(tenant) == []
    assert connected.run("state", "rm", "survey.*").code == 0
    assert connected.apply().code == 0
    assert len(names(tenant)) == count


def test_moves_are_counted_in_the_last_line(connected):
    connected.write("a.yaml", "surveys: {a: {name: A}}\n")
    assert connected.apply().code == 0
    connected.write("a.yaml", "surveys: {b: {name: A}}\nmoved: [{from: survey.a, to: survey.b}]\n")
    assert connected.run("plan").last == "Plan: 0 to add, 0 to change, 0 to destroy, 1 moved."
    assert json.loads(connected.run("plan", "--format", "json").out)["summary"]["moved"] == 1


def test_a_share_over_the_limit_is_in_the_last_line(connected):
    connected.write("a.yaml", "surveys: {a: {name: A}, b: {name: B}}\n")
    assert connected.apply().code == 0
    connected.write("a.yaml", "surveys: {a: {name: A}}\n")
    last = connected.run("plan").last
    assert last == "Plan: 0 to add, 0 to change, 1 to destroy. Apply stops: over the limit of 10 % of deletes."
