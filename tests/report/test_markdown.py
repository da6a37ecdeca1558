"""The comment on a pull request: origins of changes, important changes first, and no telephone numbers."""

from __future__ import annotations

import re

import pytest

from sdx_state.model.address import Address
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.field_path import FieldPath
from sdx_state.model.plan import Action, Change, FieldChange, Plan, Risk
from sdx_state.model.resource import Source
from sdx_state.plan.conversation import Conversation, Line
from sdx_state.report.markdown import plan_markdown


def changed(name, attribution=None, lines=1, action=Action.UPDATE, level=None):
    risks = (Risk("r", level, "look twice"),) if level else ()
    fields = tuple(FieldChange(FieldPath(f"f{number}"), "before", "after") for number in range(lines))
    return Change(
        Address("survey", name),
        "survey",
        action,
        id="7",
        fields=fields,
        via="api",
        risks=risks,
        attribution=attribution,
    )


def test_changes_are_grouped_by_their_attribution():
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


def test_changes_beyond_the_budget_are_shown_by_their_first_line_and_every_delete_is_shown():
    changes = [changed(f"gone{number}", lines=50, action=Action.DELETE, level="critical") for number in range(60)]
    changes += [changed(f"other{number}", lines=50) for number in range(60)]
    text = plan_markdown(Plan("t", "l", tuple(changes)), budget=20_000)
    assert len(text.encode()) <= 20_000
    assert all(f"survey.gone{number}" in text for number in range(60))
    assert re.search(r"\d+ are shown by their first line\.", text)
    assert "review the full plan before approving" not in text


def test_deletes_that_do_not_fit_even_by_a_line_forbid_to_approve_by_the_comment():
    changes = tuple(changed(f"gone{number}", action=Action.DELETE) for number in range(500))
    text = plan_markdown(Plan("t", "l", changes), budget=5_000)
    assert len(text.encode()) <= 5_000
    shown = len(set(re.findall(r"survey\.gone\d+", text)))
    assert f"**{500 - shown} deletes are omitted here; review the full plan before approving.**" in text
    assert "- 500 to be deleted" in text


