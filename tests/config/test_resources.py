"""Resource files: what they declare, where, and what is wrong between them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sdx_state.config.errors import ConfigurationError
from sdx_state.model.resource import Moved, Removed, Source

DESIGN = """\
phone_numbers:
  au-sms: {number: "0488 888 888", country_code: AU, phone_type: mobile}
surveys:
  support-csat:
    name: Support CSAT
    greeting_text: Thanks for calling ${var.company}.
    closing_text: {default: Goodbye., de-default: Auf Wiedersehen.}
    sms_number: ${phone_numbers.au-sms}
    protect: true
    questions:                          # in the order asked
      - question_label: NPS
        question_text: How likely are you to recommend us?
        question_type: nps
        max_response: 10
      - question_label: Why that score?
        key: reason
        id: 77
        response_options: [{label: good, text: {default: Good}}, {label: bad}]
        ignore: [question_text]
users:
  joe.smith@Example.com: {name: Joe Smith, agent_id: jSmith1, phone: "+61499999999", timezone: Australia/Brisbane,
                          csv: {permissions: Agent, send_password_reset: false}}
moved: [{from: survey.old-csat, to: survey.support-csat}]
removed: [{address: survey.pilot, destroy: false}, {address: user.Gone@x.com, destroy: true}]
"""


def test_a_whole_project_is_read_as_it_is_written(files: Any) -> None:
    files.write("a.yaml", DESIGN)
    loaded = files.load()
    assert loaded.warnings == ()
    assert list(loaded.resources) == [
        "phone_number.au-sms",
        "survey.support-csat",
        "question.support-csat.nps",
        "question.support-csat.reason",
        "user.joe.smith@example.com",
    ]
    number, survey, nps, reason, user = loaded.resources.values()
    assert number.values == {"phone_number": "+61488888888", "country_code": "AU", "phone_type": "mobile"}
    assert number.positions["phone_number"] == number.positions["number"] == (2, 12)
    assert survey.values == {
        "name": "Support CSAT",
        "greeting_text": "Thanks for calling Acme.",
        "closing_text": {"default": "Goodbye.", "de-default": "Auf Wiedersehen."},
        "sms_number": "+61488888888",
    }
    assert survey.source == Source("a.yaml", 4, 3)
    assert survey.source_of("greeting_text") == Source("a.yaml", 6, 5)
    assert survey.depends_on == ("phone_number.au-sms",)
    assert (survey.protect, survey.id, survey.ignore) == (True, None, frozenset())
    assert nps.values["max_response"] == 10
    assert (nps.key, nps.parent, nps.position) == ("nps", "survey.support-csat", 0)
    assert nps.source == Source("a.yaml", 11, 9)
    assert (reason.key, reason.id, reason.position) == ("reason", "77", 1)
    assert reason.ignore == frozenset({"question_text"})
    assert reason.values["response_options"] == [{"label": "good", "text": {"default": "Good"}}, {"label": "bad"}]
    assert user.values == {
        "email": "joe.smith@Example.com",
        "name": "Joe Smith",
        "agent_id": "jSmith1",
        "phone": "+61499999999",
        "timezone": "Australia/Brisbane",
    }
    assert user.upload == {"permissions": "Agent", "send_password_reset": "FALSE"}
    assert loaded.moved == (Moved("survey.old-csat", "survey.support-csat", Source("a.yaml", 23, 9)),)
    assert [(one.address, one.destroy) for one in loaded.removed] == [
        ("survey.pilot", False),
        ("user.gone@x.com", True),
    ]
    assert loaded.removed[0] == Removed("survey.pilot", False, Source("a.yaml", 24, 11))
    assert loaded.files == ("a.yaml",)


def test_every_declared_field_has_its_place(files: Any) -> None:
    files.write("a.yaml", DESIGN)
    for resource in files.load().resources.values():
        lines = files.text("a.yaml").splitlines()
        for name in resource.values:
            if name in ("email", "phone_number"):
                continue
            line, column = resource.positions[name]
            assert lines[line - 1][column - 1 :].startswith(f"{name}:")


def test_how_a_project_is_split_into_files_does_not_matter(files: Any) -> None:
    files.write("all.yaml", DESIGN)
    whole = {address: one.values for address, one in files.load().resources.items()}
    (files.folder / "all.yaml").unlink()
    parts = DESIGN.replace("users:", "---\nusers:").replace("surveys:\n", "---\nsurveys:\n").split("---\n")
    for index, part in enumerate(reversed(parts)):
        files.write(f"{index}/part.yml", part)
    assert {address: one.values for address, one in files.load().resources.items()} == whole


def test_null_and_empty_texts_stay_what_they_are(files: Any) -> None:
    files.write("a.yaml", 'surveys: {s: {name: S, description: , greeting_text: "", closing_text: {default: }}}\n')
    assert files.load().resources["survey.s"].values == {
        "name": "S",
        "description": None,
        "greeting_text": "",
        "closing_text": {"default": ""},
    }


def test_survey_placeholders_are_left_alone(files: Any) -> None:
    files.write("a.yaml", "surveys: {s: {name: S, greeting_text: \"%name% {if x} <a href='y'>z</a> $5 $ {x}\"}}\n")
    assert files.load().resources["survey.s"].values["greeting_text"] == "%name% {if x} <a href='y'>z</a> $5 $ {x}"


def test_whole_numbers_may_be_written_as_fractions_of_one(files: Any) -> None:
    files.write("a.yaml", "surveys: {s: {name: S, redirect_timeout: 10.0}}\n")
    value = files.load().resources["survey.s"].values["redirect_timeout"]
    assert (value, type(value)) == (10, int)


# The mark ¶ precedes the place that the diagnostic points at, and is removed from the text.
WRONG = [
    (
        "¶surveis: {}\n",
        "unknown section `surveis`",
        "did you mean `surveys`? If this file is not the project's, say so in sdx.yaml: exclude: [a.yaml]",
    ),
    (
        "¶- surveys\n",
        "this file must be a mapping, and this is a list",
        None,
    ),
    (
        "surveys: ¶[a]\n",
        "`surveys` must be a mapping, and this is a list",
        None,
    ),
    (
        "surveys: {s: ¶}\n",
        "`s` must be a mapping, and this is nothing",
        None,
    ),
    (
        "surveys: {s: {¶nmae: S}}\n",
        "unknown field `nmae`",
        "did you mean `name`?",
    ),
    (
        "surveys: {¶s: {description: S}}\n",
        "missing required field `name` in the survey `s`",
        "add `name:`, or pin it with `id:`",
    ),
    (
        "surveys: {¶'a b': {name: S}}\n",
        "`a b` cannot be a key here: a key is 1 to 100 letters, digits, hyphens and underscores",
        None,
    ),
    (
        "surveys: {¶a.b: {name: S}}\n",
        "`a.b` cannot be a key here: a key is 1 to 100 letters, digits, hyphens and underscores",
        None,
    ),
    (
        'surveys: {¶"a\\u200bb": {name: S}}\n',
        "this key contains an invisible character",
        "retype it",
    ),
    (
        "surveys:\n  s: {name: S, description: ¶2024}\n",
        "`description` must be a string, got `2024`",
        'quote this: "2024"',
    ),
    (
        "surveys:\n  s: {name: S, description: ¶1.10}\n",
        "`description` must be a string, got `1.10`",
        'quote this: "1.10"',
    ),
    (
        "surveys:\n  s: {name: S, description: ¶true}\n",
        "`description` must be a string, got `true`",
        'quote this: "true"',
    ),
    (
        "surveys:\n  s: {name: S, description: ¶[a]}\n",
        "`description` must be text, and this is a list",
        None,
    ),
    (
        "surveys:\n  s: {name: S, greeting_text: {¶de: a}}\n",
        "`de` cannot be a key here: a language is default, de-default or fr-CA",
        None,
    ),
    (
        "surveys:\n  s: {name: S, greeting_text: ¶{}}\n",
        "`greeting_text` must be a mapping with at least 1 entry",
        None,
    ),
    (
        "surveys:\n  s: {name: S, greeting_text: {default: ¶1}}\n",
        "`default` must be a string, got `1`",
        'quote this: "1"',
    ),
    (
        "surveys:\n  s: {name: S, redirect_timeout: ¶'5'}\n",
        "`redirect_timeout` must be a whole number, and this is `5`",
        "write `5` without quotes",
    ),
    (
        "surveys:\n  s: {name: S, redirect_timeout: ¶-1}\n",
        "`redirect_timeout` must be at least 0",
        None,
    ),
    (
        "surveys:\n  s: {name: S, protect: ¶yes}\n",
        "`protect` must be true or false, and this is `yes`",
        "write `true`",
    ),
    (
        "surveys:\n  s: {name: S, protect: ¶off}\n",
        "`protect` must be true or false, and this is `off`",
        "write `false`",
    ),
    (
        "surveys:\n  s: {name: S, id: ¶x1}\n",
        "`id` cannot be `x1`",
        "an id is a whole number from 1",
    ),
    (
        "surveys:\n  s: {name: S, id: ¶0}\n",
        "`id` must be at least 1",
        None,
    ),
    (
        "surveys:\n  s: {name: S, ignore: [¶greting_text]}\n",
        "item 1 of `ignore` cannot be `greting_text`",
        "did you mean `greeting_text`?",
    ),
    (
        "surveys:\n  s: {name: S, inbound_number: ¶61730000001}\n",
        "`inbound_number` must be a string, got `61730000001`",
        'quote this: "61730000001"',
    ),
    (
        "surveys:\n  s: {name: S, inbound_number: ¶+61730000001}\n",
        "`inbound_number` is text, and `+61730000001` looks like a number",
        'quote this: "+61730000001"',
    ),
    (
        "surveys:\n  s: {name: S, inbound_number: ¶'0488 888 888'}\n",
        "`0488 888 888` does not say its country",
        "write it with its country's code, such as +61488888888",
    ),
    (
        "surveys:\n  s: {name: S, inbound_number: ¶'+6148888888'}\n",
        "`+6148888888` is not a valid telephone number",
        None,
    ),
    (
        "surveys:\n  s: {name: S, inbound_number: ¶'+610488888888'}\n",
        "`+610488888888` is not in E.164",
        "write +61488888888",
    ),
    (
        "surveys:\n  s: {name: S, inbound_number: ¶'+61 2 5550 1234 ext. 5'}\n",
        "`+61 2 5550 1234 ext. 5` has an extension, which cannot be dialled from here",
        None,
    ),
    (
        "surveys:\n  s: {name: S, inbound_number: ¶hello}\n",
        "`hello` does not say its country",
        None,
    ),
    (
        "surveys:\n  s: {name: S, inbound_number: ¶0400000000}\n",
        "`inbound_number` is text, and `0400000000` looks like a number",
        'quote this: "0400000000"',
    ),
    ('users: {¶"a\\u202eb@c.com": {}}\n', "this key contains an invisible character", "retype it"),
    (
        "phone_numbers: {a: {number: ¶0400000000}}\n",
        "`number` is text, and `0400000000` looks like a number",
        'quote this: "0400000000"',
    ),
    (
        "phone_numbers: {¶a: {country_code: AU}}\n",
        "missing required field `number` in `a`",
        None,
    ),
    (
        "phone_numbers: {a: {number: '0488 888 888', country_code: ¶au}}\n",
        "`country_code` cannot be `au`",
        "must be two capital letters, such as AU",
    ),
    (
        "phone_numbers: {a: {number: ¶'0488 888 888', country_code: AV}}\n",
        "`AV` is not the code of a country",
        None,
    ),
    (
        "phone_numbers: {a: {number: ¶'123', country_code: AU}}\n",
        "`123` is not a valid telephone number in AU",
        None,
    ),
    (
        "phone_numbers: {a: {number: '+61488888888', phone_type: ¶cell}}\n",
        "`phone_type` cannot be `cell`",
        "known: `landline`, `mobile`, `voip`",
    ),
    (
        "phone_numbers: {a: {number: '+61488888888'}, b: {¶number: '0488888888', country_code: AU}}\n",
        "this is the number of phone_number.a too, at a.yaml:1:17",
        "declare a number once, and refer to it",
    ),
    (
        "surveys: {s: {name: S, questions: [¶{question_text: hi}]}}\n",
        "this question has neither label nor key",
        "add `question_label:`",
    ),
    (
        "surveys: {s: {name: S, questions: [¶{key: k}]}}\n",
        "missing required field `question_label` in the question `k`",
        "add `question_label:`, or pin it with `id:`",
    ),
    (
        "surveys: {s: {name: S, questions: [{question_label: ¶'???'}]}}\n",
        "no key can be made of this label",
        "add `key:`",
    ),
    (
        "surveys: {s: {name: S, questions: [{question_label: ¶xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx}]}}\n",
        "the label has 31 characters, over the limit of 30",
        None,
    ),
    (
        "surveys: {s: {name: S, questions: [{question_label: ¶5}]}}\n",
        "`question_label` must be a string, got `5`",
        'quote this: "5"',
    ),
    (
        "surveys: {s: {name: S, questions: [{question_label: A, response_options: [¶{text: x}]}]}}\n",
        "missing required field `label` in item 1 of `response_options`",
        None,
    ),
    (
        "surveys: {s: {name: S, questions: [{question_label: A}, ¶{question_label: a}]}}\n",
        "`a` is declared twice: first at a.yaml:1:36",
        "remove or rename one of the two",
    ),
    (
        "surveys: {s: {name: S, questions: [{question_label: A}, {key: b, ¶question_label: A}]}}\n",
        "two questions have the question_label `A`: the other is question.s.a, at a.yaml:1:36",
        "give them different ones, or pin both with `id:`",
    ),
    (
        "surveys: {s: {name: S, questions: [{question_label: A, id: 1}, {question_label: B, ¶id: 1}]}}\n",
        "id 1 is pinned twice: question.s.a has it too, at a.yaml:1:36",
        "one live resource has one address",
    ),
    (
        "surveys:\n  a: {name: S}\n  b: {¶name: S}\n",
        "two surveys have the name `S`: the other is survey.a, at a.yaml:2:3",
        None,
    ),
    (
        "surveys:\n  a: {name: S, id: 1}\n  b: {name: T, ¶id: '1'}\n",
        "id 1 is pinned twice: survey.a has it too, at a.yaml:2:3",
        None,
    ),
    (
        "surveys:\n  a: {name: S}\n  ¶A: {name: T}\n",
        "`A` differs by case only from `a`, declared at a.yaml:2:3",
        "remove or rename one of the two",
    ),
    (
        "surveys:\n  s: {name: S, email_from_address: ¶nobody}\n",
        "`nobody` is not an e-mail address: an email address must have an @-sign",
        None,
    ),
    (
        "users: {¶joe: {}}\n",
        "`joe` is not an e-mail address",
        None,
    ),
    (
        "users: {¶cvs: a.csv}\n",
        "`cvs` is not an e-mail address",
        "did you mean `csv`?",
    ),
    (
        "users: {¶a@b@c.com: {}}\n",
        "`a@b@c.com` is not an e-mail address: the part after the @-sign contains invalid characters: '@'",
        None,
    ),
    (
        "users: {¶.a@b.com: {}}\n",
        "`.a@b.com` is not an e-mail address: an email address cannot start with a period",
        None,
    ),
    (
        "users: {¶x/y@b.com: {}}\n",
        "`x/y@b.com` cannot be managed: the API cannot address a user whose e-mail address contains `/`",
        "manage this user in the admin UI, and remove it here",
    ),
    (
        "users:\n  a@münchen.example: {}\n  ¶a@xn--mnchen-3ya.example: {}\n",
        "`a@xn--mnchen-3ya.example` and `a@münchen.example`, declared at a.yaml:2:3, are one address",
        "remove or rename one of the two",
    ),
    (
        "users:\n  a@b.com: {}\n  ¶A@b.com: {}\n",
        "`A@b.com` differs by case only from `a@b.com`, declared at a.yaml:2:3",
        None,
    ),
    (
        "users: {a@b.com: {agent_id: ¶7}}\n",
        "`agent_id` must be a string, got `7`",
        'quote this: "7"',
    ),
    (
        "users: {a@b.com: {csv: {¶permision: x}}}\n",
        "unknown field `permision`",
        "did you mean `permissions`?",
    ),
    (
        "moved: [¶{from: survey.a}]\n",
        "missing required field `to` in item 1 of `moved`",
        None,
    ),
    (
        "moved: [{from: survey.a, to: ¶survey}]\n",
        "`to` cannot be `survey`",
        "an address is survey.KEY, question.SURVEY.KEY, user.E-MAIL or phone_number.KEY",
    ),
    (
        "surveys: {csat: {name: S}}\nmoved: [{from: survey.a, to: ¶survey.cast}]\n",
        "survey.cast is not declared, so nothing can move there",
        "did you mean `survey.csat`?",
    ),
    (
        "surveys: {a: {name: S}, b: {name: T}}\nmoved: [{from: ¶survey.a, to: survey.b}]\n",
        "survey.a is still declared, so it has not moved",
        None,
    ),
    (
        "users: {a@b.com: {}}\nmoved: [{from: survey.a, to: ¶user.A@b.com}]\n",
        "a survey cannot become a user",
        None,
    ),
    (
        "surveys: {b: {name: T}}\nmoved: [{from: survey.a, to: survey.b}, ¶{from: survey.c, to: survey.b}]\n",
        "survey.b is moved to twice: first at a.yaml:2:9",
        "remove one of the two",
    ),
    (
        "surveys: {a: {name: S}}\nremoved: [{address: ¶survey.a, destroy: true}]\n",
        "survey.a is still declared, so it is not removed",
        None,
    ),
    (
        "users: {a@b.com: {}}\nremoved: [{address: ¶user.A@B.com, destroy: true}]\n",
        "user.a@b.com is still declared, so it is not removed",
        None,
    ),
    (
        "removed: [¶{address: survey.a}]\n",
        "missing required field `destroy` in item 1 of `removed`",
        None,
    ),
    (
        "removed: [{address: survey.a, destroy: true}, ¶{address: survey.a, destroy: false}]\n",
        "survey.a leaves twice: first at a.yaml:1:11",
        "remove one of the two",
    ),
]


@pytest.mark.parametrize(("marked", "message", "hint"), WRONG)
def test_errors_are_reported_at_their_place(files: Any, marked: str, message: str, hint: str | None) -> None:
    before, after = marked.split("¶")
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    files.write("a.yaml", before + after)
    diagnostics = [one for one in files.diagnostics() if one.source.file == "a.yaml"]
    assert [str(one) for one in diagnostics] == [f"a.yaml:{line}:{column}: {message}"]
    assert diagnostics[0].severity == "error"
    assert diagnostics[0].excerpt == (before + after).splitlines()[line - 1]
    if hint is not None:
        assert diagnostics[0].help == hint


def test_an_id_with_leading_zeros_is_text(files: Any) -> None:
    files.write("a.yaml", "users: {a@b.com: {agent_id: 007}}\n")
    assert files.load().resources["user.a@b.com"].values["agent_id"] == "007"


def test_two_files_that_declare_one_address_are_both_named(files: Any) -> None:
    files.write("a.yaml", "surveys:\n  s: {name: S}\nusers: {a@b.com: {}}\n")
    files.write("b.yaml", "\nsurveys:\n    s: {name: T}\nusers: {A@b.com: {}}\n")
    assert files.said() == [
        "b.yaml:3:5: `s` is declared twice: first at a.yaml:2:3",
        "b.yaml:4:9: `A@b.com` differs by case only from `a@b.com`, declared at a.yaml:3:9",
    ]


def test_two_surveys_of_one_name_are_allowed_where_both_are_pinned(files: Any) -> None:
    files.write("a.yaml", "surveys: {a: {name: S, id: 1}, b: {name: S, id: 2}}\n")
    assert [one.id for one in files.load().resources.values()] == ["1", "2"]


def test_id_replaces_the_name(files: Any) -> None:
    files.write("a.yaml", "surveys: {a: {id: '7', questions: [{key: k, id: 8}]}}\n")
    assert [one.id for one in files.load().resources.values()] == ["7", "8"]


LANDLINES = [
    ("phone_numbers: {l: {number: '+61730000001'}}\n", '"${phone_numbers.l}"', True),
    ("phone_numbers: {l: {number: '+61488888888', phone_type: landline}}\n", '"${phone_numbers.l}"', True),
    ("phone_numbers: {l: {number: '+61730000001', phone_type: voip}}\n", '"${phone_numbers.l}"', False),
    ("phone_numbers: {l: {number: '+61488888888'}}\n", '"${phone_numbers.l}"', False),
    ("", "'+61730000001'", True),
    ("", "'+61488888888'", False),
]


@pytest.mark.parametrize(("numbers", "sender", "refused"), LANDLINES)
def test_a_landline_sends_no_text_messages(files: Any, numbers: str, sender: str, refused: bool) -> None:
    files.write("a.yaml", f"surveys: {{s: {{name: S, sms_number: {sender}}}}}\n{numbers}")
    said = [str(one) for one in files.diagnostics()]
    assert len(said) == refused
    if refused:
        assert said[0].startswith("a.yaml:1:24: +61")
        assert said[0].endswith("is a landline, which cannot send text messages")


def test_oddities_are_warnings_and_do_not_stop_anything(files: Any) -> None:
    files.write(
        "a.yaml",
        "users:\n  a@b.com: {agent_id: x}\n  c@d.com: {agent_id: x, csv: {team: T}}\n"
        "surveys: {s: {name: S, questions: [{question_label: Q, question_type: yseno}]}}\n",
    )
    loaded = files.load()
    assert len(loaded.resources) == 4
    assert [(str(one), one.severity, one.help) for one in loaded.warnings] == [
        (
            "a.yaml:3:13: agent_id `x` is that of user.a@b.com too, at a.yaml:2:3",
            "warning",
            "it attributes interactions to users",
        ),
        ("a.yaml:3:32: the platform's upload requires visible and visibility_level beside team", "warning", None),
        ("a.yaml:4:71: question type `yseno` is not in the API reference", "warning", "did you mean `yesno`?"),
    ]


def test_all_diagnostics_of_all_files_come_at_once_and_in_order(files: Any) -> None:
    files.write(
        "b.yaml", "users: {a@b.com: {phone: X}}\nsurveys: {s: {name: 5, protect: 1, greeting_text: '${var.x}'}}\n"
    )
    files.write("a.yaml", "surveys: [\n")
    files.write("c.yml", "surveys: {t: {name: T, questions: [{question_label: '${var.y}', nope: 1}]}}\n")
    with pytest.raises(ConfigurationError) as caught:
        files.load()
    places = [(one.source.file, one.source.line, one.source.column) for one in caught.value.diagnostics]
    assert places == [
        ("a.yaml", 2, 1),
        ("b.yaml", 1, 26),
        ("b.yaml", 2, 21),
        ("b.yaml", 2, 33),
        ("b.yaml", 2, 52),
        ("c.yml", 1, 54),
        ("c.yml", 1, 65),
    ]
    assert str(caught.value).splitlines()[1] == "b.yaml:1:26: `X` does not say its country"


def test_one_broken_file_does_not_make_others_look_broken(files: Any) -> None:
    files.write("numbers.yaml", "phone_numbers: {a: {number: '+61488888888'}\n")
    files.write(
        "s.yaml",
        "surveys: {s: {name: S, sms_number: '${phone_numbers.a}'}}\nmoved: [{from: survey.x, to: survey.y}]\n",
    )
    assert {one.source.file for one in files.diagnostics()} == {"numbers.yaml"}


def test_a_resource_that_the_schema_refuses_is_still_declared(files: Any) -> None:
    files.write(
        "a.yaml",
        "phone_numbers: {a: {nummer: '+61488888888'}}\nsurveys: {s: {name: S, sms_number: '${phone_numbers.a}'}}\n"
        "users: {a@b.com: 1}\nmoved: [{from: user.x@y.com, to: user.a@b.com}]\n",
    )
    assert files.said() == [
        "a.yaml:1:17: missing required field `number` in `a`",
        "a.yaml:1:21: unknown field `nummer`",
        "a.yaml:3:18: `a@b.com` must be a mapping, and this is a number",
    ]


def test_hostile_text_is_carried_and_never_interpreted(said_of: Callable[[str], list[str]], files: Any) -> None:
    assert said_of('surveys: {"\\u001bc": {name: S}}\n') == ["a.yaml:1:11: this key contains an invisible character"]
    files.write("a.yaml", "surveys: {s: {name: \"\\u001b[31m\\u202e__import__('os')\"}}\n")
    assert files.load().resources["survey.s"].values["name"] == "\x1b[31m\u202e__import__('os')"


def test_a_very_long_line_is_not_carried_into_a_diagnostic(files: Any) -> None:
    files.write("a.yaml", "surveys: {s: {name: S, description: " + "x" * 5_000 + ", nope: 1}, t: {nope: 1}}\n")
    diagnostics = files.diagnostics()
    assert diagnostics
    assert all(one.excerpt is None or len(one.excerpt) <= 1_000 for one in diagnostics)
