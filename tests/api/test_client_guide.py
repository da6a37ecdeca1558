"""The Python examples of the guide run against a tenant and pass the type checker."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from sdx_state.sandbox import SandboxServer

GUIDE = Path(__file__).parents[2] / "sdx_state" / "guides" / "python.md"
EXAMPLES = [
    text
    for text in re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    if "Client" in text  # the others are tried in tests/app/test_project.py
]

# Code that type checkers of the client's users accept; a `type: ignore` marks the lines that they must reject.
USES = """
from collections.abc import Iterator, Mapping
from datetime import datetime

from sdx_state import Client, ConflictError, Interaction, InteractionDatum, Question, Response, Survey, User

client = Client(host="au1.surveydynamix.com", customer_uuid="5f0c0d5e", auth_token="t", timeout=(3, 27))
client = Client(host="au1.surveydynamix.com", token="t", timeout=30, max_retries=2)
client = Client.from_environment(host="au1.surveydynamix.com")
surveys: Iterator[Survey] = client.surveys.list()
questions: Iterator[Question] = client.surveys.questions(52)
of_survey: Iterator[Interaction] = client.surveys.interactions(52)
data_of_survey: Iterator[InteractionDatum] = client.surveys.interaction_data(52)
users: Iterator[User] = client.users.list(name_contains="a")
of_user: Iterator[Interaction] = client.users.interactions("a@example.com")
responses: Iterator[Response] = client.responses.list(question_id=509, response_contains="late")
text: str | Mapping[str, str] | None = client.surveys.get(52).greeting_text
offered: list[str | None] = [one.label for one in client.questions.get(509).response_options or ()]
kind: str | None = client.phone_numbers.lookup("0491 570 156", "AU").phone_type
made: Interaction = client.interactions.create(survey_id=52, data={"tier": "GOLD"}, on_ambiguous="raise")
try:
    client.interactions.delete(made.id)
except ConflictError as error:
    status: int | None = error.status
when: datetime | None = client.interactions.update(made.id, call_type="support").scheduled_at
turn = client.interactions.submit_response(made.id, "9")
said: tuple[str, ...] = turn.prompts
done: bool = turn.survey_completed
asked: str | None = turn.current_question.question_type if turn.current_question else None
kept: InteractionDatum = client.interaction_data.set(made.id, "tier", "GOLD")
Client("au1.surveydynamix.com")  # type: ignore[call-arg]
Client(host="au1.surveydynamix.com", token="t", timeout="30")  # type: ignore[arg-type]
client.interactions.create(survey_type="web")  # type: ignore[call-arg]
client.interactions.create(survey_id=52, survey_type="fax")  # type: ignore[arg-type]
client.interactions.create(survey_id=52, scheduled_at="now")  # type: ignore[arg-type]
client.interactions.create(survey_id=52, tier="GOLD")  # type: ignore[call-arg]
client.interactions.create(survey_id=52, _force_new=True)  # type: ignore[call-arg]
client.interactions.create(survey_id=52, on_ambiguous="retry")  # type: ignore[arg-type]
client.interactions.list(start_date=20260101)  # type: ignore[arg-type]
client.surveys.create(name="x")  # type: ignore[attr-defined]
client.surveys.get(52).name = "x"  # type: ignore[misc]
client.users.get("a@example.com").id  # type: ignore[attr-defined]
"""


@pytest.mark.parametrize("example", EXAMPLES)
def test_each_example_runs(tmp_path, example):
    with SandboxServer(":memory:") as server:
        server.store.put_row(
            "surveys", {"id": 52, "name": "CSAT", "greeting_prompt": {"text": {"default": "Hello."}}}
        )
        question = {"survey_id": 52, "order": 1, "question_text": "Well?", "question_type": "text"}
        server.store.create("questions", {**question, "question_label": "Q"})
        environ = {
            **os.environ,
            "SDX_API_URL": server.url,
            "SDX_CUSTOMER_UUID": server.options.customer_uuid,
            "SDX_AUTH_TOKEN": server.options.auth_token,
        }
        command = [sys.executable, "-W", "error", "-c", example]
        ended = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
        assert (ended.returncode, ended.stderr) == (0, "")
        made = server.store.records("interactions")
    assert len(made) == 1
    assert ended.stdout == ("('Hello.', 'Well?') False\n" if made[0]["survey_type"] == "web" else "")


@pytest.mark.soak
def test_examples_pass_the_type_checker(tmp_path, mypy_cache):
    assert len(EXAMPLES) > 1
    for number, text in enumerate((*EXAMPLES, USES)):
        (tmp_path / f"use_{number}.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(mypy_cache), "."]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_package_is_marked_as_typed():
    assert files("sdx_state").joinpath("py.typed").is_file()
