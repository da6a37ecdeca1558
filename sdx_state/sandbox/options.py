"""Options of the sandbox."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sdx_state.sandbox.machine import THIS_MACHINE, Machine

Shape = Literal["flat", "nested"]


@dataclass(frozen=True)
class SandboxOptions:
    """Options of the tenant.

    Attributes:
        shape: The wire shape of surveys and questions: that of API 1.0.0, or the nested one seen in 2020.
        documented: Surveys, questions and users are read-only, as in the reference.
        customer_uuid: User name of Basic authentication.
        auth_token: Its password; also accepted as a Bearer token.
        latency: Seconds added to every answer.
        oauth_unavailable: Sign-in through the browser is unavailable, as in the reference.
        machine: Clock, sleep and random values.
    """

    shape: Shape = "flat"
    documented: bool = False
    customer_uuid: str = "00000000-0000-4000-8000-000000000000"
    auth_token: str = "sandbox"  # noqa: S105 - not a secret: only this machine can reach the sandbox
    latency: float = 0.0
    oauth_unavailable: bool = False
    machine: Machine = THIS_MACHINE
