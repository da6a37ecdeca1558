"""A question of a survey. Source: API reference, "Questions"; the nested shape as seen in 2020.

The wire has `survey_id` and `order` only in the list of a survey. The reference does not say where `order` starts and
if it can have gaps, so positions are compared relative to one another.
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
    "The API does not show question logic. Before you move, disable or replace this question, open its triggers-and-"
    "events link and check which questions depend on it."
)


def check_label(text: str) -> Complaint | None:
    """Return an error if `text` cannot be the label of a question."""
    if len(text) <= LABEL_LENGTH:
        return None
    return Complaint("label-too-long", f"the label has {len(text)} characters, over the limit of {LABEL_LENGTH}")


def doubt_question_type(text: str) -> Complaint | None:
    """Return a warning if the question type `text` is not in the reference. Tenants can have further types."""
    if text in QUESTION_TYPES:
        return None
    return Complaint(
        "unknown-question-type",
        f"question type `{text[:80]}` is not in the API reference",
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
    section="Questions, in the order in which they are asked.",
    parent="survey",
    parent_field="survey_id",
    order_field="order",
    page=Page(
        path="Surveys > {parent} > question {label}",
        create="Surveys > {parent} > new question",
        beware={
            "update": (
                _LOGIC,
                "Collected responses do not change: reports will mix answers from before and after it.",
            ),
            "delete": (
                "The API reference does not document what happens to its responses. Disable the question instead, if "
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
            about="Text of the question, as the respondent hears or sees it.",
        ),
        Field(
            "question_sound_file",
            PROMPT,
            ("question_prompt", "sound_files"),
            label="Question, sound file",
            about="URL of a recording that is played instead of the text.",
        ),
        Field(
            "question_type",
            closed=True,
            label="Type",
            about="Type of answer: number, yesno, text or nps. A tenant can have further types.",
            schema={"examples": list(QUESTION_TYPES)},
            doubt=doubt_question_type,
        ),
        Field(
            "max_response",
            FieldType.INTEGER,
            label="Highest response",
            about="Highest number that is accepted as an answer.",
        ),
        Field(
            "agent_score",
            BOOLEAN,
            flat=False,
            label="Agent score",
            about="Count the answer towards the agent's score.",
        ),
        Field("compulsory", BOOLEAN, flat=False, label="Compulsory", about="Require an answer."),
        Field(
            "disabled",
            BOOLEAN,
            flat=False,
            label="Disabled",
            about="Omit the question from the survey. Safer than deleting it: collected responses are kept.",
        ),
        Field("transcribe", BOOLEAN, flat=False, label="Transcribe", about="Transcribe spoken answers."),
        Field("timeout", FieldType.INTEGER, flat=False, label="Timeout", about="Seconds to wait for an answer."),
        Field(
            "response_options",
            FieldType.OPTIONS,
            flat=False,
            label="Response options",
            about="Answers that the respondent can choose from.",
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
            "description": "Key of the question within its survey. Default: the label in lower case with hyphens.",
            "type": "string",
        }
    },
    definitions={
        "response_option": {
            "description": "An answer that the respondent can choose.",
            "type": "object",
            "additionalProperties": False,
            "required": ["label"],
            "properties": {
                "label": {"description": "Reporting label of the answer.", "type": ["string", "null"]},
                "text": {
                    "description": "Text of the answer, as the respondent hears or sees it.",
                    "$ref": "#/$defs/prompt",
                },
            },
        }
    },
)
