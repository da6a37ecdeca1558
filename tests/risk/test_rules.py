"""Risk rules and limits."""

from __future__ import annotations

from datetime import date

import pytest

from sdx_state.kinds.addresses import parse_address as at
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.evidence import Counts, Question
from sdx_state.model.field_path import FieldPath
from sdx_state.model.plan import Action, Change, FieldChange, Plan
from sdx_state.model.policy import Policy
from sdx_state.model.resource import Source
from sdx_state.risk.consent import advice_on, beyond_consent
from sdx_state.risk.facts import Facts
from sdx_state.risk.grade import grade, needs_evidence
from sdx_state.risk.limits import broken
from sdx_state.risk.rules import RULES


def change(kind, action, *fields, **options):
    return Change(
        f"{kind}.a.b",
        kind,
        action,
        id="1",
        fields=tuple(FieldChange(FieldPath(field[0]), *field[1:]) for field in fields),
        **options,
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
    (change("survey", CREATE, ("sms_number", None, "+61730000001")), "sms-from-landline"),
    (change("survey", CREATE, ("sms_number", None, "+61500000001")), "sms-from-voip"),
    (change("survey", UPDATE, ("email_subject.default", "How was it?", "Your call")), "sender-changed"),
    (change("survey", UPDATE, ("email_from_address", "a@example.com", None)), "sender-changed"),
    (change("survey", UPDATE, ("greeting_text", "Hello", "Good day")), "text-changed"),
    (change("question", UPDATE, ("question_text", "How was your call?", "How was your call today?")), "text-changed"),
    (change("survey", UPDATE, ("closing_sound_file.de-default", "a.mp3", "b.mp3")), "text-changed"),
    (change("question", UPDATE, ("scale_label_max_text", "Very", "Fully")), "text-changed"),
    (change("question", UPDATE, ("response_options[1].text", "Good", "Fine")), "text-changed"),
    (change("survey", UPDATE, ("closing_text.de-default", "Danke", None)), "text-cleared"),
    (change("question", UPDATE, ("disabled", None, True)), "question-disabled"),
    (change("user", DELETE), "user-deleted"),
    (change("question", UPDATE, ("order", 1, 3)), "reordered"),
    (change("user", UPDATE, ("agent_id", "a", "b")), "agent-changed"),
    (change("user", CREATE), "user-added"),
]
FACTS = Facts(phone_types={"+61730000001": "landline", "+61500000001": "voip", "+61488000002": "mobile"})


@pytest.mark.parametrize(("case", "rule"), CASES, ids=[rule for _, rule in CASES])
def test_each_rule_names_its_case(case, rule):
    (graded,) = grade(Plan("t", "l", (case,)), FACTS).changes
    assert [risk.rule for risk in graded.risks] == [rule]


def test_every_rule_has_a_case():
    assert {rule.id for rule in RULES if rule.level != "blocked"} == {rule for _, rule in CASES}


def test_removed_option_reduces_the_scale():
    gone = change("question", UPDATE, ("response_options[2]", {"label": "poor"}, None))
    (graded,) = grade(Plan("t", "l", (gone,)), FACTS).changes
    assert [risk.rule for risk in graded.risks] == ["scale-reduced", "text-changed"]


@pytest.mark.parametrize(
    "harmless",
    [
        change("question", UPDATE, ("disabled", True, False)),
        change("question", UPDATE, ("max_response", 5, 10)),
        change("survey", UPDATE, ("sms_number", None, "+61488000002")),
        change("survey", UPDATE, ("email_subject", None, "How was it?")),
        change("user", UPDATE, ("name", "Ana", "Anna")),
        change("survey", CREATE, ("sms_number", None, "+61488000002")),
    ],
)
def test_harmless_changes_have_no_risk(harmless):
    assert grade(Plan("t", "l", (harmless,)), FACTS).changes[0].risks == ()


def user_deleted(email):
    return Change(f"user.{email}", "user", DELETE, id=email, via="api")


ANA, BEN, COLIN = user_deleted("Ana@example.com"), user_deleted("ben@example.com"), user_deleted("colin@example.com")
STAYING = frozenset({"dora@example.com"})


