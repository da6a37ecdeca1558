"""`${var.NAME}`, `${phone_numbers.KEY}` and `$${`: replaced once, offline, and never with a credential."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdx_state.config.references import References, escape


def one_survey(files: Any, greeting: str, environ: dict[str, str] | None = None) -> Any:
    files.write("n.yaml", "phone_numbers: {n: {number: '0488 888 888', country_code: AU}}\n")
    files.write("a.yaml", f"surveys: {{s: {{name: S, greeting_text: {greeting}}}}}\n")
    return files.load(None, environ).resources["survey.s"]


REPLACED = [
    ("'Hi ${var.company}!'", "Hi Acme!"),
    ("'${var.company}${ var.company }'", "AcmeAcme"),
    ("'Call ${phone_numbers.n}'", "Call +61488888888"),
    ("'$${var.company}'", "${var.company}"),
    ("'$$${var.company}'", "$${var.company}"),
    ("'$ {var.company} $5 %name%'", "$ {var.company} $5 %name%"),
]


@pytest.mark.parametrize(("written", "meant"), REPLACED)
def test_references_are_replaced(files: Any, written: str, meant: str) -> None:
    assert one_survey(files, written).values["greeting_text"] == meant


def test_references_are_replaced_in_every_text(files: Any) -> None:
    files.write(
        "a.yaml",
        "surveys:\n  s:\n    name: ${var.company}\n    closing_text: {default: '${var.company}', fr-CA: A}\n"
        "    questions:\n      - question_label: L ${var.company}\n"
        "        response_options: [{label: '${var.company}', text: {default: '${var.company}'}}]\n"
        "users:\n  a@b.com: {name: '${var.company}',\n"
        "            csv: {team: '${var.company}', visible: true, visibility_level: 1}}\n",
    )
    survey, question, user = files.load().resources.values()
    assert survey.values == {"name": "Acme", "closing_text": {"default": "Acme", "fr-CA": "A"}}
    assert (question.key, question.values["question_label"]) == ("l-acme", "L Acme")
    assert question.values["response_options"] == [{"label": "Acme", "text": {"default": "Acme"}}]
    assert user.values["name"] == "Acme"
    assert user.upload == {"team": "Acme", "visible": "TRUE", "visibility_level": "1"}


def test_a_number_that_is_named_is_depended_on(files: Any) -> None:
    assert one_survey(files, "'${phone_numbers.n} ${phone_numbers.n}'").depends_on == ("phone_number.n",)
    assert one_survey(files, "plain").depends_on == ()


def test_value_of_a_reference_is_not_expanded_again(files: Any) -> None:
    survey = one_survey(files, "'${var.trap}'", {"SDX_VAR_trap": "${var.company} $${x}"})
    assert survey.values["greeting_text"] == "${var.company} $${x}"


def test_the_environment_sets_variables_declared_or_not(files: Any) -> None:
    environ = {"SDX_VAR_company": "Env", "SDX_VAR_new": "New"}
    assert one_survey(files, "'${var.company} ${var.new}'", environ).values["greeting_text"] == "Env New"


@pytest.mark.parametrize("name", ["SDX_AUTH_TOKEN", "AUTH_TOKEN", "SDX_ACCESS_TOKEN", "SDX_CUSTOMER_UUID", "HOME"])
@pytest.mark.parametrize("form", ["${var.%s}", "${%s}", "${env.%s}", "${environ.%s}"])
def test_credentials_and_the_rest_of_the_environment_are_out_of_reach(files: Any, name: str, form: str) -> None:
    environ = {
        "SDX_AUTH_TOKEN": "s3cret",
        "SDX_ACCESS_TOKEN": "s3cret",
        "SDX_CUSTOMER_UUID": "s3cret",
        "HOME": "s3cret",
    }
    files.write("a.yaml", f"surveys: {{s: {{name: '{form % name}'}}}}\n")
    with pytest.raises(Exception, match=r"refers to nothing|no variable") as caught:
        files.load(None, environ)
    assert "s3cret" not in str(caught.value)


# The mark ¶ precedes the place that the diagnostic points at, and is removed from the text.
BAD = [
    ("'Hi ¶${var.compny}'", "there is no variable `compny`", "did you mean `company`?"),
    ("'Hi ¶${var.zzz}'", "there is no variable `zzz`", "known: `company`"),
    ("'¶${phone_numbers.m}'", "there is no phone number `m`", "known: `n`"),
    (
        "'¶${vars.company}'",
        "`${vars.company}` refers to nothing",
        "write ${var.NAME} or ${phone_numbers.KEY}; `$${` is a literal `${`",
    ),
    ("'¶${company}'", "`${company}` refers to nothing", None),
    ("'¶${}'", "`${}` refers to nothing", None),
    (
        "'a ¶${var.company'",
        "a reference is opened here and never closed",
        "close it with `}`; write `$${` for a literal `${`",
    ),
]


@pytest.mark.parametrize(("marked", "message", "hint"), BAD)
def test_unresolved_reference_is_reported_at_its_place(
    files: Any, marked: str, message: str, hint: str | None
) -> None:
    before, after = marked.split("¶")
    start = "surveys: {s: {name: S, greeting_text: "
    files.write("a.yaml", f"phone_numbers: {{n: {{number: '+61488888888'}}}}\n{start}{before}{after}}}}}\n")
    diagnostics = files.diagnostics()
    assert [str(one) for one in diagnostics] == [f"a.yaml:2:{len(start) + len(before) + 1}: {message}"]
    if hint is not None:
        assert diagnostics[0].help == hint


def test_in_a_block_text_the_place_is_where_the_text_starts(files: Any) -> None:
    files.write("a.yaml", "surveys:\n  s:\n    name: S\n    greeting_text: |\n      a\n      ${var.nope}\n")
    assert files.said() == ["a.yaml:4:20: there is no variable `nope`"]


def test_a_number_cannot_be_declared_by_another(files: Any) -> None:
    files.write("a.yaml", "phone_numbers: {a: {number: '+61488888888'}, b: {number: '${phone_numbers.a}'}}\n")
    assert files.said() == ["a.yaml:1:59: a telephone number cannot be declared by another one"]


def test_a_number_may_be_a_variable_and_a_wrong_one_is_complained_about_once(files: Any) -> None:
    files.write(
        "a.yaml",
        "phone_numbers: {a: {number: '${var.main}'}}\nsurveys: {s: {name: S, sms_number: '${phone_numbers.a}'}}\n",
    )
    assert (
        files.load(None, {"SDX_VAR_main": "+61488888888"}).resources["survey.s"].values["sms_number"]
        == "+61488888888"
    )
    with pytest.raises(Exception, match="not a valid telephone number") as caught:
        files.load(None, {"SDX_VAR_main": "+61000"})
    assert len(caught.value.diagnostics) == 1  # type: ignore[attr-defined]  # any configuration error has them


def test_a_value_is_checked_after_its_references_are_replaced(files: Any) -> None:
    files.write("a.yaml", "users: {a@b.com: {phone: '+614${var.rest}'}}\n")
    assert files.load(None, {"SDX_VAR_rest": "99000001"}).resources["user.a@b.com"].values["phone"] == "+61499000001"
    with pytest.raises(Exception, match=r"\+6141`"):
        files.load(None, {"SDX_VAR_rest": "1"})


@given(st.text(st.sampled_from("${}var.x $"), max_size=30) | st.text())
def test_an_escaped_text_comes_back_to_the_letter(text: str) -> None:
    expanded = References({}).expand(escape(text))
    assert (expanded.text, expanded.bad, expanded.whole) == (text, (), True)
