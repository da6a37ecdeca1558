"""Scripted conversations, run by `check` against a tenant over HTTP."""

from __future__ import annotations

import http.client
import json
import shutil
import signal
import subprocess
import sys
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest

SURVEY = """
surveys:
  csat:
    name: CSAT
    greeting_text: Hello ${var.who}.
    closing_text: Bye.
    questions:
      - {question_label: NPS, question_text: "How likely, 0 to 10?", question_type: nps, max_response: 10}
      - {question_label: Solved, question_text: Did it help?, question_type: yesno}
      - {question_label: Why, question_text: Why?, question_type: text}
"""
HAPPY = """
checks:
  happy:
    survey: csat
    channel: web
    expect: {prompts: [Hello you., {matches: "^How likely"}], asks: nps, completed: false}
    answers:
      - {answer: 11, expect: {refused: true}}
      - {answer: 9, expect: {asks: solved, refused: false}}
      - {answer: "yes"}
      - {answer: "Fast & kind, 100%", expect: {completed: true, prompts: [Bye.]}}
    responses: {nps: 9, solved: "yes", why: "Fast & kind, 100%"}
"""


@pytest.fixture
def live(project, proxy, apply_once):
    """A survey that is applied, and a line that fails when told to."""
    project.connect(proxy.url)
    project.write("sdx.yaml", "sdx: 1\napi: {host: x.example}\nvariables: {who: you}\n")
    project.write("a.yaml", SURVEY)
    apply_once()
    return project


def checked(live, text, *arguments):
    live.write("checks.yaml", text)
    return live.run("check", *arguments)


def failures(live, text):
    ended = checked(live, text, "--format", "json")
    (one,) = json.loads(ended.out)
    assert ended.code == (0 if one["passed"] else 1)
    return [
        (f"{f['source']['file']}:{f['source']['line']}", f["message"], f["expected"], f["found"])
        for f in one["failures"]
    ]


def test_a_conversation_that_goes_as_described_passes(live, tenant):
    ended = checked(live, HAPPY)
    assert (ended.code, ended.last) == (0, "1 passed, 0 failed"), ended.out + ended.err
    assert ended.out.startswith("ok   happy (survey.csat, 5 steps, ")
    (interaction,) = tenant.store.records("interactions")
    assert (interaction["call_type"], interaction["survey_type"]) == ("sdx-state-check", "web")
    assert not interaction.get("phone_number")
    assert not interaction.get("email")


CASES = {
    "another text": (
        "expect: {prompts: [Hi., {matches: likely}]}",
        ["the prompt differs", "Hi.", "Hello you."],
    ),
    "a pattern": (
        "expect: {prompts: [Hello you., {matches: unlikely}]}",
        ["the prompt does not match the pattern", "unlikely", "How likely, 0 to 10?"],
    ),
    "too much": (
        "expect: {prompts: [Hello you.]}",
        ["an unexpected prompt follows", "nothing", "How likely, 0 to 10?"],
    ),
    "too little": (
        "expect: {prompts: [Hello you., {matches: likely}, Third.]}",
        ["a prompt is missing", "Third.", "nothing"],
    ),
    "another question": (
        "expect: {asks: why}",
        ["the survey asked another question", "question.csat.why", "question.csat.nps"],
    ),
    "not refused": (
        "answers: [{answer: 9, expect: {refused: true}}]",
        ["the answer", "rejected", "accepted"],
    ),
    "refused without a word": ("answers: [{answer: many}]", ["the answer was rejected, and the question repeated"]),
    "not over": (
        "answers: [{answer: 9, expect: {completed: true}}]",
        ["the state of the survey differs", "completed", "not completed"],
    ),
    "over too soon": (
        "answers: [{answer: 9}, {answer: 'yes'}, {answer: x}, {answer: y}]",
        ["the survey was completed before this answer"],
    ),
    "more to come": (
        "answers: [{answer: 9}]",
        ["the survey expects more answers: add `abandon: true`"],
    ),
    "another response": (
        "answers: [{answer: 9}]\n    abandon: true\n    responses: {nps: 8}",
        ["the response to question.csat.nps", "8", "9"],
    ),
    "no response": (
        "answers: [{answer: 9}]\n    abandon: true\n    responses: {why: x}",
        ["no response to question.csat.why was recorded", "x", "none"],
    ),
}


