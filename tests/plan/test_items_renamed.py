"""An item of a block whose key and texts changed at once."""

from __future__ import annotations

from typing import Any

import pytest

from sdx_state.model.address import Address
from sdx_state.model.field_path import FieldPath
from sdx_state.model.plan import Action, Change, FieldChange
from sdx_state.model.resource import Source, Use
from sdx_state.plan.rename import rename_hints


def texts(brand: str) -> dict[str, Any]:
    return {
        "name": f"{brand} CSAT",
        "greeting_text": {"default": f"Thanks for calling {brand}.", "de": f"Hallo {brand}."},
    }


def deleted(key: str, **values: Any) -> Change:
    return Change(Address("survey", key), "survey", Action.DELETE, "7", before=values, label=str(values.get("name")))


def created(key: str, item: str | None, **values: Any) -> Change:
    use = Use("brands.csv", 2, 1, item) if item is not None else None
    fields = tuple(
        FieldChange(FieldPath(name), None, value, source=Source("a.yaml", 1, 1, use=use))
        for name, value in values.items()
    )
    source = Source("brands.csv", 2, 1)
    return Change(Address("survey", key), "survey", Action.CREATE, fields=fields, after=values, source=source)


def advised(*changes: Change) -> list[str]:
    return [(one.help or "").partition("moved: ")[2] for one in rename_hints(changes, [])]


def test_an_item_with_another_key_and_name_is_a_rename():
    gone, new = deleted("csat-apex", **texts("Apex")), created("csat-apogee", "apogee", **texts("Apogee Global"))
    (hint,) = rename_hints([gone, new], [])
    assert hint.message.startswith(
        "survey.csat-apex would be deleted and survey.csat-apogee created by the same block"
    )
    assert (hint.help or "").endswith("moved: [{from: survey.csat-apex, to: survey.csat-apogee}]")
    assert hint.source is new.source


def test_each_item_is_renamed_to_the_one_that_is_most_alike():
    changes = [deleted(f"csat-{key}", **texts(name)) for key, name in (("a", "Apex"), ("b", "Bay Two"))]
    changes += [created("csat-c", "c", **texts("Bay Three")), created("csat-d", "d", **texts("Apogee"))]
    assert sorted(advised(*changes)) == [
        "[{from: survey.csat-a, to: survey.csat-d}]",
        "[{from: survey.csat-b, to: survey.csat-c}]",
    ]


@pytest.mark.parametrize(
    ("gone", "new"),
    [
        (deleted("csat-apex", **texts("Apex")), created("csat-b", None, **texts("B"))),
        (deleted("nps-apex", **texts("Apex")), created("csat-b", "b", **texts("B"))),
        (deleted("csat-apex", name="Apex", greeting_text="Tell us."), created("csat-b", "b", **texts("B"))),
    ],
    ids=["no item", "another block", "other texts"],
)
def test_texts_that_are_not_items_of_one_block_are_not_renamed(gone, new):
    assert advised(gone, new) == []
