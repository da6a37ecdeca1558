"""Values of the tenant that come from one value of an item: a cell of a CSV file, or a line of the block."""

from __future__ import annotations

from typing import Any

import pytest

from tests.config.pulled_values import pulled

BLOCKS = """\
surveys:
  s:
    for_each: {csv: b.csv, key: id}
    name: ${each.brand} # kept
    description: ${each.note}
    sms_number: ${each.phone}
    greeting_text: {default: "Hi, ${each.brand}.", de-default: "${each.german}"}
    closing_text: Bye, ${each.town}.
    protect: ${each.safe}
    questions:
      - {key: q, question_label: "${each.label}", question_type: nps, max_response: "${each.most}"}
"""
ROWS = (
    '\ufeff"id";brand;note;german;town;safe;label;most;phone\r\n'
    'a;Acme;"said; quoted";Hallo;Rome;TRUE;NPS;10;+61488000001\r\n'
    "\r\n"
    "b; Beta ;plain;;Bonn;FALSE;NPS;5;+61488000002\r\n"
    'c;"Gamma";other;Servus;Oslo;;Effort;5'
)


@pytest.fixture
def brands(files: Any) -> Any:
    files.write("a.yaml", BLOCKS)
    (files.folder / "b.csv").write_bytes(ROWS.encode())
    return files


def rows(files: Any) -> str:
    return str((files.folder / "b.csv").read_bytes().decode())


