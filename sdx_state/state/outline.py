"""What a state file says at a glance: a large one takes so long to decode that reading the tenant begins before."""

from __future__ import annotations

import re

from sdx_state.kinds import KINDS, children_of
from sdx_state.model.ledger import Ledger
from sdx_state.patterns import pattern
from sdx_state.records import dataclass

Ids = dict[str, set[str]]

_START = pattern(
    rb'\{"checksum":"sha256:[0-9a-f]{64}","state":\{"format":"1\.\d+","lineage":"([^"\\]+)","serial":(\d+),'
    rb'"tenant":"([^"\\]*)","resources":\{'
)


@dataclass(frozen=True)
class Outline:
    """What a state file seems to say. Nothing of it is checked: it may decide what is read early, and nothing else.

    Attributes:
        lineage, serial, tenant: As of the ledger.
        managed: Kind -> ids of the managed resources. Only of kinds with children are there any.
    """

    lineage: str
    serial: int
    tenant: str
    managed: Ids

    def is_of(self, ledger: Ledger) -> bool:
        """Tell whether this is the outline of `ledger`, and not of an earlier state."""
        return (self.lineage, self.serial, self.tenant) == (ledger.lineage, ledger.serial, ledger.tenant)


def outline_of(data: bytes) -> Outline | None:
    """Return the outline of the state file `data`, None where it does not begin as `codec.encode` writes it."""
    start = _START.match(data)
    if start is None:
        return None
    lineage, serial, tenant = (one.decode("utf-8", "replace") for one in start.groups())
    managed: Ids = {}
    for kind in KINDS.values():
        entry = rb'"%s\.[^"\\]*":\{"id":"([^"\\]*)"' % kind.name.encode()
        entries = re.finditer(entry, data)
        first = next(entries, None)
        if first is not None:
            found = [first, *entries] if children_of(kind.name) else []
            managed[kind.name] = {one[1].decode("utf-8", "replace") for one in found}
    return Outline(lineage, int(serial), tenant, managed)
