"""An id stays one resource for life, whatever happens to its address, its survey and its name."""

from __future__ import annotations

import pytest

Q1, Q2, Q3 = (
    f"{{question_label: Q{n}, question_text: {text}, question_type: text}}"
    for n, text in ((1, "one"), (2, "two"), (3, "three"))
)
BEFORE = f"surveys:\n  a: {{name: A, questions: [{Q1}, {Q2}]}}\n  b: {{name: B, questions: [{Q3}]}}\n"
AFTER = f"surveys:\n  a: {{name: A, questions: [{Q1}]}}\n  b: {{name: B, questions: [{Q3}, {Q2}]}}\n"
MOVE = "moved: [{from: question.a.q2, to: question.b.q2}]\n"


def asked(tenant):
    """Return the labels that each survey asks, by its name."""
    names = {row["id"]: row["name"] for row in tenant.store.rows("surveys")}
    found = {name: [] for name in names.values()}
    for row in sorted(tenant.store.rows("questions"), key=lambda row: row["order"]):
        found[names[row["survey_id"]]].append(row["question_label"])
    return found


def ids(tenant, table="surveys"):
    label = {"surveys": "name", "questions": "question_label", "users": "email"}[table]
    return {row[label]: row["id"] for row in tenant.store.rows(table)}


def applied(project, text, *arguments):
    project.write("s.yaml", text)
    done = project.apply(*arguments)
    assert done.code == 0, done.out + done.err
    again = project.run("plan", "--detailed-exitcode")
    assert again.code == 0, again.out + again.err
    return done


@pytest.fixture(autouse=True)
def no_limits(project):
    text = "sdx: 1\napi: {host: demo.surveydynamix.com}\nlimits: {deletes: 9, deletes_percent: 100}\n"
    project.write("sdx.yaml", text)


def last_run(project):
    return project.run("history").out.splitlines()[-1].split()[0]


def planned(project, text):
    project.write("s.yaml", text)
    return project.run("plan")


def test_question_moved_to_another_survey_is_created_there_and_deleted_here(connected, tenant):
    applied(connected, BEFORE)
    plan = planned(connected, AFTER + MOVE)
    assert "moved to another survey, as question.b.q2: created there, deleted here" in plan.out
    assert "deleted in the tenant" not in plan.out
    assert plan.last.startswith("Plan: 1 to add, 0 to change, 1 to destroy"), plan.last
    applied(connected, AFTER + MOVE)
    assert asked(tenant) == {"A": ["Q1"], "B": ["Q3", "Q2"]}


def test_question_moved_to_another_survey_is_under_the_rules_of_a_delete(connected, tenant):
    applied(connected, BEFORE.replace("question_label: Q2,", "question_label: Q2, protect: true,"))
    connected.write("s.yaml", AFTER + MOVE)
    stopped = connected.apply()
    assert stopped.code == 6
    assert "question.a.q2 is protected" in stopped.err
    assert asked(tenant) == {"A": ["Q1", "Q2"], "B": ["Q3"]}


def test_question_moved_with_state_mv_is_created_there_and_deleted_here(connected, tenant):
    applied(connected, BEFORE)
    assert connected.run("state", "mv", "question.a.q2", "question.b.q2").code == 0
    plan = planned(connected, AFTER)
    assert "moved to another survey" in plan.out
    assert "deleted in the tenant" not in plan.out
    applied(connected, AFTER)
    assert asked(tenant) == {"A": ["Q1"], "B": ["Q3", "Q2"]}


def test_questions_swapped_between_surveys_are_created_and_deleted_once(connected, tenant):
    applied(connected, BEFORE)
    swapped = f"surveys:\n  a: {{name: A, questions: [{Q1}, {Q3}]}}\n  b: {{name: B, questions: [{Q2}]}}\n"
    text = swapped + "moved: [{from: question.a.q2, to: question.b.q2}, {from: question.b.q3, to: question.a.q3}]\n"
    applied(connected, text)
    assert asked(tenant) == {"A": ["Q1", "Q3"], "B": ["Q2"]}


