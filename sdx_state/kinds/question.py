"""A question of a survey. Source: API reference, "Questions"; the nested shape as seen in 2020.

`survey_id` and `order` are on the wire only when the list was asked for with a survey. Where `order` starts, and
whether it has gaps, is not documented: positions are compared relative to one another.
"""

from sdx_state.kinds.field import Field, FieldType
from sdx_state.kinds.kind import Kind

PROMPT, BOOLEAN = FieldType.PROMPT, FieldType.BOOLEAN

QUESTION_TYPES = ("number", "yesno", "text", "nps")
LABEL_LENGTH = 30  # API reference: "reporting label, at most 30 characters"

QUESTION = Kind(
    name="question",
    collection="questions",
    identity="id",
    natural_key="question_label",
    noun="question",
    parent="survey",
    parent_field="survey_id",
    order_field="order",
    fields=(
        Field("question_label"),
        Field("question_text", PROMPT, ("question_prompt", "text")),
        Field("question_sound_file", PROMPT, ("question_prompt", "sound_files")),
        Field("question_type", closed=True),
        Field("max_response", FieldType.INTEGER),
        Field("agent_score", BOOLEAN, flat=False),
        Field("compulsory", BOOLEAN, flat=False),
        Field("disabled", BOOLEAN, flat=False),
        Field("transcribe", BOOLEAN, flat=False),
        Field("timeout", FieldType.INTEGER, flat=False),
        Field("response_options", FieldType.OPTIONS, flat=False),
        Field("scale_label_min_text", PROMPT, ("scale_label_min_prompt", "text"), flat=False),
        Field("scale_label_mid_text", PROMPT, ("scale_label_mid_prompt", "text"), flat=False),
        Field("scale_label_max_text", PROMPT, ("scale_label_max_prompt", "text"), flat=False),
    ),
)
