"""A user. Source: API reference, "Users": the e-mail address is the identity; there is no numeric id.

`UPLOAD_COLUMNS` are the columns of the admin UI's user upload that the API cannot read back.
"""

from sdx_state.kinds.field import Field, FieldType
from sdx_state.kinds.kind import Kind
from sdx_state.kinds.zones import OTHER_NAMES

UPLOAD_COLUMNS = ("permissions", "team", "visible", "visibility_level", "send_password_reset")
UPLOAD_SWITCHES = ("visible", "send_password_reset")  # take TRUE or FALSE
PERSONAL = ("name", "phone", "email")  # the fields that say who somebody is, and how to reach them

USER = Kind(
    name="user",
    collection="users",
    identity="email",
    natural_key="email",
    noun="user",
    upload=UPLOAD_COLUMNS,
    fields=(
        Field("email", FieldType.EMAIL),
        Field("name"),
        Field("agent_id"),
        Field("phone", FieldType.PHONE),
        Field("timezone", closed=True, other_names=OTHER_NAMES),
    ),
)
