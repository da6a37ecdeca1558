"""A user. Source: API reference, "Users": the e-mail address is the identity; there is no numeric id.

The columns are those of the admin UI's user upload. Source: the platform's guide to it: `name` and `email` are
required, `phone` has its country code, `visible` and `visibility_level` are required once `team` is set, and
`send_password_reset` is TRUE or FALSE.
"""

from sdx_state.kinds.field import Field, FieldType
from sdx_state.kinds.kind import Kind
from sdx_state.kinds.zones import OTHER_NAMES

PERSONAL = ("name", "phone", "email")  # the fields that say who somebody is, and how to reach them
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

_FIELDS = (
    Field("email", FieldType.EMAIL),
    Field("name"),
    Field("agent_id"),
    Field("phone", FieldType.PHONE),
    Field("timezone", closed=True, other_names=OTHER_NAMES),
)

USER = Kind(
    name="user",
    collection="users",
    identity="email",
    natural_key="email",
    noun="user",
    upload=tuple(column for column in UPLOAD_COLUMNS if column not in {field.name for field in _FIELDS}),
    fields=_FIELDS,
)
