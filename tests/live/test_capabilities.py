"""Capabilities of a server: from its `Allow` header, corrected by a 405, or from the reference."""

from __future__ import annotations

import json

import pytest

FILES = """
surveys:
  a:
    name: A
    questions: [{question_label: Q, question_text: Why?, question_type: text}]
users: {u@example.com: {name: U}}
"""
PROJECT = "sdx: 1\napi: {{host: x.example, capabilities: {}}}\n"


@pytest.fixture
def asked(project, proxy):
    project.connect(proxy.url)
    project.write("a.yaml", FILES)
    return project


def ways(project):
    document = json.loads(project.run("plan", "--format", "json").out)
    return {change["address"]: change["via"] for change in document["resource_changes"]}


def options(proxy):
    return [path for method, path in proxy.seen if method == "OPTIONS"]


BY_API = {"survey.a": "api", "question.a.q": "api", "user.u@example.com": "api"}
BY_HAND = {"survey.a": "manual", "question.a.q": "manual", "user.u@example.com": "csv"}


def test_allow_header_decides_and_only_planned_writes_are_requested(asked, proxy):
    assert ways(asked) == BY_API
    assert sorted(options(proxy)) == ["/api/questions", "/api/surveys", "/api/users"]


@pytest.mark.parametrize("fault", ["no allow", 401, 404, 405, 500, "html", "drop before"])
@pytest.mark.usefixtures("waits")
def test_invalid_answer_falls_back_to_the_reference(asked, proxy, fault):
    proxy.fail("OPTIONS", "/", fault, times=99)
    assert ways(asked) == BY_HAND
    assert asked.run("plan").code == 0


def test_401_to_options_does_not_stop_the_run(asked, proxy):
    proxy.fail("OPTIONS", "/", 401, times=99)
    assert asked.apply().code == 8
    assert proxy.writes() == []


def test_setting_needs_no_request(asked, proxy):
    asked.write("sdx.yaml", PROJECT.format("documented"))
    assert ways(asked) == BY_HAND
    asked.write("sdx.yaml", PROJECT.format("writable"))
    assert ways(asked) == BY_API
    assert options(proxy) == []


def test_wrong_allow_header_leads_to_hand_off_after_405(asked, proxy, tenant):
    proxy.fail("POST", "/surveys", 405, times=99)
    assert ways(asked) == BY_API
    applied = asked.apply()
    assert applied.code == 8, applied.err
    assert "1 added" in applied.last  # the user
    assert "failed" not in applied.last
    assert "not started" not in applied.last
    steps = json.loads((asked.folder / "handoff" / "handoff.json").read_text())["steps"]
    assert [step["addresses"] for step in steps] == [["survey.a"], ["question.a.q"]]
    assert [path for method, path in proxy.writes() if path == "/api/surveys"] == ["/api/surveys"]


def test_capability_of_the_collection_does_not_cover_items(asked, proxy, tenant):
    asked.apply()
    proxy.fail("OPTIONS", "/surveys/", "no allow", times=9)
    asked.write(
        "a.yaml", FILES.replace("name: A\n", "name: A\n    description: New\n").replace("{name: U}", "{name: V}")
    )
    assert ways(asked) == {"survey.a": "manual", "user.u@example.com": "api"}


def test_unsupported_change_of_order_is_handed_off(asked, proxy):
    two = FILES.replace("[{", "[{question_label: P, question_type: text}, {")
    asked.write("a.yaml", two)
    asked.apply()
    asked.write("a.yaml", FILES.replace("text}]", "text}, {question_label: P, question_type: text}]"))
    proxy.fail("PUT", "/questions", 405, times=99)
    assert asked.apply().code == 8
    (step,) = json.loads((asked.folder / "handoff" / "handoff.json").read_text())["steps"]
    assert [field["path"] for field in step["fields"]] == ["order"]


def test_capabilities_shows_each_answer_and_where_it_came_from(asked, proxy, tenant):
    asked.apply()
    proxy.fail("OPTIONS", "/users/", "no allow", times=9)
    shown = asked.run("capabilities")
    assert shown.code == 0
    rows = {line.split("  ")[0]: line for line in shown.out.splitlines()}
    assert rows["survey"].count("yes, Allow header") == 3
    assert rows["user"].count("no, API reference") == 2
    assert "look-up only" in rows["phone number"]
    asked.write("sdx.yaml", PROJECT.format("documented"))
    assert asked.run("capabilities").out.count("no, capabilities: documented") == 9
