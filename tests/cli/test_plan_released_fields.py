"""A field that was managed and is not declared any more keeps its value, and the plan says so once."""

from __future__ import annotations

import json
import re

import pytest

BEFORE = "surveys: {a: {name: A, greeting_text: {default: Hello, fr-default: Bonjour}, description: D}}\n"
WITHOUT = {
    "greeting_text.fr-default": "surveys: {a: {name: A, greeting_text: {default: Hello}, description: D}}\n",
    "description": "surveys: {a: {name: A, greeting_text: {default: Hello, fr-default: Bonjour}}}\n",
}
SAID = 'survey.a: {path} is no longer managed and keeps its value; to clear it, declare it as ""'
FORMS = {"text": "txt", "json": "json", "markdown": "md", "html": "html", "junit": "xml", "sarif": "sarif"}


@pytest.fixture
def applied(project, nested_tenant, apply_once):
    project.connect(nested_tenant.url)
    project.write("a.yaml", BEFORE)
    apply_once()
    return project


@pytest.mark.parametrize("path", WITHOUT)
def test_released_field_is_named_once_and_is_not_a_change(applied, path):
    applied.write("a.yaml", WITHOUT[path])
    for _ in range(2):
        planned = applied.run("plan", "--detailed-exitcode")
        assert planned.code == 0
        assert f"info[field-released]: {SAID.format(path=path)}" in planned.out
        assert "a.yaml:1:" in planned.out
        assert planned.last == "No changes. The tenant matches the configuration."
    assert applied.apply().code == 0
    assert "no longer managed" not in applied.run("plan").out


def test_a_released_field_is_in_every_format(applied):
    applied.write("a.yaml", WITHOUT["description"])
    forms = [f"--format={form}={applied.folder / 'p'}.{end}" for form, end in FORMS.items()]
    assert applied.run("plan", "--detailed-exitcode", *forms).code == 0
    for end in FORMS.values():
        assert "description is no longer managed and keeps its value" in (applied.folder / f"p.{end}").read_text()
    found = json.loads((applied.folder / "p.json").read_text())["diagnostics"]
    (diagnostic,) = [one for one in found if one["code"] == "field-released"]
    assert (diagnostic["severity"], diagnostic["address"]) == ("info", "survey.a")
    results = json.loads((applied.folder / "p.sarif").read_text())["runs"][0]["results"]
    assert [one["level"] for one in results if one["ruleId"] == "field-released"] == ["note"]
    annotated = applied.run("plan", "--format", "github").out
    assert re.search("^::notice file=a.yaml,line=1,col=[0-9]+,title=field-released::", annotated, re.MULTILINE)


def test_a_saved_plan_keeps_the_information(applied):
    applied.write("a.yaml", WITHOUT["description"].replace("name: A", "name: B"))
    saved = str(applied.folder / "plan.json")
    assert applied.run("plan", "--out", saved).code == 0
    assert "description is no longer managed" in applied.run("show", saved).out
    assert applied.run("apply", saved).code == 0
    assert "no longer managed" not in applied.run("plan").out


@pytest.mark.parametrize(
    "same",
    [
        BEFORE.replace(
            "greeting_text: {default: Hello, fr-default: Bonjour}",
            "greeting_text: {fr-default: Bonjour, default: Hello}",
        ),
        BEFORE.replace("name: A,", "name: A, ignore: [description],"),
    ],
)
def test_declared_or_ignored_resources_are_not_named(applied, same):
    applied.write("a.yaml", same)
    assert "no longer managed" not in applied.run("plan").out


def test_a_text_that_becomes_a_map_of_languages_is_not_released(applied):
    applied.write("a.yaml", "surveys: {a: {name: A, closing_text: Bye}}\n")
    assert applied.apply().code == 0
    applied.write("a.yaml", "surveys: {a: {name: A, closing_text: {default: Bye}}}\n")
    assert "no longer managed" not in applied.run("plan").out
    applied.write("a.yaml", "surveys: {a: {name: A, closing_text: {de-default: Ade}}}\n")
    assert "closing_text is no longer managed" in applied.run("plan").out


def test_a_field_that_the_tenant_has_emptied_is_not_named(applied, nested_tenant):
    (row,) = nested_tenant.store.rows("surveys")
    nested_tenant.store.put_row("surveys", {**row, "description": ""})
    applied.write("a.yaml", WITHOUT["description"])
    assert "no longer managed" not in applied.run("plan").out


@pytest.mark.parametrize("shape", ["tenant", "nested_tenant"])
def test_null_is_explained_at_its_place_and_clears_nothing(project, request, shape):
    server = request.getfixturevalue(shape)
    project.connect(server.url)
    project.write("a.yaml", "surveys:\n  a:\n    name: A\n    greeting_text: Hello\n    closing_text: Bye\n")
    assert project.apply().code == 0
    project.write("a.yaml", "surveys:\n  a:\n    name: A\n    greeting_text: Hello\n    closing_text:\n")
    planned = project.run("plan", "--detailed-exitcode")
    assert planned.code == 0
    null = "survey.a: closing_text is null, so it is not managed and keeps its value; to clear it, declare"
    assert null in planned.out
    assert "a.yaml:5:" in planned.out
    assert "default language" not in planned.out + planned.err
    assert planned.out.count("closing_text") == 1
    assert project.apply().code == 0
    assert "closing_text is null" in project.run("plan").out


def test_clearing_by_an_empty_text_is_shown_as_a_loss(applied):
    applied.write("a.yaml", BEFORE.replace("fr-default: Bonjour", 'fr-default: ""'))
    planned = applied.run("plan")
    assert 'greeting_text.fr-default: "Bonjour" -> (none)' in planned.out
    assert "medium[text-cleared]: respondents will no longer see or hear this text" in planned.out
    assert applied.apply().code == 0
    assert applied.run("plan").last == "No changes. The tenant matches the configuration."


def test_a_field_declared_to_be_empty_is_not_missed_in_other_languages(applied):
    applied.write("a.yaml", BEFORE.replace("description: D", 'closing_text: ""'))
    assert "has no text in" not in applied.run("plan").out