def test_survey_deleted_after_its_question_moved_goes_after_the_copy_exists(connected, tenant):
    applied(connected, BEFORE)
    applied(connected, f"surveys:\n  b: {{name: B, questions: [{Q3}, {Q2}]}}\n{MOVE}")
    assert asked(tenant) == {"B": ["Q3", "Q2"]}


def test_survey_pinned_to_another_id_deletes_the_old_one_and_its_questions_in_sight(connected, tenant):
    applied(connected, f"surveys:\n  a: {{name: A, questions: [{Q1}]}}\n")
    tenant.store.load_snapshot({"surveys": [{"name": "Other"}]})
    other = ids(tenant)["Other"]
    pinned = f"surveys:\n  a: {{id: {other}, name: A, questions: [{Q1}]}}\n"
    plan = planned(connected, pinned)
    assert "deleted in the tenant" not in plan.out
    assert plan.last.startswith("Plan: 1 to import, 1 to add, 1 to change, 2 to destroy"), plan.out
    applied(connected, pinned)
    assert ids(tenant) == {"A": other}
    assert asked(tenant) == {"A": ["Q1"]}


@pytest.mark.parametrize("new", ["", "  a: {name: New}\n"])
def test_id_pinned_at_a_new_address_is_not_deleted_at_the_old_one(connected, tenant, new):
    applied(connected, "surveys:\n  a: {name: A}\n")
    known = ids(tenant)["A"]
    applied(connected, f"surveys:\n  b: {{id: {known}, name: A}}\n{new}")
    assert ids(tenant)["A"] == known
    assert len(ids(tenant)) == 1 + bool(new)


def test_deletion_in_the_tenant_is_reported_only_after_a_lookup_by_id(connected, tenant):
    applied(connected, BEFORE)
    tenant.store.delete_row("questions", ids(tenant, "questions")["Q2"])
    assert "was deleted in the tenant" in planned(connected, BEFORE).out


@pytest.mark.parametrize("known", ["case", "idn"])
def test_user_moved_to_the_same_identity_changes_nothing(connected, tenant, known):
    before, after = {
        "case": ("u@example.com", "U@Example.com"),
        "idn": ("jos@xn--mnchen-3ya.example", "jos@münchen.example"),
    }[known]
    applied(connected, f"users:\n  {before}: {{name: U}}\n")
    connected.write("s.yaml", f"users:\n  {after}: {{name: U}}\nmoved: [{{from: user.{before}, to: user.{after}}}]\n")
    plan = connected.run("plan", "--detailed-exitcode")
    assert plan.code == 0, plan.out + plan.err


def test_user_moved_to_another_identity_is_created_and_deleted(connected, tenant):
    applied(connected, "users:\n  u@example.com: {name: U}\n")
    moved = "users:\n  v@example.com: {name: U}\nmoved: [{from: user.u@example.com, to: user.v@example.com}]\n"
    plan = planned(connected, moved)
    assert "moved to another identity, user.v@example.com: created there, deleted here" in plan.out
    assert "to rename instead" not in plan.out + plan.err
    applied(connected, moved)
    assert [row["email"] for row in tenant.store.rows("users")] == ["v@example.com"]


def test_users_declared_still_are_not_moved_to_each_other(connected, tenant):
    applied(connected, "users:\n  u@example.com: {name: U}\n  v@example.com: {name: V}\n")
    swapped = "users:\n  u@example.com: {name: V}\n  v@example.com: {name: U}\n"
    pairs = [("user.u@example.com", "user.v@example.com"), ("user.v@example.com", "user.u@example.com")]
    plan = planned(connected, swapped + moves(*pairs))
    assert "import" not in plan.out
    assert "changed in the tenant" not in plan.out
    assert plan.last == "Plan: 0 to add, 2 to change, 0 to destroy."
    applied(connected, swapped + moves(*pairs))
    assert {row["email"]: row["name"] for row in tenant.store.rows("users")} == {
        "u@example.com": "V",
        "v@example.com": "U",
    }