@pytest.mark.parametrize(
    ("leaving", "facts", "rule"),
    [
        (ANA, Facts(operator="ana@Example.com"), "operator-deleted"),
        (ANA, Facts(administrators=frozenset({"ana@example.com"}), staying=STAYING), "last-administrator"),
    ],
)
def test_operator_and_last_administrator_are_never_deleted(leaving, facts, rule):
    waive = Policy("*", "*", None, "we know better", date.max, Source("sdx.yaml", 1, 1))
    plan = grade(Plan("t", "l", (leaving,)), facts, [waive])
    assert [(risk.rule, risk.level) for risk in plan.changes[0].risks] == [(rule, "blocked")]
    for destroying in (False, True):
        found = broken(
            plan, managed=9, declared=9, deletes=9, deletes_percent=100, consented=1, destroying=destroying
        )
        assert [one.code for one in found] == ["blocked"]
    assert beyond_consent(plan, "critical", ()) == []  # it is refused already, and no consent helps


@pytest.mark.parametrize(
    "facts",
    [
        Facts(),
        Facts(operator="dora@example.com"),
        Facts(administrators=frozenset({"ana@example.com", "dora@example.com"}), staying=STAYING),
        Facts(administrators=frozenset({"ana@example.com"}), staying=None),
        Facts(administrators=frozenset({"ben@example.com"}), staying=STAYING),
    ],
)
def test_other_users_can_be_deleted_with_consent(facts):
    (graded,) = grade(Plan("t", "l", (ANA,)), facts).changes
    assert [risk.rule for risk in graded.risks] == ["user-deleted"]


SMS = change("survey", UPDATE, ("sms_number", "+61488000001", "+61488000002"))


@pytest.mark.parametrize(
    ("pending", "level", "said"),
    [
        (0, "high", "no interactions pending; otherwise: pending interactions use the old number"),
        (1, "critical", "1 interaction pending: pending interactions use the old number"),
        (1000, "critical", "1000 or more interactions pending: pending interactions use the old number"),
        (None, "critical", "(the number of pending interactions is unknown)"),
    ],
)
def test_a_number_in_use_is_more_than_one_that_is_not(pending, level, said):
    facts = Facts({SMS.address: Counts(pending=pending)}, FACTS.phone_types)
    (risk,) = grade(Plan("t", "l", (SMS,)), facts).changes[0].risks
    assert risk.level == level
    assert said in risk.message


@pytest.mark.parametrize(
    ("counts", "level"),
    [
        (Counts(0, 0), "medium"),
        (Counts(0, 2), "critical"),
        (Counts(3, 0), "critical"),
        (Counts(0, None), "critical"),
        (Counts(None, 0), "critical"),
    ],
)
def test_survey_delete_is_harmless_only_without_responses_and_pending_interactions(counts, level):
    gone = change("survey", DELETE)
    (risk,) = grade(Plan("t", "l", (gone,)), Facts({gone.address: counts})).changes[0].risks
    assert risk.level == level


def test_evidence_is_requested_only_if_a_rule_needs_it():
    plan = Plan("t", "l", (SMS, change("user", DELETE), change("survey", UPDATE, ("description", "a", "b"))))
    assert needs_evidence(plan) == {SMS.address: Question("survey", "1", frozenset({"pending"}))}


@pytest.mark.parametrize(("expires", "asked"), [(date(2027, 1, 31), False), (date(2027, 1, 30), True)])
def test_waived_rules_request_no_evidence(expires, asked):
    waived = Policy("number-*", "*", None, "a new carrier", expires, Source("sdx.yaml", 1, 1))
    assert bool(needs_evidence(Plan("t", "l", (SMS,)), [waived], date(2027, 1, 31))) is asked


