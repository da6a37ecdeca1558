"""`--format json` of the commands that look at the state and at the connection."""

from __future__ import annotations

import json

import pytest

CUSTOMER = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def applied(connected, apply_once):
    connected.write("a.yaml", "surveys:\n  a: {name: Straße, description: D, protect: true}\n  b: {name: B}\n")
    apply_once()
    return connected


def document(ended):
    assert ended.code == 0, ended.err
    assert ended.out.isascii()
    return json.loads(ended.out)


def test_the_list_of_the_state_has_ids(applied):
    listed = document(applied.run("state", "list", "--format", "json"))
    assert listed["serial"] > 0
    assert listed["tenant"].endswith(f"#{CUSTOMER}")
    assert [(one["address"], one["type"], one["protect"]) for one in listed["resources"]] == [
        ("survey.a", "survey", True),
        ("survey.b", "survey", False),
    ]
    assert listed["resources"][0]["applied"] == ["description", "name"]


def test_globs_narrow_the_list(applied):
    listed = document(applied.run("state", "list", "*.b", "--format", "json"))
    assert [one["address"] for one in listed["resources"]] == ["survey.b"]


def test_an_empty_state_is_an_empty_list(connected):
    assert document(connected.run("state", "list", "--format", "json"))["resources"] == []


def test_one_address_of_the_state(applied):
    shown = document(applied.run("state", "show", "survey.b", "--format", "json"))
    assert shown == {
        "address": "survey.b",
        "type": "survey",
        "id": shown["id"],
        "protect": False,
        "applied": ["name"],
    }
    assert f"id       {shown['id']}\n" in applied.run("state", "show", "survey.b").out


def test_an_unknown_address_prints_nothing_on_stdout(applied):
    ended = applied.run("state", "show", "survey.c", "--format", "json")
    assert (ended.code, ended.out) == (1, "")
    assert "the state knows no survey.c" in ended.err


def test_whoami(applied, tenant):
    told = document(applied.run("whoami", "--format", "json"))
    assert told["where"]["host"] == tenant.url.split("/")[2]
    assert told["where"]["customer"] == CUSTOMER
    assert told["where"]["overridden_host"] == "demo.surveydynamix.com"
    assert (told["pinned"], told["accepted"]) == (False, True)
    assert told["surveys"]["count"] == 2
    assert told["surveys"]["complete"] is True
    assert {one["name"] for one in told["surveys"]["first"]} == {"Straße", "B"}
    assert "sandbox" not in json.dumps({**told, "where": None})  # the auth token


def test_whoami_without_a_project(tmp_path, connected):
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    told = document(connected.run("whoami", "--format", "json", folder=folder))
    assert told["where"]["environment"] is None
    assert told["where"]["overridden_host"] is None


def test_whoami_of_a_token_does_not_guess_the_tenant(connected, monkeypatch):
    monkeypatch.delenv("SDX_CUSTOMER_UUID")
    monkeypatch.delenv("SDX_AUTH_TOKEN")
    monkeypatch.setenv("SDX_ACCESS_TOKEN", "sandbox")
    assert document(connected.run("whoami", "--format", "json"))["where"]["customer"] is None


def test_refused_credentials_print_nothing_on_stdout(connected, monkeypatch):
    monkeypatch.setenv("SDX_AUTH_TOKEN", "wrong")
    ended = connected.run("whoami", "--format", "json")
    assert (ended.code, ended.out) == (1, "")


def test_capabilities(applied):
    told = document(applied.run("capabilities", "--format", "json"))
    assert told["where"]["customer"] == CUSTOMER
    by_name = {(one["type"], one["action"]): one for one in told["writes"]}
    assert by_name["survey", "create"] == {
        "type": "survey", "action": "create", "allowed": True, "source": "Allow header",
    }  # fmt: skip
    assert {action for _, action in by_name} == {"create", "update", "delete"}
    assert document(applied.run("capabilities", "--sandbox", "--format", "json"))["where"]["host"] is None


def test_drift_and_check_have_it_too(applied):
    applied.write("c.yaml", "checks: {one: {survey: a, abandon: true}}\n")
    assert document(applied.run("drift", "--format", "json"))["drift"] == []
    ended = applied.run("check", "--yes", "--format", "json")
    assert json.loads(ended.out)[0]["check"] == "one"
