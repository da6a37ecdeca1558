"""Many random plans, and every public way to apply them: without consent nothing is written."""

from __future__ import annotations

import pytest

from tests.security.unapproved import MISSING, Scene

SEEDS = 6


@pytest.mark.parametrize("seed", range(1, SEEDS + 1))
@pytest.mark.parametrize("missing", MISSING)
def test_no_public_way_applies_a_plan_without_consent(project, tenant, proxy, missing, seed, record_property):
    scene = Scene(project, tenant, proxy, missing, seed)
    scene.try_everything()
    record_property("counted", f"{scene.tried} ways, {len(scene.early.plan.changes)} changes")
    if missing != "protect":
        scene.apply_with_consent()
