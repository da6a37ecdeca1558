"""`Whereabouts`: the environment, the host and the tenant that a command works with."""

from __future__ import annotations

from sdx_state.records import dataclass

# A wrong host or environment is more likely than a tenant without its resources, so messages begin with this check.
CHECK = "Check SDX_API_URL, --env and the credentials"


@dataclass(frozen=True)
class Whereabouts:
    """Environment, host and tenant of a command.

    Attributes:
        environment: The chosen environment, None for the base of the project file.
        host: Host and port of the API; None without a live tenant.
        customer: UUID of the customer, None if neither the project nor the credentials contain it.
        overridden: Host of the project file that `SDX_API_URL` overrides, if any.
        choice: The project file declares environments.
        local: The local tenant that is used instead of a live one, in words.
    """

    environment: str | None
    host: str | None
    customer: str | None = None
    overridden: str | None = None
    choice: bool = False
    local: str | None = None