@pytest.mark.parametrize(("text", "said"), CASES.values(), ids=CASES)
def test_failed_expectation_is_reported_at_its_line_with_both_sides(live, tenant, text, said):
    found = failures(live, f"checks:\n  one:\n    survey: csat\n    {text}\n")
    assert len(found) == 1
    place, message, *sides = found[0]
    assert [message, *(side for side in sides if side is not None)] == said
    assert place.startswith("checks.yaml:")
    (interaction,) = tenant.store.records("interactions")
    assert interaction["ended"], "a conversation was left open"


def test_the_transcript_shows_how_far_it_came(live):
    ended = checked(live, HAPPY.replace("asks: solved", "asks: why"))
    assert ended.code == 1
    assert "checks.yaml:9:" in ended.out
    assert "expected  question.csat.why\n       found     question.csat.solved" in ended.out
    conversation = ended.out.partition("the conversation:\n")[2].splitlines()
    assert [line.strip() for line in conversation[:6]] == [
        "< Hello you.",
        "< How likely, 0 to 10?",
        "> 11",
        "< How likely, 0 to 10?",
        "> 9",
        "< Did it help?",
    ]
    assert ended.last == "0 passed, 1 failed"


def test_a_survey_that_is_abandoned_on_purpose_passes(live):
    ended = checked(
        live, "checks: {one: {survey: csat, answers: [{answer: 9}], abandon: true, responses: {nps: 9}}}\n"
    )
    assert ended.code == 0, ended.out


def test_junit_says_the_same(live, tmp_path):
    text = HAPPY + "  sad: {survey: csat, expect: {asks: why}}\n"
    ended = checked(live, text, "--junit", str(tmp_path / "checks.xml"))
    assert ended.last == "1 passed, 1 failed"
    suite = ElementTree.fromstring((tmp_path / "checks.xml").read_text())  # noqa: S314 - our own
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    (failed,) = [case for case in suite if case.find("failure") is not None]
    assert (failed.get("name"), failed.get("file"), failed.get("line")) == ("sad", "checks.yaml", "13")
    why = failed.find("failure")
    assert why.get("message") == "checks.yaml:13:38: the survey asked another question"
    assert why.text.splitlines()[1:] == [
        "  expected  question.csat.why",
        "  found     question.csat.nps",
    ]
    assert failed.findtext("system-out").splitlines()[0] == "< Hello you."


def test_only_chooses(live, tenant):
    text = HAPPY + "  sad: {survey: csat, expect: {asks: why}}\n"
    assert checked(live, text, "--only", "hap*").last == "1 passed, 0 failed"
    assert checked(live, text, "--only", "survey.csat").last == "1 passed, 1 failed"
    nothing = checked(live, text, "--only", "nobody")
    assert nothing.code == 1
    assert "--only nobody matches nothing" in nothing.err


def test_nothing_is_created_in_a_real_tenant_without_a_yes(live, tenant, monkeypatch):
    monkeypatch.setattr("sdx_state.model.urls._is_loopback", lambda host: False)
    monkeypatch.setattr("sdx_state.model.urls._check_host", lambda host: True)
    ended = checked(live, HAPPY)
    assert ended.code == 1
    assert "not approved: nothing was created" in ended.err
    assert tenant.store.records("interactions") == []
    ended = live.run("check", "--yes")
    assert ended.code == 0, ended.err
    assert "1 interaction of call type sdx-state-check stay" in ended.err


def test_check_of_a_missing_survey_fails_and_creates_nothing(live, tenant):
    live.write("b.yaml", "surveys: {new: {name: New, questions: []}}\n")
    ended = checked(live, "checks: {one: {survey: new}}\n")
    assert ended.code == 1
    assert "survey.new does not exist in the tenant: apply it first" in ended.out
    assert "survey.new is not as declared" in ended.err
    assert tenant.store.records("interactions") == []


PLACES = {"start_survey": "checks.yaml:3:", "submit_response": "checks.yaml:8:"}


@pytest.mark.parametrize("fault", [500, "drop after", "drop before", "html"])
@pytest.mark.parametrize("where", PLACES)
def test_a_tenant_that_fails_in_the_middle_is_a_failed_check_at_its_line_and_nothing_stays_open(
    live, tenant, proxy, where, fault
):
    proxy.fail("POST", where, fault, times=3)
    ended = checked(live, HAPPY)
    assert ended.code == 1
    assert ended.last == "0 passed, 1 failed"
    assert "Traceback" not in ended.err
    assert f"     {PLACES[where]}" in ended.out
    # An interaction that has not started is deleted; one that has started, answered or not, is abandoned.
    assert all(one["ended"] for one in tenant.store.records("interactions"))
    stays = "1 interaction of call type sdx-state-check stays" in ended.err
    assert stays == bool(tenant.store.records("interactions"))


