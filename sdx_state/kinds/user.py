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
UPLOAD_SWITCHES = ("visible", SEND_RESET)  # columns with TRUE or FALSE

# Notes for the upload.
LICENCES = "Each user needs a paid license: this upload adds {count}."
NO_MAIL = "The upload sends no e-mail (send_password_reset is FALSE): give each new user a password."
RESET_MAIL = (
    "The upload sends a password reset e-mail to {count} (send_password_reset is TRUE): they cannot sign in before "
    "they follow it."
)
FORMULAS = (
    "{count} cells begin with a character that spreadsheets treat as a formula. They have an apostrophe in front: "
    "remove it in the admin UI after the upload."
)
UPLOAD_ONLY_NEW = "The file contains missing users only. The effect of an upload on existing users is not documented."


@lru_cache(maxsize=1024)
def _doubt_timezone(text: str) -> Complaint | None:
    from sdx_state.kinds.timezone import doubt_timezone  # Imports a package with data files, which few commands need.

    return doubt_timezone(text)


_FIELDS = (
    Field(
        "email",
        FieldType.EMAIL,
        label="E-mail",
        about="E-mail address that identifies the user.",
        personal=True,
        check=check_user,
    ),
    Field("name", label="Name", about="Name of the user.", personal=True),
    Field(
        "agent_id",
        label="Agent ID",
        about="Id of the agent in the contact center. Changing it attributes interactions to another agent.",
        shared="it attributes interactions to users",
        pseudonym="agent_id",  # It often contains the name.
    ),
    Field(
        "phone",
        FieldType.PHONE,
        label="Phone",
        about='Phone number of the user. E.164 in quotes, such as "+61488000001", or ${phone_numbers.KEY}.',
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

# Options for reading a file of users.
_READING = {
    "file": {
        "description": "CSV file with any separator or workbook (.xlsx, .xls, .ods) with the extra `spreadsheets`. "
        "The path is relative to this file and must be inside the project.",
        "type": "string",
        "minLength": 1,
    },
    "columns": {
        "description": 'Map of headers in the file to columns of the upload, such as "Email Address": email. Two '
        "headers for name are joined.",
        "type": "object",
        "additionalProperties": {"enum": sorted(UPLOAD_COLUMNS)},
    },
    "ignore": {
        "description": "Headers of columns to skip.",
        "type": "array",
        "items": {"type": "string", "minLength": 1},
    },
    "country_code": {
        "description": "Country of phone numbers without a country code, such as AU.",
        "type": "string",
        "pattern": "^[A-Z]{2}$",
        "patternErrorMessage": "must be two capital letters, such as AU",
    },
    "encoding": {
        "description": "Encoding of the file. Set it if it cannot be detected.",
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
    about="A user, identified by the e-mail address. Fields that are not declared are not managed.",
    section="Users, by e-mail address; or csv: and a file in the platform's upload format.",
    upload=tuple(column for column in UPLOAD_COLUMNS if column not in {field.name for field in _FIELDS}),
    page=Page(
        path="Manage Users > {label} > gear icon",
        create="Manage Users > CSV upload",
        note="The e-mail address identifies the user.",
        beware={
            "delete": (
                "The user will no longer be able to sign in. Make sure that no sync from the contact center creates "
                "the user again.",
            )
        },
    ),
    fields=_FIELDS,
    settings={
        "csv": {
            "description": "Columns that only the CSV upload has. They are written to the hand-off, never compared.",
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "permissions": {"description": "Role of the user, such as Agent.", "type": _TEXT},
                "team": {
                    "description": "Team of the user. Requires visible and visibility_level.",
                    "type": _TEXT,
                },
                "visible": {
                    "description": "Show the user to others. Required if team is set.",
                    "type": _SWITCH,
                },
                "visibility_level": {
                    "description": "Visibility level of the user. Required if team is set.",
                    "type": ["string", "integer", "null"],
                },
                SEND_RESET: {
                    "description": "Send a password reset e-mail. The user cannot sign in before following it.",
                    "type": _SWITCH,
                },
            },
        }
    },
    section_keys={
        "csv": {
            "description": "One or more files in the platform's upload format, as paths relative to this file and "
            "inside the project; or file: with reading options.",
            "type": ["string", "array", "object"],
            **_FILE,
            "items": {"$ref": "#/$defs/users_csv"},
        }
    },
    definitions={
        "users_csv": {
            "description": "A file of users and its reading options.",
            "type": ["string", "object"],
            **_FILE,
        }
    },
)
