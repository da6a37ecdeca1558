"""Templates and `for_each`: what they make, where its values are written, and what is wrong with them."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdx_state.config import expansion, templates
from sdx_state.config.configuration import load_configuration
from sdx_state.config.errors import ConfigurationError
from sdx_state.model.resource import Source, Use
from tests.tiers import tries

DESIGN = """\
phone_numbers:
  acme-sms: {number: "+61488888888"}
  zenith-sms: {number: "+61488888889"}
surveys:
  csat:
    extends: csat
    for_each:
      acme: {brand: Acme, line: acme-sms}
      zenith: {brand: "Zenith ${var.company}", line: zenith-sms, survey_id: 7}
    name: ${each.brand} CSAT
    sms_number: ${phone_numbers[each.line]}
    questions:
      - {key: nps, max_response: 5}
      - {question_label: Effort, question_text: How easy?, question_type: number, max_response: 5, after: nps}
    omit: [solved]
    overrides:
      zenith: {id: "${each.survey_id}", closing_text: "Bye, ${each.key}."}
"""
TEMPLATE = """\
templates:
  csat:
    extends: base
    greeting_text: {default: "Thanks for calling ${each.brand}."}
    questions:
      - {question_label: NPS, question_text: "Recommend ${each.brand}?", question_type: nps, max_response: 10}
      - {question_label: Solved, question_text: Solved?, question_type: yesno}
  base:
    description: After a call
    greeting_text: {default: Hello., de-default: "Hallo bei ${each.brand}."}
"""


def values_of(files: Any) -> dict[str, Any]:
    return {address: one.values for address, one in files.load().resources.items()}


def surveys_of(files: Any, text: str) -> dict[str, Any]:
    """The values of the surveys that `text` declares, by key."""
    files.write("a.yaml", text)
    return {one.key: dict(one.values) for one in files.load().resources.values() if one.kind == "survey"}


def asked_in(files: Any, key: str) -> list[str]:
    found = [one for one in files.load().resources.values() if one.parent == f"survey.{key}"]
    return [one.key for one in sorted(found, key=lambda one: one.position)]


@pytest.fixture
def brands(files: Any) -> Any:
    files.write("a.yaml", DESIGN)
    files.write("templates/csat.yaml", TEMPLATE)
    return files


def test_a_block_makes_a_survey_for_each_item(brands: Any) -> None:
    values = values_of(brands)
    assert list(values) == [
        "phone_number.acme-sms",
        "phone_number.zenith-sms",
        "survey.csat-acme",
        "question.csat-acme.nps",
        "question.csat-acme.effort",
        "survey.csat-zenith",
        "question.csat-zenith.nps",
        "question.csat-zenith.effort",
    ]
    assert values["survey.csat-acme"] == {
        "name": "Acme CSAT",
        "description": "After a call",
        "greeting_text": {"default": "Thanks for calling Acme.", "de-default": "Hallo bei Acme."},
        "sms_number": "+61488888888",
    }
    assert values["survey.csat-zenith"]["name"] == "Zenith Acme CSAT"
    assert values["survey.csat-zenith"]["closing_text"] == "Bye, zenith."
    assert values["question.csat-acme.nps"] == {
        "question_label": "NPS",
        "question_text": "Recommend Acme?",
        "question_type": "nps",
        "max_response": 5,
    }
    zenith = brands.load().resources["survey.csat-zenith"]
    assert (zenith.id, zenith.depends_on) == ("7", ("phone_number.zenith-sms",))
    assert brands.load().warnings == ()


def test_every_value_has_the_place_where_it_is_written_and_the_one_where_it_is_used(brands: Any) -> None:
    resources = brands.load().resources
    acme, nps = resources["survey.csat-acme"], resources["question.csat-acme.nps"]
    use = Use("a.yaml", 8, 7, "acme")
    assert acme.source == Source("a.yaml", 8, 7)
    assert acme.source_of("name") == Source("a.yaml", 10, 5, use)
    assert acme.source_of("description") == Source("templates/csat.yaml", 9, 5, use)
    assert acme.source_of("greeting_text") == Source("templates/csat.yaml", 4, 5, use)
    assert acme.source_of("greeting_text.de-default") == Source("templates/csat.yaml", 10, 38, use)
    assert nps.source == Source("templates/csat.yaml", 6, 9, use)
    assert nps.source_of("max_response") == Source("a.yaml", 13, 20, use)
    assert nps.source_of("question_text") == Source("templates/csat.yaml", 6, 31, use)
    zenith = resources["survey.csat-zenith"]
    assert zenith.source_of("closing_text") == Source("a.yaml", 17, 41, Use("a.yaml", 9, 7, "zenith"))


def test_a_block_without_items_has_its_own_places(files: Any) -> None:
    files.write("a.yaml", "surveys:\n  a: {extends: t, name: A}\ntemplates: {t: {description: D}}\n")
    survey = files.load().resources["survey.a"]
    assert survey.source == Source("a.yaml", 2, 3)
    assert survey.source_of("name") == Source("a.yaml", 2, 19)
    assert survey.source_of("description") == Source("a.yaml", 3, 17, Use("a.yaml", 2, 3, "a"))


@pytest.mark.parametrize(
    ("base", "over", "merged"),
    [
        ("Hi", "Hello", "Hello"),
        ("{default: Hi, de-default: Hallo}", "{de-default: Tag}", {"default": "Hi", "de-default": "Tag"}),
        ("Hi", "{de-default: Tag}", {"default": "Hi", "de-default": "Tag"}),
        ("Hi", "{default: Hey, de-default: Tag}", {"default": "Hey", "de-default": "Tag"}),
        ("{default: Hi}", "Hello", "Hello"),
        ("{default: Hi}", "null", None),
    ],
)
def test_languages_merge_by_language(files: Any, base: str, over: str, merged: object) -> None:
    survey = f"{{extends: t, name: A, greeting_text: {over}}}"
    text = f"templates: {{t: {{greeting_text: {base}}}}}\nsurveys: {{a: {survey}}}\n"
    assert surveys_of(files, text)["a"]["greeting_text"] == merged


def test_later_templates_win_over_earlier_ones(files: Any) -> None:
    files.write("t.yaml", "templates: {t: {description: T, logo_text: L}, u: {description: U}}\n")
    text = "surveys: {a: {extends: [t, u], name: A}}\n"
    assert surveys_of(files, text)["a"] == {"description": "U", "logo_text": "L", "name": "A"}


def test_a_survey_extends_a_survey_but_not_its_live_ids(files: Any) -> None:
    text = """\
