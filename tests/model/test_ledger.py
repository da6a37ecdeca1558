"""Hashes of the state: those of today are compared with those that earlier versions wrote."""

from __future__ import annotations

import hashlib
import json

import pytest

from sdx_state.model.ledger import Ledger
from sdx_state.model.value import Value

LINEAGE = "11628004-c8d3-4f2e-98af-7ece7dcde250"
VALUES: list[Value] = [None, "", "Agent 7", 'é "\\ \u2028 \U0001f600', 0, -5, 10**18, True, False]
VALUES += [{"de-default": "x", "default": "é"}, [{"label": "1", "text": None}]]


@pytest.mark.parametrize("lineage", [LINEAGE, "é" * 80])
def test_hash_is_that_of_the_canonical_json_under_the_lineage(lineage: str) -> None:
    for value in VALUES:
        text = json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
        expected = hashlib.blake2b(text.encode(), digest_size=6, key=lineage.encode()[:64]).hexdigest()
        assert Ledger(lineage).hash(value) == expected


def test_hash_is_stable() -> None:
    assert [Ledger(LINEAGE).hash(value) for value in ("Australia/Brisbane", 10)] == ["cc5890351591", "1fc4f9686bb3"]
