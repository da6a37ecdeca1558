"""Rules of a project, checked by `validate` and `plan`."""

from __future__ import annotations

import json
from typing import Any

import pytest

HEAD = "sdx: 1\napi: {host: demo.surveydynamix.com}\n"
ASKING = "questions: [{question_label: Q, question_text: Why?, question_type: text}]"


def rule(schema: str, more: str = "", kind: str = "survey") -> str:
    return f"rules:\n  own-rule:\n    kind: {kind}\n    schema: {schema}\n    message: We agreed on it.\n{more}"


def validated(project: Any, rules: str, text: str) -> list[tuple[str, str, int, str]]:
    """Return code, severity, line and help of each finding."""
    project.write("sdx.yaml", HEAD + rules)
    project.write("a.yaml", text)
    found = json.loads(project.run("validate", "--format", "json").out)["diagnostics"]
    return [(one["code"], one["severity"], one["source"]["line"], one["help"]) for one in found]


BROKEN = {
    "a missing field, at the resource": (
        "{required: [description]}", f"surveys:\n  a: {{name: A, {ASKING}}}\n", 2, "has no `description`",
    ),
    "an empty field is missing": (
        "{required: [description]}", f"surveys:\n  a: {{name: A, description: '', {ASKING}}}\n", 2,
        "has no `description`",
    ),
    "a missing language of a plain text": (
        "{properties: {closing_text: {required: [de-default]}}}",
        f"surveys:\n  a:\n    name: A\n    closing_text: Bye\n    {ASKING}\n", 4,
        "`closing_text` has no `de-default`",
    ),
    "a long text, at its language": (
        "{properties: {closing_text: {additionalProperties: {maxLength: 3}}}}",
        "surveys:\n  a:\n    name: A\n    closing_text:\n      default: Bye\n"
        f"      de-default: Tschüss\n    {ASKING}\n",
        6, "`closing_text.de-default` has 7 characters, over the limit of 3",
    ),
    "a value": (
        "{properties: {name: {enum: [B, C]}}}", f"surveys:\n  a: {{name: A, {ASKING}}}\n", 2,
        "`name` must be `B` or `C`",
    ),
    "a setting": ("{required: [protect]}", f"surveys:\n  a: {{name: A, {ASKING}}}\n", 2, "has no `protect`"),
    "a question of a survey, at its line": (
        "{properties: {questions: {items: {properties: {question_type: {const: nps}}}}}}",
        "surveys:\n  a:\n    name: A\n    questions:\n      - question_label: Q\n        question_text: Why?\n"
        "        question_type: text\n", 7, "`questions.1.question_type` must be `nps`",
    ),
    "no question of a sort": (
        "{properties: {questions: {contains: {properties: {question_type: {const: nps}}}}}}",
        f"surveys:\n  a:\n    name: A\n    {ASKING}\n", 4, "`questions` has no item that fits",
    ),
    "a definition": (
        "{$defs: {short: {maxLength: 2}}, properties: {name: {$ref: '#/$defs/short'}}}",
        f"surveys:\n  a: {{name: Anna, {ASKING}}}\n", 2, "`name` has 4 characters, over the limit of 2",
    ),
    "a pattern, in linear time": (
        "{properties: {name: {pattern: '^(B+)+$'}}}", f"surveys:\n  a: {{name: {'B' * 500}A, {ASKING}}}\n", 2,
        "`name` does not match `^(B+)+$`",
    ),
    "a pattern of names of fields": (
        "{properties: {closing_text: {patternProperties: {'^de-': {maxLength: 3}}}}}",
        f"surveys:\n  a: {{name: A, closing_text: {{default: Goodbye, de-default: Ciao}}, {ASKING}}}\n", 2,
        "`closing_text.de-default` has 4 characters, over the limit of 3",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("schema", "text", "line", "help"), BROKEN.values(), ids=BROKEN.keys())
def test_a_violation_is_reported_under_the_name_of_its_rule_at_the_line_that_breaks_it(
    project, schema, text, line, help
):
    found = [one for one in validated(project, rule(schema), text) if one[0] != "missing-translation"]
    assert found == [("own-rule", "error", line, help)]


def test_match_compares_all_its_fields(project):
    rules = rule("{required: [description]}", '    match: {name: "* CSAT", address: survey.a*}\n')
    surveys = [
        f"  {key}: {{name: {name}, {ASKING}}}\n" for key, name in (("a1", "X CSAT"), ("b1", "Y CSAT"), ("a2", "Z"))
    ]
    assert [one[2] for one in validated(project, rules, "surveys:\n" + "".join(surveys))] == [2]


def test_match_compares_the_default_language_and_numbers(project):
    rules = rule("{required: [timeout]}", '    match: {question_text: "Why*", max_response: "1*"}\n', kind="question")
    asked = "{question_text: {default: Why?, de-default: Warum?}, question_type: number"
    text = (
        f"surveys:\n  a:\n    name: A\n    questions:\n      - {asked}, question_label: Q, max_response: 10}}\n"
        f"      - {asked}, question_label: R, max_response: 5}}\n"
    )
    assert [one[2] for one in validated(project, rules, text)] == [5]


def test_a_rule_about_users_sees_their_columns_of_the_upload(project):
    rules = rule("{required: [csv], properties: {csv: {required: [team]}}}", kind="user")
    text = "users:\n  a@example.com: {name: A, csv: {permissions: Agent}}\n  b@example.com: {name: B}\n"
    assert [(one[2], one[3]) for one in validated(project, rules, text)] == [
        (2, "`csv` has no `team`"),
        (3, "has no `csv`"),
    ]


WRONG = {
    "an unknown kind": (rule("{}", kind="surveys"), 5, "there is no kind `surveys`"),
    "not a JSON Schema": (rule("{properties: {name: {minLength: two}}}"), 6, "this is not a JSON Schema"),
    "a misspelt type": (rule("{type: objekt}"), 6, "`type` cannot be `objekt`"),
    "a list of alternatives that is none": (rule("{anyOf: 7}"), 6, "this is not a JSON Schema"),
    "a schema that is a text": (rule("{properties: {name: short}}"), 6, "a JSON Schema is a mapping"),
    "a misspelt keyword": (rule("{requird: [name]}"), 6, "`requird` is not a keyword"),
    "a misspelt field": (rule("{required: [nam]}"), 6, "a survey has no field `nam`"),
    "another misspelt field": (rule("{properties: {nam: {}}}"), 6, "a survey has no field `nam`"),
    "a length of a text that is a map": (rule("{properties: {closing_text: {maxLength: 9}}}"), 6, "never applies"),
    "a type of a text that is a map": (rule("{properties: {closing_text: {type: string}}}"), 6, "never applies"),
    "a reference to the network": (rule("{$ref: 'http://127.0.0.1:9/'}"), 6, "`$ref` leads nowhere"),
    "a reference in a circle": (
        rule("{$defs: {a: {$ref: '#/$defs/a'}}, $ref: '#/$defs/a'}"), 6, "`$ref` leads nowhere",
    ),
    "a pattern that is none": (rule("{properties: {name: {pattern: '('}}}"), 6, "the pattern cannot be used"),
    "an unknown field to match": (rule("{}", "    match: {nam: x}\n"), 8, "and `nam` is none"),
    "the name of a built-in diagnostic": (
        rule("{}").replace("own-rule", "unknown-key"), 4, "is the code of a built-in diagnostic",
    ),
    "deep nesting": (rule("{not: " * 40 + "{}" + "}" * 40), 6, "more than 32 levels"),
}  # fmt: skip


@pytest.mark.parametrize(("rules", "line", "message"), WRONG.values(), ids=WRONG.keys())
def test_a_rule_that_cannot_be_checked_is_an_error_at_its_line(project, rules, line, message):
    project.write("sdx.yaml", HEAD + rules)
    project.write("a.yaml", f"surveys: {{a: {{name: A, {ASKING}}}}}\n")
    ended = project.run("validate", "--format", "json")
    found = json.loads(ended.out)["diagnostics"]
    assert ended.code == 1
    assert next(one["source"]["line"] for one in found if one["code"] == "invalid-rule") == line, ended.err
    assert message in " ".join(one["message"] for one in found)


def test_everything_that_is_wrong_with_a_schema_is_reported_at_once(project):
    project.write("sdx.yaml", HEAD + rule("{type: objekt, required: name, properties: {name: {minLength: two}}}"))
    project.write("a.yaml", f"surveys: {{a: {{name: A, {ASKING}}}}}\n")
    found = json.loads(project.run("validate", "--format", "json").out)["diagnostics"]
    assert [(one["source"]["line"], one["code"]) for one in found] == [(6, "invalid-rule")] * 3
    assert [one["help"] for one in found if "objekt" in one["message"]] == ["did you mean `object`?"]


def test_a_rule_that_matches_nothing_is_a_warning_at_its_line(project):
    rules = rule("{}", "    match: {name: B*}\n")
    found = validated(project, rules, f"surveys: {{a: {{name: A, {ASKING}}}}}\n")
    assert [one[:3] for one in found] == [("unused-rule", "warning", 4)]


def test_every_format_of_validate_and_plan_has_the_name_of_the_rule(project, tmp_path):
    project.write("sdx.yaml", HEAD + rule("{required: [description]}"))
    project.write("a.yaml", f"surveys: {{a: {{name: A, {ASKING}}}}}\n")
    for command, names in (("validate", ("sarif", "junit", "codequality")), ("plan", ("sarif", "junit", "gitlab"))):
        files = {name: tmp_path / f"{command}-{name}" for name in (*names, "json", "markdown", "html", "github")}
        options = [f"--format={name}={file}" for name, file in files.items()]
        sandbox = ["--sandbox"] if command == "plan" else []
        assert project.run(command, *sandbox, *options).code == 1
        texts = {name: file.read_text("utf-8") for name, file in files.items() if name != "gitlab"}
        assert [name for name, text in texts.items() if "own-rule" not in text] == []


def test_a_plan_reports_a_warning_of_a_rule_and_a_suppression_silences_it(project):
    rules = rule("{required: [description]}", "    severity: warning\n")
    project.write("a.yaml", f"surveys: {{a: {{name: A, {ASKING}}}}}\n")
    for more, codes in (("", ["own-rule"]), ("lint: {ignore: [own-rule]}\n", [])):
        project.write("sdx.yaml", HEAD + rules + more)
        document = json.loads(project.run("plan", "--sandbox", "--format", "json").out)
        assert [one["code"] for one in document["diagnostics"]] == codes


@pytest.mark.parametrize(
    ("severity", "schema", "code"),
    [("error", "{required: [description]}", "not-suppressible"), ("warning", "{}", "unused-suppression")],
)
def test_a_suppression_of_a_rule_that_has_no_effect_is_reported(project, severity, schema, code):
    rules = rule(schema, f"    severity: {severity}\nlint: {{ignore: [own-rule]}}\n")
    found = validated(project, rules, f"surveys: {{a: {{name: A, {ASKING}}}}}\n")
    assert code in [one[0] for one in found]


def test_a_misspelt_suppression_suggests_the_rule(project):
    found = validated(project, rule("{}", "lint: {ignore: [own-rul]}\n"), f"surveys: {{a: {{name: A, {ASKING}}}}}\n")
    assert [(one[0], one[3]) for one in found] == [("unknown-code", "did you mean `own-rule`?")]


def test_an_environment_replaces_a_rule_and_adds_others(project):
    strict = (
        "environments: {strict: {rules: {other-rule: {kind: survey, schema: {required: [logo_text]}, message: M}}}}\n"
    )
    project.write("sdx.yaml", HEAD + rule("{required: [description]}") + strict)
    project.write("a.yaml", f"surveys: {{a: {{name: A, {ASKING}}}}}\n")
    ended = project.run("--env", "strict", "validate", "--format", "json")
    assert sorted(one["code"] for one in json.loads(ended.out)["diagnostics"]) == ["other-rule", "own-rule"]
    assert "other-rule" not in project.run("validate").err


def test_explain_prints_the_rule_of_the_project(project):
    project.write("sdx.yaml", HEAD + rule("{required: [description]}", "    match: {name: '* CSAT'}\n"))
    ended = project.run("explain", "own-rule")
    assert ended.code == 0
    assert ended.out.startswith("own-rule (error), a rule of this project, sdx.yaml:4:3\n\nWe agreed on it.\n")
    assert "- description" in ended.out
    assert "own-rule" in project.run("explain", "codes").out
    assert "Did you mean own-rule?" in project.run("explain", "own-rul").err


def test_a_violation_in_a_template_is_reported_once_at_the_line_of_the_template(project):
    project.write("sdx.yaml", HEAD + rule("{properties: {closing_text: {required: [de-default]}}}"))
    project.write(
        "a.yaml",
        f"templates:\n  t:\n    closing_text: Goodbye\n    {ASKING}\n"
        "surveys:\n  s:\n    extends: t\n    name: ${each.key}\n    for_each: {a: {}, b: {}, c: {}}\n",
    )
    ended = project.run("validate")
    assert "a.yaml:3:5: error[own-rule]: survey.s-a: We agreed on it (for a.yaml:9 a and 2 more)" in ended.err
    assert ended.err.count("own-rule") == 1
