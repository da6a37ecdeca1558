"""Differences between desired and live values, and their origins."""

from __future__ import annotations

import pytest

from sdx_state.model.plan import Action
from sdx_state.model.resource import Removed, Source
from sdx_state.plan.select import select

NESTED = {"greeting_prompt": {"text": {"default": "Hello", "de-default": "Hallo"}}}


def one_survey(world, live, **declared):
    world.declare("survey", "a", name="A", **declared)
    world.exists("survey", "7", name="A", **live)
    world.remember_as_declared("survey.a", "7")
    return [(field.path, field.before, field.after) for change in world.plan().changes for field in change.fields]


def test_two_names_of_one_time_zone_are_equal(world):
    world.declare("user", "a@x.com", email="a@x.com", timezone="Europe/Kiev")
    world.exists("user", "a@x.com", email="a@x.com", timezone="Europe/Kyiv")
    assert [one.path for change in world.plan().changes for one in change.fields] == []


@pytest.mark.parametrize(
    ("live", "declared"),
    [
        ({}, {"description": ""}),
        ({"description": None}, {"description": ""}),
        ({"description": "a\r\nb"}, {"description": "a\nb"}),
        ({"description": "e\u0301"}, {"description": "\u00e9"}),
        ({"sms_number": "+61 488 000 001"}, {"sms_number": "+61488000001"}),
        ({"email_from_address": "Care@Example.com"}, {"email_from_address": "care@example.com"}),
        (NESTED, {"greeting_text": "Hello"}),
        (NESTED, {"greeting_text": {"de-default": "Hallo"}}),
        ({"greeting_text": "Hello"}, {"greeting_text": {"default": "Hello"}}),
        ({"redirect_timeout": "5", **NESTED}, {"redirect_timeout": 5}),
    ],
)
def test_these_are_equal(world, live, declared):
    assert one_survey(world, live, **declared) == []


@pytest.mark.parametrize(
    ("live", "declared", "expected"),
    [
        ({"description": "x"}, {"description": ""}, ("description", "x", None)),
        ({"description": " x"}, {"description": "x"}, ("description", " x", "x")),
        ({}, {"description": "x"}, ("description", None, "x")),
        (NESTED, {"greeting_text": "Hi"}, ("greeting_text", "Hello", "Hi")),
        (NESTED, {"greeting_text": {"de-default": "Servus"}}, ("greeting_text.de-default", "Hallo", "Servus")),
        (NESTED, {"greeting_text": {"fr-default": "Salut"}}, ("greeting_text.fr-default", None, "Salut")),
        ({"redirect_timeout": 5, **NESTED}, {"redirect_timeout": 6}, ("redirect_timeout", 5, 6)),
    ],
)
def test_these_differ(world, live, declared, expected):
    assert one_survey(world, live, **declared) == [expected]


def test_a_field_that_is_not_declared_is_not_managed(world):
    assert one_survey(world, {"description": "somebody's"}) == []


def test_an_ignored_field_is_left_alone(world):
    assert one_survey(world, {"description": "x"}, description="y", ignore=frozenset({"description"})) == []


def test_languages_not_supported_by_a_flat_tenant_are_warned_about_and_not_compared(world):
    world.shape = "flat"
    declared = {"default": "Hello", "de-default": "Hallo"}
    assert one_survey(world, {"greeting_text": "Hello"}, greeting_text=declared) == []
    (warning,) = world.plan().diagnostics
    assert "greeting_text.de-default" in warning.message


def test_response_options_name_the_place_inside_them(world):
    world.declare("survey", "a", name="A")
    options = [{"label": "yes", "text": "Yes"}, {"label": "no", "text": "No"}]
    world.declare("question", "q", "a", question_label="Q", response_options=options)
    world.exists("survey", "1", name="A")
    texts = {"yes": "Yes", "no": "Nope"}
    wire = [{"label": label, "prompt": {"text": {"default": text}}} for label, text in texts.items()]
    world.exists("question", "10", "1", question_label="Q", order=1, response_options=wire)
    (field,) = world.change("question.a.q").fields
    assert (field.path, field.before, field.after) == ("response_options[1].text", "Nope", "No")


@pytest.mark.parametrize(
    ("applied", "live", "declared", "origin"),
    [
        ("old", "old", "new", "config"),
        ("new", "other", "new", "drift"),
        ("old", "other", "new", "both"),
        (None, "other", "new", "config"),
    ],
)
def test_the_hash_of_what_was_applied_tells_who_changed_a_field(world, applied, live, declared, origin):
    world.declare("survey", "a", name="A", description=declared)
    world.exists("survey", "7", name="A", description=live)
    world.remember("survey.a", "7", {} if applied is None else {"description": applied})
    plan = world.plan()
    assert [field.origin for field in plan.changes[0].fields] == [origin]
    assert bool(plan.drift) == (origin != "config")


def test_managed_undeclared_questions_are_deleted_before_their_survey(world):
    world.exists("survey", "7", name="A")
    world.exists("question", "70", "7", question_label="Q", order=1)
    world.remember("survey.a", "7")
    world.remember("question.a.q", "70")
    changes = world.plan().changes
    assert [(change.address, change.action) for change in changes] == [
        ("question.a.q", Action.DELETE),
        ("survey.a", Action.DELETE),
    ]
    assert changes[1].depends_on == ("question.a.q",)


def test_removed_without_destroy_stops_managing_a_survey_and_its_questions(world):
    world.exists("survey", "7", name="A")
    world.exists("question", "70", "7", question_label="Q", order=1)
    world.remember("survey.a", "7")
    world.remember("question.a.q", "70")
    world.removed.append(Removed("survey.a", False, Source("a.yaml", 1, 1)))
    assert {change.action for change in world.plan().changes} == {Action.FORGET}


def test_protect_outlives_its_declaration(world):
    world.exists("survey", "7", name="A")
    world.remember("survey.a", "7", protect=True)
    assert world.plan().changes[0].protected


def test_a_target_brings_what_it_depends_on_and_an_exclude_takes_its_dependants(world):
    for key in ("a", "b"):
        world.declare("survey", key, name=key)
        world.declare("question", "q", key, question_label="Q")
    plan = world.plan()
    assert {change.address for change in select(plan, ["question.a.*"], []).changes} == {"survey.a", "question.a.q"}
    assert {change.address for change in select(plan, [], ["survey.a"]).changes} == {"survey.b", "question.b.q"}
    assert select(plan, ["survey.a"], []).fingerprint != plan.fingerprint