@pytest.mark.parametrize("managed", [True, False])
def test_question_pinned_to_an_id_of_another_survey_is_an_error_that_names_it(connected, tenant, managed):
    if managed:
        applied(connected, BEFORE)
    else:
        applied(connected, BEFORE.partition("  b:")[0])
        tenant.store.load_snapshot({"surveys": [{"name": "B"}]})
    known = ids(tenant, "questions")["Q2"]
    pinned = AFTER.replace("{question_label: Q2", f"{{id: {known}, question_label: Q2")
    plan = planned(connected, pinned)
    assert plan.code == 1
    assert f"question.b.q2 is pinned to id {known}, which is a question of another survey (id" in plan.out
    assert "the tenant has no such question" not in plan.out


def test_undo_leaves_alone_what_a_later_run_created_under_the_address(connected, tenant):
    applied(connected, "surveys:\n  a: {name: A, questions: []}\n")
    first = last_run(connected)
    applied(connected, "surveys:\n  old: {name: A, questions: []}\nmoved: [{from: survey.a, to: survey.old}]\n")
    applied(connected, "surveys:\n  old: {name: A, questions: []}\n  a: {name: Brand new, questions: []}\n")
    undone = connected.run("undo", first, "--auto-approve")
    assert undone.code == 0, undone.out + undone.err
    assert "survey.old" in undone.out
    assert list(ids(tenant)) == ["Brand new"]


def test_undo_puts_a_text_back_at_the_address_of_today(connected, tenant):
    applied(connected, "surveys:\n  a: {name: A, description: one}\n")
    applied(connected, "surveys:\n  a: {name: A, description: two}\n")
    run = last_run(connected)
    moved = "  b: {name: A, description: two}\n  a: {name: C, description: two}\n"
    applied(connected, f"surveys:\n{moved.splitlines()[0]}\nmoved: [{{from: survey.a, to: survey.b}}]\n")
    applied(connected, f"surveys:\n{moved}")
    assert connected.run("undo", run, "--auto-approve").code == 0
    assert {row["name"]: row["description"] for row in tenant.store.rows("surveys")} == {"A": "one", "C": "two"}


def test_undo_says_what_is_gone_and_was_created_again(connected, tenant):
    applied(connected, "surveys:\n  a: {name: A, description: one}\n")
    applied(connected, "surveys:\n  a: {name: A, description: two}\n")
    run = last_run(connected)
    tenant.store.delete_row("surveys", ids(tenant)["A"])
    applied(connected, "surveys:\n  a: {name: A, description: two}\n")
    undone = connected.run("undo", run, "--auto-approve")
    assert f"that address is survey {ids(tenant)['A']} today" in undone.out
    assert undone.last.startswith("No changes.")
    assert [row["description"] for row in tenant.store.rows("surveys")] == ["two"]


def test_undo_keeps_a_survey_that_has_questions_of_a_later_run(connected, tenant):
    applied(connected, "surveys:\n  a: {name: A, questions: []}\n")
    first = last_run(connected)
    applied(connected, f"surveys:\n  a: {{name: A, questions: [{Q1}]}}\n")
    undone = connected.run("undo", first, "--auto-approve")
    assert "1 question in it came later" in undone.out
    assert asked(tenant) == {"A": ["Q1"]}


def test_undo_leaves_alone_what_is_no_longer_managed(connected, tenant):
    applied(connected, "surveys:\n  a: {name: A, questions: []}\n")
    assert connected.run("state", "rm", "survey.a").code == 0
    undone = connected.run("undo", last_run(connected), "--auto-approve")
    assert "is no longer managed" in undone.out
    assert list(ids(tenant)) == ["A"]


def test_undo_of_a_run_that_there_is_not_is_a_plain_error(connected):
    applied(connected, "surveys:\n  a: {name: A}\n")
    undone = connected.run("undo", "NONSENSE", "--auto-approve")
    assert undone.code == 1
    assert "there is no run 'NONSENSE'" in undone.err
    assert "rebuild" not in undone.err


