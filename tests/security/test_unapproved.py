"""For every plan, and every way to apply it: without consent nothing is written."""

from __future__ import annotations

import pytest

from sdx_state.apply import approval
from tests.security.unapproved import MISSING, Scene

QUICK = ("critical", "anybody")  # the soak tier tries all
SEEDS = 1  # tests/soak/walks/test_unapproved.py tries many


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize(
    "missing", [pytest.param(one, marks=[] if one in QUICK else pytest.mark.soak) for one in MISSING]
)
def test_no_public_way_applies_a_plan_without_consent(project, tenant, proxy, missing, seed):
    scene = Scene(project, tenant, proxy, missing, seed)
    scene.try_everything()
    assert scene.tried > 15
    if missing != "protect":
        scene.apply_with_consent()


def test_an_approval_that_asks_for_nothing_would_be_noticed(project, tenant, proxy, monkeypatch):
    scene = Scene(project, tenant, proxy, "deletes", 0)
    monkeypatch.setattr(approval, "violations", lambda *_: [])
    with pytest.raises(AssertionError, match="a write was sent"):
        scene.try_everything()
