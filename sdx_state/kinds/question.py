"""A question of a survey. Source: API reference, "Questions"; the nested shape as seen in 2020.

`survey_id` and `order` are on the wire only when the list was asked for with a survey. Where `order` starts, and
whether it has gaps, is not documented: positions are compared relative to one another.
"""

from __future__ import annotations

from sdx_state.kinds.complaint import Complaint
from sdx_state.kinds.field import Field, FieldType
from sdx_state.kinds.kind import Kind
from sdx_state.kinds.page import Page
from sdx_state.model.alike import did_you_mean

PROMPT, BOOLEAN = FieldType.PROMPT, FieldType.BOOLEAN

QUESTION_TYPES = ("number", "yesno", "text", "nps")
LABEL_LENGTH = 30  # API reference: "reporting label, at most 30 characters"

_LOGIC = (
    "Question logic shows in no API field. Before you move, disable or replace this question, open its triggers-and-"
    "events link and see what depends on it."
)


def check_label(text: str) -> Complaint | None:
    """Return why `text` cannot be the label of a question."""
    if len(text) <= LABEL_LENGTH:
        return None
    return Complaint(
        "label-too-long", f"a question's label has at most {LABEL_LENGTH} characters, and this one has {len(text)}"
    )


def doubt_question_type(text: str) -> Complaint | None:
    """Return what is odd about the question type `text`. Tenants may know further types than the reference."""
    if text in QUESTION_TYPES:
        return None
    return Complaint(
        "unknown-question-type",
        f"the API's reference knows no question type `{text[:80]}`",
        did_you_mean(text, QUESTION_TYPES),
    )


QUESTION = Kind(
    name="question",
    collection="questions",
    identity="id",
    natural_key="question_label",
    noun="question",
    title="Questions",
    about="A question of a survey. Fields that are not declared are not managed.",
    section="The questions, in the order asked.",
    parent="survey",
    parent_field="survey_id",
    order_field="order",
    page=Page(
        path="Surveys > {parent} > question {label}",
        create="Surveys > {parent} > new question",
        beware={
            "update": (
                _LOGIC,
                "Responses already collected stay as they were given: reports mix answers from before and after.",
            ),
            "delete": (
                "What becomes of its responses is not documented. Disabling the question is the gentler way, where "
                "you can.",
                _LOGIC,
            ),
        },
    ),
    fields=(
        Field(
            "question_label",
            label="Label",
            about="Reporting label, at most 30 characters, unique within its survey. Reports group by it.",
            check=check_label,
        ),
        Field(
            "question_text",
            PROMPT,
            ("question_prompt", "text"),
            label="Question",
            about="The question as it is asked.",
        ),
        Field(
            "question_sound_file",
            PROMPT,
            ("question_prompt", "sound_files"),
            label="Question, sound file",
            about="URL of a recording played in place of the text.",
        ),
        Field(
            "question_type",
            closed=True,
            label="Type",
            about="How it is answered: number, yesno, text or nps. A tenant may know further types.",
            schema={"examples": list(QUESTION_TYPES)},
            doubt=doubt_question_type,
        ),
        Field(
            "max_response",
            FieldType.INTEGER,
            label="Highest response",
            about="Highest number that is a valid answer.",
        ),
        Field(
            "agent_score",
            BOOLEAN,
            flat=False,
            label="Agent score",
            about="Whether the answer counts towards the agent's score.",
        ),
        Field("compulsory", BOOLEAN, flat=False, label="Compulsory", about="Whether it has to be answered."),
        Field(
            "disabled",
            BOOLEAN,
            flat=False,
            label="Disabled",
            about="Whether it is left out of the survey; kinder to collected data than deleting it.",
        ),
        Field("transcribe", BOOLEAN, flat=False, label="Transcribe", about="Whether a spoken answer is transcribed."),
        Field("timeout", FieldType.INTEGER, flat=False, label="Timeout", about="Seconds to wait for an answer."),
        Field(
            "response_options",
            FieldType.OPTIONS,
            flat=False,
            label="Response options",
            about="Answers to choose from.",
        ),
        Field(
            "scale_label_min_text",
            PROMPT,
            ("scale_label_min_prompt", "text"),
            flat=False,
            label="Label of the lowest response",
            about="Label of the lowest value of a scale.",
        ),
        Field(
            "scale_label_mid_text",
            PROMPT,
            ("scale_label_mid_prompt", "text"),
            flat=False,
            label="Label of the middle response",
            about="Label of the middle of a scale.",
        ),
        Field(
            "scale_label_max_text",
            PROMPT,
            ("scale_label_max_prompt", "text"),
            flat=False,
            label="Label of the highest response",
            about="Label of the highest value of a scale.",
        ),
    ),
    settings={
        "key": {
            "description": "Its key within the survey; without it, the label in lower case with hyphens.",
            "type": "string",
        }
    },
    definitions={
        "response_option": {
            "description": "An answer to choose from.",
            "type": "object",
            "additionalProperties": False,
            "required": ["label"],
            "properties": {
                "label": {"description": "Reporting label of the answer.", "type": ["string", "null"]},
                "text": {"description": "The answer as it is said or shown.", "$ref": "#/$defs/prompt"},
            },
        }
    },
)
