"""Random configurations, random weather: in the end the tenant is what was declared last, and nothing is there twice.

SDX_NIGHTLY=1 walks further; SDX_SEED chooses where to begin. A failure names its seed.
"""

from __future__ import annotations

import os
import random
import time

import pytest

SEED = int(os.environ.get("SDX_SEED", "1"))
COUNT = 1000 if os.environ.get("SDX_NIGHTLY") else 24
WEATHER = [500, 503, 429, 409, "drop before", "drop after", "html", "truncate", "empty"]
TEXTS = [
    "",
    "Hello",
    "Hello\nthere",
    "100% ${x}",
    "yes",
    "'quoted' \"twice\"",
    "Grüezi",
    "  blank ",
    "a: b # c",
    "0012",
]


def configuration(chance):
    """Return a random configuration as plain data."""
    surveys = {}
    for key in chance.sample("abcd", chance.randint(0, 4)):
        survey = {"name": f"Survey {key.upper()}"}
        for field in ("description", "greeting_text", "closing_text"):
            if chance.random() < 0.6:
                survey[field] = chance.choice(TEXTS)
        questions = []
        for label in chance.sample("PQRS", chance.randint(0, 4)):
            question = {"question_label": label, "question_type": chance.choice(["text", "yesno"])}
            if chance.random() < 0.7:
                question["question_text"] = chance.choice(TEXTS)
            questions.append(question)
        survey["questions"] = questions
        surveys[key] = survey
    users = {}
    for name in chance.sample("uvwx", chance.randint(0, 4)):
        users[f"{name}@example.com"] = {"name": chance.choice(["Ana", "Ben", "=1+1"]), "agent_id": name}
    return {"surveys": surveys, "users": users}


def written(configured):
    import json

    text = json.dumps(configured, ensure_ascii=False)  # JSON is YAML
    return text.replace("${", "$${")


def expected(configured):
    surveys = {one["name"]: [q["question_label"] for q in one["questions"]] for one in configured["surveys"].values()}
    return surveys, sorted(configured["users"])


def found(tenant):
    surveys = {row["id"]: row["name"] for row in tenant.store.rows("surveys")}
    questions = {name: [] for name in surveys.values()}
    assert len(questions) == len(surveys), "a survey is there twice"
    for row in sorted(tenant.store.rows("questions"), key=lambda row: row["order"]):
        questions[surveys[row["survey_id"]]].append(row["question_label"])
    return questions, sorted(row["email"] for row in tenant.store.rows("users"))


@pytest.mark.parametrize("seed", range(SEED, SEED + COUNT))
def test_a_walk_ends_where_it_was_meant_to(project, proxy, tenant, monkeypatch, seed):
    monkeypatch.setattr(time, "sleep", lambda _: None)
    chance = random.Random(seed)
    project.connect(proxy.url)
    project.write(
        "sdx.yaml", "sdx: 1\napi: {host: x.example, parallelism: 3}\nlimits: {deletes: 99, deletes_percent: 100}\n"
    )
    for _ in range(3):
        configured = configuration(chance)
        if not any(configured.values()):
            continue
        project.write("a.yaml", written(configured))
        for _ in range(chance.randint(0, 3)):
            method = chance.choice(["GET", "POST", "POST", "PUT", "DELETE", "OPTIONS"])
            proxy.fail(method, chance.choice(["/surveys", "/questions", "/users", "/"]), chance.choice(WEATHER))
        ended = project.apply()
        assert ended.code in (0, 1, 3, 5, 8), ended.err
        assert "Traceback" not in ended.err
        proxy.rules.clear()
        for _ in range(3):
            ended = project.apply()
            if ended.code == 0:
                break
        assert ended.code == 0, ended.err + ended.out
        assert found(tenant) == expected(configured)
        before = len(proxy.writes())
        planned = project.run("plan", "--detailed-exitcode")
        assert planned.code == 0, planned.out
        assert project.apply().code == 0
        assert len(proxy.writes()) == before
    owned = project.run("state", "list").out.split()
    assert project.run("destroy", "--auto-approve", "--allow-deletes", str(len(owned))).code == 0
    assert owned == [] or found(tenant) == ({}, [])
