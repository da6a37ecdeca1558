"""Resources written by `write_resources` load back unchanged, with any text of the tenant."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sdx_state.config.configuration import load_configuration
from sdx_state.config.format import format_files
from sdx_state.config.write import write_resources
from sdx_state.kinds import KINDS, SURVEY
from sdx_state.model.resource import Desired, Source
from tests.tiers import tries

NOWHERE = Source("", 0, 0)
LANGUAGES = ("default", "de-default", "fr-CA", "es-419", "zh-Hans-CN")

AWKWARD = [
    "yes", "010", "12:30", "0400000000", "1_000", ".inf", "2024-01-01", "null", "~", "true", "- a", "a: b",
    "a #b", "${var.company}", "$${x}", "$$${", "%name% hi", "@x", "*a", "&a", "!t", "|", ">", "'", '"', "\\",
    "\ttab", " lead", "trail ", "a\nb", "a\nb\n", "\n", "a\n\n", "  a\n b", "a\r\nb", "a \nb", "\u2028", "\x85",
    "\u202eevil", "\ufeff", "😀", "e\u0301", "#c", "{a", "[a", "]", "---", "...", "--- a", "a\n---\nb",
    "a\n...\nb", "<<", "=", "?", "? a", ",",
]  # fmt: skip
awkward = st.sampled_from(AWKWARD)
texts = st.one_of(awkward, st.text(max_size=40), st.lists(awkward, max_size=4).map("\n".join)).map(
    lambda text: text.encode("utf-8", "ignore").decode("utf-8")
)
prompts = st.one_of(texts, st.none(), st.dictionaries(st.sampled_from(LANGUAGES), texts, min_size=1))
names = st.text(min_size=1, max_size=30).filter(lambda text: text.strip() != "" and text.isprintable())
labels = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30).filter(lambda text: text.strip() != "")
keys = st.from_regex(r"[a-z][a-z0-9-]{0,12}", fullmatch=True)
numbers = st.integers(0, 9999).map(lambda digits: f"+6148800{digits:04d}")
options = st.lists(st.fixed_dictionaries({"label": texts}, optional={"text": prompts}), max_size=3)


@st.composite
def questions(draw: st.DrawFn, survey: str) -> list[Desired]:
    found = []
    pairs = draw(st.lists(st.tuples(keys, labels), unique_by=(lambda p: p[0], lambda p: p[1].strip()), max_size=4))
    for position, (key, label) in enumerate(pairs):
        values = {"question_label": label, **draw(st.fixed_dictionaries({}, optional={
            "question_text": prompts, "question_type": st.sampled_from(["nps", "text", None]),
            "max_response": st.one_of(st.none(), st.integers(0, 10**9)), "compulsory": st.booleans(),
            "response_options": options, "scale_label_min_text": prompts,
        }))}  # fmt: skip
        found.append(
            Desired(
                f"question.{survey}.{key}",
                "question",
                key,
                values,
                NOWHERE,
                id=draw(st.one_of(st.none(), st.just(str(position + 1)))),
                protect=draw(st.booleans()),
                ignore=frozenset(draw(st.sets(st.sampled_from(["question_text", "timeout"])))),
                parent=f"survey.{survey}",
                position=position,
            )
        )
    return found


@st.composite
def tenants(draw: st.DrawFn) -> list[Desired]:
    found: list[Desired] = []
    surveys = draw(st.lists(st.tuples(keys, names), unique_by=(lambda p: p[0], lambda p: p[1].strip()), max_size=3))
    for key, name in surveys:
        values = {"name": name, **draw(st.fixed_dictionaries({}, optional={
            "description": texts, "greeting_text": prompts, "closing_text": prompts, "inbound_number": numbers,
            "logo_text": texts, "redirect_timeout": st.integers(0, 100),
        }))}  # fmt: skip
        found.append(Desired(f"survey.{key}", "survey", key, values, NOWHERE, protect=draw(st.booleans())))
        found += draw(questions(key))
    for local in draw(
        st.lists(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_+-]{0,8}", fullmatch=True), max_size=4, unique_by=str.casefold)
    ):
        email = f"{local}@Example.com"
        values = {"email": email, **draw(st.fixed_dictionaries({}, optional={
            "name": texts, "agent_id": texts, "phone": numbers, "timezone": st.sampled_from(["Europe/Paris", "UTC"]),
        }))}  # fmt: skip
        upload = draw(st.fixed_dictionaries({}, optional={
            "permissions": texts, "visibility_level": texts, "visible": st.sampled_from(["TRUE", "FALSE"]),
        }))  # fmt: skip
        found.append(Desired(f"user.{email.casefold()}", "user", email, values, NOWHERE, upload=upload))
    return found


def essence(resource: Desired) -> tuple[object, ...]:
    """All that a declaration says, without where."""
    return (
        resource.address, resource.kind, dict(resource.values), resource.id, resource.ignore, resource.protect,
        resource.parent, resource.position, dict(resource.upload),
    )  # fmt: skip


@settings(tries(10, 400), suppress_health_check=[HealthCheck.too_slow])
@given(tenants())
def test_a_new_tenant_is_written_and_loads_back_equal(tenant: list[Desired]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "sdx.yaml").write_text("sdx: 1\nvariables: {company: Acme}\n")
        write_resources(folder, tenant)
        loaded = load_configuration(folder, None, {}).resources
        assert sorted(map(essence, loaded.values()), key=str) == sorted(map(essence, tenant), key=str)
        assert write_resources(folder, tenant) == []
        assert format_files(folder, write=False) == []


@settings(tries(10, 400), suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_later_changes_are_made_in_place_and_load_back_equal(data: st.DataObject) -> None:
    before = data.draw(tenants())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "sdx.yaml").write_text("sdx: 1\nvariables: {company: Acme}\n")
        write_resources(folder, before)
        after = [_varied(data, resource) for resource in before]
        write_resources(folder, after)
        loaded = load_configuration(folder, None, {}).resources
        for resource in after:
            fields = loaded[resource.address].values
            known = KINDS[resource.kind].by_name
            for one, value in resource.values.items():
                assert known[one].normalise(fields[one]) == known[one].normalise(value), (resource.address, one)
        assert write_resources(folder, after) == []
        assert format_files(folder, write=False) == []


def _varied(data: st.DataObject, resource: Desired) -> Desired:
    values = dict(resource.values)
    if resource.kind == SURVEY.name:
        values["greeting_text"] = data.draw(prompts)
        values["description"] = data.draw(texts)
    elif resource.kind == "question":
        values["question_text"] = data.draw(prompts)
        values["response_options"] = data.draw(options)
    else:
        values["agent_id"] = data.draw(texts)
    return Desired(
        resource.address, resource.kind, resource.key, values, NOWHERE, id=resource.id, parent=resource.parent,
        position=resource.position,
    )  # fmt: skip