def survey(key, name, description=""):
    return f"  {key}: {{name: {name}, description: '{description}'}}\n"


def moves(*pairs):
    return "moved:\n" + "".join(f"- {{from: {before}, to: {after}}}\n" for before, after in pairs)


HISTORIES = {
    "chain": (survey("a3", "A"), [("survey.a", "survey.a2"), ("survey.a2", "survey.a3")], {"survey.a3": "A"}),
    "there and back": (survey("a", "A"), [("survey.a", "survey.b"), ("survey.b", "survey.a")], {"survey.a": "A"}),
    "swap": (
        survey("b", "A") + survey("a", "B"),
        [("survey.a", "survey.b"), ("survey.b", "survey.a")],
        {"survey.b": "A", "survey.a": "B"},
    ),
    "shift": (
        survey("b", "A") + survey("c", "B"),
        [("survey.a", "survey.b"), ("survey.b", "survey.c")],
        {"survey.b": "A", "survey.c": "B"},
    ),
    "circle of three": (
        survey("b", "A") + survey("c", "B") + survey("a", "C"),
        [("survey.a", "survey.b"), ("survey.b", "survey.c"), ("survey.c", "survey.a")],
        {"survey.b": "A", "survey.c": "B", "survey.a": "C"},
    ),
}


@pytest.mark.parametrize("history", HISTORIES)
def test_moves_are_resolved_to_their_ends_and_made_once(connected, tenant, history):
    after, pairs, ends = HISTORIES[history]
    names = sorted(ends.values())
    applied(connected, "surveys:\n" + "".join(survey(name.lower(), name) for name in names))
    known = ids(tenant)
    for text in (after, after.replace("description: ''", "description: again"), after):
        applied(connected, "surveys:\n" + text + moves(*pairs))
        assert ids(tenant) == known
        for address, name in ends.items():
            assert f"id       {known[name]}" in connected.run("state", "show", address).out


@pytest.mark.parametrize("at", ["a", "b"])
@pytest.mark.parametrize("to", ["a", "b"])
def test_question_moves_under_the_old_or_the_new_address_of_its_survey(connected, tenant, at, to):
    applied(connected, f"surveys:\n  a: {{name: A, questions: [{Q1}]}}\n")
    known = ids(tenant, "questions")["Q1"]
    question = Q1.replace("question_label: Q1", "key: r, question_label: R")
    after = f"surveys:\n  b: {{name: A, questions: [{question}]}}\n"
    applied(connected, after + moves((f"question.{at}.q1", f"question.{to}.r"), ("survey.a", "survey.b")))
    assert ids(tenant, "questions") == {"R": known}


def test_rename_is_not_suggested_where_it_is_declared(connected, tenant):
    applied(connected, f"surveys:\n  a: {{name: A, questions: [{Q1}, {Q2}]}}\n")
    text = f"surveys:\n  a: {{name: A, questions: [{Q1}]}}\n  b: {{name: B, questions: [{Q2}]}}\n{MOVE}"
    plan = planned(connected, text)
    assert "to rename instead" not in plan.out + plan.err


@pytest.mark.parametrize(
    ("moved", "message"),
    [
        (moves(("survey.x", "survey.x")), "survey.x moves to itself"),
        (moves(("survey.x", "survey.y"), ("survey.y", "survey.x")), "nothing on the way is declared"),
        (moves(("survey.a", "survey.b")), "survey.a is still declared, so it has not moved"),
        (moves(("survey.x", "survey.a"), ("survey.y", "survey.a")), "survey.a is moved to twice"),
        (moves(("survey.x", "survey.a"), ("survey.x", "survey.b")), "survey.x leaves twice"),
    ],
)
def test_moves_that_cannot_be_are_judged_at_their_place(connected, moved, message):
    connected.write("s.yaml", "surveys:\n" + survey("a", "A") + survey("b", "B") + moved)
    wrong = connected.run("validate")
    assert wrong.code == 1
    assert message in wrong.err
    assert "s.yaml:" in wrong.err