CELLS = {
    "a text": ("b", {"description": "new"}, "plain", "new", "b.csv:4: note"),
    "a quoted cell stays quoted": ("a", {"description": "new"}, '"said; quoted"', '"new"', "b.csv:2: note"),
    "a separator": ("b", {"description": "x; y"}, "plain", '"x; y"', "b.csv:4: note"),
    "a quote and a line": ("b", {"description": 'a "b"\nc'}, "plain", '"a ""b""\nc"', "b.csv:4: note"),
    "a literal reference": ("b", {"description": "${var.x}"}, "plain", "${var.x}", "b.csv:4: note"),
    "a number": ("question.s-b.q", {"max_response": 7}, "NPS;5", "NPS;7", "b.csv:4: most"),
    "a label beside a key": ("question.s-a.q", {"question_label": "N"}, ";NPS;", ";N;", "b.csv:2: label"),
    "a phone number": ("b", {"sms_number": "+61488000003"}, "+61488000002", "+61488000003", "b.csv:4: phone"),
    "one language": (
        "c", {"greeting_text": {"default": "Hi, Gamma.", "de-default": "Ade"}}, "Servus", "Ade", "b.csv:5: german",
    ),
    "all that a cell makes": (
        "c", {"name": "Delta", "greeting_text": {"default": "Hi, Delta.", "de-default": "Servus"}}, "Gamma", "Delta",
        "b.csv:5: brand",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("item", "values", "old", "new", "told"), CELLS.values(), ids=CELLS)
def test_a_value_that_one_cell_makes_is_written_there(brands, item, values, old, new, told):
    address = item if "." in item else f"survey.s-{item}"
    assert pulled(brands, {address: values}) == [told]
    assert rows(brands) == ROWS.replace(old, new, 1)
    assert brands.text("a.yaml") == BLOCKS


OVERRIDDEN = {
    "the cell makes another text too": ("c", {"name": "Delta"}, "name"),
    "a part of a text": ("c", {"closing_text": "Bye, Paris."}, "closing_text"),
    "a formula": ("b", {"description": "=1+1"}, "description"),
    "blanks around": ("b", {"description": " padded "}, "description"),
    "no text": ("b", {"description": ""}, "description"),
    "a carriage return": ("b", {"description": "a\rb"}, "description"),
    "a control character": ("b", {"description": "a\x07b"}, "description"),
}


@pytest.mark.parametrize(("item", "values", "field"), OVERRIDDEN.values(), ids=OVERRIDDEN)
def test_a_value_that_its_cell_cannot_make_is_an_override(brands, item, values, field):
    assert pulled(brands, {f"survey.s-{item}": values}) == [f"a.yaml: surveys.s.overrides.{item}.{field}"]
    assert rows(brands) == ROWS


def test_cells_of_several_rows_and_columns_change_together(brands):
    changes = {f"survey.s-{key}": {"description": f"new {key}"} for key in "abc"}
    changes["question.s-b.q"] = {"max_response": 9}
    assert sorted(pulled(brands, changes)) == ["b.csv:2: note", "b.csv:4: most", "b.csv:4: note", "b.csv:5: note"]
    expected = ROWS.replace('"said; quoted"', '"new a"').replace("plain", "new b").replace("other", "new c")
    assert rows(brands) == expected.replace("NPS;5", "NPS;9")


ROW = "for_each: {csv: b.csv, key: id}, name: 'T ${each.key}'"
SHARED = {
    "as its key": "for_each: {csv: b.csv, key: note}, name: 'T ${each.key}'",
    "as a live id": f"{ROW}, id: '${{each.note}}'",
    "as another value": f"{ROW}, greeting_text: '${{each.note}}'",
    "in a text": f"{ROW}, greeting_text: 'Hi ${{each.note}}'",
    "in an override": f"{ROW}, overrides: {{b: {{closing_text: '${{each.note}}'}}}}",
    "as a label that is a key": f"{ROW}, questions: [{{question_label: '${{each.note}}'}}]",
}


@pytest.mark.parametrize("other", SHARED.values(), ids=SHARED)
def test_a_cell_that_another_block_uses_is_not_changed(brands, other):
    before = ROWS.replace('"said; quoted"', "11").replace("plain", "12").replace("other", "13")
    (brands.folder / "b.csv").write_bytes(before.encode())
    brands.write("a.yaml", f"{BLOCKS}  t: {{{other}}}\n")
    assert pulled(brands, {"survey.s-b": {"description": "new"}}) == ["a.yaml: surveys.s.overrides.b.description"]
    assert rows(brands) == before


def test_a_cell_that_another_block_uses_alike_is_changed_for_both(brands):
    brands.write("a.yaml", f"{BLOCKS}  t: {{for_each: {{csv: b.csv, key: id}}, name: '${{each.note}}'}}\n")
    changes = {"survey.s-b": {"description": "new"}, "survey.t-b": {"name": "new"}}
    assert pulled(brands, changes) == ["b.csv:4: note"]
    assert rows(brands) == ROWS.replace("plain", "new")


def test_a_file_of_users_too_is_left_to_them(files):
    files.write("u.yaml", "users: {csv: b.csv}\n")
    files.write("a.yaml", "surveys: {s: {for_each: {csv: b.csv, key: agent_id}, name: '${each.name}'}}\n")
    files.write("b.csv", "name,email,agent_id\nAnn,ann@example.com,x\nBob,bob@example.com,y\n")
    assert pulled(files, {"survey.s-x": {"name": "Beth"}}) == ["a.yaml: surveys.s.overrides.x.name"]


@pytest.mark.parametrize(
    ("said", "value", "is_cell"),
    [("", "Zürich", False), (", encoding: cp1252", "Zürich", True), (", encoding: cp1252", "Łódź", False)],
)
def test_letters_that_tell_the_encoding_of_a_file_stay(files, said, value, is_cell):
    files.write("a.yaml", f"surveys: {{s: {{for_each: {{csv: b.csv, key: id{said}}}, name: '${{each.n}}'}}}}\n")
    (files.folder / "b.csv").write_bytes("id,n\na,Köln\nb,Bonn\n".encode("cp1252"))
    told = pulled(files, {"survey.s-a": {"name": value}})
    assert told == (["b.csv:2: n"] if is_cell else ["a.yaml: surveys.s.overrides.a.name"])
    assert (files.folder / "b.csv").read_bytes().decode(
        "cp1252"
    ) == f"id,n\na,{value if is_cell else 'Köln'}\nb,Bonn\n"


def test_the_only_item_of_a_block_leaves_the_placeholders_of_the_template(files):
    files.write("t.yaml", "templates: {t: {greeting_text: 'Hi, ${each.n}.', closing_text: Bye.}}\n")
    files.write("a.yaml", "surveys: {s: {extends: t, for_each: {csv: b.csv, key: id}, name: S}}\n")
    files.write("b.csv", "sep=;\nid;n\na;Ann\n")
    assert pulled(files, {"survey.s-a": {"greeting_text": "Hello."}}) == [
        "a.yaml: surveys.s.overrides.a.greeting_text"
    ]
    assert pulled(files, {"survey.s-a": {"closing_text": "Ade."}}) == ["t.yaml: templates.t.closing_text"]
    assert "Hi, ${each.n}." in files.text("t.yaml")
    assert files.text("b.csv") == "sep=;\nid;n\na;Ann\n"


def test_a_file_that_says_its_separator_keeps_that_line(files):
    files.write("a.yaml", "surveys: {s: {for_each: {csv: b.csv, key: id}, name: '${each.n}'}}\n")
    files.write("b.csv", "sep=;\nid;n\na;Ann\n")
    assert pulled(files, {"survey.s-a": {"name": "Eve"}}) == ["b.csv:3: n"]
    assert files.text("b.csv") == "sep=;\nid;n\na;Eve\n"


WRITTEN = """\
surveys:
  s:
    for_each: # items
      a: {brand: "${var.company} Ltd", most: 5} # first
      b: &b
        brand: Beta # second
        most: 7
      c: *b
      "1": {brand: One, most: 3}
    name: S ${each.key}
    description: ${each.brand}
    questions: [{question_label: Q, question_type: nps, max_response: "${each.most}"}]
"""
ITEMS = {
    "a reference stays": ("survey.s-a", {"description": "Acme Inc"}, "Ltd", "Inc", "a.brand"),
    "a number": ("question.s-a.q", {"max_response": 6}, "most: 5", "most: 6", "a.most"),
    "beside a comment": ("survey.s-b", {"description": "Two"}, "Beta # second", "Two # second", "b.brand"),
    "no text": ("survey.s-a", {"description": ""}, '"${var.company} Ltd"', '""', "a.brand"),
    "a key that looks like a number": ("survey.s-1", {"description": "Two"}, "One", "Two", "1.brand"),
}


@pytest.fixture
def written(files: Any) -> Any:
    files.write("a.yaml", WRITTEN)
    files.write("sdx.yaml", "sdx: 1\napi: {host: demo.surveydynamix.com}\nvariables: {company: Acme}\n")
    return files


@pytest.mark.parametrize(("address", "values", "old", "new", "told"), ITEMS.values(), ids=ITEMS)
def test_a_value_that_one_item_makes_is_written_there(written, address, values, old, new, told):
    plain = WRITTEN.replace("&b\n", "\n").replace("*b", "{brand: C, most: 1}").replace("b: \n", "b:\n")
    written.write("a.yaml", plain)
    assert pulled(written, {address: values}) == [f"a.yaml: surveys.s.for_each.{told}"]
    assert written.text("a.yaml").split() == plain.replace(old, new).split()  # a comment stays in its column


@pytest.mark.parametrize(("item", "stays"), [("c", "brand: Beta # second"), ("b", "c:")])
def test_an_item_is_never_edited_through_an_alias(written, item, stays):
    assert pulled(written, {f"survey.s-{item}": {"description": "Three"}}) == [
        f"a.yaml: surveys.s.for_each.{item}.brand"
    ]
    assert stays in written.text("a.yaml")
    others = {one.key: one.values["description"] for one in written.load().resources.values() if one.parent is None}
    assert others == {"s-a": "Acme Ltd", "s-b": "Beta", "s-c": "Beta", "s-1": "One"} | {f"s-{item}": "Three"}