@pytest.mark.parametrize(
    ("count", "managed", "said"),
    [
        (1, 7, ["1 of 7 is 14 %, over the limit of 10 %"]),
        (4, 100, ["4 is over the limit of 3"]),
        (5, 20, ["5 is over the limit of 3", "5 of 20 is 25 %, over the limit of 10 %"]),
        (3, 29, ["3 of 29 is 10.3 %, over the limit of 10 %"]),
        (1, 0, ["1 of 0 is more than all, over the limit of 10 %"]),
    ],
)
def test_delete_limit_reports_the_limit_and_the_count(count, managed, said):
    leaving = tuple(change("survey", DELETE) for _ in range(count))
    options = {"declared": 1, "deletes": 3, "deletes_percent": 10, "consented": None, "destroying": False}
    (refusal,) = broken(Plan("t", "l", leaving), managed=managed, **options)
    assert refusal.message == f"the plan deletes {count} of {managed} managed resources: {'; '.join(said)}"


@pytest.mark.parametrize("percent", [0, 1, 10, 33, 100])
def test_share_over_the_limit_is_shown_with_enough_digits(percent):
    options = {"declared": 1, "deletes": 99, "deletes_percent": percent, "consented": None, "destroying": False}
    one = change("survey", DELETE)
    for managed in range(1, 40):
        for count in range(1, managed + 1):
            found = broken(Plan("t", "l", (one,) * count), managed=managed, **options)
            assert bool(found) == (count / managed * 100 > percent), (count, managed)
            if found:
                share = found[0].message.partition(" is ")[2].partition(" %")[0]
                assert float(share) > percent, (count, managed)


def limits(count, managed=100, declared=10, consented=None, destroying=False, protected=False):
    leaving = tuple(change("survey", DELETE, protected=protected) for _ in range(count))
    found = broken(
        Plan("t", "l", leaving),
        managed=managed,
        declared=declared,
        deletes=3,
        deletes_percent=10,
        consented=consented,
        destroying=destroying,
    )
    return sorted({one.code for one in found})


@pytest.mark.parametrize(
    ("given", "broken"),
    [
        ({"count": 0}, []),
        ({"count": 3}, []),
        ({"count": 4}, ["deletes"]),
        ({"count": 2, "managed": 15}, ["deletes"]),
        ({"count": 1, "managed": 2}, ["deletes"]),
        ({"count": 1, "managed": 9}, ["deletes"]),
        ({"count": 1, "managed": 10}, []),
        ({"count": 4, "consented": 4}, []),
        ({"count": 4, "consented": 3}, ["deletes"]),
        ({"count": 2, "consented": 3}, ["deletes"]),
        ({"count": 1, "declared": 0}, ["empty"]),
        ({"count": 50, "declared": 0, "destroying": True}, ["deletes"]),
        ({"count": 50, "declared": 0, "destroying": True, "consented": 50}, []),
        ({"count": 1, "protected": True}, ["protect"]),
        ({"count": 1, "protected": True, "destroying": True}, ["protect"]),
        ({"count": 1, "protected": True, "consented": 1}, ["protect"]),
    ],
)
def test_limits_stop_too_many_deletes(given, broken):
    assert limits(**given) == broken


@pytest.mark.parametrize("action", [UPDATE, DELETE])
def test_risk_has_the_place_of_its_field_or_former_declaration(action):
    head, line = Source("a.yaml", 1, 1), Source("a.yaml", 5, 3)
    fields = [("question_label", "A", "B", "config", Source("a.yaml", 3, 3)), ("question_type", "nps", "text")]
    fields[1] = (*fields[1], "config", line)
    graded = grade(Plan("t", "l", (change("question", action, *fields, source=head),)), Facts())
    places = {risk.rule: risk.source for risk in graded.changes[0].risks}
    if action is UPDATE:
        assert places == {"type-changed": line, "label-changed": Source("a.yaml", 3, 3)}
    else:
        assert places == {"question-deleted": head}


@pytest.mark.parametrize("count", [1, 5, 6, 1000])
def test_advice_for_many_violations_is_a_few_lines_and_a_pattern(count):
    found = [
        Diagnostic("risk", "error", "...", address=at(f"survey.s{n}"), help=f"To allow it: --allow survey.s{n}")
        for n in range(count)
    ]
    lines = advice_on(found).splitlines()
    assert lines[:5] == [one.help for one in found[:5]]
    more = f"{count - 5} more are shown in the plan. Patterns allow many at once: --allow 'survey.*'"
    assert lines[5:] == ([more] if count > 5 else [])
