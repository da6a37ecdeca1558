"""How a person finds things in the admin UI: every such wording, in one place.

Source: the platform's public guides. Exact names of buttons are not known, so pages, fields and values are named and
buttons are not.
"""

from __future__ import annotations

from dataclasses import dataclass

from sdx_state.model.field_path import FieldPath


@dataclass(frozen=True)
class Page:
    """Where one kind is edited.

    Attributes:
        path: The way through the menus; `{label}` and `{id}` stand for the resource.
        create: The same for one that does not exist yet.
        note: What helps to find it.
    """

    path: str
    create: str
    note: str = ""


PAGES = {
    "survey": Page(
        path="Surveys > {label}",
        create="Surveys > new survey",
        note="The survey's id stands at the top right of its page: {id}.",
    ),
    "question": Page(path="Surveys > {survey} > question {label}", create="Surveys > {survey} > new question"),
    "user": Page(
        path="Manage Users > {label} > gear icon",
        create="Manage Users > CSV upload",
        note="Users are told apart by their e-mail address.",
    ),
}

FIELD_NAMES = {
    "name": "Name",
    "description": "Description",
    "greeting_text": "Greeting",
    "greeting_sound_file": "Greeting, sound file",
    "instructions_text": "Instructions",
    "instructions_sound_file": "Instructions, sound file",
    "closing_text": "Closing",
    "closing_sound_file": "Closing, sound file",
    "email_subject": "E-mail subject",
    "email_from_address": "E-mail sender address",
    "email_from_name": "E-mail sender name",
    "inbound_number": "Inbound number",
    "outbound_number": "Outbound number",
    "sms_number": "SMS number",
    "invalid_response_text": "Invalid response",
    "invalid_response_sound_file": "Invalid response, sound file",
    "logo_text": "Logo",
    "redirect_text": "Redirect",
    "redirect_timeout": "Redirect timeout",
    "question_text": "Question",
    "question_sound_file": "Question, sound file",
    "question_type": "Type",
    "question_label": "Label",
    "max_response": "Highest response",
    "order": "Position in the survey",
    "agent_score": "Agent score",
    "compulsory": "Compulsory",
    "disabled": "Disabled",
    "transcribe": "Transcribe",
    "timeout": "Timeout",
    "response_options": "Response options",
    "scale_label_min_text": "Label of the lowest response",
    "scale_label_mid_text": "Label of the middle response",
    "scale_label_max_text": "Label of the highest response",
    "email": "E-mail",
    "agent_id": "Agent ID",
    "phone": "Phone",
    "timezone": "Time zone",
}

# What to beware of, by what is done.
LOGIC = (
    "Question logic shows in no API field. Before you move, disable or replace this question, open its triggers-and-"
    "events link and see what depends on it."
)
RESPONSES = "Responses already collected stay as they were given: reports mix answers from before and after."
DELETE_SURVEY = "Its questions go with it, and what becomes of the responses is not documented. Export them first."
DELETE_QUESTION = (
    "What becomes of its responses is not documented. Disabling the question is the gentler way, where you can."
)
LICENCES = "Licences are paid per user: this adds {count}."
NO_MAIL = "No one gets a mail: send_password_reset is FALSE, so each new user needs a password from you."
RESET_MAIL = (
    "{count} get a mail that resets their password, and cannot sign in before they follow it: "
    "send_password_reset is TRUE."
)
DELETE_USER = "The person can no longer sign in. Make sure that no sync from the contact centre brings the user back."
FORMULAS = (
    "{count} cells begin with a character that a spreadsheet would execute, and have an apostrophe in front: "
    "take it off in the admin UI after the upload."
)
UPLOAD_ONLY_NEW = "The file holds missing users only. What an upload does to users that exist is not documented."


def field_name(path: FieldPath) -> str:
    """Return what a person calls the field at `path`; a language or a place inside it follows in brackets."""
    shown = FIELD_NAMES.get(path.field, path.field)
    return f"{shown} ({path.inner})" if path.inner else shown
