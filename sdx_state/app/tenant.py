"""Which tenant a state, a plan and a run are of."""

from __future__ import annotations

from sdx_state.model.advised import AdvisedError
from sdx_state.model.whereabouts import CHECK


class WrongTenant(Exception):
    """The credentials belong to another tenant than the one that the project pins."""

    advice = f"{CHECK}. Only if all of them are right, correct `tenant:` in sdx.yaml. No request was sent."


class UnprovenTenant(AdvisedError):
    """Nothing shows that this is the tenant that the state, or a saved plan, belongs to. Nothing was written."""

    def __init__(self, message: str, pin: str) -> None:
        super().__init__(message, f"Nothing was written. {CHECK}. If it is the right one, {pin}.")


def tenant_name(origin: str, pinned: str | None, customer_uuid: str | None) -> str:
    """Return the name by which the state knows a tenant: its origin and, where known, the customer.

    Args:
        origin: Scheme and host of the API.
        pinned: `tenant:` of the project file.
        customer_uuid: The customer that the credentials belong to, where they tell.

    Raises:
        WrongTenant: Both are known, and they differ.
    """
    if pinned and customer_uuid and pinned.casefold() != customer_uuid.casefold():
        raise WrongTenant(f"the project is pinned to tenant {pinned}, and the credentials are of {customer_uuid}")
    customer = (pinned or customer_uuid or "").casefold()
    return f"{origin}#{customer}" if customer else origin
