"""What the product sends conforms to the contract, request by request."""

from __future__ import annotations

import pytest

from sdx_state.sandbox import SandboxOptions

BEFORE = """
surveys:
  csat:
    name: CSAT
    greeting_text: {text}
    sms_number: "+61488000001"
    questions:
      - {{question_label: One, question_text: First?, question_type: yesno}}
      - {{question_label: Two, question_text: Second?, question_type: number, max_response: 5}}
  old: {{name: Old, questions: [{{question_label: Gone, question_text: Last?, question_type: text}}]}}
users:
  ana@example.com: {{name: Ana, agent_id: ana, timezone: Australia/Brisbane}}
  ben+b@example.com: {{name: Ben}}
phone_numbers:
  sms: {{number: "0488 888 888", country_code: AU, phone_type: mobile}}
"""
AFTER = """
surveys:
  csat:
    name: CSAT
    greeting_text: {text}
    questions:
      - {{question_label: Two, question_text: Second of all?, question_type: number, max_response: 7}}
      - {{question_label: One, question_text: First?, question_type: yesno}}
users:
  ana@example.com: {{name: Ana Lee, agent_id: ana}}
"""
WRITES = {f"{verb}{kind}" for verb in ("create", "replace", "delete") for kind in ("Survey", "Question", "User")}
READS = {"listSurveys", "listQuestions", "listUsers", "getSurvey", "getPhoneNumber", "askSurveys", "askSurvey"}


@pytest.mark.parametrize(
    ("shape", "texts"),
    [("flat", ("Hello.", "Hello again.")), ("nested", ("{default: Hello., de-default: Hallo.}", "{default: Hi.}"))],
)
def test_a_plan_and_its_apply_send_nothing_that_is_not_in_the_contract(project, contract, record, shape, texts):
    server, recorder = record(SandboxOptions(shape=shape))
    with server:
        project.connect(server.url)
        for text, configuration, options in zip(texts, (BEFORE, AFTER), ((), ("--allow-deletes", "3")), strict=True):
            project.write("a.yaml", configuration.format(text=text))
            assert project.run("plan").code == 0
            applied = project.apply(*options)
            assert applied.code == 0, applied.out + applied.err
        assert project.run("plan", "--detailed-exitcode").code == 0
    assert len(recorder.sent) > 30
    seen = {contract.check(sent) for sent in recorder.sent}
    assert seen >= WRITES | READS


@pytest.mark.parametrize(
    ("method", "path", "query", "body"),
    [
        ("GET", "/api/questionnaires", "", ""),
        ("PATCH", "/api/surveys/1", "", "name=A"),
        ("GET", "/api/surveys", "_limit=1001", ""),
        ("GET", "/api/surveys", "_page=2", ""),
        ("GET", "/api/surveys/x", "", ""),
        ("GET", "/api/interactions", "", ""),
        ("POST", "/api/surveys", "", "title=A"),
        ("POST", "/api/surveys", "", "description=A"),
        ("POST", "/api/questions", "", f"survey_id=1&question_label={'x' * 31}"),
        ("PUT", "/api/surveys/1", "", "survey=%7B%22name%22%3A+%22A%22%7D"),
        ("PUT", "/api/surveys/1", "", "survey=%7B%22id%22%3A+1%2C+%22name%22%3A+%5B%5D%7D"),
        ("DELETE", "/api/surveys/1", "", "name=A"),
    ],
)
def test_a_request_that_is_not_in_the_contract_would_be_noticed(contract, sent, method, path, query, body):
    headers = {"authorization": "Basic eA==", "content-type": "application/x-www-form-urlencoded"}
    with pytest.raises(AssertionError):
        contract.check(sent(method, path, query, headers, body.encode()))
