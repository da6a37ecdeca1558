"""Which changes are worth a second look."""

from __future__ import annotations

import pytest

from sdx_state.plan.model import Action, Change, FieldChange, Plan
from sdx_state.risk.grade import grade
from sdx_state.risk.limits import refusals
from sdx_state.risk.rules import RULES


def change(kind, action, *fields, **options):
    return Change(
        f"{kind}.a.b", kind, action, id="1", fields=tuple(FieldChange(*field) for field in fields), **options
    )


UPDATE, DELETE, CREATE = Action.UPDATE, Action.DELETE, Action.CREATE
CASES = [
    (change("survey", DELETE), "survey-deleted"),
    (change("question", DELETE), "question-deleted"),
    (change("question", UPDATE, ("question_type", "nps", "text")), "type-changed"),
    (change("question", UPDATE, ("max_response", 10, 5)), "scale-reduced"),
    (
        change("question", UPDATE, ("question_text", "How was it?", "Would you come back some day")),
        "question-reworded",
    ),
    (change("question", UPDATE, ("question_text.de-default", "Wie war es?", "Nochmal")), "question-reworded"),
    (change("question", UPDATE, ("question_label", "NPS", "Score")), "label-changed"),
    (change("survey", UPDATE, ("sms_number", "+61488000001", "+61488000002")), "number-repointed"),
    (change("user", DELETE), "user-deleted"),
    (change("question", UPDATE, ("order", 1, 3)), "reordered"),
    (change("user", UPDATE, ("agent_id", "a", "b")), "agent-changed"),
    (change("user", CREATE), "user-added"),
]


@pytest.mark.parametrize(("case", "rule"), CASES, ids=[rule for _, rule in CASES])
def test_each_rule_names_its_case(case, rule):
    (graded,) = grade(Plan("t", "l", (case,)), {}).changes
    assert [risk.rule for risk in graded.risks] == [rule]


def test_every_rule_has_a_case():
    assert {rule.id for rule in RULES} == {rule for _, rule in CASES}


@pytest.mark.parametrize(
    "harmless",
    [
        change("question", UPDATE, ("max_response", 5, 10)),
        change("question", UPDATE, ("question_text", "How was your call?", "How was your call today?")),
        change("survey", UPDATE, ("sms_number", None, "+61488000002")),
        change("survey", UPDATE, ("description", "a", "b")),
        change("survey", CREATE, ("sms_number", None, "+61488000002")),
    ],
)
def test_these_are_harmless(harmless):
    assert grade(Plan("t", "l", (harmless,)), {}).changes[0].risks == ()


def limits(count, owned=100, declared=10, consented=None, destroying=False, protected=False):
    leaving = tuple(change("survey", DELETE, protected=protected) for _ in range(count))
    found = refusals(
        Plan("t", "l", leaving),
        owned=owned,
        declared=declared,
        deletes=3,
        deletes_percent=10,
        consented=consented,
        destroying=destroying,
    )
    return sorted({refusal.rule for refusal in found})


@pytest.mark.parametrize(
    ("given", "broken"),
    [
        ({"count": 0}, []),
        ({"count": 3}, []),
        ({"count": 4}, ["deletes"]),
        ({"count": 2, "owned": 15}, ["deletes"]),
        ({"count": 1, "owned": 2}, []),
        ({"count": 4, "consented": 4}, []),
        ({"count": 4, "consented": 3}, ["deletes"]),
        ({"count": 2, "consented": 3}, ["deletes"]),
        ({"count": 1, "declared": 0}, ["empty"]),
        ({"count": 50, "declared": 0, "destroying": True}, []),
        ({"count": 1, "protected": True}, ["protect"]),
        ({"count": 1, "protected": True, "destroying": True}, ["protect"]),
        ({"count": 1, "protected": True, "consented": 1}, ["protect"]),
    ],
)
def test_limits_stop_what_deletes_too_much(given, broken):
    assert limits(**given) == broken
