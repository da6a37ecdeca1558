"""Where a command works, as the line that comes first and as JSON."""

from __future__ import annotations

from typing import Any

from sdx_state.model.whereabouts import Whereabouts
from sdx_state.report.escape import escape


def where_line(where: Whereabouts) -> str:
    """Return environment, host and tenant in one line."""
    environment = escape(where.environment or "none")
    if where.environment is None and where.choice:
        environment += " (the base `api:` of sdx.yaml)"
    host = escape(where.host or "none")
    if where.overridden is not None:
        host += f" (SDX_API_URL overrides {escape(where.overridden)})"
    tenant = where.local or where.customer or "not named by the credentials"
    return f"Environment: {environment} | Host: {host} | Tenant: {escape(tenant)}"


def where_document(where: Whereabouts) -> dict[str, Any]:
    """Return `where` as every JSON output has it."""
    return {
        "environment": where.environment,
        "host": where.host,
        "customer": where.customer,
        "overridden_host": where.overridden,
        "local": where.local,
    }