surveys:
  a: {name: A, id: 5, description: D, questions: [{question_label: Q, id: 6}]}
  b: {extends: a, name: B, questions: [{question_label: R}]}
"""
    assert surveys_of(files, text)["b"] == {"name": "B", "description": "D"}
    assert asked_in(files, "b") == ["q", "r"]
    resources = files.load().resources
    assert (resources["survey.a"].id, resources["survey.b"].id) == ("5", None)
    assert (resources["question.a.q"].id, resources["question.b.q"].id) == ("6", None)


def test_another_label_keeps_the_key(files: Any) -> None:
    files.write("t.yaml", "templates: {t: {questions: [{question_label: Q}]}}\n")
    surveys_of(files, "surveys: {a: {extends: t, name: A, questions: [{key: q, question_label: Other}]}}\n")
    assert files.load().resources["question.a.q"].values == {"question_label": "Other"}


@pytest.mark.parametrize(
    ("questions", "omit", "asked"),
    [
        ("", "", "a b c"),
        ("{question_label: N}", "", "a b c n"),
        ("{question_label: N, before: a}", "", "n a b c"),
        ("{question_label: N, after: a}, {question_label: M, after: a}", "", "a n m b c"),
        ("{question_label: N, before: b}, {question_label: M, before: b}", "", "a n m b c"),
        ("{question_label: N, after: b}, {question_label: M, after: n}", "", "a b n m c"),
        ("{key: c, before: a}", "", "c a b"),
        ("{key: a, after: c}", "", "b c a"),
        ("{key: b, max_response: 3}", "", "a b c"),
        ("{question_label: N, after: c}", "a, b", "c n"),
        ("{question_label: B}", "b", "a c b"),
        ("", "a, b, c", ""),
    ],
)
def test_questions_are_placed_and_left_out(files: Any, questions: str, omit: str, asked: str) -> None:
    body = f"extends: t, name: S, questions: [{questions}], omit: [{omit}]"
    files.write("a.yaml", f"surveys: {{s: {{{body}}}}}\n")
    files.write(
        "t.yaml", "templates: {t: {questions: [{question_label: A}, {question_label: B}, {question_label: C}]}}\n"
    )
    assert asked_in(files, "s") == asked.split()


def test_users_and_numbers_take_items_too(files: Any) -> None:
    files.write("people.csv", "Mail;Name;Line\njoe@x.com;Joe;0488 888 881\nann@x.com;Ann;\n")
    files.write(
        "a.yaml",
        """\
