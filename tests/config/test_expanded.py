"""`validate --expanded`: what it prints declares the same resources, whatever the templates are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, target
from hypothesis import strategies as st

from sdx_state.config.configuration import Configuration, load_configuration
from sdx_state.config.expanded import expanded_text
from tests.tiers import tries

PROJECT = "sdx: 1\nvariables: {company: 'Acme $', odd: '${x}'}\n"
NUMBERS = {"one": {"number": "+61488888881"}, "two": {"number": "+61488888882"}}
BRANDS = {
    "a": {"brand": "Acme", "line": "one", "most": 5},
    "b": {"brand": "B ${var.company}", "line": "two", "most": 6},
}
TEXTS = (
    "Hello.", "${each.brand}", "Hi ${each.brand}, ${var.company}", "$${each.brand} ${var.odd}", "US$ {x} ${each.key}",
    "call ${phone_numbers[each.line]}", "${phone_numbers.one}/${phone_numbers.one}", "two\nlines\n", "a: b #c",
    "é 日", "${each.brand}${each.key}", "no", "", None,
)  # fmt: skip
PROMPTS = ("greeting_text", "closing_text", "email_subject")
LANGUAGES = ("default", "de-default", "fr-CA")
LABELS = ("A", "B", "C", "D")

texts = st.sampled_from(TEXTS)
prompts = texts | st.dictionaries(st.sampled_from(LANGUAGES), texts, min_size=1)
fields = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(PROMPTS, prompts),
        "description": texts,
        "redirect_timeout": st.sampled_from([1, "${each.most}", None]),
        "sms_number": st.sampled_from(["${phone_numbers[each.line]}", "${phone_numbers.two}", "+61488888883"]),
        "protect": st.booleans(),
        "ignore": st.lists(st.sampled_from(PROMPTS), unique=True),
    },
)
named = st.sampled_from(LABELS).map(lambda label: {"question_label": label}) | st.sampled_from(LABELS).map(
    lambda label: {"key": label.lower(), "question_label": f"{label}!"}
)
asked = st.tuples(
    named,
    st.fixed_dictionaries(
        {}, optional={"question_text": prompts, "max_response": st.sampled_from([3, "${each.most}"])}
    ),
).map(lambda parts: {**parts[0], **parts[1]})


@st.composite
def layers(draw: Any, bases: list[str]) -> dict[str, Any]:
    body = dict(draw(fields))
    questions = draw(st.lists(asked, max_size=4, unique_by=lambda one: one["question_label"][0]))
    if questions:
        body["questions"] = questions
    if bases and draw(st.booleans()):
        body["extends"] = draw(st.lists(st.sampled_from(bases), min_size=1, max_size=2) | st.sampled_from(bases))
    return body


@st.composite
def projects(draw: Any) -> dict[str, Any]:
    templates: dict[str, Any] = {}
    for number in range(draw(st.integers(1, 3))):
        templates[f"t{number}"] = draw(layers(list(templates)))
    surveys: dict[str, Any] = {}
    for number in range(draw(st.integers(1, 3))):
        body = draw(layers([*templates, *surveys]))
        surveys[f"s{number}"] = {**body, "name": f"{number} ${{each.brand}} ${{each.key}}", "for_each": BRANDS}
        if draw(st.booleans()):
            surveys[f"s{number}"]["overrides"] = {"a": draw(layers([]))}
    return {"phone_numbers": NUMBERS, "templates": templates, "surveys": surveys}


def load(folder: Path, document: str) -> Configuration:
    (folder / "sdx.yaml").write_text(PROJECT, "utf-8")
    (folder / "a.yaml").write_text(document, "utf-8")
    return load_configuration(folder, None, {})


def meaning(configuration: Configuration) -> dict[str, Any]:
    return {
        str(address): (
            dict(one.values), one.key, one.id, one.ignore, one.protect, one.parent, one.position,
            frozenset(one.depends_on), dict(one.upload),
        )
        for address, one in configuration.resources.items()
    }  # fmt: skip


@tries(10, 1_000)
@given(projects())
def test_the_expanded_project_declares_the_same_resources(project: dict[str, Any]) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        before = load(folder, json.dumps(project, ensure_ascii=False))
        target(float(len(before.resources)))
        text = expanded_text(before.resources)
        after = load(folder, text)
        assert meaning(after) == meaning(before)
        assert expanded_text(after.resources) == text
        assert not re.search(r"templates|extends|for_each|\$\{each|\$\{var", text.replace("$${", ""))
        assert {
            str(one): dict(found.values) for one, found in before.resources.items() if one.kind == "survey"
        } == dict(expected(project))


def expected(project: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield address and values of each survey, written down in another way than the program does it."""
    for key, block in project["surveys"].items():
        for item, values in BRANDS.items():
            layered = taken(project, block)
            for name, value in block.get("overrides", {}).get(item, {}).items():
                layered[name] = over(layered.get(name), value) if name in PROMPTS else value
            texts = {
                name: filled(value, item, values)
                for name, value in layered.items()
                if name not in ("extends", "for_each", "overrides", "questions", "protect", "ignore")
            }
            yield f"survey.{key}-{item}", texts


def taken(project: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    bases = body.get("extends", [])
    for base in [bases] if isinstance(bases, str) else bases:
        found = taken(project, {**project["surveys"], **project["templates"]}[base])
        result.update({k: over(result.get(k), v) if k in PROMPTS else v for k, v in found.items()})
    result.update({k: over(result.get(k), v) if k in PROMPTS else v for k, v in body.items()})
    return result


def over(before: Any, after: Any) -> Any:
    if not isinstance(after, dict) or before is None:
        return after
    return {**({"default": before} if isinstance(before, str) else before), **after}


def filled(value: Any, item: str, values: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        return {language: filled(text, item, values) or "" for language, text in value.items()}
    if not isinstance(value, str):
        return value
    if value == "${each.most}":
        return values["most"]
    numbers = {key: one["number"] for key, one in NUMBERS.items()}
    steps = [
        ("$${", "\0"), ("${each.brand}", values["brand"]), ("${each.key}", item),
        ("${phone_numbers[each.line]}", numbers[values["line"]]), ("${phone_numbers.one}", numbers["one"]),
        ("${phone_numbers.two}", numbers["two"]), ("${var.odd}", "\0x}"), ("${var.company}", "Acme $"), ("\0", "${"),
    ]  # fmt: skip
    for old, new in steps:
        value = value.replace(old, new)
    return value
