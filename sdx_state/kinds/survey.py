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
    section="Surveys, by key. The key is the name in plans and in the state; change it with moved.",
    file="surveys/{key}.yaml",
    page=Page(
        path="Surveys > {label}",
        create="Surveys > new survey",
        note="The survey's id stands at the top right of its page: {id}.",
        beware={
            "delete": (
                "Its questions go with it, and what becomes of the responses is not documented. Export them first.",
            )
        },
        later=("numbers", ("inbound_number", "outbound_number", "sms_number")),
    ),
    fields=(
        Field(
            "name",
            label="Name",
            about="The survey's name. Found by it in the tenant, so no two surveys have the same.",
        ),
        Field("description", label="Description", about="What the survey is for; callers do not hear it."),
        Field(
            "greeting_text",
            PROMPT,
            ("greeting_prompt", "text"),
            label="Greeting",
            about="What is said or shown first.",
        ),
        Field(
            "greeting_sound_file",
            PROMPT,
            ("greeting_prompt", "sound_files"),
            label="Greeting, sound file",
            about="URL of a recording played in place of the greeting.",
        ),
        Field(
            "instructions_text",
            PROMPT,
            ("instructions_prompt", "text"),
            label="Instructions",
            about="How to answer; said after the greeting.",
        ),
        Field(
            "instructions_sound_file",
            PROMPT,
            ("instructions_prompt", "sound_files"),
            label="Instructions, sound file",
            about="URL of a recording played in place of the instructions.",
        ),
        Field(
            "closing_text", PROMPT, ("closing_prompt", "text"), label="Closing", about="What is said or shown last."
        ),
        Field(
            "closing_sound_file",
            PROMPT,
            ("closing_prompt", "sound_files"),
            label="Closing, sound file",
            about="URL of a recording played in place of the closing.",
        ),
        Field(
            "email_subject",
            PROMPT,
            ("email_subject_prompt", "text"),
            label="E-mail subject",
            about="Subject of the e-mail that invites to the survey.",
        ),
        Field(
            "email_from_address",
            FieldType.EMAIL,
            ("email_from_address_prompt", "text", "default"),
            label="E-mail sender address",
            about="Address that the invitation comes from.",
        ),
        Field(
            "email_from_name",
            nested=("email_from_name_prompt", "text", "default"),
            label="E-mail sender name",
            about="Name that the invitation comes from.",
        ),
        Field(
            "inbound_number",
            PHONE,
            label="Inbound number",
            about=f"Number that callers dial to take the survey. {_E164}",
        ),
        Field(
            "outbound_number",
            PHONE,
            label="Outbound number",
            about=f"Number that the survey calls from. {_E164}",
        ),
        Field(
            "sms_number",
            PHONE,
            label="SMS number",
            about=f"Number that text messages are sent from; a landline cannot. {_E164}",
            texting=True,
        ),
        Field(
            "invalid_response_text",
            PROMPT,
            ("invalid_response_prompt", "text"),
            flat=False,
            label="Invalid response",
            about="What is said after an answer that does not fit.",
        ),
        Field(
            "invalid_response_sound_file",
            PROMPT,
            ("invalid_response_prompt", "sound_files"),
            flat=False,
            label="Invalid response, sound file",
            about="URL of a recording played after an answer that does not fit.",
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
            about="Where the web survey leads when it is done.",
        ),
        Field(
            "redirect_timeout",
            FieldType.INTEGER,
            flat=False,
            label="Redirect timeout",
            about="Seconds before the web survey leads on.",
        ),
    ),
)
