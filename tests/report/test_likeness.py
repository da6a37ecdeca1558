"""Resources of one template that change alike are one in every report."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sdx_state.model.address import Address
from sdx_state.model.diagnostic import Diagnostic, once_for_all_uses
from sdx_state.model.field_path import FieldPath
from sdx_state.model.plan import Action, Change, FieldChange, Plan
from sdx_state.model.resource import Source, Use
from sdx_state.report.likeness import is_made, likeness
from sdx_state.report.markdown import plan_markdown
from sdx_state.report.page import plan_html
from sdx_state.report.text import plan_text


def change(key: str, before: str = "Thanks from {}.", after: str = "Thank you from {}.", line: int = 3) -> Change:
    """The change of a survey that a template makes, of the brand `key`."""
    use = Use("brands.csv", ord(key), 1, key)
    field = FieldChange(
        FieldPath("greeting_text"), before.format(key), after.format(key), "config", Source("t.yaml", line, 5, use)
    )
    address = Address("survey", f"csat-{key}")
    source = Source("brands.csv", ord(key), 1)
    return Change(address, "survey", Action.UPDATE, "1", fields=(field,), source=source, via="api", label=key)


def alike(one: Change, other: Change) -> bool:
    return likeness(one.address, [one]) == likeness(other.address, [other])


def test_the_same_words_in_the_same_line_are_alike_whatever_else_the_texts_contain() -> None:
    assert alike(change("a"), change("b"))
    assert not alike(change("a"), change("b", after="Many thanks from {}."))
    assert not alike(change("a"), change("b", line=4))


def test_values_that_no_template_makes_are_alike_if_they_are_equal() -> None:
    one, other = (
        replace(one, fields=(replace(one.fields[0], source=Source("a.yaml", 3, 5)),))
        for one in (change("a"), change("b"))
    )
    assert not is_made([one])
    assert not alike(one, other)


@pytest.mark.parametrize("count", [2, 3, 12])
def test_reports_show_three_or_more_once(count: int) -> None:
    plan = Plan("", "", tuple(change(key) for key in "abcdefghijkl"[:count]))
    folded = count >= 3
    words = f"{count - 1} more surveys change in the same way"
    text = plan_text(plan, width=100, colour=False)
    assert (words in text) == folded
    assert text.count("Thank you") == (1 if folded else count)
    assert text.count("t.yaml:3") == (1 if folded else count)
    assert plan_text(plan, width=100, colour=False, verbose=True).count("Thank you") == count
    markdown = plan_markdown(plan)
    assert (f"<summary>{words}</summary>" in markdown) == folded
    html = plan_html(plan, ())
    assert (words in html) == folded
    assert html.count('data-survey="survey.csat-b">') == folded


def test_warnings_about_one_value_of_a_template_are_one() -> None:
    found = [
        Diagnostic("x", "warning", f"{one.address}: odd", one.fields[0].source, one.address)
        for one in (change(key) for key in "abc")
    ]
    (told,) = once_for_all_uses(found)
    assert told.message == "survey.csat-a: odd"
    assert told.source is not None
    assert str(told.source.use) == "brands.csv:97 a and 2 more"
    assert once_for_all_uses([replace(found[0], source=None)] * 2) == [replace(found[0], source=None)] * 2
