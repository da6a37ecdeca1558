"""`Whereabouts`: the environment, the host and the tenant that a command works with."""

from __future__ import annotations

from dataclasses import dataclass

# A wrong host or environment is likelier than a tenant that lost its resources: every message about that begins so.
CHECK = "Check SDX_API_URL, --env and the credentials"


@dataclass(frozen=True)
class Whereabouts:
    """Where a command works.

    Attributes:
        environment: The chosen environment, None for the base of the project file.
        host: Host and port of the API; None where no live tenant is asked.
        customer: UUID of the customer, None where neither the project nor the credentials name it.
        overridden: Host of the project file in whose place `SDX_API_URL` counts, if it does.
        choice: The project file declares environments.
        local: The tenant on this machine that is used instead of a live one, in words.
    """

    environment: str | None
    host: str | None
    customer: str | None = None
    overridden: str | None = None
    choice: bool = False
    local: str | None = None
