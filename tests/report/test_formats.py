"""One plan, every form: they agree with each other and with the exit code, and hostile text is harmless in each."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdx_state.model.address import Address
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.field_path import FieldPath
from sdx_state.model.plan import Action, Change, FieldChange, Plan, Risk
from sdx_state.model.resource import Source
from sdx_state.plan.conversation import Conversation, Line
from sdx_state.report.formats import FORMATS, Options
from sdx_state.report.markdown import MARKER, plan_markdown

WHERE = Source("a.yaml", 7, 3)
hostile = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("\x1b\u202e\u200b\n\r`<>&\"'|#*[]()!@:"),
    ),
    max_size=40,
)  # fmt: skip


def update(name, *values, risk="high"):
    fields = tuple(FieldChange(FieldPath(f"greeting_text.{n}"), "before", value) for n, value in enumerate(values))
    risks = (Risk("some-rule", risk, "look twice"),)
    return Change(
        Address("survey", name),
        "survey",
        Action.UPDATE,
        id="7",
        fields=fields,
        source=WHERE,
        via="api",
        risks=risks,
    )


def gone(name):
    return Change(
        Address("survey", name),
        "survey",
        Action.DELETE,
        id="7",
        via="api",
        risks=(Risk("r", "critical", "lost"),),
    )


def created(number):
    return Change(Address("user", f"u{number}@x.example"), "user", Action.CREATE, via="api", source=WHERE)


PLAN = Plan(
    "t",
    "l",
    (created(1), update("a", "x"), gone("old")),
    diagnostics=(Diagnostic("possible-rename", "warning", "odd", WHERE, help="do this"),),
)


def test_all_forms_count_the_same():
    assert json.loads(FORMATS["gitlab"](PLAN, ())) == {"create": 1, "update": 1, "delete": 1}
    assert json.loads(FORMATS["json"](PLAN, ()))["summary"]["destroy"] == 1
    assert "Plan: 1 to add, 1 to change, 1 to destroy." in FORMATS["markdown"](PLAN, ())
    suite = ElementTree.fromstring(FORMATS["junit"](PLAN, ()))  # noqa: S314 - our own
    assert (suite.get("tests"), suite.get("failures")) == ("5", "1")  # with one for the warning and one for the plan
    results = json.loads(FORMATS["sarif"](PLAN, ()))["runs"][0]["results"]
    assert [result["level"] for result in results] == ["warning", "warning", "error"]
    assert FORMATS["github"](PLAN, ()).splitlines() == [
        "::error title=r::survey.old: critical: lost",
        "::warning file=a.yaml,line=7,col=3,title=possible-rename::odd. do this",
        "::warning file=a.yaml,line=7,col=3,title=some-rule::survey.a: high: look twice",
    ]


def test_risk_has_the_place_of_the_field_that_causes_it():
    field = FieldChange(FieldPath("name"), "A", "B", source=Source("a.yaml", 9, 5))
    risk = Risk("some-rule", "critical", "look twice", Source("a.yaml", 9, 5))
    plan = Plan("t", "l", (replace(update("a"), fields=(field,), risks=(risk,)),))
    annotated = FORMATS["github"](plan, (), Options(folder="x/"))
    assert annotated.startswith("::error file=x/a.yaml,line=9,col=5,title=some-rule::")
    (result,) = json.loads(FORMATS["sarif"](plan, (), Options(folder="x/")))["runs"][0]["results"]
    (location,) = result["locations"]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == "x/a.yaml"
    assert location["physicalLocation"]["region"] == {"startLine": 9, "startColumn": 5}
    assert json.loads(FORMATS["json"](plan, ()))["resource_changes"][0]["risks"][0]["source"]["line"] == 9
    for name in ("markdown", "html", "junit"):
        assert "a.yaml:7" in FORMATS[name](plan, ()), name
        assert "line 9" in FORMATS[name](plan, ()), name


def test_every_result_of_sarif_has_a_place_and_a_rule_with_a_description():
    plan = replace(
        PLAN, changes=(*PLAN.changes, replace(gone("x"), risks=(Risk("survey-deleted", "critical", "9"),)))
    )
    (run,) = json.loads(FORMATS["sarif"](plan, ()))["runs"]
    assert all(result["locations"] for result in run["results"])
    rules = {rule["id"]: rule["shortDescription"]["text"] for rule in run["tool"]["driver"]["rules"]}
    assert rules["survey-deleted"] == "A survey would be deleted with its responses"
    assert {result["ruleId"] for result in run["results"]} == set(rules)


def test_junit_has_a_test_also_where_nothing_changes():
    suite = ElementTree.fromstring(FORMATS["junit"](Plan("t", "l"), ()))  # noqa: S314 - our own
    assert (suite.tag, suite.get("tests"), suite.get("failures")) == ("testsuites", "1", "0")
    assert "No changes." in suite.find(".//system-out").text


def test_markdown_begins_with_counts_deletes_and_risks_and_carries_its_marker():
    text = FORMATS["markdown"](PLAN, ())
    assert text.startswith(MARKER)
    head = text.partition("```")[0]
    assert "| **critical**: each must be allowed by its address | `r` | `survey.old` |" in head
    assert "- 1 to be deleted" in head


@pytest.mark.parametrize("budget", [1200, 5000, 65_536])
def test_markdown_keeps_to_its_budget_and_says_what_it_left_out(budget):
    changes = (*(created(number) for number in range(3000)), gone("old"), update("a", "ü" * 200))
    text = plan_markdown(Plan("t", "l", changes), budget=budget)
    assert len(text.encode()) <= budget
    assert "survey.old" in text
    assert re.search(r"\*\*\d+ more are omitted here", text)
    assert text.count("```") % 2 == 0


@given(hostile, hostile, hostile)
def test_markdown_has_everything_hostile_inside_fences(one, two, three):
    plan = Plan(
        "t",
        "l",
        (update(one, two, three), gone(three)),
        diagnostics=(Diagnostic("ambiguous-match", "error", one, WHERE, help=two),),
    )
    said = Conversation(
        Address("survey", one), two, three, (Line("q", "question", two),), (Line("q", "question", one),)
    )
    lines = plan_markdown(plan, [said]).splitlines()
    fence = next(line for line in lines if re.fullmatch(r"`{3,}diff", line)).removesuffix("diff")
    outside, within = [], False
    for line in lines:
        if line in ((fence,) if within else (fence, f"{fence}diff")):
            within = not within
        elif not within:
            outside.append(line)
    assert not within
    ours = (
        r"<!-- sdx-state plan -->|\*\*[\w ,.:]+\*\*( No limit stops apply\.)?|- \d+ [\w ,:]+|`t`|"
        r"|#### What respondents will see"
        r"|\| risk \| rule \| changes \||\| --- \| --- \| --- \||"
        r"|\| \*\*\w+\*\*(: [\w ,]+)? \| `[a-z-]+` \| (`survey\.[A-Za-z0-9@+:/.#_-]*`(, )?)*([0-9]+( more)?)? \|"
    )
    assert [line for line in outside if not re.fullmatch(ours, line)] == []


@given(hostile, hostile, hostile)
def test_no_form_acts_on_hostile_text(one, two, three):
    source = Source(three or "a", 7, 3)
    change = update(one, two, three)
    plan = Plan(
        "t", "l", (change, gone(two)), diagnostics=(Diagnostic("ambiguous-match", "error", one, source, three, two),)
    )
    ElementTree.fromstring(FORMATS["junit"](plan, ()))  # noqa: S314 - our own
    assert FORMATS["sarif"](plan, ()).isascii()
    json.loads(FORMATS["sarif"](plan, ()))
    annotation = re.compile(r"::(error|warning|notice)(?: file=[^:,]*,line=7,col=3,| )title=[a-z-]+::")
    for line in FORMATS["github"](plan, ()).split("\n"):
        assert line == "" or annotation.match(line)
        assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029]", line)


def test_one_call_writes_several_forms_that_agree_with_the_exit_code(connected, tmp_path):
    connected.write("a.yaml", "surveys: {a: {name: A}}\n")
    files = {name: tmp_path / name for name in FORMATS}
    arguments = [f"--format={name}={path}" for name, path in files.items()]
    ended = connected.run("plan", "--detailed-exitcode", *arguments)
    assert ended.code == 2
    assert ended.last == "Plan: 1 to add, 0 to change, 0 to destroy."
    assert json.loads(files["json"].read_text())["summary"]["add"] == 1
    assert json.loads(files["gitlab"].read_text())["create"] == 1
    assert "1 to add" in files["markdown"].read_text()
    assert connected.run("plan", "--format", "markdown").out == files["markdown"].read_text()


@pytest.mark.parametrize("arguments", [["--format", "word"], ["--format", "json", "--format", "junit"]])
def test_an_unknown_form_or_two_on_stdout_is_a_usage_error(connected, arguments):
    ended = connected.run("plan", *arguments)
    assert (ended.code, ended.out) == (2, "")


def test_json_stays_whole_with_errors(connected, tenant):
    tenant.store.load_snapshot({"surveys": [{"name": "A"}, {"name": "A"}]})
    connected.write("a.yaml", "surveys: {a: {name: A}}\n")
    ended = connected.run("plan", "--format", "json")
    document = json.loads(ended.out)
    assert (ended.code, document["errored"], document["applyable"]) == (5, True, False)
