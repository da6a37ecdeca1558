"""An interaction: one conversation with one respondent. Never declared. Source: API reference, "Interactions"."""

from typing import Literal

SurveyType = Literal["inbound", "outbound", "sms", "web", "email", "websms"]  # `websms` since 1.5.8

# A form field with another name becomes a custom value of the interaction.
NAMES = frozenset(
    {"survey_id", "survey_type", "phone_number", "email", "scheduled_at", "external_ref", "call_type", "agent_id"}
    | {"interaction", "id", "uuid", "status", "web_link", "weblink", "created_at", "updated_at"}
    # Seen in live answers of 2020, and in the vendor's help pages of 2023.
    | {"weblink_short", "unsubscribe_link_short", "completed_at", "restricted"}
    | {"phone_connection_id", "respondent_language"}
)

# Placeholders of every tenant, and the words of conditionals. Source: the vendor's help pages; the list is open.
PLACEHOLDERS = NAMES | {"agent_name", "agent_location", "agent_department", "agent_manager_name"}
BLOCK_WORDS = frozenset({"if", "elseif", "else", "endif"})
