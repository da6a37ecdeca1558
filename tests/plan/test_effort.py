"""The estimate of what `apply` sends is near to what it sends."""

from __future__ import annotations

import json

import pytest

from sdx_state.cli.running import Narrator
from sdx_state.kinds.addresses import parse_address as at
from sdx_state.model.plan import Action, Change, Effort, Plan
from sdx_state.plan.effort import effort_of
from sdx_state.report.document import plan_json
from sdx_state.report.markdown import plan_markdown
from sdx_state.report.page import plan_html
from sdx_state.report.text import duration, effort_line, plan_text


def user(number: int, via: str = "api") -> Change:
    return Change(at(f"user.u{number}@example.com"), "user", Action.CREATE, via=via)


def test_an_estimate_counts_what_is_sent_at_the_pace_of_what_was_read():
    survey = Change(at("survey.a"), "survey", Action.UPDATE, via="api")
    assert effort_of([survey, user(1), user(2, via="csv")], read=5, seconds=1.0) == Effort(10, 2.0)
    assert effort_of([], read=0, seconds=0.0) == Effort(0, 0.0)


def test_creates_in_one_survey_share_the_look_for_names():
    survey = Change(at("survey.a"), "survey", Action.CREATE, via="api")
    questions = [
        Change(at(f"question.a.{key}"), "question", Action.CREATE, via="api", parent=survey.address) for key in "xyz"
    ]
    assert effort_of([survey, *questions], read=4, seconds=1.0).requests == 4 + 3 + 1 + 2 * 3


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.1, "1 s"), (25.4, "25 s"), (99.4, "99 s"), (720, "12 min"), (10_800, "3 h")]
)
def test_times_are_rounded(seconds, words):
    assert duration(seconds) == words


def test_every_format_says_it_of_a_plan_that_takes_many_requests():
    plan = Plan("", "", tuple(map(user, range(3))), effort=Effort(2140, 25.2))
    said = "Apply sends about 2,140 requests, which takes about 25 s"
    assert f"\n{said}.\n" in plan_text(plan, width=100, colour=False)
    assert f"- {said}\n" in plan_markdown(plan)
    assert said in plan_html(plan, ())
    assert json.loads(plan_json(plan))["effort"] == {"requests": 2140, "seconds": 25.2}


@pytest.mark.parametrize("effort", [None, Effort(99, 9.0)])
def test_a_plan_that_takes_little_says_nothing(effort):
    assert effort_line(Plan("", "", (user(1),), effort=effort)) is None
    assert effort_line(Plan("", "", (), effort=Effort(5_000, 60.0))) is None


def test_apply_sends_as_many_requests_as_the_plan_says(connected, proxy):
    connected.connect(proxy.url)
    lines = [f"  u{number}@example.com: {{name: U}}\n" for number in range(12)]
    questions = [f"      - {{question_label: Q{n}, question_text: Q?, question_type: text}}\n" for n in range(4)]
    connected.write(
        "a.yaml", f"users:\n{''.join(lines)}surveys:\n  a:\n    name: A\n    questions:\n{''.join(questions)}"
    )
    said = json.loads(connected.run("plan", "--format", "json").out)["effort"]["requests"]
    before = len(proxy.seen)
    assert connected.apply().code == 0
    sent = len(proxy.seen) - before
    assert sent * 0.8 <= said <= sent * 1.25


def test_a_run_of_many_changes_says_how_long_the_rest_takes(capsys):
    from sdx_state.apply.outcome import Outcome

    ticks = iter(range(0, 10_000, 3))
    narrator = Narrator(200, lambda: float(next(ticks)))
    for number in range(200):
        narrator.ended(Outcome(user(number), "done"))
    lines = [line for line in capsys.readouterr().err.splitlines() if "left" in line]
    assert len(lines) == 9
    assert lines[0] == "  20 of 200 changes; about 27 s left"