phone_numbers:
  sms: {for_each: {acme: {n: "0488 888 888"}}, number: "${each.n}", country_code: AU}
users:
  agents: {for_each: {csv: people.csv, key: Mail}, name: "${each.Name}", timezone: Europe/Berlin}
  bob@x.com: {name: Bob}
""",
    )
    assert values_of(files) == {
        "phone_number.sms-acme": {"phone_number": "+61488888888", "country_code": "AU"},
        "user.bob@x.com": {"email": "bob@x.com", "name": "Bob"},
        "user.joe@x.com": {"email": "joe@x.com", "name": "Joe", "timezone": "Europe/Berlin"},
        "user.ann@x.com": {"email": "ann@x.com", "name": "Ann", "timezone": "Europe/Berlin"},
    }
    assert files.load().resources["user.ann@x.com"].source == Source("people.csv", 3, 1)
    assert files.load().files == ("a.yaml", "people.csv")


def test_cells_are_literal_texts_or_numbers_and_an_empty_cell_declares_nothing(files: Any) -> None:
    files.write(
        "b.csv",
        'id,name,most,text,protect,survey\na,"A ${var.company} $${x}",10,"two\nlines",TRUE,\nb,B $,7,,false,12\n',
    )
    files.write(
        "a.yaml",
        """\
surveys:
  s:
    for_each: {csv: b.csv, key: id}
    id: ${each.survey}
    protect: ${each.protect}
    name: ${each.name}
    description: "${each.name}{x} ${each.key} ${each.id}"
    redirect_timeout: ${each.most}
    closing_text: {default: Bye, de-default: "${each.text}"}
    logo_text: $${each.name} ${var.company}
""",
    )
    a, b = files.load().resources.values()
    assert a.values == {
        "name": "A ${var.company} $${x}",
        "description": "A ${var.company} $${x}{x} a a",
        "redirect_timeout": 10,
        "closing_text": {"default": "Bye", "de-default": "two\nlines"},
        "logo_text": "${each.name} Acme",
    }
    assert (a.protect, a.id, b.protect, b.id) == (True, None, False, "12")
    assert b.values["description"] == "B ${x} b b"
    assert b.values["closing_text"] == {"default": "Bye"}


def test_an_item_gives_a_mapping_of_languages(files: Any) -> None:
    text = """\
surveys:
  s:
    for_each: {a: {bye: {default: Bye, de-default: "Ade, ${var.company}"}, most: 5}, b: {bye: Bye, most: 6}}
    name: S ${each.key} ${each.most}
    closing_text: ${each.bye}
    redirect_timeout: ${each.most}
"""
    assert surveys_of(files, text) == {
        "s-a": {
            "name": "S a 5",
            "closing_text": {"default": "Bye", "de-default": "Ade, Acme"},
            "redirect_timeout": 5,
        },
        "s-b": {"name": "S b 6", "closing_text": "Bye", "redirect_timeout": 6},
    }


def test_a_list_of_keys_makes_items_without_values(files: Any) -> None:
    assert surveys_of(files, "surveys: {s: {for_each: [a, b], name: 'S ${each.key}'}}\n") == {
        "s-a": {"name": "S a"},
        "s-b": {"name": "S b"},
    }


def test_a_variable_is_an_index(files: Any) -> None:
    files.write("sdx.yaml", "sdx: 1\nvariables: {line: sms}\n")
    text = """\
