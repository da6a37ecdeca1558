"""Conversation of one respondent: question after question, each answer validated and recorded."""

from __future__ import annotations

import json

from sdx_state.sandbox.options import Shape
from sdx_state.sandbox.protocol import ErrorStatus
from sdx_state.sandbox.shapes import Row
from sdx_state.sandbox.store import Store

NPS_SCALE = 10
DIGITS = 18  # Longest number that a respondent may enter.
_GREETING = ("greeting_prompt", "instructions_prompt")
_YES_NO = frozenset({"yes", "no", "y", "n", "1", "0", "2", "true", "false"})


class Conversation:
    """The conversation of one interaction. `shape` is the wire shape of questions."""

    def __init__(self, store: Store, interaction: Row, shape: Shape) -> None:
        self.store = store
        self.shape = shape
        self.interaction = interaction
        self.survey = json.loads(store.item("surveys", str(interaction["survey_id"]), "nested") or "{}")
        texts = store.questions_of(int(str(interaction["survey_id"])), "nested", limit=-1, offset=0, descending=False)
        questions = [json.loads(text) for text in texts]
        self.questions = sorted(
            (question for question in questions if question.get("disabled") not in (1, "1", True)),
            key=lambda question: (question["order"], question["id"]),
        )

    def start(self) -> Row:
        """Answer greeting and first question; after the start, repeat the current prompts.

        Raises:
            ErrorStatus: 409 if it has ended.
        """
        if self.interaction.get("ended"):
            raise ErrorStatus(409, "this interaction has ended")
        if not self.interaction.get("started"):
            self._remember(started=True, status="Started", question=0)
        place = self.interaction.get("question")
        place = place if isinstance(place, int) else 0
        return self._step(self._prompts(self.survey, *_GREETING) if place == 0 else [], place)

    def submit(self, response: str) -> Row:
        """Record an answer and ask the next question; after an invalid answer, repeat the question.

        Raises:
            ErrorStatus: 409 if no question is open.
        """
        place = self.interaction.get("question")
        if not isinstance(place, int) or self.interaction.get("ended") or place >= len(self.questions):
            raise ErrorStatus(409, "this interaction has no open question")
        question = self.questions[place]
        if not _fits(question, response):
            return self._step(self._prompts(self.survey, "invalid_response_prompt"), place)
        self.store.put_record(
            "responses",
            {
                "interaction_id": self.interaction["id"],
                "question_id": question["id"],
                "response": response,
                "submitted_at": self.store.machine.stamp(),
                "recording_url": None,
                "response_type": question.get("question_type"),
                "question_label": question.get("question_label"),
            },
        )
        self._remember(question=place + 1)
        return self._step([], place + 1)

    def abandon(self) -> Row:
        """End the conversation.

        Raises:
            ErrorStatus: 409 if it has already ended.
        """
        if self.interaction.get("ended"):
            raise ErrorStatus(409, "this interaction has ended")
        self._remember(ended=True, status="Abandoned")
        return {"prompts": [], "sound_files": [], "survey_completed": 0}

    def _step(self, prompts: list[str], place: int) -> Row:
        if place < len(self.questions):
            question = self.questions[place]
            return {
                "prompts": [*prompts, *self._prompts(question, "question_prompt")],
                "sound_files": self._sounds(question, "question_prompt"),
                "survey_completed": 0,
                "current_question": json.loads(self.store.item("questions", str(question["id"]), self.shape) or "{}"),
            }
        self._remember(completed=True, ended=True, status="Completed", completed_at=self.store.machine.stamp())
        return {
            "prompts": [*prompts, *self._prompts(self.survey, "closing_prompt")],
            "sound_files": self._sounds(self.survey, "closing_prompt"),
            "survey_completed": 1,
        }

    def _prompts(self, row: Row, *names: str) -> list[str]:
        return [text for name in names if (text := _default(row, name, "text"))]

    def _sounds(self, row: Row, name: str) -> list[str]:
        url = _default(row, name, "sound_files")
        return [url] if url else []

    def _remember(self, **changes: object) -> None:
        self.interaction = self.store.put_record(
            "interactions", {**self.interaction, **changes, "updated_at": self.store.machine.stamp()}
        )


def _default(row: Row, prompt: str, part: str) -> str:
    parts = row.get(prompt)
    languages = parts.get(part) if isinstance(parts, dict) else None
    text = languages.get("default") if isinstance(languages, dict) else None
    return text if isinstance(text, str) else ""


def _fits(question: Row, response: str) -> bool:
    kind = question.get("question_type")
    if kind == "yesno":
        return response.strip().lower() in _YES_NO
    if kind in ("number", "nps"):
        most = NPS_SCALE if kind == "nps" else int(str(question.get("max_response") or 10**9))
        digits = response.strip()
        return digits.isdecimal() and len(digits) <= DIGITS and int(digits) <= most
    return bool(response.strip())
