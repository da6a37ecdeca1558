"""A tenant or a proxy that ignores `survey_id` gets nothing imported, overwritten, counted or exported."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

YAML = """
surveys:
  a:
    name: A
    questions:
      - {question_label: Score, question_text: "How was it?", question_type: number, max_response: 10}
"""
ANSWER = {"interaction_id": 1, "response": "9", "submitted_at": "2026-02-19 10:31:00", "question_label": "Score"}


@pytest.fixture
def strangers(tenant: Any, project: Any, proxy: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A tenant of two surveys that each have a question `Score`, behind a proxy."""
    monkeypatch.setattr("sdx_state.programs.machine.Machine.sleep", lambda _, seconds: None)
    for survey in (1, 2):
        tenant.store.create("surveys", {"name": "AB"[survey - 1]})
        text = {"question_label": "Score", "question_text": f"Question of {survey}", "question_type": "number"}
        tenant.store.create("questions", {**text, "survey_id": survey, "order": 1, "max_response": 10})
        tenant.store.put_record("interactions", {"survey_id": survey, "uuid": "secret", "status": "Started"})
        for _ in range(3 * survey):
            tenant.store.put_record("responses", {**ANSWER, "interaction_id": survey, "question_id": survey})
    project.connect(proxy.url)
    project.write("a.yaml", YAML)
    return tenant


def without_survey(target: str) -> str:
    return re.sub(r"survey_id=\d+&", "", target)


def with_the_last(target: str) -> str:
    return re.sub(r"survey_id=\d+", "survey_id=2", target)


@pytest.mark.parametrize("rewrite", [without_survey, with_the_last])
def test_questions_of_another_survey_are_neither_imported_nor_overwritten(
    project: Any, strangers: Any, proxy: Any, rewrite: Any
) -> None:
    before = strangers.store.rows("questions")
    proxy.rewrite = rewrite
    ended = project.apply()
    assert ended.code == 1
    assert "the server ignored the filter `survey_id`" in ended.err
    assert "proxies" in ended.err
    assert proxy.writes() == []
    assert strangers.store.rows("questions") == before


def test_a_honest_tenant_pays_for_no_proof_in_a_plan(project: Any, strangers: Any, proxy: Any) -> None:
    assert project.apply().code == 0
    project.write("a.yaml", YAML.replace("number", "text"))
    proxy.seen.clear()
    assert "collected" in project.run("plan").out
    assert any("/responses?" in path for _, path in proxy.seen)
    assert "2147483647" not in str(proxy.seen)


def test_an_export_of_another_survey_is_refused(project: Any, strangers: Any, proxy: Any) -> None:
    assert project.apply().code == 0
    proxy.rewrite = lambda target: with_the_last(target) if "/responses" in target else target
    file = project.folder / "out"
    ended = project.run("responses", "a", "--output", str(file))
    assert ended.code == 1
    assert "the server ignored the filter `survey_id`" in ended.err
    assert not file.exists()


def test_an_export_says_which_responses_it_could_not_verify(project: Any, strangers: Any) -> None:
    assert project.apply().code == 0
    strangers.store.put_record("responses", {**ANSWER, "question_id": 77})
    ended = project.run("responses", "a", "--format", "jsonl")
    assert ended.code == 0
    assert [json.loads(line)["question_id"] for line in ended.out.splitlines()] == [1, 1, 1, 77]
    assert "responses to questions that survey.a does not have now: 1." in ended.err
    assert "could not be verified" in ended.err


def test_counts_of_another_survey_are_not_evidence(project: Any, strangers: Any, proxy: Any) -> None:
    assert project.apply().code == 0
    project.write("a.yaml", "removed: [{address: survey.a, destroy: true}]\n")
    honest = project.run("plan").out
    proxy.rewrite = lambda target: with_the_last(target) if "/responses" in target else target
    deaf = project.run("plan").out
    assert "3 responses" in honest
    assert "6 responses" not in deaf
    assert deaf != honest
