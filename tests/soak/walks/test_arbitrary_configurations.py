"""Whatever is declared: after an apply the plan is empty, and a second apply sends no write.

SDX_NIGHTLY=1 tries 1,000 configurations. A failure prints the configuration, made as small as it gets.
"""

from __future__ import annotations

import json
import os
import re
import time
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.faulty_proxy import FaultyProxy, handler_of

COUNT = 1000 if os.environ.get("SDX_NIGHTLY") else 30

# Characters that YAML allows: no control characters but line ends and tabs, no halves of surrogate pairs.
letters = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn"), include_characters="\n\t")
texts = st.one_of(
    st.text(letters, max_size=40),
    st.sampled_from(
        ["", " ", "yes", "0010", "=1+1", "100% %agent_id%", "a: b # c", "'", '"', "- x", "e\u0301", "\u00e9"]
    ),
)
names = st.text(letters, min_size=1, max_size=20).filter(
    lambda text: text.strip() and unicodedata.normalize("NFC", text).strip()
)
prompts = st.one_of(texts, st.dictionaries(st.sampled_from(["default", "de-default", "fr-CA"]), texts, min_size=1))
questions = st.fixed_dictionaries(
    {"question_text": prompts, "question_type": st.sampled_from(["text", "yesno", "number", "nps"])},
    optional={"max_response": st.integers(0, 100), "compulsory": st.booleans(), "timeout": st.integers(0, 90)},
)
surveys = st.fixed_dictionaries(
    {"questions": st.lists(questions, max_size=4)},
    optional={
        "description": texts,
        "greeting_text": prompts,
        "closing_text": prompts,
        "email_subject": prompts,
        "email_from_name": texts,
        "inbound_number": st.sampled_from(["+61730000001", "+61 7 3000 0001", ""]),
        "redirect_timeout": st.integers(0, 99),
    },
)
users = st.fixed_dictionaries(
    {"name": names},
    optional={"agent_id": st.text("abc-_.0", max_size=8), "timezone": st.sampled_from(["Europe/Berlin", "UTC"])},
)
NESTED_ONLY = ("redirect_timeout", "compulsory", "timeout")


@st.composite
def configurations(draw):
    """A project: surveys of names of their own, questions of labels of their own, and users."""
    labels = draw(st.lists(names, min_size=4, max_size=4, unique_by=same))
    declared = {
        f"s{number}": {"name": name, **draw(surveys)}
        for number, name in enumerate(draw(st.lists(names, max_size=3, unique_by=same)))
    }
    for survey in declared.values():
        for place, question in enumerate(survey["questions"]):
            question.update(key=f"q{place}", question_label=labels[place][:30])
    people = {f"{name}@example.com": draw(users) for name in draw(st.sets(st.sampled_from("abc")))}
    return {"surveys": declared, "users": people}


def same(name):
    """Return the form in which two names are one."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", name[:30]).strip()).casefold()


def flat(configured):
    """Return `configured` as a tenant of the flat shape can keep it: one language, no newer fields."""

    def plain(fields):
        return {
            name: value.get("default", "") if isinstance(value, dict) else value
            for name, value in fields.items()
            if name not in NESTED_ONLY
        }

    declared = {
        key: {**plain(survey), "questions": [plain(question) for question in survey["questions"]]}
        for key, survey in configured["surveys"].items()
    }
    return {**configured, "surveys": declared}


@pytest.mark.parametrize("shape", ["flat", "nested"])
def test_after_an_apply_the_plan_is_empty_and_a_second_one_writes_nothing(
    request, project, serve_handler, monkeypatch, shape
):
    tenant = request.getfixturevalue("tenant" if shape == "flat" else "nested_tenant")
    line = FaultyProxy(tenant.url)
    line.url = serve_handler(handler_of(line)) + "/api"
    project.connect(line.url)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    project.write("sdx.yaml", "sdx: 1\napi: {host: x.example}\n")

    seen = {"tried": 0, "refused": 0, "resources": 0}

    @settings(max_examples=COUNT, deadline=None, suppress_health_check=list(HealthCheck))
    @given(configurations())
    def holds(configured):
        for collection, identity in (("questions", "id"), ("surveys", "id"), ("users", "email")):
            for row in tenant.store.rows(collection):
                tenant.store.delete_row(collection, str(row[identity]))
        for path in (project.folder / ".sdx").glob("**/*"):
            if path.is_file():
                path.unlink()
        wanted = flat(configured) if shape == "flat" else configured
        seen["tried"] += 1
        project.write("a.yaml", json.dumps(wanted, ensure_ascii=False).replace("${", "$${"))
        validated = project.run("validate")
        if validated.code != 0:  # what the checks refuse is not what this is about
            assert "Traceback" not in validated.err
            seen["refused"] += 1
            return
        applied = project.apply()
        assert applied.code == 0, applied.out + applied.err
        planned = project.run("plan", "--detailed-exitcode")
        assert planned.code == 0, planned.out + planned.err
        seen["resources"] += sum(len(one["questions"]) + 1 for one in wanted["surveys"].values()) + len(
            wanted["users"]
        )
        before = len(line.writes())
        assert project.apply().code == 0
        assert len(line.writes()) == before

    holds()
    print(f"{shape}: {seen}")
    assert seen["refused"] < seen["tried"] / 5
    assert seen["resources"] > seen["tried"]
