"""A team says what it takes for risky, and when nothing may be written."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest

HEAD = "sdx: 1\napi: {host: x.example}\n"
FILES = "surveys: {a: {name: A, sms_number: '+61488888888'}}\nusers: {u@example.com: {name: U, agent_id: u}}\n"
CHANGED = FILES.replace("+61488888888", "+61488888889").replace("agent_id: u", "agent_id: v")


@pytest.fixture
def changed(connected, apply_once):
    connected.write("a.yaml", FILES)
    apply_once()
    connected.write("a.yaml", CHANGED)
    return connected


def levels(project):
    document = json.loads(project.run("plan", "--format", "json").out)
    return {risk["rule"]: risk["level"] for change in document["resource_changes"] for risk in change["risks"]}


def test_rules_are_raised_lowered_and_waived_by_glob(changed):
    assert levels(changed) == {"number-repointed": "high", "agent-changed": "medium"}
    changed.write(
        "sdx.yaml",
        HEAD + "risk:\n"
        "  - {rule: number-*, address: survey.*, level: critical, reason: a campaign runs, expires: 2999-01-31}\n"
        "  - {rule: agent-changed, reason: we never report by agent, expires: 2999-01-31}\n",
    )
    assert levels(changed) == {"number-repointed": "critical"}
    assert "by policy: a campaign runs" in changed.run("plan").out
    assert changed.apply().code == 6


def test_expired_policy_no_longer_applies_and_is_named(changed):
    changed.write("sdx.yaml", HEAD + "risk: [{rule: '*', reason: once, expires: 2020-01-31}]\n")
    assert levels(changed) == {"number-repointed": "high", "agent-changed": "medium"}
    assert "sdx.yaml:3:8: warning[expired-policy]: the policy on * expired on 2020-01-31" in changed.run("plan").out


def test_a_policy_on_no_rule_is_named_with_its_place(changed):
    changed.write("sdx.yaml", HEAD + "risk: [{rule: agnt-changed, reason: a slip, expires: 2999-01-31}]\n")
    said = changed.run("plan").out
    assert "sdx.yaml:3:8: warning[unknown-rule]: the policy on agnt-changed matches no risk rule" in said
    assert "did you mean agent-changed?" in said


def freeze(begins, ends, **more):
    entry = {"from": f"{begins:%Y-%m-%dT%H:%M}", "to": f"{ends:%Y-%m-%dT%H:%M}", "reason": "year end", **more}
    return HEAD + f"freeze: [{json.dumps(entry)}]\n"


def test_nothing_is_written_in_a_freeze_and_plan_says_so(changed, tenant):
    now = datetime.now(timezone.utc)
    changed.write("sdx.yaml", freeze(now - timedelta(hours=1), now + timedelta(hours=1)))
    planned = changed.run("plan")
    assert planned.code == 6
    assert "sdx.yaml:3:10: error[freeze]: the freeze allows no writes until" in planned.out
    assert "year end" in planned.out
    refused = changed.apply()
    assert refused.code == 6
    assert "freeze: the freeze allows no writes until" in refused.err
    assert "year end (sdx.yaml:3)" in refused.err
    assert tenant.store.rows("users")[0]["agent_id"] == "u"


@pytest.mark.parametrize(("begins", "ends"), [(1, 2), (-2, -1)])
def test_before_and_after_a_freeze_everything_is(changed, begins, ends):
    now = datetime.now(timezone.utc)
    changed.write("sdx.yaml", freeze(now + timedelta(hours=begins), now + timedelta(hours=ends)))
    assert changed.apply().code == 0


def test_freeze_uses_its_time_zone_and_can_apply_to_one_environment(changed):
    from zoneinfo import ZoneInfo

    there = datetime.now(ZoneInfo("Pacific/Auckland"))
    text = freeze(there - timedelta(hours=1), there + timedelta(hours=1), timezone="Pacific/Auckland")
    changed.write("sdx.yaml", text.replace("freeze:", "environments: {live: {freeze:").rstrip() + "}}\n")
    assert changed.run("--env", "live", "apply", "--auto-approve").code == 6
    assert changed.apply().code == 0


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("freeze: [{from: 2026-12-20, to: 2026-12-19, reason: x}]\n", "sdx.yaml:3:33", "before it begins"),
        ("freeze: [{from: 2026-13-20, to: 2027-01-19, reason: x}]\n", "sdx.yaml:3:17", "no such moment"),
        ("freeze: [{from: 2026-12-20, to: 2027-01-19}]\n", "sdx.yaml:3:10", "reason"),
        ("freeze: [{from: soon, to: 2027-01-19, reason: x}]\n", "sdx.yaml:3:17", "2026-12-20"),
        (
            "freeze: [{from: 2026-12-20, to: 2027-01-19, timezone: Mars/Base, reason: x}]\n",
            "sdx.yaml:3:",
            "time zone",
        ),
        ("risk: [{rule: x, reason: y, expires: 2026-02-30}]\n", "sdx.yaml:3:38", "no such day"),
        ("risk: [{rule: x, reason: y, expires: 2026-02-03, level: huge}]\n", "sdx.yaml:3:", "level"),
    ],
)
def test_times_that_cannot_be_are_refused_with_their_place(project, text, place, words):
    project.write("sdx.yaml", HEAD + text)
    ended = project.run("validate")
    assert ended.code == 1
    assert place in ended.err
    assert words in ended.err
