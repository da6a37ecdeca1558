"""The comment on a pull request: whose change it is, what matters first, and nobody's telephone number."""

from __future__ import annotations

import re

import pytest

from sdx_state.model.field_path import FieldPath
from sdx_state.model.plan import Action, Change, FieldChange, Plan, Risk
from sdx_state.report.markdown import plan_markdown


def changed(name, attribution=None, lines=1, action=Action.UPDATE, level=None):
    risks = (Risk("r", level, "look twice"),) if level else ()
    fields = tuple(FieldChange(FieldPath(f"f{number}"), "before", "after") for number in range(lines))
    return Change(
        f"survey.{name}", "survey", action, id="7", fields=fields, via="api", risks=risks, attribution=attribution
    )


def test_changes_stand_under_the_one_they_come_from():
    changes = (changed("mine", "branch"), changed("theirs", "drift"), changed("old", "pending"), changed("x", "both"))
    text = plan_markdown(Plan("t", "l", changes))
    order = [
        "#### From this branch\n",
        "survey.mine",
        "#### From this branch, and changed elsewhere too\n",
        "survey.x",
        "#### Pending on the base already\n",
        "survey.old",
        "#### Changed in the tenant alone\n",
        "survey.theirs",
    ]
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    assert text.count("```diff") == 4


def test_without_a_base_there_are_no_sections():
    assert "####" not in plan_markdown(Plan("t", "l", (changed("a"), changed("b"))))


def test_what_does_not_fit_is_shown_by_its_first_line_and_every_delete_is_shown():
    changes = [changed(f"gone{number}", lines=50, action=Action.DELETE, level="critical") for number in range(60)]
    changes += [changed(f"other{number}", lines=50) for number in range(60)]
    text = plan_markdown(Plan("t", "l", tuple(changes)), budget=20_000)
    assert len(text.encode()) <= 20_000
    assert all(f"survey.gone{number}" in text for number in range(60))
    assert re.search(r"\d+ are shown by their first line\.", text)
    assert "did not fit here: do not approve" not in text


def test_deletes_that_do_not_fit_even_by_a_line_forbid_to_approve_by_the_comment():
    changes = tuple(changed(f"gone{number}", action=Action.DELETE) for number in range(500))
    text = plan_markdown(Plan("t", "l", changes), budget=5_000)
    assert len(text.encode()) <= 5_000
    shown = len(set(re.findall(r"survey\.gone\d+", text)))
    assert f"**{500 - shown} of the deletes did not fit here: do not approve by this comment alone.**" in text
    assert "- 500 to be deleted" in text


@pytest.mark.parametrize("budget", [1_000, 1_500, 3_000, 65_536, 1_000_000])
@pytest.mark.parametrize("letter", ["a", "ü", "漢", "`"])
def test_no_budget_is_overdrawn_and_no_fence_is_left_open(budget, letter):
    fields = (FieldChange(FieldPath("name"), letter * 90, letter * 95 + "x"),)
    changes = tuple(
        Change(f"survey.s{number}", "survey", Action.UPDATE, fields=fields, attribution=whose)
        for number in range(400)
        for whose in ("branch", "drift", "pending", "both")
    )
    text = plan_markdown(Plan("t", "l", changes), budget=budget)
    assert len(text.encode()) <= budget
    lines = text.splitlines()
    opened = [line for line in lines if re.fullmatch(r"`{3,}diff", line)]
    closed = [line for line in lines if opened and line == opened[0].removesuffix("diff")]
    assert len(opened) == len(closed)


def test_each_environment_has_a_comment_of_its_own():
    plan = Plan("t", "l", ())
    assert plan_markdown(plan).startswith("<!-- sdx-state plan -->\n")
    assert plan_markdown(plan, environment="production").startswith("<!-- sdx-state plan production -->\n")
    assert plan_markdown(plan, environment="a-->b").startswith("<!-- sdx-state plan -->\n")


PERSON = Change(
    "user.ana@example.com",
    "user",
    Action.UPDATE,
    id="ana@example.com",
    via="api",
    fields=(
        FieldChange(FieldPath("name"), "Anastasia Bell", "Ana Bell"),
        FieldChange(FieldPath("phone"), "+61499123456", "+61499000000"),
        FieldChange(FieldPath("agent_id"), "abell", "anabell"),
    ),
)


def test_personal_data_that_only_the_tenant_holds_is_masked_unless_asked_for():
    text = plan_markdown(Plan("t", "l", (PERSON,)))
    assert "Anastasia" not in text
    assert "+61499123456" not in text
    assert "An•••ll" in text
    # What is declared stands in the repository, and what tells agents apart is no secret.
    assert all(shown in text for shown in ("Ana Bell", "+61499000000", "abell"))
    everything = plan_markdown(Plan("t", "l", (PERSON,)), personal=True)
    assert "+61499123456" in everything


def test_the_option_reaches_the_comment(connected, tenant):
    tenant.store.create("users", {"email": "ana@example.com", "name": "Somebody Else"})
    connected.write("a.yaml", "users: {ana@example.com: {name: Ana Bell}}\n")
    assert "Somebody" not in connected.run("plan", "--format", "markdown").out
    assert "Somebody" in connected.run("plan", "--format", "markdown", "--with-personal-data").out


def test_what_does_not_fit_is_counted_by_what_becomes_of_it_and_by_how_grave_it_is():
    grave = [changed(f"grave{number}", lines=4, level="high") for number in range(300)]
    added = [changed(f"added{number}", action=Action.CREATE) for number in range(300)]
    text = plan_markdown(Plan("t", "l", (*added, *grave)), budget=3_000)
    assert len(text.encode()) <= 3_000
    found = re.search(r"\*\*(\d+) more did not fit here: (\d+) to change, 300 to add\.\*\*", text)
    assert int(found[1]) == int(found[2]) + 300
    assert f"**{found[2]} of them are at high risk or worse: do not approve by this comment alone.**" in text
