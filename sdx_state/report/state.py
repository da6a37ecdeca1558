"""The state as JSON: addresses with their live ids."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sdx_state.model.address import Address
from sdx_state.model.ledger import Entry, Ledger


def state_json(ledger: Ledger, addresses: Iterable[Address]) -> str:
    """Return what `ledger` knows of `addresses`, as JSON in ASCII without a line end."""
    document = {
        "tenant": ledger.tenant,
        "lineage": ledger.lineage,
        "serial": ledger.serial,
        "resources": [_document(address, ledger.entries[address]) for address in addresses],
    }
    return json.dumps(document, ensure_ascii=True, indent=2)


def entry_json(address: Address, entry: Entry) -> str:
    """Return the entry of `address`, as JSON in ASCII without a line end."""
    return json.dumps(_document(address, entry), ensure_ascii=True, indent=2)


def _document(address: Address, entry: Entry) -> dict[str, Any]:
    return {
        "address": address,
        "type": address.kind,
        "id": entry.id,
        "protect": entry.protect,
        "applied": sorted(entry.applied),
    }
