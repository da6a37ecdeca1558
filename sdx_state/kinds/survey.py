"""A survey. Source: API reference, "Surveys"; the nested shape as seen in live answers in 2020."""

from sdx_state.kinds.field import Field, FieldType
from sdx_state.kinds.kind import Kind

PROMPT, PHONE = FieldType.PROMPT, FieldType.PHONE

SURVEY = Kind(
    name="survey",
    collection="surveys",
    identity="id",
    natural_key="name",
    noun="survey",
    fields=(
        Field("name"),
        Field("description"),
        Field("greeting_text", PROMPT, ("greeting_prompt", "text")),
        Field("greeting_sound_file", PROMPT, ("greeting_prompt", "sound_files")),
        Field("instructions_text", PROMPT, ("instructions_prompt", "text")),
        Field("instructions_sound_file", PROMPT, ("instructions_prompt", "sound_files")),
        Field("closing_text", PROMPT, ("closing_prompt", "text")),
        Field("closing_sound_file", PROMPT, ("closing_prompt", "sound_files")),
        Field("email_subject", PROMPT, ("email_subject_prompt", "text")),
        Field("email_from_address", FieldType.EMAIL, ("email_from_address_prompt", "text", "default")),
        Field("email_from_name", nested=("email_from_name_prompt", "text", "default")),
        Field("inbound_number", PHONE),
        Field("outbound_number", PHONE),
        Field("sms_number", PHONE),
        Field("invalid_response_text", PROMPT, ("invalid_response_prompt", "text"), flat=False),
        Field("invalid_response_sound_file", PROMPT, ("invalid_response_prompt", "sound_files"), flat=False),
        Field("logo_text", nested=("logo_prompt", "text", "default"), flat=False),
        Field("redirect_text", nested=("redirect_prompt", "text", "default"), flat=False),
        Field("redirect_timeout", FieldType.INTEGER, flat=False),
    ),
)