@pytest.mark.parametrize("budget", [1_000, 1_500, 3_000, 65_536, 1_000_000])
@pytest.mark.parametrize("letter", ["a", "ü", "漢", "`"])
def test_no_budget_is_overdrawn_and_no_fence_is_left_open(budget, letter, quick):
    fields = (FieldChange(FieldPath("name"), letter * 90, letter * 95 + "x"),)
    changes = tuple(
        Change(Address("survey", f"s{number}"), "survey", Action.UPDATE, fields=fields, attribution=whose)
        for number in range(100 if quick else 400)  # in any case more than 65,536 bytes of text
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
    Address("user", "ana@example.com"),
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


def test_personal_data_that_only_the_tenant_has_is_masked_unless_requested():
    text = plan_markdown(Plan("t", "l", (PERSON,)))
    assert "Anastasia" not in text
    assert "+61499123456" not in text
    assert "An•••ll" in text
    # Declared values are in the repository, and the ids of agents are not secret.
    assert all(shown in text for shown in ("Ana Bell", "+61499000000", "abell"))
    everything = plan_markdown(Plan("t", "l", (PERSON,)), personal=True)
    assert "+61499123456" in everything


def test_the_option_reaches_the_comment(connected, tenant):
    tenant.store.create("users", {"email": "ana@example.com", "name": "Somebody Else"})
    connected.write("a.yaml", "users: {ana@example.com: {name: Ana Bell}}\n")
    assert "Somebody" not in connected.run("plan", "--format", "markdown").out
    assert "Somebody" in connected.run("plan", "--format", "markdown", "--with-personal-data").out


def test_omitted_changes_are_counted_by_action_and_risk():
    grave = [changed(f"grave{number}", lines=4, level="high") for number in range(300)]
    added = [changed(f"added{number}", action=Action.CREATE) for number in range(300)]
    text = plan_markdown(Plan("t", "l", (*added, *grave)), budget=3_000)
    assert len(text.encode()) <= 3_000
    found = re.search(r"\*\*(\d+) more are omitted here: (\d+) to change, 300 to add\.\*\*", text)
    assert int(found[1]) == int(found[2]) + 300
    assert f"**{found[2]} of them are at high risk or worse; review the full plan before approving.**" in text


def lines_of(text, fence="```"):
    """Return the lines of `text` inside of fences."""
    inside, found = False, []
    for line in text.splitlines():
        if line.startswith(fence):
            inside = not inside
        elif inside:
            found.append(line)
    return found


def test_first_lines_name_environment_tenant_counts_and_what_stops_apply():
    over = Diagnostic("deletes", "error", "4 deletes, limit 3")
    plan = Plan("https://au1.surveydynamix.com#5f0c", "l", (changed("a"),), diagnostics=(over,))
    first = plan_markdown(plan, environment="prod").splitlines()[1:4]
    assert first == [
        "**`prod`** · `https://au1.surveydynamix.com#5f0c`",
        "",
        "**Plan: 0 to add, 1 to change, 0 to destroy.** **apply stops: deletes.**",
    ]
    allowed = plan_markdown(Plan("t", "l", (changed("a"),)))
    assert "**Plan: 0 to add, 1 to change, 0 to destroy.** No limit stops apply." in allowed


def test_risks_are_a_table_with_the_worst_first():
    changes = (changed("a", level="medium"), changed("b", level="critical"), changed("c", level="medium"))
    rows = [line for line in plan_markdown(Plan("t", "l", changes)).splitlines() if line.startswith("| **")]
    assert rows == [
        "| **critical**: each must be allowed by its address | `r` | `survey.b` |",
        "| **medium** | `r` | `survey.a`, `survey.c` |",
    ]


def of_survey(name, text, at, label=None):
    source = Source("a.yaml", at, 3)
    survey = Address("survey", name)
    address = survey if label is None else Address("question", label, survey)
    path = "greeting_text" if label is None else "question_text"
    fields = (FieldChange(FieldPath(path), "Before.", text, source=source),)
    return Change(address, address.kind, Action.UPDATE, id="7", fields=fields, via="api", source=source)


def test_surveys_come_in_the_order_of_the_files_each_with_its_questions_in_the_order_asked():
    changes = (
        of_survey("b", "B", 20),
        of_survey("a", "A", 1),
        of_survey("b", "2", 26, "two"),
        of_survey("b", "1", 24, "one"),
        of_survey("a", "3", 9, "three"),
    )
    heads = [line.split()[1] for line in lines_of(plan_markdown(Plan("t", "l", changes))) if line.startswith("@@")]
    assert heads == ["survey.a", "question.a.three", "survey.b", "question.b.one", "question.b.two"]


def test_texts_are_lines_that_a_diff_fence_colors():
    long = "This greeting is long enough that it has lines of its own, and it\nhas two of them.\n{}\n"
    fields = (
        FieldChange(FieldPath("name"), "Old", "New"),
        FieldChange(FieldPath("greeting_text"), long.format("Bye."), long.format("Goodbye.")),
    )
    change = Change(Address("survey", "a"), "survey", Action.UPDATE, id="7", fields=fields, via="api")
    assert lines_of(plan_markdown(Plan("t", "l", (change,)))) == [
        "@@ survey.a (id 7) @@",
        '- name: "Old"',
        '+ name: "New"',
        "  greeting_text:",
        "    This greeting is long enough that it has lines of its own, and it",
        "    has two of them.",
        "-   Bye.",
        "+   Goodbye.",
    ]


def test_surveys_that_change_alike_are_folded_with_their_count():
    changes = [of_survey(name, "Hi.", at, label) for at, name in enumerate("abcde") for label in (None, "q")]
    text = plan_markdown(Plan("t", "l", (*changes, of_survey("x", "Other", 90))))
    assert text.count('+ greeting_text: "Hi."') == 1
    assert "<summary>4 more surveys change in the same way</summary>" in text
    assert all(f"@@ survey.{name} " in text for name in "abcdex")


def test_deletes_are_never_folded():
    gone = [changed(f"gone{number}", action=Action.DELETE) for number in range(20)]
    assert "<details>" not in plan_markdown(Plan("t", "l", tuple(gone)))


def test_many_users_to_add_are_folded_except_one_at_high_risk():
    def user(number, *risks):
        return Change(
            Address("user", f"u{number}@example.com"), "user", Action.CREATE, via="csv", risks=risks, label="U"
        )

    users = [user(number) for number in range(30)]
    text = plan_markdown(Plan("t", "l", (*users, user(99, Risk("r", "high", "look")))))
    assert "<summary>29 more users to add</summary>" in text
    assert "user.u99@example.com" in text.partition("<details>")[0]


def test_respondents_view_is_counted_once_for_surveys_that_are_alike():
    def told(name, language="default"):
        before = (Line("greeting", "greeting", "Hello."), Line("q", "question", "Why?", "text"))
        after = (Line("greeting", "greeting", "Hello there."), Line("q", "question", "Why?", "text"))
        return Conversation(Address("survey", name), name, language, before, after)

    text = plan_markdown(Plan("t", "l", (changed("a"),)), [told("a"), told("b"), told("c", "de-default")])
    (line, *_) = lines_of(text.partition("#### What respondents will see")[2])
    assert line.startswith("survey.a, survey.b, survey.c in de-default: 1 changed; Web: 1 question, 2 words -> ")


def test_page_is_linked_where_its_address_is_plain():
    plan = Plan("t", "l", (changed("a"),))
    link = "https://github.example/a/b/actions/runs/7#artifacts"
    assert f"[The whole plan as a page]({link})" in plan_markdown(plan, page=link)
    for hostile in ("javascript:alert(1)", "https://a.example/)[x](https://b.example", "https://a.example/ x"):
        assert "The whole plan" not in plan_markdown(plan, page=hostile)