@pytest.mark.parametrize("fault", [500, "drop after", "drop before"])
def test_lost_answer_of_start_survey_is_read_again_and_the_check_continues(live, tenant, proxy, fault):
    proxy.fail("POST", "start_survey", fault)
    ended = checked(live, HAPPY)
    assert (ended.code, ended.last) == (0, "1 passed, 0 failed"), ended.out + ended.err
    assert len(tenant.store.records("interactions")) == 1


@pytest.mark.parametrize(
    ("number", "code"), [pytest.param(signal.SIGINT, 130, marks=pytest.mark.soak), (signal.SIGTERM, 143)]
)
def test_a_signal_ends_the_conversation_cleans_up_and_reports_what_came_before(
    live, tenant, serve_handler, number, code, tmp_path
):
    """In a process of its own, at the second answer of the second conversation."""
    seen, said = [], []

    def interrupt(path):
        seen.extend([path] if path.endswith("submit_response") else [])
        if len(seen) == 6 and path.endswith("submit_response"):
            process.send_signal(number)
            said.append(next(line for line in process.stderr if "Stopping" in line))  # while the answer is waited for

    live.connect(f"{passed_on(serve_handler, tenant, interrupt)}/api")
    shutil.rmtree(live.folder / ".sdx")  # it is bound to the address
    live.write(
        "checks.yaml",
        HAPPY + HAPPY.partition("checks:\n")[2].replace("happy:", "second:") + "  third: {survey: csat}\n",
    )
    command = [sys.executable, "-m", "sdx_state.cli.main", "check", "--junit", "checks.xml"]
    process = subprocess.Popen(command, cwd=live.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with process:
        out, err = process.stdout.read(), process.stderr.read()
    assert process.returncode == code, out + err
    assert out.splitlines()[-1] == "1 passed, 0 failed, 2 not held"
    assert len(said) == 1
    first, second = tenant.store.records("interactions")
    assert (first["status"], second["status"]) == ("Completed", "Abandoned")
    assert "2 interactions of call type sdx-state-check stay" in err
    suite = ElementTree.fromstring((live.folder / "checks.xml").read_text())  # noqa: S314 - our own
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", "0", "2")


def passed_on(serve_handler, tenant, tell):
    """Return the address of a line to `tenant` that says which path was asked for before it answers."""

    class Line(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_): ...

        def forward(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            connection = http.client.HTTPConnection(urlsplit(tenant.url).netloc)
            headers = {name: value for name, value in self.headers.items() if name != "Host"}
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
            connection.close()
            tell(self.path)
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.headers.get("Content-Type", "application/json"))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_OPTIONS = do_DELETE = forward

    return serve_handler(Line)


def test_a_create_whose_answer_is_lost_is_found_and_played(live, tenant, proxy):
    proxy.fail("POST", "/interactions", "drop after")
    ended = checked(live, HAPPY)
    assert (ended.code, ended.last) == (0, "1 passed, 0 failed"), ended.out
    assert len(tenant.store.records("interactions")) == 1


def test_line_ends_and_composed_letters_are_compared_as_in_a_plan(live, tenant):
    (survey,) = tenant.store.rows("surveys")
    tenant.store.put_row("surveys", {**survey, "greeting_text": "Gru\u0308n\r\nund blau"})
    ended = checked(
        live,
        'checks: {one: {survey: csat, abandon: true, expect: {prompts: ["Gr\u00fcn\\nund blau", {matches: How}]}}}',
    )
    assert ended.code == 0, ended.out


def test_no_number_is_looked_up_for_a_conversation_because_that_is_paid_for(live, proxy):
    live.write("numbers.yaml", 'phone_numbers: {one: {number: "0488 888 888", country_code: AU}}\n')
    before = len(proxy.seen)
    assert checked(live, HAPPY).code == 0
    assert not [path for _, path in proxy.seen[before:] if "phone_numbers" in path]


def test_unwritable_report_is_an_error_before_anything_is_created(live, tenant):
    ended = checked(live, HAPPY, "--junit", "nowhere/checks.xml")
    assert ended.code == 1
    assert "nowhere is not a directory" in ended.err
    assert tenant.store.records("interactions") == []


WRONG = {
    "an unknown survey": ("survey: cast", "survey.cast is not declared", "survey.csat"),
    "an unknown question": (
        "survey: csat\n    expect: {asks: npss}",
        "question.csat.npss is not",
        "question.csat.nps",
    ),
    "an unknown response": ("survey: csat\n    responses: {slved: x}", "question.csat.slved is not", "csat.solved"),
    "a bad pattern": ("survey: csat\n    expect: {prompts: [{matches: '('}]}", "cannot be used: missing )", "RE2"),
    "a look-ahead": (
        "survey: csat\n    expect: {prompts: [{matches: 'a(?=b)'}]}",
        "4:34: error[invalid-pattern]: this pattern cannot be used: look-ahead and look-behind are not supported",
        "RE2",
    ),
    "a look-behind": ("survey: csat\n    expect: {prompts: [{matches: '(?<!a)b'}]}", "look-behind are not", "RE2"),
    "a back-reference": (
        "survey: csat\n    expect: {prompts: [{matches: '(a)\\1'}]}",
        "back-references are not supported",
        "RE2",
    ),
    "a pattern that is too long": (
        f"survey: csat\n    expect: {{prompts: [{{matches: '{'a' * 1001}'}}]}}",
        "it has 1001 characters, over the limit of 1000",
        "RE2",
    ),
    "a pattern that is too large": (
        "survey: csat\n    expect: {prompts: [{matches: '\\pL{900}'}]}",
        "it is too large",
        "RE2",
    ),
    "a channel that reaches people": ("survey: csat\n    channel: sms", "channel", "web"),
    "an unknown word": ("survey: csat\n    expects: {}", "expects", "expect"),
    "an unknown variable": ("survey: csat\n    expect: {prompts: ['${var.whom}']}", "no variable `whom`", "who"),
}


@pytest.mark.parametrize(("text", "said", "hint"), WRONG.values(), ids=WRONG)
def test_errors_of_a_check_are_reported_by_validate_at_their_place(live, text, said, hint):
    live.write("checks.yaml", f"checks:\n  one:\n    {text}\n")
    ended = live.run("validate")
    assert ended.code == 1
    assert "checks.yaml:" in ended.err
    assert said in ended.err
    assert hint in ended.err


def test_a_check_declared_twice_names_both_places(live):
    live.write("checks.yaml", "checks: {one: {survey: csat}}\n")
    live.write("more.yaml", "checks: {one: {survey: csat}}\n")
    ended = live.run("validate")
    assert ended.code == 1
    assert "more.yaml:1:10: " in ended.err
    assert "declared at checks.yaml:1:10" in ended.err


def test_the_example_passes_its_own_check_with_what_the_first_command_of_the_readme_installs(project, monkeypatch):
    from pathlib import Path

    from sdx_state.model import pattern

    monkeypatch.setitem(sys.modules, "re2", None)  # of the extra `patterns`
    pattern._compiled.cache_clear()
    example = Path(__file__).parents[2] / "examples" / "quickstart"
    for file in example.glob("*.yaml"):
        project.write(file.name, file.read_text())
    applied = project.run("apply", "--sandbox", "--auto-approve")
    assert (applied.code, "warning" in applied.err + applied.out) == (0, False)
    ended = project.run("check", "--sandbox")
    assert (ended.code, ended.last) == (0, "1 passed, 0 failed")


@pytest.mark.parametrize("pattern", ["(a+)+$", "^(a|a)*$", "(.*)*b$", "(a?){50}a{50}b", "^(([a-z])+.)+[A-Z]$"])
def test_pattern_of_exponential_cost_elsewhere_ends(live, pattern):
    survey = (live.folder / "a.yaml").read_text().replace("Hello ${var.who}.", "a" * 5000 + "!")
    live.write("a.yaml", survey)
    assert live.apply().code == 0
    expected = f"{{prompts: [{{matches: '{pattern}'}}, {{matches: likely}}]}}"
    ended = checked(live, f"checks: {{one: {{survey: csat, abandon: true, expect: {expected}}}}}\n")
    assert ended.code == 1, ended.out + ended.err
    assert "the prompt does not match the pattern" in ended.out


def test_missing_pattern_library_is_named_before_anything_is_created(live, tenant, monkeypatch):
    from sdx_state.model import pattern

    monkeypatch.setitem(sys.modules, "re2", None)
    pattern._compiled.cache_clear()
    live.write(
        "checks.yaml", "checks: {one: {survey: csat, abandon: true, expect: {prompts: [Hi, {matches: likely}]}}}\n"
    )
    validated = live.run("validate")
    assert validated.code == 0
    assert (
        "checks.yaml:1:78: warning[unverified-pattern]: patterns are not verified: patterns need google-re2"
        in validated.err
    )
    assert live.run("plan").code == 0
    ended = live.run("check", "--yes")
    assert ended.code == 1
    assert "pip install 'sdx-state[patterns]'" in ended.err
    assert tenant.store.records("interactions") == []
