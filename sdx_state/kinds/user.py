"""A user. Source: API reference, "Users": the e-mail address is the identity; there is no numeric id.

The columns are those of the admin UI's user upload. Source: the platform's guide to it: `name` and `email` are
required, `phone` has its country code, `visible` and `visibility_level` are required once `team` is set, and
`send_password_reset` is TRUE or FALSE.
"""

from __future__ import annotations

from functools import lru_cache

from sdx_state.kinds.complaint import Complaint
from sdx_state.kinds.email import check_user
from sdx_state.kinds.field import Field, FieldType
from sdx_state.kinds.kind import Kind
from sdx_state.kinds.page import Page
from sdx_state.kinds.zones import OTHER_NAMES

SEND_RESET = "send_password_reset"
UPLOAD_COLUMNS = (
    "name",
    "email",
    "phone",
    "permissions",
    "agent_id",
    "timezone",
    "team",
    "visible",
    "visibility_level",
    SEND_RESET,
)
UPLOAD_REQUIRED = ("name", "email")
UPLOAD_BESIDE_TEAM = ("visible", "visibility_level")
UPLOAD_SWITCHES = ("visible", SEND_RESET)  # take TRUE or FALSE

# What to think of before the upload.
LICENCES = "Licences are paid per user: this adds {count}."
NO_MAIL = "No one gets a mail: send_password_reset is FALSE, so each new user needs a password from you."
RESET_MAIL = (
    "{count} get a mail that resets their password, and cannot sign in before they follow it: "
    "send_password_reset is TRUE."
)
FORMULAS = (
    "{count} cells begin with a character that a spreadsheet would execute, and have an apostrophe in front: "
    "take it off in the admin UI after the upload."
)
UPLOAD_ONLY_NEW = "The file holds missing users only. What an upload does to users that exist is not documented."


@lru_cache(maxsize=1024)
def _doubt_timezone(text: str) -> Complaint | None:
    from sdx_state.kinds.timezone import doubt_timezone  # needs the files of a package, which few commands do

    return doubt_timezone(text)


_FIELDS = (
    Field(
        "email",
        FieldType.EMAIL,
        label="E-mail",
        about="The address that identifies the user.",
        personal=True,
        check=check_user,
    ),
    Field("name", label="Name", about="The user's name.", personal=True),
    Field(
        "agent_id",
        label="Agent ID",
        about="Id of the agent in the contact centre. A changed one re-attributes interactions.",
        shared="interactions are attributed by it",
        pseudonym="agent_id",  # it is often made of the name
    ),
    Field(
        "phone",
        FieldType.PHONE,
        label="Phone",
        about='The user\'s telephone number. E.164 in quotes, such as "+61488000001", or ${phone_numbers.KEY}.',
        personal=True,
    ),
    Field(
        "timezone",
        closed=True,
        other_names=OTHER_NAMES,
        label="Time zone",
        about="IANA time zone, such as Australia/Brisbane.",
        doubt=_doubt_timezone,
    ),
)

_TEXT = ["string", "null"]
_SWITCH = ["boolean", "string", "null"]

# How to read a file of users.
_READING = {
    "file": {
        "description": "The file: CSV with any separator, or a workbook (.xlsx, .xls, .ods) with the extra "
        "`spreadsheets`. A path from this file, inside the project.",
        "type": "string",
        "minLength": 1,
    },
    "columns": {
        "description": 'Header in the file -> column of the upload, such as "Email Address": email. Two headers for '
        "name are joined.",
        "type": "object",
        "additionalProperties": {"enum": sorted(UPLOAD_COLUMNS)},
    },
    "ignore": {
        "description": "Headers of columns that are not read.",
        "type": "array",
        "items": {"type": "string", "minLength": 1},
    },
    "country_code": {
        "description": "Country of telephone numbers that do not say theirs, such as AU.",
        "type": "string",
        "pattern": "^[A-Z]{2}$",
        "patternErrorMessage": "a country is two capital letters, such as AU",
    },
    "encoding": {
        "description": "Encoding of a file whose letters do not tell it.",
        "enum": ["utf-8", "utf-16", "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1257"],
    },
}
_FILE = {"minLength": 1, "required": ["file"], "additionalProperties": False, "properties": _READING}

USER = Kind(
    name="user",
    collection="users",
    identity="email",
    natural_key="email",
    noun="user",
    title="Users",
    about="A user, known by the e-mail address. Fields that are not declared are not managed.",
    section="Users, by e-mail address; or csv: and a file in the platform's own upload format.",
    upload=tuple(column for column in UPLOAD_COLUMNS if column not in {field.name for field in _FIELDS}),
    page=Page(
        path="Manage Users > {label} > gear icon",
        create="Manage Users > CSV upload",
        note="Users are told apart by their e-mail address.",
        beware={
            "delete": (
                "The person can no longer sign in. Make sure that no sync from the contact centre brings the user "
                "back.",
            )
        },
    ),
    fields=_FIELDS,
    settings={
        "csv": {
            "description": "Columns that only the platform's upload knows: written to the hand-off, never compared.",
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "permissions": {"description": "Role that the upload gives, such as Agent.", "type": _TEXT},
                "team": {
                    "description": "Team that the upload puts the user in; visible and visibility_level go with it.",
                    "type": _TEXT,
                },
                "visible": {
                    "description": "Whether others see the user. Required once team is set.",
                    "type": _SWITCH,
                },
                "visibility_level": {
                    "description": "How far the user sees. Required once team is set.",
                    "type": ["string", "integer", "null"],
                },
                SEND_RESET: {
                    "description": "Whether the upload mails a password reset, which locks the user out until it is "
                    "done.",
                    "type": _SWITCH,
                },
            },
        }
    },
    section_keys={
        "csv": {
            "description": "A file in the platform's upload format, or several: paths from this file, inside the "
            "project; or file: and how to read it.",
            "type": ["string", "array", "object"],
            **_FILE,
            "items": {"$ref": "#/$defs/users_csv"},
        }
    },
    definitions={
        "users_csv": {
            "description": "A file of users, and how to read it.",
            "type": ["string", "object"],
            **_FILE,
        }
    },
)
