"""However a list changes while it is read: what stays in it is read."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.soak.faults import sweeps

SEED, SWEEPS = 1, 2000


def test_two_thousand_sweeps_under_churn_miss_nothing_and_repeat_nothing() -> None:
    seen = [sweeps.sweep(f"{SEED}:{number}") for number in range(SWEEPS)]
    assert [number for number, one in enumerate(seen) if not one.passed] == []
    met = Counter((one.level, one.order) for one in seen)
    assert len(met) == len(sweeps.LEVELS) * len(sweeps.ORDERS)
    assert min(met.values()) > 100
    # Stopping with an error is allowed, but only for a list that changes by many rows between two pages.
    given_up = [one for one in seen if one.gave_up]
    assert {one.level for one in given_up} <= {"busy", "import"}
    assert len(given_up) < SWEEPS / 100


def test_reading_by_offset_alone_would_miss_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    def naive(fetch: Any, *_: Any) -> Any:
        offset = 0
        while page := fetch(offset):
            yield from page
            offset += len(page)

    monkeypatch.setattr(sweeps, "iterate", naive)
    assert not all(sweeps.sweep(f"{SEED}:{number}").passed for number in range(200))
