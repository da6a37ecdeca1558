"""How an interaction is held. Source: API reference, "Interactions"; `websms` since 1.5.8."""

from typing import Literal

SurveyType = Literal["inbound", "outbound", "sms", "web", "email", "websms"]
