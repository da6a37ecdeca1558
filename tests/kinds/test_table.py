"""The table of kinds: later registrations are visible everywhere, and invalid ones rejected."""

from __future__ import annotations

import pytest

from sdx_state.config.schema import describe
from sdx_state.kinds import KINDS, Kind, cached_by_table, child_names, children_of, registered, written_names
from sdx_state.kinds.field import Field, FieldType


def kind(name: str, *fields: Field, parent: str | None = None) -> Kind:
    return Kind(
        name=name,
        collection=f"{name}s",
        identity="id",
        natural_key="name",
        noun=name,
        title=f"{name.title()}s",
        about=f"A {name}.",
        section=f"The {name}s.",
        parent=parent,
        fields=(Field("name", about="Its name."), *fields),
    )


def test_the_table_is_in_the_order_of_writes() -> None:
    assert list(KINDS) == ["phone_number", "survey", "question", "user"]
    assert written_names() == {"survey", "question", "user"}
    assert [one.name for one in children_of("survey")] == ["question"]


def test_a_registered_kind_is_seen_within_the_block_alone() -> None:
    assert describe("team") is None
    with registered(kind("team")) as team:
        assert list(KINDS)[-1] == "team"
        assert KINDS["team"] is team
        assert "team" in written_names()
        found = describe("team")
        assert found is not None
        assert found.fields["name"] == "Its name."
    assert "team" not in KINDS
    assert describe("team") is None


def test_a_kind_under_another_one_is_its_child() -> None:
    with registered(kind("desk", parent="user")):
        assert "desk" in child_names()
        found = describe("user.desks.name")
        assert found is not None
        assert found.text == "Its name."
    assert "desk" not in child_names()


def test_caches_are_cleared_when_the_table_changes() -> None:
    @cached_by_table
    def names() -> list[str]:
        return list(KINDS)

    before = names()
    assert names() is before
    with registered(kind("team")):
        assert names() == [*before, "team"]
    assert names() == before


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (kind("user"), "already registered"),
        (kind("desk", parent="room"), "a registered kind without a parent"),
        (kind("desk", parent="question"), "a registered kind without a parent"),
        (kind("desk", parent="survey"), "'survey' already has the child kind 'question'"),
        (kind("team", Field("lead", FieldType.EMAIL, refers_to="person")), "a kind that is identified by its key"),
        (kind("team", Field("survey", refers_to="survey")), "a kind that is identified by its key"),
    ],
)
def test_invalid_kind_cannot_be_registered(wrong: Kind, message: str) -> None:
    before = dict(KINDS)
    with pytest.raises(ValueError, match=message), registered(wrong):
        pass
    assert dict(KINDS) == before
