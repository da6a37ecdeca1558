"""Values that a pull writes into the files of a project, and what must be true of the files then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sdx_state.config.write import drafts_of, write_resources
from sdx_state.model.resource import Desired


def pulled(files: Any, changes: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Write `changes` of values, by address; return what is written where. Everything else stays as it is."""
    before = files.load().resources
    wanted: list[Desired] = [
        replace(one, values={**one.values, **changes.get(address, {})}) for address, one in before.items()
    ]
    told: list[str] = []
    drafts_of(files.folder, wanted, {"company": "Acme"}, told=told.append)
    write_resources(files.folder, wanted)
    after = files.load().resources
    assert {a: dict(one.values) for a, one in after.items()} == {one.address: dict(one.values) for one in wanted}
    assert write_resources(files.folder, wanted) == []
    return told
