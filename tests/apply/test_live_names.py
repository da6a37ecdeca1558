"""The names in a survey are read right before each create in it."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from sdx_state.api.transport import HttpTransport
from sdx_state.apply import live_names

QUESTION = "      - {{question_label: {label}, question_text: {label}, question_type: text}}\n"


@pytest.fixture
def line(monkeypatch):
    """Return the requests that are sent, and what happens right before one of them."""
    sent, before = [], {}
    send = HttpTransport.send

    def watched(self, request):
        name = re.sub(r"[?&]_.*", "", f"{request.method} {request.path}").partition("=")[0]
        sent.append(name)
        event = before.get((name, Counter(sent)[name]))
        if event is not None:
            event()
        return send(self, request)

    monkeypatch.setattr(HttpTransport, "send", watched)
    return sent, before


def declare(project, *labels):
    project.write("a.yaml", "surveys:\n  a:\n    name: A\n    questions:\n" + "".join(map(question, labels)))


def question(label):
    return QUESTION.format(label=label)


def test_one_list_proves_a_create_and_shows_the_names_for_the_next(connected, line):
    sent, _ = line
    declare(connected, *"PQRST")
    assert connected.apply().code == 0
    writes = sent[sent.index("POST /questions") - 1 :]
    assert writes[:11] == ["GET /questions?survey_id", *["POST /questions", "GET /questions?survey_id"] * 5]
    assert not [one for one in writes if one.startswith("GET /questions/")]


def test_a_question_that_a_colleague_created_meanwhile_is_not_created_twice(connected, tenant, line):
    _, before = line
    declare(connected, *"PQR")

    def colleague():
        tenant.store.put_row(
            "questions",
            {
                "id": 900,
                "survey_id": 1,
                "order": 9,
                "question_label": "Q",
                "question_text": "?",
                "question_type": "text",
            },
        )

    before["POST /questions", 1] = colleague
    result = connected.apply()
    assert result.code == 3
    assert "was created after the plan was made: id 900" in result.err
    labels = [row["question_label"] for row in tenant.store.rows("questions")]
    assert sorted(labels) == ["P", "Q", "R"]


def test_an_old_list_shows_no_names(connected, line, monkeypatch):
    monkeypatch.setattr(live_names, "FRESH", 0.0)
    sent, _ = line
    declare(connected, *"PQ")
    assert connected.apply().code == 0
    first = sent.index("POST /questions")
    assert sent[first : first + 4] == ["POST /questions", *["GET /questions?survey_id"] * 2, "POST /questions"]
