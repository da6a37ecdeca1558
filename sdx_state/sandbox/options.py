"""What kind of tenant the sandbox is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sdx_state.sandbox.machine import THIS_MACHINE, Machine

Shape = Literal["flat", "nested"]


@dataclass(frozen=True)
class SandboxOptions:
    """What kind of tenant to be.

    Attributes:
        shape: The wire shape of surveys and questions: that of API 1.0.0, or the nested one seen in 2020.
        documented: Surveys, questions and users are read-only, as the reference has it.
        customer_uuid: User name of Basic authentication.
        auth_token: Its password; also taken as a Bearer token.
        latency: Seconds added to every answer.
        oauth_unavailable: Nobody can sign in through the browser, as the reference has it.
        machine: Time, waiting and chance.
    """

    shape: Shape = "flat"
    documented: bool = False
    customer_uuid: str = "00000000-0000-4000-8000-000000000000"
    auth_token: str = "sandbox"  # noqa: S105 - no secret: whoever reaches the sandbox is on this machine
    latency: float = 0.0
    oauth_unavailable: bool = False
    machine: Machine = THIS_MACHINE
