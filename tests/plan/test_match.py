"""Which live resource each declared one is."""

from __future__ import annotations

from sdx_state.kinds.addresses import parse_address as at
from sdx_state.model.plan import Action
from sdx_state.model.resource import Moved, Source


def test_missing_resource_is_created(world):
    world.declare("survey", "a", name="A")
    change = world.change("survey.a")
    assert change.action is Action.CREATE
    assert change.via == "api"


def test_exactly_one_match_by_name_is_imported_without_a_write(world):
    world.declare("survey", "a", name="A")
    world.exists("survey", "7", name="A")
    change = world.change("survey.a")
    assert (change.action, change.importing, change.id) == (Action.NO_OP, True, "7")
    assert world.plan().summary.importing == 1


def test_two_resources_of_one_name_are_an_error_that_prints_ids_and_the_line_to_add(world):
    world.declare("survey", "a", name="A")
    world.declare("question", "q", "a", question_label="Q")
    world.exists("survey", "7", name="A")
    world.exists("survey", "9", name="A")
    plan = world.plan()
    (error,) = plan.errors
    assert "ids 7, 9" in error.message
    assert "id: 7" in error.help
    assert not plan.changes  # nor is anything planned for its questions


def test_a_pinned_id_settles_an_ambiguity(world):
    world.declare("survey", "a", name="A", id="9")
    world.exists("survey", "7", name="A")
    world.exists("survey", "9", name="A")
    assert world.change("survey.a").id == "9"


def test_a_pinned_id_that_does_not_exist_is_an_error_and_never_a_create(world):
    world.declare("survey", "a", name="A", id="9")
    world.exists("survey", "7", name="A")
    plan = world.plan()
    assert not plan.changes
    assert "no such survey" in plan.errors[0].message


def test_the_remembered_id_wins_over_the_name(world):
    world.declare("survey", "a", name="New name")
    world.exists("survey", "7", name="Old name")
    world.exists("survey", "8", name="New name")
    world.remember("survey.a", "7")
    change = world.change("survey.a")
    assert change.id == "7"
    assert [(field.path, field.before, field.after) for field in change.fields] == [("name", "Old name", "New name")]


def test_a_live_resource_that_an_address_has_is_never_given_to_another(world):
    world.declare("survey", "b", name="A")
    world.exists("survey", "7", name="A")
    world.remember("survey.a", "7")  # managed, no longer declared
    plan = world.plan()
    assert {(change.address, change.action) for change in plan.changes} == {
        ("survey.a", Action.DELETE),
        ("survey.b", Action.CREATE),
    }


def test_delete_and_create_of_the_same_content_is_reported_as_a_rename(world):
    world.declare("survey", "b", name="A")
    world.exists("survey", "7", name="A")
    world.remember("survey.a", "7")
    (hint,) = world.plan().diagnostics
    assert "moved: [{from: survey.a, to: survey.b}]" in hint.help


def test_moved_takes_a_survey_and_its_questions_to_the_new_address(world):
    world.declare("survey", "b", name="A")
    world.declare("question", "q", "b", question_label="Q")
    world.exists("survey", "7", name="A")
    world.exists("question", "70", "7", question_label="Q", order=1)
    world.remember("survey.a", "7")
    world.remember("question.a.q", "70")
    world.moved.append(Moved(at("survey.a"), at("survey.b"), Source("a.yaml", 1, 1)))
    plan = world.plan()
    assert {(change.previous, change.address, change.action) for change in plan.changes} == {
        ("survey.a", "survey.b", Action.NO_OP),
        ("question.a.q", "question.b.q", Action.NO_OP),
    }


def test_users_match_without_case(world):
    world.declare("user", "ana@example.com", email="Ana@Example.com", name="Ana")
    world.exists("user", "ANA@example.com", name="Ana")
    change = world.change("user.ana@example.com")
    assert (change.action, change.importing, change.id) == (Action.NO_OP, True, "ANA@example.com")


def test_a_question_matches_by_label_within_its_own_survey_only(world):
    for key, id in (("a", "1"), ("b", "2")):
        world.declare("survey", key, name=key)
        world.declare("question", "nps", key, question_label="NPS")
        world.exists("survey", id, name=key)
        world.exists("question", f"{id}0", id, question_label="NPS", order=1)
    assert world.change("question.a.nps").id == "10"
    assert world.change("question.b.nps").id == "20"


def test_unlabelled_live_questions_match_nothing(world):
    world.declare("survey", "a", name="A")
    world.declare("question", "q", "a", question_text="Hello?")
    world.exists("survey", "1", name="A")
    world.exists("question", "10", "1", question_text="Other", question_label="", order=1)
    assert world.change("question.a.q").action is Action.CREATE


def test_unmanaged_resource_is_listed_and_never_touched(world):
    world.declare("survey", "a", name="A")
    world.exists("survey", "1", name="A")
    world.exists("survey", "2", name="Somebody's")
    world.exists("user", "x@example.com", name="X")
    plan = world.plan()
    assert [(one.kind, one.id) for one in plan.unmanaged] == [("survey", "2"), ("user", "x@example.com")]
    assert {change.address for change in plan.changes} == {"survey.a"}


def test_deleted_resource_is_created_again_and_reported_as_drift(world):
    world.declare("survey", "a", name="A")
    world.remember("survey.a", "7")
    plan = world.plan()
    assert "id 7 was deleted in the tenant" in plan.changes[0].reason
    assert plan.drift[0].deleted


def test_question_in_two_surveys_is_named_with_both_when_it_changes(world):
    world.declare("survey", "a", name="A")
    world.declare("question", "q", "a", question_label="Q", question_text="New")
    world.exists("survey", "1", name="A")
    world.exists("survey", "2", name="B")
    world.exists("question", "10", "1", question_label="Q", question_text="Old", order=1)
    world.exists("question", "10", "2", question_label="Q", question_text="Old", order=1)
    (warning,) = world.plan().diagnostics
    assert "ids 1, 2" in warning.message


def test_unmanaged_resource_with_the_name_of_a_managed_one_is_reported_and_left_alone(world):
    world.declare("survey", "a", name="A")
    world.declare("question", "q", "a", question_label="Q")
    world.exists("survey", "7", name="A")
    world.remember("survey.a", "7")
    world.exists("question", "70", "7", question_label="Q")
    world.remember("question.a.q", "70")
    world.exists("survey", "9", name="A ")
    world.exists("question", "90", "7", question_label="Q")
    plan = world.plan()
    assert not plan.changes
    assert [(one.severity, one.address) for one in plan.diagnostics] == [
        ("warning", "survey.a"),
        ("warning", "question.a.q"),
    ]
    assert "id 9" in plan.diagnostics[0].message
    assert "id 90" in plan.diagnostics[1].message


def test_pinned_id_silences_the_warning_about_an_equal_name(world):
    world.declare("survey", "a", name="A", id="9")
    world.exists("survey", "7", name="A")
    world.exists("survey", "9", name="A")
    assert not world.plan().diagnostics