phone_numbers: {sms: {number: "+61488888888"}}
surveys: {a: {name: A, sms_number: "${phone_numbers[var.line]}"}}
"""
    assert surveys_of(files, text)["a"]["sms_number"] == "+61488888888"
    assert files.load().resources["survey.a"].depends_on == ("phone_number.sms",)


BAD = {
    "an unknown template": (
        "surveys: {a: {extends: tt, name: A}}\ntemplates: {t1: {}}\n",
        ["a.yaml:1:24: there is no template `tt`, and no survey of this key",
         "a.yaml:2:13: nothing extends the template `t1`"],
    ),
    "a circle": (
        "templates:\n  a: {extends: b}\n  b: {extends: [c]}\n  c: {extends: a}\n"
        "surveys: {s: {extends: a, name: S}}\n",
        ["a.yaml:4:16: templates extend one another in a circle: a -> b -> c -> a"],
    ),
    "itself": (
        "surveys: {s: {extends: s, name: S}}\n",
        ["a.yaml:1:24: templates extend one another in a circle: s -> s"],
    ),
    "two templates of one name": (
        "templates:\n  a: {}\n  a: {}\nsurveys: {s: {extends: a, name: S}}\n",
        ["a.yaml:3:3: `a` is declared twice: first at a.yaml:2:3"],
    ),
    "an unknown field in a template, once": (
        "templates: {t: {greetin_text: Hi}}\nsurveys: {s: {extends: t, for_each: [a, b], name: 'S ${each.key}'}}\n",
        ["a.yaml:1:17: unknown field `greetin_text`"],
    ),
    "an unknown name": (
        "surveys: {s: {for_each: {a: {brand: A}, b: {brand: B}}, name: 'S ${each.brnd}'}}\n",
        ["a.yaml:1:63: no item of `s` has `brnd`"],
    ),
    "a name that one item lacks": (
        "surveys: {s: {for_each: {a: {brand: A}, b: {}}, name: 'S ${each.brand}'}}\n",
        ["a.yaml:1:55: item `b` has no `brand`"],
    ),
    "an index that names no number": (
        "surveys: {s: {for_each: {a: {line: x}}, name: S, sms_number: '${phone_numbers[each.line]}'}}\n",
        ["a.yaml:1:62: there is no phone number `x`"],
    ),
    "each without items": (
        "surveys: {s: {name: 'S ${each.brand}'}}\n",
        ["a.yaml:1:24: `${each.brand}` is for a declaration with `for_each`"],
    ),
    "a key that makes no address": (
        "surveys: {s: {for_each: {a b: {}}, name: S}}\n",
        ["a.yaml:1:26: the item `a b` makes no key: a key is 1 to 100 letters, digits, hyphens and underscores"],
    ),
    "keys that collide": (
        "surveys:\n  s:\n    for_each: [a-b]\n    name: S\n  s-a:\n    for_each: [b]\n    name: T\n",
        ["a.yaml:6:16: `s-a-b` is declared twice: first at a.yaml:3:16"],
    ),
    "a key of a block and one that is written": (
        "surveys:\n  s-a: {name: T}\n  s: {for_each: [a], name: S}\n",
        ["a.yaml:3:18: `s-a` is declared twice: first at a.yaml:2:3"],
    ),
    "an override of no item": (
        "surveys: {s: {for_each: [a], name: S, overrides: {b: {name: T}}}}\n",
        ["a.yaml:1:51: `overrides` names no item: there is no `b`"],
    ),
    "a place at no question": (
        "templates: {t: {questions: [{question_label: Q}]}}\n"
        "surveys: {s: {extends: t, name: S, omit: [r], questions: [{question_label: N, after: p}]}}\n",
        ["a.yaml:2:43: `omit` names no question: there is no `r`",
         "a.yaml:2:86: `after` names no question: there is no `p`"],
    ),
    "two places": (
        "templates: {t: {questions: [{question_label: Q}]}}\n"
        "surveys: {s: {extends: t, name: S, questions: [{question_label: N, after: q, before: q}]}}\n",
        ["a.yaml:2:78: a question is placed by `after` or by `before`"],
    ),
    "fields that need extends": (
        "surveys: {s: {name: S, omit: [a], questions: [{question_label: Q, after: x}]}}\n",
        ["a.yaml:1:24: unknown field `omit`", "a.yaml:1:67: unknown field `after`"],
    ),
    "a value of the wrong type, for each item that has it": (
        "surveys: {s: {for_each: {a: {most: 5}, b: {most: x}, c: {most: x}}, name: 'S ${each.key}', "
        "redirect_timeout: '${each.most}'}}\n",
        ["a.yaml:1:110: `redirect_timeout` must be a whole number, and this is `x`"],
    ),
    "no items": (
        "surveys: {s: {for_each: 5, name: S}}\n",
        ["a.yaml:1:25: `for_each` must be a mapping or list, and this is a number"],
    ),
    "an item that is a text": (
        "surveys: {s: {for_each: {a: x}, name: S}}\n",
        ["a.yaml:1:29: item `a` must be a mapping"],
    ),
    "an item that refers to an item": (
        "surveys: {s: {for_each: {a: {x: '${each.key}'}}, name: S}}\n",
        ["a.yaml:1:33: an item cannot refer to `each.key`"],
    ),
    "a CSV file that is not there": (
        "surveys: {s: {for_each: {csv: b.csv, key: id}, name: S}}\n",
        ["a.yaml:1:31: b.csv: the file cannot be read: No such file or directory"],
    ),
    "a CSV file outside": (
        "surveys: {s: {for_each: {csv: ../b.csv, key: id}, name: S}}\n",
        ["a.yaml:1:31: `../b.csv` is not inside the project"],
    ),
    "a CSV file without a key": (
        "surveys: {s: {for_each: {csv: b.csv}, name: S}}\n",
        ["a.yaml:1:25: `for_each` with `csv` needs `key`: the column whose cells are the keys of the items"],
    ),
    "a duplicate name": (
        "templates: {t: {name: N}}\nsurveys: {a: {extends: t}, b: {extends: t}}\n",
        ["a.yaml:1:17: two surveys have the name `N`: the other is survey.a, at a.yaml:2:11"],
    ),
    "a missing name": (
        "templates: {t: {description: N}}\nsurveys: {a: {extends: t}}\n",
        ["a.yaml:2:11: missing required field `name` in the survey `a`"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_listed(said_of: Callable[[str], list[str]], case: str) -> None:
    text, said = BAD[case]
    assert said_of(text) == said


BAD_CSV = {
    "a changed key column": ("name,most\nA,5\n", ["a.yaml:1:43: b.csv has no column `id`"]),
    "an empty file": ("", ["a.yaml:1:31: b.csv has no header"]),
    "no rows": ("id,name\n", ["b.csv:1:1: this file has a header and no rows: it declares nothing"]),
    "two rows of a key": (
        "id,name\na,A\nb,B\na,C\n",
        ["b.csv:4:1: the item `a` is declared twice: first at b.csv:2:1"],
    ),
    "an empty key": ("id,name\n,A\n", ["b.csv:2:1: `id` is empty in this row"]),
    "two columns of a name": ("id,name,name\na,A,B\n", ["b.csv:1:9: the column `name` is declared twice"]),
    "a column that hides the key": (
        "id,name,key\na,A,k\n",
        ["b.csv:1:9: the column `key` is not the one that has the keys of the items, `id`"],
    ),
    "a row that is too long": ("id,name\na,A,B\n", ["b.csv:2:1: this row has 3 cells, and the header 2 columns"]),
    "no column of a name": ("id,nome\na,A\n", ["a.yaml:1:54: no item of `s` has `name`"]),
    "a key that makes no address": (
        "id,name\nx y,A\n",
        ["b.csv:2:1: the item `x y` makes no key: a key is 1 to 100 letters, digits, hyphens and underscores"],
    ),
}


@pytest.mark.parametrize("case", BAD_CSV)
def test_bad_rows_are_listed(files: Any, case: str) -> None:
    text, said = BAD_CSV[case]
    files.write("b.csv", text)
    files.write("a.yaml", "surveys: {s: {for_each: {csv: b.csv, key: id}, name: '${each.name}'}}\n")
    found = [one for one in files.said() if "nothing is declared" not in one]
    assert found == said


def test_one_fault_of_a_template_is_reported_once_with_everything_that_uses_it(files: Any) -> None:
    files.write("t.yaml", "templates: {t: {email_from_address: nobody}}\n")
    files.write("a.yaml", "surveys: {s: {extends: t, for_each: [a, b, c], name: 'S ${each.key}'}}\n")
    (found,) = files.diagnostics()
    assert found.source == Source("t.yaml", 1, 37, Use("a.yaml", 1, 38, "a", others=2))
    assert found.excerpt == "templates: {t: {email_from_address: nobody}}"


def test_templates_are_bounded(files: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = "".join(f"  t{n}: {{extends: t{n + 1}}}\n" for n in range(30))
    files.write("a.yaml", f"templates:\n{deep}  t30: {{}}\nsurveys: {{s: {{extends: t0, name: S}}}}\n")
    assert "a.yaml:21:18: more than 20 templates extend one another" in files.said()
    monkeypatch.setattr(templates, "MOST_LAID", 100)
    wide = "".join(f"  t{n}: {{extends: [{', '.join(['big'] * 9)}]}}\n" for n in range(9))
    big = f"  big: {{questions: [{', '.join(f'{{question_label: Q{n}}}' for n in range(20))}]}}\n"
    files.write("a.yaml", f"templates:\n{big}{wide}surveys: {{s: {{extends: [t1, t2, t3], name: S}}}}\n")
    assert any("the templates of this project have more than 100 values" in one for one in files.said())


def test_blocks_make_a_bounded_number_of_values(files: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expansion, "MOST_VALUES", 10)
    files.write(
        "a.yaml", f"surveys: {{s: {{for_each: [{', '.join(f'a{n}' for n in range(9))}], name: '${{each.key}}'}}}}\n"
    )
    said = "`s` makes 9 declarations of 2 values each: the blocks of a project can make 10 values"
    assert files.said() == [f"a.yaml:1:11: {said}"]
    monkeypatch.setattr(expansion, "MOST_VALUES", 9)
    override = "overrides: {a: {description: a, greeting_text: b, closing_text: c, instructions_text: d}}"
    files.write("a.yaml", f"surveys: {{s: {{for_each: [b, c, a], name: '${{each.key}}', {override}}}}}\n")
    assert files.said() == ["a.yaml:1:11: blocks make more than 9 values"]


def test_a_block_that_is_refused_does_not_hide_what_else_is_wrong(files: Any) -> None:
    files.write(
        "a.yaml",
        "surveys:\n  s: {for_each: [a], nome: S}\n  t: {name: T, sms_number: '${phone_numbers.x}'}\n"
        "moved: [{from: survey.b, to: survey.s-a}]\n",
    )
    assert files.said() == ["a.yaml:2:22: unknown field `nome`", "a.yaml:3:29: there is no phone number `x`"]


def test_a_file_without_templates_is_not_expanded(files: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(expansion.Expansion, "__init__", refused)
    files.write("a.yaml", "x-any: {extends: a}\nsurveys: {a: {name: A, questions: [{question_label: Q}]}}\n")
    files.load()
    files.write("b.yaml", "templates: {}\n")
    with pytest.raises(AssertionError):
        files.load()


def test_every_error_of_a_template_is_found_where_it_is_not_used(files: Any) -> None:
    files.write("a.yaml", "templates: {t: {nome: x, questions: 5}}\n")
    with pytest.raises(ConfigurationError):
        files.load()


odd = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-1, 9)
    | st.sampled_from(["t", "u", "s", "a", "", "b.csv", "id", "${each.x}", "${each.", "${phone_numbers[each.x]}"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["extends", "for_each", "overrides", "omit", "after", "key", "csv", "x", "a", "b", "name",
                 "questions", "question_label", "greeting_text", "default", "max_response", "id", "t", "encoding"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)  # fmt: skip
bodies = st.dictionaries(
    st.sampled_from(["extends", "for_each", "overrides", "omit", "name", "questions", "greeting_text", "id"]),
    odd
    | st.sampled_from(
        ["t", ["t", "u"], {"csv": "b.csv", "key": "id"}, {"a": {"x": 1}}, [{"key": "q", "after": "a"}]]
    ),
    max_size=5,
)
nonsense = st.fixed_dictionaries(
    {},
    optional={
        "templates": odd | st.dictionaries(st.sampled_from(["t", "u"]), bodies, max_size=2),
        "surveys": odd | st.dictionaries(st.sampled_from(["s", "t", "a-b"]), bodies, max_size=3),
        "users": odd | st.dictionaries(st.sampled_from(["u", "a@b.cd", "csv"]), bodies, max_size=2),
        "phone_numbers": odd | st.dictionaries(st.sampled_from(["p", "s-a"]), bodies, max_size=2),
    },
)


@tries(15, 2_000)
@given(nonsense)
def test_nonsense_is_diagnosed_with_places_in_the_files(document: dict[str, Any]) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "sdx.yaml").write_text("sdx: 1\n", "utf-8")
        (folder / "a.yaml").write_text(json.dumps(document, indent=1), "utf-8")
        (folder / "b.csv").write_text("id,x\na,1\nb,\n", "utf-8")
        try:
            found = load_configuration(folder, None, {}).warnings
        except ConfigurationError as error:
            found = error.diagnostics
        lines = {one: (folder / one).read_text("utf-8").splitlines() for one in ("sdx.yaml", "a.yaml", "b.csv")}
        for one in found:
            assert one.source is not None
            assert 1 <= one.source.line <= len(lines[one.source.file])
            assert one.excerpt in (None, lines[one.source.file][one.source.line - 1])


def rows(files: Any, count: int) -> None:
    files.write("b.csv", "id,brand\n" + "".join(f"k{number},Brand {number}\n" for number in range(count)))
    files.write(
        "a.yaml",
        "templates:\n  t: {closing_text: Bye., questions: [{question_label: N, question_text: '${each.brand}?'}]}\n"
        "surveys: {s: {extends: t, for_each: {csv: b.csv, key: id}, name: '${each.brand}'}}\n",
    )


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_a_hundred_thousand_rows_are_as_many_surveys(files: Any) -> None:
    rows(files, 100_000)
    assert len(files.load().resources) == 200_000


def test_rows_take_no_more_memory_than_as_many_surveys_written_out(files: Any) -> None:
    count = 150
    rows(files, count)
    files.load()  # what is imported and compiled once counts for neither
    tracemalloc.start()
    made = len(files.load().resources), tracemalloc.get_traced_memory()[1]
    question = "{{question_label: N, question_text: 'Brand {0}?'}}"
    body = f"  s-k{{0}}: {{{{name: Brand {{0}}, closing_text: Bye., questions: [{question}]}}}}\n"
    files.write("a.yaml", "surveys:\n" + "".join(body.format(number) for number in range(count)))
    tracemalloc.reset_peak()
    written = len(files.load().resources), tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert made[0] == written[0] == 2 * count
    assert made[1] <= 1.1 * written[1]


def test_a_bomb_of_rows_is_refused_before_the_first_is_made(files: Any) -> None:
    questions = ", ".join(f"{{question_label: Q{number}, question_type: text}}" for number in range(1_000))
    template = f"templates: {{t: {{questions: [{questions}]}}}}\n"
    files.write("a.yaml", f"{template}surveys: {{s: {{extends: t, for_each: {{csv: b.csv, key: id}}, name: S}}}}\n")
    files.write("b.csv", "id\n" + "\n".join(f"k{number}" for number in range(5_000)))
    found = files.diagnostics()
    assert [one.code for one in found] == ["too-large"]
    assert found[0].message.startswith("`s` makes 5,000 declarations of 3,003 values each")
    assert str(found[0].source) == "a.yaml:2:11"


def test_rows_of_several_lines_are_counted_as_rows(files: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expansion, "MOST_VALUES", 10)
    block = "for_each: {csv: b.csv, key: id}, name: '${each.id}', description: '${each.n}'"
    files.write("a.yaml", f"surveys: {{s: {{{block}}}}}\n")
    files.write("b.csv", 'id,n\na,"1\n2\n3"\nb,"1\n2\n3"\nc,"1\n2\n3"\n')
    assert len(files.load().resources) == 3


def test_templates_behind_too_many_others_are_not_unused(files: Any) -> None:
    chain = "".join(f"  t{number}: {{extends: t{number + 1}}}\n" for number in range(30))
    files.write("a.yaml", f"templates:\n{chain}  t30: {{description: x}}\nsurveys: {{s: {{extends: t0, name: S}}}}\n")
    assert [one.code for one in files.diagnostics()] == ["too-large"]


def test_a_value_that_the_schema_refuses_is_shown_where_the_template_has_it(files: Any) -> None:
    questions = "[{key: q, max_response: '${each.y}'}]"
    files.write("t.yaml", f"\n\ntemplates: {{t: {{description: '${{each.x}}', questions: {questions}}}}}\n")
    files.write("a.yaml", "surveys: {s: {extends: t, for_each: {a: {x: 1, y: many}}, name: S}}\n")
    text, number = files.diagnostics()
    assert (text.code, text.message) == ("wrong-type", "`description` must be a string, got `1`")
    assert text.help == 'quote the value of the item: "1"'
    assert (number.code, number.message[:15]) == ("wrong-type", "`max_response` ")
    for one in (text, number):
        assert one.source is not None
        assert (one.source.file, one.source.line) == ("t.yaml", 3)
        assert one.source.use == Use("a.yaml", 1, 38, "a")
