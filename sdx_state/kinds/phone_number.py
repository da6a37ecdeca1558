"""A phone number. Source: API reference, "Phone numbers": a paid look-up; there is no list and nothing to create.

What YAML declares about a number is an expectation, which the look-up meets or does not.
"""

from sdx_state.kinds.field import Field, FieldType
from sdx_state.kinds.kind import Kind

PHONE_TYPES = ("mobile", "landline", "voip")

PHONE_NUMBER = Kind(
    name="phone_number",
    collection="phone_numbers",
    identity="phone_number",
    natural_key="phone_number",
    noun="phone number",
    lookup_only=True,
    fields=(
        Field("phone_number", FieldType.PHONE),
        Field("country_code"),
        Field("phone_type"),
    ),
)
