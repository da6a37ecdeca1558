"""A survey. Source: API reference, "Surveys"; the nested shape as seen in live answers in 2020."""

from sdx_state.kinds.field import Field, FieldType
from sdx_state.kinds.kind import Kind
from sdx_state.kinds.page import Page

PROMPT, PHONE = FieldType.PROMPT, FieldType.PHONE
_E164 = 'E.164 in quotes, such as "+61488000001", or ${phone_numbers.KEY}.'

SURVEY = Kind(
    name="survey",
    collection="surveys",
    identity="id",
    natural_key="name",
    noun="survey",
    title="Surveys",
    about="A survey and its questions. Fields that are not declared are not managed.",
    section="Surveys, by key. Plans and the state use the key as the name; rename it with `moved`.",
    file="surveys/{key}.yaml",
    page=Page(
        path="Surveys > {label}",
        create="Surveys > new survey",
        note="The survey's id is at the top right of its page: {id}.",
        beware={
            "delete": (
                "Its questions are deleted too. The API reference does not document what happens to the responses: "
                "export them first.",
            )
        },
        later=("numbers", ("inbound_number", "outbound_number", "sms_number")),
    ),
    fields=(
        Field(
            "name",
            label="Name",
            about="Name of the survey. It identifies the survey in the tenant, so it must be unique.",
        ),
        Field("description", label="Description", about="Purpose of the survey. Respondents do not hear or see it."),
        Field(
            "greeting_text",
            PROMPT,
            ("greeting_prompt", "text"),
            label="Greeting",
            about="First text that the respondent hears or sees.",
        ),
        Field(
            "greeting_sound_file",
            PROMPT,
            ("greeting_prompt", "sound_files"),
            label="Greeting, sound file",
            about="URL of a recording that is played instead of the greeting.",
        ),
        Field(
            "instructions_text",
            PROMPT,
            ("instructions_prompt", "text"),
            label="Instructions",
            about="Instructions for answering. They follow the greeting.",
        ),
        Field(
            "instructions_sound_file",
            PROMPT,
            ("instructions_prompt", "sound_files"),
            label="Instructions, sound file",
            about="URL of a recording that is played instead of the instructions.",
        ),
        Field(
            "closing_text",
            PROMPT,
            ("closing_prompt", "text"),
            label="Closing",
            about="Last text that the respondent hears or sees.",
        ),
        Field(
            "closing_sound_file",
            PROMPT,
            ("closing_prompt", "sound_files"),
            label="Closing, sound file",
            about="URL of a recording that is played instead of the closing.",
        ),
        Field(
            "email_subject",
            PROMPT,
            ("email_subject_prompt", "text"),
            label="E-mail subject",
            about="Subject of the invitation e-mail.",
        ),
        Field(
            "email_from_address",
            FieldType.EMAIL,
            ("email_from_address_prompt", "text", "default"),
            label="E-mail sender address",
            about="Sender address of the invitation e-mail.",
        ),
        Field(
            "email_from_name",
            nested=("email_from_name_prompt", "text", "default"),
            label="E-mail sender name",
            about="Sender name of the invitation e-mail.",
        ),
        Field(
            "inbound_number",
            PHONE,
            label="Inbound number",
            about=f"Phone number that respondents call to take the survey. {_E164}",
        ),
        Field(
            "outbound_number",
            PHONE,
            label="Outbound number",
            about=f"Caller number of outbound survey calls. {_E164}",
        ),
        Field(
            "sms_number",
            PHONE,
            label="SMS number",
            about=f"Sender number of text messages. A landline cannot send them. {_E164}",
            texting=True,
        ),
        Field(
            "invalid_response_text",
            PROMPT,
            ("invalid_response_prompt", "text"),
            flat=False,
            label="Invalid response",
            about="Text after an invalid answer.",
        ),
        Field(
            "invalid_response_sound_file",
            PROMPT,
            ("invalid_response_prompt", "sound_files"),
            flat=False,
            label="Invalid response, sound file",
            about="URL of a recording that is played after an invalid answer.",
        ),
        Field(
            "logo_text",
            nested=("logo_prompt", "text", "default"),
            flat=False,
            label="Logo",
            about="Logo of the web survey.",
        ),
        Field(
            "redirect_text",
            nested=("redirect_prompt", "text", "default"),
            flat=False,
            label="Redirect",
            about="URL that the web survey redirects to when it is completed.",
        ),
        Field(
            "redirect_timeout",
            FieldType.INTEGER,
            flat=False,
            label="Redirect timeout",
            about="Seconds before the web survey redirects.",
        ),
    ),
)
