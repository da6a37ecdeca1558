"""A phone number. Source: API reference, "Phone numbers": a paid look-up; there is no list and nothing to create.

YAML declares the expected result of the look-up.
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
    title="Phone numbers",
    about="A phone number and the look-up result that is expected for it.",
    section="Phone numbers that surveys refer to, by key. They are checked, never created.",
    lookup_only=True,
    required=("number",),
    fields=(
        Field(
            "phone_number",
            FieldType.PHONE,
            label="Phone number",
            about='The number in quotes: "+61488888888", or in national format together with country_code.',
            yaml="number",
            schema={"type": "string", "minLength": 1},
            national="country_code",
        ),
        Field(
            "country_code",
            label="Country code",
            about="ISO 3166 code of the country, such as AU.",
            schema={
                "type": "string",
                "pattern": "^[A-Z]{2}$",
                "patternErrorMessage": "must be two capital letters, such as AU",
            },
        ),
        Field(
            "phone_type",
            label="Phone type",
            about="Expected type of the phone line.",
            schema={"enum": list(PHONE_TYPES)},
        ),
    ),
)
