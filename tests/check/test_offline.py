"""Warnings of `validate` about surveys, without a tenant."""

from __future__ import annotations

import json

import pytest

QUESTION = "{question_label: Q, question_text: Why?, question_type: text}"


def warnings(project, survey, project_file=""):
    project.write("sdx.yaml", f"sdx: 1\napi: {{host: demo.surveydynamix.com}}\n{project_file}")
    project.write("a.yaml", f"surveys:\n  a:\n    name: A\n{survey}")
    ended = project.run("validate")
    assert ended.code == 0, ended.err
    return [line for line in ended.err.splitlines() if "warning[" in line]


def test_valid_survey_has_no_warnings(project):
    assert (
        warnings(project, f"    greeting_text: Hello %agent_id%, 100% of you.\n    questions: [{QUESTION}]\n") == []
    )


CASES = {
    "no question": ("    greeting_text: Hello\n", "", "survey.a: has no questions"),
    "a wrong scale": (
        "    questions: [{question_label: N, question_text: x, question_type: nps, max_response: 5}]\n",
        "",
        "a net promoter score uses the scale 0 to 10, but max_response is 5",
    ),
    "an empty question": (
        "    questions: [{question_label: N, question_text: ' ', question_type: text}]\n",
        "",
        "question.a.n: question_text is empty",
    ),
    "a placeholder that nothing declares": (
        f"    greeting_text: Hello %first_name%.\n    questions: [{QUESTION}]\n",
        "",
        "a.yaml:4:5: warning[unknown-placeholder]: survey.a: "
        "greeting_text uses the undeclared placeholder %first_name%",
    ),
    "a placeholder in a conditional": (
        f"    greeting_text: 'Hello %if agent_id%%agent_nam%%endif%.'\n    questions: [{QUESTION}]\n",
        "",
        "greeting_text uses the undeclared placeholder %agent_nam%",
    ),
    "too many text messages": (
        f"    sms_number: '+61488000001'\n    closing_text: {'long ' * 100}\n    questions: [{QUESTION}]\n",
        "",
        "closing_text needs 4 text messages (GSM-7), over the limit of 3",
    ),
    "a limit of its own": (
        f"    sms_number: '+61488000001'\n    closing_text: {'ж' * 80}\n    questions: [{QUESTION}]\n",
        "lint: {sms_segments: 1}\n",
        "closing_text needs 2 text messages (UCS-2), over the limit of 1",
    ),
    "a language that is missing": (
        "    greeting_text: {default: Hello, de-default: Hallo}\n"
        "    questions: [{question_label: N, question_text: Why?, question_type: text}]\n",
        "sandbox: {shape: nested}\n",
        "question.a.n: question_text has no text in de",
    ),
    "a default that is missing": (
        "    greeting_text: {de-default: Hallo}\n"
        "    questions:\n"
        "      - {question_label: N, question_text: {default: Why?, de-default: Warum?}, question_type: text}\n",
        "sandbox: {shape: nested}\n",
        "survey.a: greeting_text has no text in the default language",
    ),
    "a language that is empty": (
        "    greeting_text: {default: Hello, de-default: ''}\n"
        "    questions:\n"
        "      - {question_label: N, question_text: {default: Why?, de-default: Warum?}, question_type: text}\n",
        "sandbox: {shape: nested}\n",
        "survey.a: greeting_text is empty in de-default",
    ),
}


@pytest.mark.parametrize(("survey", "settings", "said"), CASES.values(), ids=CASES)
def test_problems_for_respondents_are_warnings(project, survey, settings, said):
    found = warnings(project, survey, settings)
    assert any(said in line for line in found), found


@pytest.mark.parametrize(
    ("survey", "settings"),
    [
        ("    greeting_text: Hello %first_name%.\n", "lint: {placeholders: [first_name]}\n"),
        ("    greeting_text: '%agent_name%, %agent_location%, %agent_department%, %agent_manager_name%'\n", ""),
        ("    greeting_text: '%phone_number% %email% %agent_id%'\n", ""),
        ("    greeting_text: '%if agent_id = 1%one%elseif agent_id%another%else%none%endif%'\n", ""),
        (f"    closing_text: {'long ' * 100}\n", ""),  # the survey sends no text messages
        (f"    sms_number: '+61488000001'\n    closing_text: {'long ' * 100}\n", "lint: {sms_segments: 9}\n"),
        (f"    sms_number: '+61488000001'\n    description: {'long ' * 100}\n", ""),
        ("    greeting_text: {default: Hello, de-default: Hallo}\n    description: ours\n", ""),
    ],
)
def test_valid_texts_have_no_warnings(project, survey, settings):
    question = "{question_label: Q, question_text: {default: Why?, de-AT: Warum?}, question_type: text}"
    plain = "de-default" not in survey
    found = warnings(project, f"{survey}    questions: [{QUESTION if plain else question}]\n", settings)
    assert found == []


def test_empty_text_is_reported_once(project):
    texts = [{"default": "Hi", "de-default": " "}, {"default": "", "de-AT": "Ja"}]
    questions = [
        f"{{question_label: Q{n}, question_type: text, question_text: {json.dumps(text)}}}"
        for n, text in enumerate(texts)
    ]
    found = warnings(project, f"    questions: [{', '.join(questions)}]\n", "sandbox: {shape: nested}\n")
    assert [line.partition("warning[empty-text]: ")[2] for line in found] == [
        "question.a.q0: question_text is empty in de-default",
        "question.a.q1: question_text is empty",
    ]


def test_plan_reports_warnings_of_validate_in_every_format(connected):
    connected.write(
        "a.yaml", f"surveys:\n  a: {{name: A, greeting_text: Hi %first_name%, questions: [{QUESTION}]}}\n"
    )
    said = "greeting_text uses the undeclared placeholder %first_name%"
    assert said in connected.run("validate").err
    for _ in range(2):  # also where nothing changes
        for form in ("text", "markdown", "json", "html", "sarif"):
            planned = connected.run("plan", "--format", form)
            assert planned.code == 0
            assert said in planned.out
        assert connected.apply().code == 0


def test_strict_validation_fails_on_warnings(project):
    project.write("a.yaml", "users: {a@x.example: {name: A, timezone: AEST}}\n")
    assert project.run("validate").code == 0
    ended = project.run("validate", "--strict")
    assert ended.code == 1
    assert "error[unknown-timezone]: `AEST` is an abbreviation" in ended.err
    assert "is valid" not in ended.out
    (diagnostic,) = json.loads(project.run("validate", "--strict", "--format", "json").out)["diagnostics"]
    assert diagnostic["severity"] == "error"
    project.write("a.yaml", "users: {a@x.example: {name: A, timezone: Australia/Brisbane}}\n")
    assert project.run("validate", "--strict").code == 0
